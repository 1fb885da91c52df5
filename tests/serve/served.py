"""A server in a process of its own."""

import os
import signal
from contextlib import contextmanager
from tempfile import TemporaryFile

import forks


@contextmanager
def served(*options, folder, modules=forks.SERVING):
    """Run ``mmasgan serve`` at a free port of this machine.

    Yields its address, and checks that it leaves no file behind.
    """
    command = ['-m', 'mmasgan.cli', 'serve', '--port', 0, '--device', 'cpu']
    environment = {**os.environ, 'TMPDIR': str(folder)}
    reader, writer = os.pipe()
    # A pipe that nobody reads would stop the server once it is full.
    with os.fdopen(reader) as out, TemporaryFile('w+') as log:
        process = forks.start(
            [*command, *options],
            os.getcwd(),
            environment,
            writer,
            log,
            modules,
        )
        os.close(writer)
        try:
            line = out.readline()
            assert line.startswith('http://127.0.0.1:'), said(log)
            yield line.split()[0]
            assert any(folder.iterdir())
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
            errors = said(log)
            assert process.returncode == 0, errors
            assert 'Traceback' not in errors, errors
            left = [path for path in folder.rglob('*') if path.is_file()]
            assert left == [], errors
        finally:
            process.kill()
            process.wait()


def said(log):
    """Return what the server wrote to standard error."""
    log.seek(0)
    return log.read()
