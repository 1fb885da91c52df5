import warnings

import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.registry import TRANSFORMS

import mmasgan.compat  # noqa: F401  before anything of MMagic
from mmasgan.datasets import LoadRGBImage, RandomCrop
from mmasgan.semantic import LoadSemantic, compute_maps
from mmasgan.semantic.resize import resize_by_area
from mmasgan.semantic.store import MapError, MapStore, find_store

KEYS = ['img_blur', 'img_sharp']
NAMES = {
    'img_blur': 'train/a/blur/000001.png',
    'img_sharp': 'train/b/sharp/000002.png',
}


@pytest.fixture
def maps(data, counting):
    find_store.cache_clear()
    return compute_maps(data, counting(), 'net', stride=1)


@pytest.fixture
def paths(data):
    return {f'{key}_path': str(data / name) for key, name in NAMES.items()}


def pipeline(direction='horizontal', ratio=0.5, load=None, crop=(10, 12)):
    from mmagic.datasets.transforms import Flip

    steps = [LoadRGBImage(KEYS), RandomCrop(KEYS, crop)]
    steps += [Flip([key], ratio, direction) for key in KEYS]
    return Compose([*steps, *([load] if load else [])])


@pytest.mark.parametrize('direction', ['horizontal', 'vertical'])
@pytest.mark.parametrize('ratio', [0, 0.5, 1])
def test_maps_are_cropped_and_flipped_as_their_images(
    maps, paths, direction, ratio
):
    load = LoadSemantic(KEYS)
    steps = pipeline(direction, ratio, load)
    for _ in range(8):
        results = steps(dict(paths))
        flips = results['flip_infos']
        for key, info in zip(KEYS, flips, strict=True):
            top, left, height, width = results[f'{key}_crop']
            whole = maps.read(NAMES[key])
            expected = whole[:, top : top + height, left : left + width]
            if info['flip']:
                axis = 2 if direction == 'horizontal' else 1
                expected = np.flip(expected, axis)
            found = results[key.replace('img', 'semantic')]
            assert found.dtype == np.float32
            np.testing.assert_allclose(
                found, expected.transpose(1, 2, 0), atol=1e-6
            )


def test_the_map_stays_with_what_the_image_shows(data, paths, counting):
    """Whatever the pipeline does, map and image tell the same position."""
    from PIL import Image

    rows, columns = np.mgrid[:24, :40].astype(np.uint8)
    picture = np.stack([rows, columns, 0 * rows], -1)
    for name in NAMES.values():
        Image.fromarray(picture).save(data / name)
    find_store.cache_clear()
    compute_maps(data, counting(), 'net', stride=1)
    results = pipeline(load=LoadSemantic(KEYS))(dict(paths))
    for key in KEYS:
        found = results[key.replace('img', 'semantic')]
        image = results[key].astype(np.float32)
        np.testing.assert_allclose(
            2 * 24 * found[..., 1], image[..., 0], atol=0.2
        )
        np.testing.assert_allclose(
            2 * 40 * found[..., 2], image[..., 1], atol=0.4
        )


def test_small_maps_are_resized_by_area(data, paths, counting):
    find_store.cache_clear()
    store = compute_maps(data, counting(), 'net')
    results = pipeline(ratio=0, load=LoadSemantic(KEYS))(dict(paths))
    expected = resize_by_area(
        store.read(NAMES['img_blur']), (24, 40), results['img_blur_crop']
    )
    np.testing.assert_array_equal(
        results['semantic_blur'], expected.transpose(1, 2, 0)
    )


def test_images_are_the_same_with_and_without_maps(maps, paths):
    found = []
    for load in (None, LoadSemantic(KEYS)):
        np.random.seed(0)
        steps = pipeline(load=load)
        found.append([steps(dict(paths)) for _ in range(4)])
    for without, with_maps in zip(*found, strict=True):
        for key in KEYS:
            np.testing.assert_array_equal(without[key], with_maps[key])


def test_whole_images_have_whole_maps(maps, paths):
    steps = Compose([LoadRGBImage(['img_blur']), LoadSemantic(['img_blur'])])
    found = steps(dict(paths))['semantic_blur']
    assert found.shape == (24, 40, 8)


