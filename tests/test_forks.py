"""A command that is forked does what it does in an interpreter of its own."""

import os
import signal
import subprocess
import tempfile

import forks
import pytest

pytestmark = pytest.mark.process

CODE = """
import atexit, os, sys, tempfile

atexit.register(print, 'at the end')
print(sys.argv, os.getcwd(), os.environ['GIVEN'], sys.stdin.read())
assert tempfile.gettempdir() == os.environ['TMPDIR']
print('told', file=sys.stderr)
"""
END = """
import os, signal

os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.fixture(params=[(), forks.BARE, forks.TRAINING])
def modules(request):
    if request.param and request.param not in forks._addresses:
        pytest.skip('forks need Linux and os.pidfd_open')
    return request.param


def test_it_has_arguments_environment_folder_and_files(modules, tmp_path):
    env = os.environ | {'GIVEN': 'value', 'TMPDIR': str(tmp_path)}
    arguments = ['-c', CODE, 'a b', '--c']
    done = forks.run(*arguments, cwd=tmp_path, env=env, modules=modules)
    argv = ['-c', 'a b', '--c']
    expected = f'{argv} {tmp_path} value \nat the end\n'
    assert (done.stdout, done.stderr) == (expected, 'told\n')
    assert done.returncode == 0


@pytest.mark.parametrize(
    ('code', 'status', 'said'),
    [
        ('raise SystemExit(7)', 7, ''),
        ('raise SystemExit("wrong")', 1, 'wrong\n'),
        ('assert 1 == 2', 1, 'AssertionError'),
        (END, -signal.SIGTERM, ''),
    ],
)
def test_a_failure_is_seen(modules, code, status, said):
    done = forks.run('-c', code, modules=modules)
    assert done.returncode == status
    assert said in done.stderr


def test_files_and_modules_are_run(modules, tmp_path):
    (tmp_path / 'beside.py').write_text('NAME = "beside"\n')
    script = tmp_path / 'script.py'
    script.write_text('import beside, sys; print(beside.NAME, sys.argv[1:])')
    for command in ([script], ['-u', script], ['-m', 'script']):
        done = forks.run(*command, 'x', cwd=tmp_path, modules=modules)
        assert done.stdout == "beside ['x']\n", done.stderr


def test_one_that_goes_on_is_killed(modules):
    code = 'import signal; print(1, flush=True); signal.pause()'
    reader, writer = os.pipe()
    with os.fdopen(reader) as lines, tempfile.TemporaryFile() as log:
        process = forks.start(
            ['-c', code], os.getcwd(), os.environ, writer, log, modules
        )
        os.close(writer)
        assert lines.readline() == '1\n'
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0)
        process.kill()
        assert process.wait(60) == -signal.SIGKILL


def test_a_shell_sees_status_and_output(modules):
    python = forks.in_shell(modules)
    code = 'import sys; print(sys.argv[1]); sys.exit(3)'
    line = f'{python} -c "$0" "a  b"; echo $?'
    done = subprocess.run(
        ['bash', '-c', line, code], capture_output=True, text=True
    )
    assert done.stdout == 'a  b\n3\n', done.stderr


def test_the_bare_one_has_imported_nothing_of_openmmlab():
    code = 'import sys; print(*{n.partition(".")[0] for n in sys.modules})'
    done = forks.run('-c', code, modules=forks.BARE)
    found = set(done.stdout.split())
    assert 'torch' in found or forks.BARE not in forks._addresses
    ours = {'mmasgan', 'mmcv', 'mmengine', 'mmagic', 'transformers'}
    assert not found & (ours | {'diffusers', 'skimage', 'scipy.stats'})
