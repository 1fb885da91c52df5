from unittest.mock import MagicMock

import pytest
from click.testing import CliRunner
from mmengine.runner import Runner

from mmasgan import cli


@pytest.mark.parametrize('given', [True, False])
def test_the_newest_checkpoint_is_tested_or_the_one_given(
    tmp_path, monkeypatch, given
):
    """What it prints is tested with the tools, which are the same."""
    checkpoint = tmp_path / 'iter_3.pth'
    checkpoint.touch()
    runner = MagicMock()
    monkeypatch.setattr(Runner, 'from_cfg', runner)
    if not given:
        monkeypatch.setattr(
            'mmengine.runner.find_latest_checkpoint',
            lambda folder: str(checkpoint) if folder == 'here' else None,
        )
    arguments = [str(checkpoint)] if given else []
    done = CliRunner().invoke(
        cli.main,
        ['test', 'ascyclegan_gopro', *arguments, '--work-dir', 'here'],
    )
    assert done.exit_code == 0, done.output
    (cfg,) = runner.call_args.args
    assert (cfg.load_from, cfg.resume) == (str(checkpoint), False)
    runner.return_value.test.assert_called_once_with()
