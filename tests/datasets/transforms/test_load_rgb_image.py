import numpy as np
import pytest

from mmasgan.datasets import ImageReadError, LoadRGBImage
from mmasgan.registry import TRANSFORMS

PIXELS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
KEYS = ['img_blur', 'img_sharp']


@pytest.fixture
def paths(tmp_path, write_image):
    blur = write_image(tmp_path / 'blur.png', PIXELS)
    sharp = write_image(tmp_path / 'sharp.png', PIXELS[:, ::-1].copy())
    return {'img_blur_path': str(blur), 'img_sharp_path': str(sharp)}


def test_images_and_what_describes_them_are_added(paths):
    results = LoadRGBImage(KEYS)(dict(paths))
    np.testing.assert_array_equal(results['img_blur'], PIXELS)
    np.testing.assert_array_equal(results['img_sharp'], PIXELS[:, ::-1])
    for key in KEYS:
        assert results[f'ori_{key}_shape'] == (2, 3, 3)
        assert results[f'{key}_channel_order'] == 'rgb'
        assert results[f'{key}_color_type'] == 'color'


def test_only_the_named_keys_are_loaded(paths):
    assert 'img_sharp' not in LoadRGBImage(['img_blur'])(dict(paths))


def test_sizes_are_compared_on_demand(paths, write_image):
    write_image(paths['img_sharp_path'], PIXELS[:1])
    assert LoadRGBImage(KEYS)(dict(paths))['img_sharp'].shape == (1, 3, 3)
    message = r"blur.png' has 3x2 pixels, '.*sharp.png' has 3x1 pixels; repl"
    with pytest.raises(ValueError, match=message):
        LoadRGBImage(KEYS, same_size=True)(dict(paths))


def test_damaged_file_is_an_error_and_no_none(paths):
    with open(paths['img_blur_path'], 'wb'):
        pass
    with pytest.raises(ImageReadError, match=r"blur.png' is empty"):
        LoadRGBImage(KEYS)(dict(paths))


@pytest.mark.parametrize('keys', ['img_blur', []])
def test_keys_must_be_a_list(keys):
    with pytest.raises(TypeError, match='keys must be a list of names'):
        LoadRGBImage(keys)


def test_registry_builds_it():
    transform = TRANSFORMS.build(
        {'type': 'mmasgan.LoadRGBImage', 'keys': KEYS}
    )
    assert repr(transform) == (
        "LoadRGBImage(keys=['img_blur', 'img_sharp'], same_size=False, "
        'backend_args=None, store=None)'
    )
