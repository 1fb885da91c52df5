import pytest
from click.testing import CliRunner
from tiny import as_arguments, make_gopro, options

from mmasgan.cli import main


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture(scope='module')
def gopro(tmp_path_factory):
    return make_gopro(tmp_path_factory.mktemp('data') / 'gopro')


@pytest.mark.runner
def test_a_config_is_trained_by_its_name(gopro, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    early = run('test', 'ascyclegan_gopro')
    assert early.exit_code == 1
    assert "/ascyclegan_gopro': train first" in early.output

    values = options(2, tmp_path / 'split.json')
    values |= {'model.cycle_loss.weights': None, 'val_cfg': None}
    done = run(
        *('train', 'ascyclegan_gopro', '--data-root', gopro),
        *('--cfg-options', *as_arguments(values)),
    )
    assert done.exit_code == 0, done.output
    work_dir = tmp_path / 'work_dirs' / 'ascyclegan_gopro'
    assert (work_dir / 'iter_2.pth').is_file()

    again = run('test', 'ascyclegan_gopro', 'no.pth')
    assert again.exit_code == 1
    assert "Error: no checkpoint at 'no.pth'" in again.output


@pytest.mark.parametrize('command', ['train', 'test'])
@pytest.mark.parametrize(
    ('arguments', 'status', 'said'),
    [
        ([], 2, 'required: config'),
        (['--help'], 0, '--cfg-options'),
        (['ascyclegan_gopr'], 1, 'did you mean ascyclegan_gopro?'),
        pytest.param(  # loads all editors of MMagic
            ['motion_gopro', '--cfg-options', 'model.type=MotionEstimatr'],
            1,
            'did you mean mmasgan.MotionEstimator?',
            marks=pytest.mark.runner,
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(command, arguments, status, said):
    done = run(command, *arguments)
    assert done.exit_code == status
    assert said in done.output
    assert 'Traceback' not in done.output
    if status == 1:
        assert done.output.startswith('Error: ')
        assert done.output.count('\n') == 1


def test_the_traceback_is_shown_if_asked_for():
    done = run('train', 'ascyclegan_gopr', '--traceback')
    assert isinstance(done.exception, FileNotFoundError)
