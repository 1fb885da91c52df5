"""A server in a process of its own."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from tempfile import TemporaryFile


@contextmanager
def served(*options, folder):
    """Run ``mmasgan serve`` at a free port of this machine.

    Yields its address, and checks that it leaves no file behind.
    """
    # A pipe that nobody reads would stop the server once it is full.
    log = TemporaryFile('w+')  # noqa: SIM115  closed below
    process = subprocess.Popen(
        [
            *(sys.executable, '-W', 'ignore', '-m', 'mmasgan.cli', 'serve'),
            *('--port', '0', '--device', 'cpu', *map(str, options)),
        ],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, 'TMPDIR': str(folder)},
    )
    try:
        line = process.stdout.readline()
        assert line.startswith('http://127.0.0.1:'), said(log)
        yield line.split()[0]
        assert any(folder.iterdir())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        errors = said(log)
        assert process.returncode == 0, errors
        assert 'Traceback' not in errors, errors
        left = [path for path in folder.rglob('*') if path.is_file()]
        assert left == [], errors
    finally:
        process.kill()
        process.wait()
        log.close()


def said(log):
    """Return what the server wrote to standard error."""
    log.seek(0)
    return log.read()
