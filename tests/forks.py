"""Commands as forks of one process that has imported what they import.

A fresh interpreter imports for longer than a small training takes. So the
session forks a server before its first test, which has started no thread and
trained nothing. For each command the server forks a process that runs it as
``python`` would, with arguments, environment, folder and files of its own.
Each command of the library is started once as users do, elsewhere.

Where the session has no server, commands are processes as any other.

Usage in a shell: ``python forks.py SOCKET COMMAND...``.
"""

import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress

LENGTH = 8  # bytes that tell the length of a request
_address = None


@contextmanager
def server():
    """Let the commands of this session be forks of what it is now."""
    global _address
    if not hasattr(os, 'pidfd_open'):
        yield
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        address = f'{folder}/server'
        listener.bind(address)
        listener.listen()
        ends, alive = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(alive)
            try:
                _serve(listener, ends)
            finally:
                os._exit(0)
        os.close(ends)
        _address = address
        try:
            yield
        finally:
            _address = None
            os.close(alive)
            os.waitpid(child, 0)


class Forked:
    """A command at work; as ``subprocess.Popen``, of which it has some."""

    def __init__(self, command, cwd, env, stdout, stderr):
        self.returncode = None
        self._socket = _request(command, str(cwd), dict(env), stdout, stderr)
        self._answers = self._socket.makefile('r')
        self.pid = int(self._answers.readline())

    def poll(self):
        if (
            self.returncode is None
            and select.select([self._socket], [], [], 0)[0]
        ):
            self.wait()
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None:
            if not select.select([self._socket], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired('fork', timeout)
            self.returncode = int(self._answers.readline())
            self._answers.close()
            self._socket.close()
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def start(command, cwd, env, stdout, stderr=subprocess.STDOUT):
    """Start arguments of ``python``; the output goes to files."""
    command = [str(word) for word in command]
    if _address is None:
        command = [sys.executable, *command]
        return subprocess.Popen(
            command, cwd=cwd, env=env, stdout=stdout, stderr=stderr
        )
    if stderr == subprocess.STDOUT:
        stderr = stdout
    return Forked(command, cwd, env, stdout, stderr)


def run(*command, cwd, limit=300, env=None):
    """Run arguments of ``python`` on a CPU; return status and output."""
    env = (os.environ if env is None else env) | {'CUDA_VISIBLE_DEVICES': ''}
    with tempfile.TemporaryFile() as log:
        process = start(command, cwd, env, log)
        try:
            status = process.wait(limit)
        finally:
            process.kill()
        log.seek(0)
        return status, log.read().decode(errors='replace')


def in_shell():
    """Return the words that run ``python`` in a shell."""
    command = [sys.executable]
    if _address is not None:
        command += ['-I', '-S', __file__, _address]
    return shlex.join(command)


def _request(command, cwd, env, stdout=1, stderr=2, address=None):
    """Return a connection to the server, which was sent a command."""
    request = json.dumps([command, cwd, env]).encode()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address or _address)
    with open(os.devnull) as nothing:
        files = [
            file if isinstance(file, int) else file.fileno()
            for file in (nothing, stdout, stderr)
        ]
        length = len(request).to_bytes(LENGTH, 'big')
        socket.send_fds(connection, [length], files)
        connection.sendall(request)
    return connection


def _serve(listener, ends):
    """Fork for each request, until the other end of a pipe is closed."""
    _forget_pytest()
    while ends not in (ready := select.select([listener, ends], [], [])[0]):
        assert ready == [listener]
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _answer(connection)
            os._exit(0)
        connection.close()
        _reap()


def _reap():
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(connection):
    """Run a command in a fork; it ends with who asked for it."""
    header, files, _, _ = socket.recv_fds(connection, LENGTH, 3)
    length = int.from_bytes(header, 'big')
    request = connection.recv(length, socket.MSG_WAITALL)
    child = os.fork()
    if child == 0:
        connection.close()
        os._exit(_run(*json.loads(request), files))
    for file in files:
        os.close(file)
    connection.sendall(f'{child}\n'.encode())
    ended = os.pidfd_open(child)
    if ended not in select.select([ended, connection], [], [])[0]:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with suppress(BrokenPipeError):
        connection.sendall(f'{status}\n'.encode())


def _forget_pytest():
    """Take back what pytest set up, and what runs at the end."""
    import atexit
    import faulthandler
    import logging

    atexit._clear()
    faulthandler.cancel_dump_traceback_later()
    logging.root.handlers.clear()
    signal.setitimer(signal.ITIMER_REAL, 0)
    for name in ('SIGALRM', 'SIGTERM'):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _run(command, cwd, env, files):
    """Run a command as ``python`` does; return its exit code."""
    import atexit
    import multiprocessing.util
    import threading
    import traceback

    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, 'w')
    sys.stderr = os.fdopen(2, 'w', 1, errors='backslashreplace')
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    if not env.get('CUDA_VISIBLE_DEVICES', '0').strip('-1'):
        _hide_gpus()
    atexit.register(multiprocessing.util._exit_function)
    status = 0
    try:
        _execute(*command)
    except SystemExit as error:
        status = error.code
        if not isinstance(status, int | None):
            sys.stderr.write(f'{status}\n')
            status = 1
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return (status or 0) & 0xFF


def _execute(name, *arguments):
    import runpy

    if name == '-m':
        name, *arguments = arguments
        sys.path.insert(0, os.getcwd())
        sys.argv = [name, *arguments]
        runpy.run_module(name, run_name='__main__', alter_sys=True)
    elif name == '-c':
        code, *arguments = arguments
        sys.path.insert(0, '')
        sys.argv = [name, *arguments]
        exec(code, {'__name__': '__main__'})
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(name)))
        sys.argv = [name, *arguments]
        runpy.run_path(name, run_name='__main__')


def _hide_gpus():
    """PyTorch has read the environment already."""
    import mmengine.device.utils
    import torch

    mmengine.device.utils.DEVICE = 'cpu'
    torch.cuda.is_available = lambda: False
    torch.cuda.device_count = lambda: 0


def main():
    address, *command = sys.argv[1:]
    connection = _request(
        command, os.getcwd(), dict(os.environ), address=address
    )
    answers = connection.makefile('r')
    answers.readline()
    status = int(answers.readline())
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == '__main__':
    main()
