import pytest

from mmasgan.cli.errors import plain_errors
from mmasgan.datasets.seeding import checked_seed

IN_A_WORKER = """Caught ValueError in DataLoader worker process 0.
Original Traceback (most recent call last):
  File "/lib/torch/utils/data/worker.py", line 1, in _worker_loop
  File "/lib/{}/reader.py", line 9, in read
mmasgan.errors.ImageError: 'a.png' is damaged
"""


def ended(capsys, fail, show_traceback=False):
    """Return the status and the message that a failure ends with."""
    with (
        pytest.raises(SystemExit) as caught,
        plain_errors(show_traceback),
    ):
        fail()
    return caught.value.code, capsys.readouterr().err


def raising(error, package):
    """Return what raises an error in a module of a package."""
    names = {'__name__': f'{package}.module', 'error': error}
    exec('def fail():\n    raise error', names)
    return names['fail']


def run_iter(fail):
    names = {'__name__': 'mmengine.runner', 'fail': fail}
    exec('def run_iter():\n    fail()', names)
    return names['run_iter']


# What calls it here is a test, which is no host.
@pytest.fixture(autouse=True)
def this_is_a_host(monkeypatch):
    monkeypatch.setitem(globals(), '__name__', '__main__')


def test_an_error_of_ours_ends_in_its_line(capsys):
    status, said = ended(capsys, lambda: checked_seed(-1))
    assert (status, said) == (1, 'Error: seed must not be negative, got -1\n')


@pytest.mark.parametrize(
    ('error', 'said'),
    [
        (KeyError('X is not\n  registered'), 'X is not registered'),
        (AssertionError(), 'AssertionError'),
        (FileNotFoundError(2, 'No such file', 'a'), "No such file: 'a'"),
    ],
)
def test_an_error_of_a_host_does_while_parts_are_built(capsys, error, said):
    status, text = ended(capsys, raising(error, 'mmengine'))
    assert status == 1
    assert said in text
    assert text.count('\n') == 1


@pytest.mark.parametrize(
    'fail',
    [
        raising(ValueError('bad'), 'my_generator'),
        raising(RuntimeError('bad'), 'torch'),
        raising(AttributeError('bad'), 'mmasgan'),
        run_iter(raising(ValueError('bad'), 'torch')),
        raising(ValueError(IN_A_WORKER.format('mine')), 'torch'),
    ],
    ids=['own code', 'unknown', 'a fault of ours', 'in a step', 'in a worker'],
)
def test_other_errors_keep_their_traceback(fail):
    with (
        pytest.raises((ValueError, RuntimeError, AttributeError)),
        plain_errors(),
    ):
        fail()


def test_an_error_of_ours_ends_in_its_line_in_a_step_too(capsys):
    fail = run_iter(raising(FloatingPointError('loss is nan'), 'mmasgan'))
    assert ended(capsys, fail) == (1, 'Error: loss is nan\n')


def test_an_error_of_ours_does_in_a_worker_too(capsys):
    error = ValueError(IN_A_WORKER.format('mmasgan'))
    status, said = ended(capsys, raising(error, 'torch'))
    assert (status, said) == (1, "Error: 'a.png' is damaged\n")


def test_ctrl_c_stops_without_a_traceback(capsys):
    fail = raising(KeyboardInterrupt(), 'torch')
    assert ended(capsys, fail) == (130, 'Stopped.\n')


def test_the_traceback_may_be_asked_for():
    with pytest.raises(ValueError, match='negative'), plain_errors(True):
        checked_seed(-1)


def test_what_a_small_installation_leaves_out_is_named(capsys, monkeypatch):
    error = ModuleNotFoundError("No module named 'torch'", name='torch')
    fail = raising(error, 'mmengine')
    monkeypatch.setattr('mmasgan.compat.diagnosis.is_small', lambda: True)
    status, said = ended(capsys, fail)
    assert status == 1
    assert 'this command needs torch, which is not part of the small' in said
    assert said.count('\n') == 1
    monkeypatch.setattr('mmasgan.compat.diagnosis.is_small', lambda: False)
    assert ended(capsys, fail)[1] == "Error: No module named 'torch'\n"
