"""A server in a process of its own."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def served(*options, folder):
    """Run ``mmasgan serve`` at a free port of this machine.

    Yields its address, and checks that it leaves no file behind.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, '-W', 'ignore', '-m', 'mmasgan.cli', 'serve'),
            *('--port', '0', '--device', 'cpu', *map(str, options)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'TMPDIR': str(folder)},
    )
    try:
        line = process.stdout.readline()
        assert line.startswith('http://127.0.0.1:'), process.stderr.read()
        yield line.split()[0]
        assert any(folder.iterdir())
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        left = [path for path in folder.rglob('*') if path.is_file()]
        assert left == [], errors
    finally:
        process.kill()
        process.wait()
