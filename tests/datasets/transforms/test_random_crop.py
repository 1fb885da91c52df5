import numpy as np
import pytest

from mmasgan.datasets import RandomCrop
from mmasgan.registry import TRANSFORMS

KEYS = ['img_blur', 'img_sharp']
# Each pixel holds its own row and column.
GRID = np.stack(np.mgrid[:9, :11].astype(np.uint8), axis=2)


def crop(seed=0, results=None, **kwargs):
    np.random.seed(seed)
    results = results or {'img_blur': GRID, 'img_sharp': GRID}
    return RandomCrop(KEYS, **{'crop_size': (4, 5), **kwargs})(dict(results))


def test_pixels_are_those_of_the_window():
    results = crop()
    for key in KEYS:
        top, left, height, width = results[f'{key}_crop']
        assert (height, width) == (4, 5)
        np.testing.assert_array_equal(
            results[key], GRID[top : top + 4, left : left + 5]
        )


def test_positions_of_crops_of_crops_are_those_in_the_whole_image():
    once = crop(1, crop_size=(7, 8))
    results = crop(2, once)
    for key in KEYS:
        top, left, _, _ = results[f'{key}_crop']
        assert tuple(results[key][0, 0]) == (top, left)


def test_a_margin_is_cut_besides():
    assert crop(margin=2)['img_blur'].shape == (8, 9, 2)
    with pytest.raises(ValueError, match='margin must not be negative'):
        crop(margin=-1)


def test_keys_have_positions_of_their_own():
    windows = [crop(seed) for seed in range(20)]
    same = [w['img_blur_crop'] == w['img_sharp_crop'] for w in windows]
    assert sum(same) < 5


def test_together_all_keys_share_one_position():
    flat = GRID[..., 0]
    for seed in range(10):
        both = {'img_blur': GRID, 'img_sharp': flat}
        results = crop(seed, both, together=True)
        assert results['img_blur_crop'] == results['img_sharp_crop']
        np.testing.assert_array_equal(
            results['img_sharp'], results['img_blur'][..., 0]
        )


def test_every_position_occurs_and_none_beyond():
    seen = {crop(seed)['img_blur_crop'][:2] for seed in range(600)}
    assert seen == {(top, left) for top in range(6) for left in range(7)}


def test_crop_as_large_as_the_image_is_the_image():
    np.testing.assert_array_equal(crop(crop_size=(9, 11))['img_blur'], GRID)


def test_number_means_a_square():
    assert crop(crop_size=3)['img_blur'].shape == (3, 3, 2)


def test_result_owns_its_memory():
    # The host flips in place, and whole images should be freed.
    image = crop()['img_blur']
    assert image.base is None
    assert image.flags.c_contiguous


@pytest.mark.parametrize('size', [(3, 11), (9, 4)])
def test_small_image_is_named_with_sizes(size):
    results = {'img_blur': GRID, 'img_sharp': GRID[: size[0], : size[1]]}
    results['img_sharp_path'] = 'data/small.png'
    message = (
        rf"data/small.png' has {size[1]}x{size[0]} pixels, too few for a "
        'crop of 5x4; remove it, or set a smaller crop_size'
    )
    with pytest.raises(ValueError, match=message):
        crop(results=results)


def test_together_different_sizes_are_refused():
    results = {'img_blur': GRID, 'img_sharp': GRID[:8]}
    message = "'img_blur' has 11x9 pixels, 'img_sharp' has 11x8 pixels"
    with pytest.raises(ValueError, match=message):
        crop(results=results, together=True)
    crop(results=results)


@pytest.mark.parametrize('size', [0, -1, (4,), (4, 0), (1, 2, 3)])
def test_wrong_crop_size_is_refused(size):
    with pytest.raises(ValueError, match='crop_size must be a positive integ'):
        RandomCrop(KEYS, size)


@pytest.mark.parametrize('keys', ['img_blur', []])
def test_keys_must_be_a_list(keys):
    with pytest.raises(TypeError, match='keys must be a list of names'):
        RandomCrop(keys, 4)


def test_registry_builds_it():
    config = {'type': 'mmasgan.RandomCrop', 'keys': KEYS, 'crop_size': 4}
    assert repr(TRANSFORMS.build(config)) == (
        "RandomCrop(keys=['img_blur', 'img_sharp'], crop_size=(4, 4), "
        'together=False)'
    )
