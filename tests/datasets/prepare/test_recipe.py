import numpy as np
import pytest
from mmengine.config import Config, ConfigDict

from mmasgan.datasets.prepare import recipe
from mmasgan.datasets.prepare.photos import encode_png, prepare_photos
from mmasgan.datasets.prepare.recipe import (
    BLUR_RECIPE,
    CONFIGS,
    RECIPE,
    recipe_side,
)


@pytest.mark.parametrize('name', [RECIPE, BLUR_RECIPE, 'ascyclegan_gopro'])
def test_the_side_is_that_of_the_crops_of_the_config(name):
    config = Config.fromfile(CONFIGS / f'{name}.py')
    dataset = config.train_dataloader.dataset
    view = dataset.pipeline.sharp if name == RECIPE else {}
    margin = view.get('margin', 0)
    assert (margin > 0) == (name == RECIPE)
    assert recipe_side(name) == dataset.crop_size + 2 * margin


def test_only_crops_of_whole_images_count(monkeypatch):
    def pipeline(*steps):
        return [dict(keys=keys, crop_size=size) for keys, size in steps]

    dataset = dict(
        datasets=[
            dict(pipeline=pipeline((['a', 'b'], 40), (['a'], 90))),
            dict(pipeline=[{}, *pipeline((['a'], (30, 50)), (['b'], 20))]),
        ]
    )
    config = ConfigDict(train_dataloader=dict(dataset=dataset))
    monkeypatch.setattr(recipe.Config, 'fromfile', lambda path: config)
    assert recipe_side.__wrapped__('any') == 50


def test_photographs_are_admitted_that_the_recipe_takes(tmp_path):
    """What it does not take is refused here, not in the training."""
    side = recipe_side()
    random = np.random.default_rng(0)
    for domain, short in (('blur', side), ('sharp', side - 1)):
        image = random.integers(0, 256, (short, side + 8, 3), np.uint8)
        (tmp_path / domain).mkdir()
        (tmp_path / domain / '1.png').write_bytes(encode_png(image))
    with pytest.raises(ValueError, match='1 photographs cannot be') as caught:
        prepare_photos(tmp_path / 'blur', tmp_path / 'sharp', tmp_path / 'o')
    assert f'{side + 8}x{side - 1} pixels, too few for crops of {side}' in (
        str(caught.value)
    )