def test_the_model_gets_them_unchanged(maps, paths):
    from mmagic.datasets.transforms import PackInputs
    from mmengine.dataset import pseudo_collate

    from mmasgan.apis import load_config
    from mmasgan.models.batch import split_inputs
    from mmasgan.registry import MODELS

    cfg = load_config('configs/ascyclegan_gopro.py')
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    semantic = ['semantic_blur', 'semantic_sharp']
    pack = PackInputs(
        keys=[*KEYS, *semantic],
        meta_keys=[f'{key}_channel_order' for key in KEYS],
    )
    results = pipeline(load=LoadSemantic(KEYS))(dict(paths))
    expected = [results[key].transpose(2, 0, 1).copy() for key in semantic]
    batch = pseudo_collate([pack(results)] * 2)
    inputs = preprocessor(batch, training=True)['inputs']
    images, found = split_inputs(inputs, ('sharp', 'blur'))
    assert images['blur'].min() < 0  # images are normalised
    for domain, array in zip(('blur', 'sharp'), expected, strict=True):
        assert found[domain].shape == (2, 8, 10, 12)
        assert found[domain].dtype == torch.float32
        np.testing.assert_array_equal(found[domain][1], array)


def test_it_is_built_from_the_root_registry():
    built = TRANSFORMS.build(
        dict(type='mmasgan.LoadSemantic', keys=KEYS, num_groups=3)
    )
    assert isinstance(built, LoadSemantic)
    assert 'num_groups=3' in repr(built)


def test_a_wrong_number_of_groups_names_the_file(maps, paths):
    load = LoadSemantic(KEYS, num_groups=3)
    with pytest.raises(MapError, match=r'1\.png\.npz. has 8 groups, not 3'):
        pipeline(load=load)(paths)


def test_a_missing_map_is_an_error_or_uniform(maps, paths):
    maps.path(NAMES['img_blur']).unlink()
    with pytest.raises(MapError, match=r'no map .*000001\.png\.npz'):
        pipeline(load=LoadSemantic(KEYS))(dict(paths))

    steps = pipeline(load=LoadSemantic(KEYS, missing='uniform'))
    with pytest.warns(UserWarning, match='get the uniform map'):
        results = steps(dict(paths))
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # one warning is enough
        steps(dict(paths))
    assert (results['semantic_blur'] == 1 / 8).all()
    assert results['semantic_blur'].shape == (10, 12, 8)
    assert not (results['semantic_sharp'] == 1 / 8).all()


def test_damaged_maps_are_an_error_in_any_case(maps, paths):
    maps.path(NAMES['img_blur']).write_bytes(b'x')
    for missing in ('error', 'uniform'):
        with pytest.raises(MapError, match='is damaged'):
            pipeline(load=LoadSemantic(KEYS, missing=missing))(dict(paths))


def test_without_any_maps(data, paths):
    find_store.cache_clear()
    with pytest.raises(
        MapError, match='create them with `mmasgan priors DATA`'
    ):
        pipeline(load=LoadSemantic(KEYS))(dict(paths))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        load = LoadSemantic(KEYS, missing='uniform', num_groups=5)
        results = pipeline(load=load)(dict(paths))
    assert len([w for w in caught if 'uniform map' in str(w.message)]) == 1
    assert results['semantic_sharp'].shape == (10, 12, 5)


def test_other_changes_of_pixels_are_refused(maps, paths):
    results = pipeline()(dict(paths))
    results['img_blur'] = results['img_blur'][1:]
    with pytest.raises(
        ValueError, match='follow LoadRGBImage, RandomCrop and'
    ):
        LoadSemantic(KEYS)(results)


def test_a_flip_before_the_crop_is_refused(maps, paths):
    from mmagic.datasets.transforms import Flip

    steps = Compose(
        [
            LoadRGBImage(['img_blur']),
            Flip(['img_blur'], 1),
            RandomCrop(['img_blur'], 8),
            LoadSemantic(['img_blur']),
        ]
    )
    with pytest.raises(
        ValueError, match='follow LoadRGBImage, RandomCrop and'
    ):
        steps(paths)


def test_two_sources_are_told_apart(maps, paths, data):
    other = MapStore(data / 'semantic' / 'other-01234567')
    uniform = np.full((8, 1, 1), 1 / 8)
    for name in NAMES.values():
        other.write(name, uniform)
    find_store.cache_clear()
    with pytest.raises(MapError, match='2 folders for a source'):
        pipeline(load=LoadSemantic(KEYS))(dict(paths))
    results = pipeline(load=LoadSemantic(KEYS, 'other'))(dict(paths))
    np.testing.assert_allclose(results['semantic_blur'], 1 / 8, atol=4e-3)


@pytest.mark.parametrize(
    'arguments', [{'keys': 'img_blur'}, {'keys': ['blur']}]
)
def test_wrong_keys_are_refused(arguments):
    with pytest.raises(TypeError, match='keys must be a list'):
        LoadSemantic(**arguments)


def test_other_values_of_missing_are_refused():
    with pytest.raises(ValueError, match="'error' or 'uniform'"):
        LoadSemantic(KEYS, missing='zero')
