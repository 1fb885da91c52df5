"""The command line as a whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from clips import write_clip
from tiny import make_checkpoint

import mmasgan
from mmasgan.cli import main


def test_version_and_help_are_quick():
    runner = CliRunner()
    version = runner.invoke(main, ['--version'])
    assert mmasgan.__version__ in version.output
    assert 'doctor' in runner.invoke(main, ['--help']).output


@pytest.mark.process
def test_help_needs_nothing_heavy():
    code = (
        'import sys\n'
        'from mmasgan.cli import main\n'
        'main(["--help"], standalone_mode=False)\n'
        'assert not {"torch", "mmengine", "rich"} & set(sys.modules)'
    )
    subprocess.run([sys.executable, '-c', code], check=True, timeout=300)


def test_sigterm_during_a_video_leaves_no_temporary_file(
    tmp_path, monkeypatch
):
    make_checkpoint(tmp_path / 'tiny.pth')
    write_clip(tmp_path / 'a.mp4', count=8)
    seen = []

    def told_to_stop(backend, pixels, **options):
        seen.append([path.name for path in (tmp_path / 'out').iterdir()])
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return pixels

    monkeypatch.setattr(
        'mmasgan.apis.inference.run.deblur_pixels', told_to_stop
    )
    command = ['deblur', '--weights', str(tmp_path / 'tiny.pth')]
    command += [str(tmp_path / 'a.mp4'), '-o', str(tmp_path / 'out')]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 128 + signal.SIGTERM
    assert len(seen) == 3
    assert len(seen[0]) == 1  # the temporary file
    assert list((tmp_path / 'out').iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_command_names_what_a_small_installation_leaves_out(monkeypatch):
    module = 'mmasgan.datasets.prepare.gopro'
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, 'mmengine.logging', None)
    monkeypatch.setattr('mmasgan.compat.diagnosis.is_small', lambda: True)
    done = CliRunner().invoke(main, ['prepare', 'gopro', 'a.zip'])
    assert done.exit_code == 1
    assert (
        'this command needs mmengine.logging, which is not part of the small '
        'installation' in done.output
    )


def test_ctrl_c_ends_any_command_in_one_line(monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr('mmasgan.apis.choice.choose_backend', stop)
    photo = str(Path(__file__).parents[2] / 'examples' / 'blurred.jpg')
    done = CliRunner().invoke(main, ['deblur', photo, '-o', 'unwritten'])
    assert done.exit_code == 130
    assert done.output == 'Stopped.\n'
