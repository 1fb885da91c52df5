import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tiny import ROOT

from mmasgan.apis import load_config
from mmasgan.cli import main
from mmasgan.registry import DATASETS


@pytest.fixture
def photos(tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / 'photos').mkdir()
    for name in 'ab':
        pixels = random.integers(0, 256, (80, 96, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / 'photos' / f'{name}.png')
    return tmp_path / 'photos'


def run(*args):
    return CliRunner().invoke(main, ['prepare', 'blur', *map(str, args)])


def test_photographs_end_in_pairs_to_train_on(photos, tmp_path):
    out = tmp_path / 'out'
    options = ['--length', 2, 8, '--noise', 1, '--jpeg-quality', 90]
    result = run(
        photos, '-o', out, '--count', 2, '--min-side', 32, '--draw', *options
    )
    assert result.exit_code == 0, result.output
    assert f"4 pairs of 2 photographs in '{out}'" in result.output
    assert f"Pictures: '{out}/pictures'" in result.output
    value = f'train_dataloader.dataset.data_root={out}'
    assert value in result.output
    cfg = load_config(
        str(ROOT / 'configs' / 'deblurgan_wild_gopro.py'),
        None,
        None,
        dict(
            [value.split('=')],
            **{'train_dataloader.dataset.pipeline.1.crop_size': 32},
        ),
    )
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(dataset) == 4
    assert dataset[0]['inputs']['img_blur'].shape == (3, 32, 32)


def test_errors_are_told_without_a_traceback(photos, tmp_path):
    result = run(photos, '-o', tmp_path / 'out')
    assert result.exit_code == 1
    assert 'Error: 2 photographs cannot be used' in result.output
    result = run(photos, '-o', tmp_path / 'out', '--length', 9, 2)
    assert 'must be a non-negative number or (low, high)' in result.output
    assert isinstance(result.exception, SystemExit)
