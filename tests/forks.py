"""Commands as forks of processes that have imported what they import.

A fresh interpreter imports for longer than a small training takes. So a
session of pytest forks servers, which start no thread and train nothing. For
each command a server forks a process that runs it as ``python`` would, with
arguments, environment, folder and files of its own. Each command of the
library is started once as users do, elsewhere.

Without servers, commands are processes as any other.

Usage in a shell: ``python forks.py @SERVER COMMAND...``.
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
import traceback
from contextlib import suppress
from importlib import import_module

LENGTH = 8  # bytes that tell the length of a request
# What servers import at their first request. The bare one has imported what
# MMEngine and MMagic import of others, but none of OpenMMLab and of ours.
BARE = (
    'cv2',
    'torch._dynamo',
    'torch.distributed.fsdp',
    'torch.distributed.optim',
    'torch.distributed.run',
    'torchvision',
)
TRAINING = (
    'mmasgan.compat',  # before MMagic
    'mmagic.datasets.transforms',
    'mmagic.engine',
    'mmagic.evaluation',
    'mmagic.visualization',
    'mmasgan.apis.config',
    'mmasgan.cli.train',
    'mmasgan.datasets',
    'mmasgan.engine',
    'mmasgan.evaluation',
    'mmasgan.models',
    'mmengine.runner',
    'torch._dynamo',
    'torch.distributed.elastic.multiprocessing.errors',
    'torch.utils.tensorboard',
)
SERVING = (
    'gradio',
    'mmasgan.apis.inference.torch_backend',
    'mmasgan.apis.pretrained',
    'mmasgan.cli.serve',
    'mmasgan.serve.page',
    'mmasgan.serve.server',
    'uvicorn',
)
_addresses = {}


def serve(modules):
    """Fork a server of commands, which ends with this process."""
    if not hasattr(os, 'pidfd_open') or sys.platform != 'linux':
        return
    listener = socket.socket(socket.AF_UNIX)
    listener.bind('')  # a name that the system chooses
    listener.listen()
    ends, alive = os.pipe()
    if os.fork() == 0:
        os.close(alive)
        try:
            _serve(listener, ends, modules)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(ends)
    _addresses[modules] = listener.getsockname()
    listener.close()


class Forked:
    """A command at work; as ``subprocess.Popen``, of which it has some."""

    def __init__(self, address, command, cwd, env, stdout, stderr):
        self.returncode = None
        self._socket = _request(
            address, command, str(cwd), dict(env), stdout, stderr
        )
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


def start(command, cwd, env, stdout, stderr=None, modules=TRAINING):
    """Start arguments of ``python``; the output goes to files."""
    command = [str(word) for word in command]
    stderr = stdout if stderr is None else stderr
    if modules in _addresses:
        address = _addresses[modules]
        return Forked(address, command, cwd, env, stdout, stderr)
    command = [sys.executable, *command]
    return subprocess.Popen(
        command, cwd=cwd, env=env, stdout=stdout, stderr=stderr
    )


def run(*command, cwd=None, limit=300, env=None, modules=TRAINING):
    """Run arguments of ``python`` on the CPU; return what became of it."""
    env = (os.environ if env is None else env) | {'CUDA_VISIBLE_DEVICES': ''}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = start(command, cwd or os.getcwd(), env, out, err, modules)
        try:
            status = process.wait(limit)
        finally:
            process.kill()
        written = []
        for file in (out, err):
            file.seek(0)
            written.append(file.read().decode(errors='replace'))
        return subprocess.CompletedProcess(command, status, *written)


def run_ranks(*command, cwd, env=None, limit=300, modules=TRAINING):
    """Run arguments of ``python`` as two ranks on the CPU; return the output.

    The ranks have the variables of torchrun, which itself takes longer to
    start than a small training.
    """
    env = (os.environ if env is None else env) | {
        'CUDA_VISIBLE_DEVICES': '',
        'MASTER_ADDR': '127.0.0.1',
        'MASTER_PORT': str(free_port()),
        'WORLD_SIZE': '2',
    }
    with tempfile.TemporaryFile('w+') as log:
        started = [
            start(
                command,
                cwd,
                env | {'RANK': rank, 'LOCAL_RANK': rank},
                log,
                modules=modules,
            )
            for rank in ('0', '1')
        ]
        try:
            statuses = [process.wait(limit) for process in started]
        finally:
            for process in started:
                process.kill()
        log.seek(0)
        output = log.read()
    assert statuses == [0, 0], output
    return output


def free_port():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


def in_shell(modules=TRAINING):
    """Return the words that run ``python`` in a shell."""
    command = [sys.executable]
    if modules in _addresses:
        name = _addresses[modules].replace(b'\0', b'@').decode()
        command += ['-I', '-S', __file__, name]
    return shlex.join(command)


def _request(address, command, cwd, env, stdout, stderr):
    """Return a connection to a server, which was sent a command."""
    request = json.dumps([command, cwd, env]).encode()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    with open(os.devnull) as nothing:
        files = [
            file if isinstance(file, int) else file.fileno()
            for file in (nothing, stdout, stderr)
        ]
        length = len(request).to_bytes(LENGTH, 'big')
        socket.send_fds(connection, [length], files)
        connection.sendall(request)
    return connection


def _serve(listener, ends, modules):
    """Fork for each request, until the other end of a pipe is closed."""
    _forget_pytest()
    signal.signal(signal.SIGCHLD, _reap)
    late = iter(modules)
    while ends not in select.select([listener, ends], [], [])[0]:
        for name in late:  # once there is a request
            import_module(name)
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            _answer(connection)
            os._exit(0)
        connection.close()


def _reap(*_):
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

    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, 'w')
    sys.stderr = os.fdopen(2, 'w', 1, errors='backslashreplace')
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # found anew
    sys.path[:0] = filter(None, env.get('PYTHONPATH', '').split(os.pathsep))
    if env.get('CUDA_VISIBLE_DEVICES') in ('', '-1'):
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

    if name == '-u':
        sys.stdout.reconfigure(write_through=True)
        name, *arguments = arguments
    if name == '-m':
        name, *arguments = arguments
        sys.path.insert(0, os.getcwd())
        sys.argv = [name, *arguments]
        sys.modules.pop(name, None)  # of the server: runpy would warn
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
    """Hide them from a PyTorch that has read the environment already."""
    import torch

    torch.cuda.is_available = lambda: False
    torch.cuda.device_count = lambda: 0
    device = sys.modules.get('mmengine.device.utils')
    if device is not None:
        device.DEVICE = 'cpu'


def main():
    name, *command = sys.argv[1:]
    address = name.replace('@', '\0').encode()
    connection = _request(
        address, command, os.getcwd(), dict(os.environ), 1, 2
    )
    answers = connection.makefile('r')
    child = int(answers.readline())
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    status = int(answers.readline())
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == '__main__':
    main()
