"""Experiment trackers, by config alone."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
from tiny import make_gopro
from trainings import logged, train

pytestmark = [pytest.mark.runner, pytest.mark.filterwarnings('ignore')]

# Two iterations, then a validation with pictures.
CHANGES = {
    'train_cfg.val_interval': 2,
    'default_hooks.visualization.interval': 1,
}
SCORES = {'PSNR', 'SSIM', 'gain/PSNR', 'input/PSNR', 'time', 'generators.lr'}


@pytest.fixture(scope='module')
def gopro(tmp_path_factory):
    return make_gopro(tmp_path_factory.mktemp('gopro'))


def pictures(runner):
    """Return the pictures (input | output | ground truth), by image."""
    folder = Path(runner.log_dir, 'vis_data', 'vis_image')
    found = {
        path.stem.rpartition('_')[0]: np.array(Image.open(path))
        for path in folder.iterdir()
    }
    assert len(found) == 6
    return found


def test_tensorboard_shows_losses_scores_and_pictures(gopro, tmp_path):
    runner = train(gopro, tmp_path, 2, **CHANGES)
    events = EventAccumulator(str(Path(runner.log_dir, 'vis_data')))
    events.Reload()
    assert set(events.Tags()['scalars']) >= SCORES
    for step, losses in logged(tmp_path).items():
        for name, value in losses.items():
            (found,) = (e for e in events.Scalars(name) if e.step == step)
            assert found.value == pytest.approx(value, rel=1e-5)
    for name, expected in pictures(runner).items():
        (event,) = events.Images(name)
        found = Image.open(io.BytesIO(event.encoded_image_string))
        np.testing.assert_array_equal(np.array(found), expected)


def test_weights_and_biases_get_the_same(gopro, tmp_path, monkeypatch):
    """By the lines of docs/ecosystem.md, here with a stand-in for wandb."""
    rows, started = [], []
    stand_in = SimpleNamespace(
        init=lambda **settings: started.append(settings),
        log=lambda row, commit=True: rows.append(row),
        run=SimpleNamespace(log_code=lambda *args, **kwargs: None),
        config=SimpleNamespace(update=lambda *args, **kwargs: None),
        Image=lambda pixels: pixels,
        join=lambda: None,
    )
    monkeypatch.setitem(sys.modules, 'wandb', stand_in)
    backend = 'visualizer.vis_backends.1'
    runner = train(
        gopro,
        tmp_path,
        2,
        **CHANGES,
        **{
            f'{backend}.type': 'WandbVisBackend',
            f'{backend}.init_kwargs.project': 'deblurring',
        },
    )
    (settings,) = started
    assert settings['project'] == 'deblurring'
    assert settings['dir'].startswith(runner.log_dir)
    assert {name for row in rows for name in row} >= SCORES
    for step, losses in logged(tmp_path).items():
        assert any(losses.items() <= row.items() for row in rows), step
    for name, expected in pictures(runner).items():
        (found,) = (row[name] for row in rows if name in row)
        np.testing.assert_array_equal(found, expected)
