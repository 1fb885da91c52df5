import numpy as np
import pytest

from mmasgan.datasets import MotionBlur
from mmasgan.datasets.camera_shake import blur_along
from mmasgan.registry import TRANSFORMS

IMAGE = np.random.RandomState(0).randint(0, 256, (64, 72, 3), dtype=np.uint8)


def blurred(seed=0, image=IMAGE, **kwargs):
    np.random.seed(seed)
    return MotionBlur('img_sharp', 'img_blur', **kwargs)({'img_sharp': image})


def sharpness(image):
    return np.abs(np.diff(image.astype(float), axis=1)).mean()


def test_it_is_built_by_name():
    built = TRANSFORMS.build(
        dict(type='mmasgan.MotionBlur', key='a', out_key='b', length=3)
    )
    assert isinstance(built, MotionBlur)
    assert "key='a'" in repr(built)


def test_a_seed_decides_everything():
    options = dict(object_probability=0.5, noise=(1, 5), jpeg_quality=(50, 90))
    first, again, other = (blurred(s, **options) for s in (1, 1, 2))
    np.testing.assert_array_equal(first['img_blur'], again['img_blur'])
    assert (first['img_blur'] != other['img_blur']).any()


def test_the_sharp_image_stays_and_the_blurred_one_is_blurred():
    result = blurred(length=12)
    np.testing.assert_array_equal(result['img_sharp'], IMAGE)
    assert result['img_blur'].dtype == np.uint8
    assert sharpness(result['img_blur']) < 0.5 * sharpness(IMAGE)


def test_longer_paths_blur_more():
    levels = [
        np.mean(
            [sharpness(blurred(s, length=n)['img_blur']) for s in range(5)]
        )
        for n in (0, 3, 12)
    ]
    assert levels[0] == pytest.approx(sharpness(IMAGE))
    assert levels[0] > levels[1] > levels[2]


def test_a_short_exposure_sees_less_of_the_path():
    long, short = (
        blurred(length=20, exposure=e)['img_blur_motion'] for e in (1, 0.3)
    )
    reach = [np.abs(path[:, :2]).max() for path in (long, short)]
    assert reach[1] < 0.5 * reach[0]


@pytest.mark.parametrize('length', [0, 2.0, 40])
def test_frames_are_as_many_as_asked_for_and_one_is_the_truth(length):
    counts = set()
    for seed in range(20):
        path = blurred(seed, length=length, frames=(4, 8))['img_blur_motion']
        counts.add(len(path))
        np.testing.assert_allclose(path[len(path) // 2], 0, atol=1e-9)
    assert counts == {5, 7, 9}


def test_without_shake_a_path_is_a_straight_line_at_constant_speed():
    path = blurred(length=20, shake=0)['img_blur_motion']
    steps = np.diff(path[:, :2], axis=0)
    np.testing.assert_allclose(steps, np.tile(steps[:1], (len(steps), 1)))


def test_noise_has_its_deviation():
    grey = np.full((128, 128, 3), 128, np.uint8)
    result = blurred(image=grey, noise=4)['img_blur'].astype(float)
    assert result.std() == pytest.approx(4, rel=0.05)
    assert result.mean() == pytest.approx(128, abs=0.2)


def test_compression_keeps_the_channel_order():
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    result = blurred(image=red, jpeg_quality=80)['img_blur']
    assert np.abs(result.astype(int) - red).max() < 5


def test_a_mask_says_where_the_object_is():
    mask = np.zeros(IMAGE.shape[:2])
    mask[:, :36] = 1
    transform = MotionBlur('s', 'b', length=0, object_length=10, mask_key='m')
    np.random.seed(0)
    result = transform({'s': IMAGE, 'm': mask})['b']
    assert (result[:, 48:] == IMAGE[:, 48:]).all()
    assert (result[:, :24] != IMAGE[:, :24]).mean() > 0.5


def test_the_margin_is_cut_off_both():
    result = blurred(length=8, margin=10)
    np.testing.assert_array_equal(result['img_sharp'], IMAGE[10:-10, 10:-10])
    assert result['img_blur'].shape == (44, 52, 3)
    with pytest.raises(ValueError, match='margin=32 is too large'):
        blurred(margin=32)


def test_what_is_known_of_the_image_goes_along():
    sample = {
        'a': IMAGE,
        'a_path': 'x.png',
        'a_channel_order': 'rgb',
        'a_color_type': 'color',
        'ori_a_shape': (99, 99, 3),
        'a_crop': (5, 7, 64, 72),
    }
    result = MotionBlur('a', 'b', margin=4)(sample)
    assert result['ori_b_shape'] == (99, 99, 3)
    assert result['a_crop'] == result['b_crop'] == (9, 11, 56, 64)
    assert result['b_path'] == 'x.png'
    assert result['b_channel_order'] == 'rgb'
    assert result['b_color_type'] == 'color'


def test_shot_tells_both_paths():
    blur = MotionBlur('a', 'b', object_length=9, mask_key='mask', margin=4)
    mask = np.zeros(IMAGE.shape[:2], np.float32)
    mask[20:40, 20:40] = 1
    shot = blur.shoot(IMAGE, np.random.RandomState(0), mask)
    assert shot.image.shape == IMAGE.shape
    assert shot.object_path.shape == shot.path.shape
    expected = blur_along(IMAGE, shot.path, 1, mask, shot.object_path)
    np.testing.assert_array_equal(shot.image, expected)
    still = blur.shoot(IMAGE, np.random.RandomState(0))
    assert still.object_path is None
    np.testing.assert_array_equal(still.path, shot.path)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (
            {'length': (5, 2)},
            r'length must be a non-negative number or \(low, h',
        ),
        ({'noise': -1}, 'noise must be'),
        ({'exposure': 0}, r'exposure must be in \(0, 1\]'),
        ({'exposure': (0.5, 1.5)}, 'exposure must be'),
        ({'frames': 0}, 'frames must be at least 1'),
    ],
)
def test_bad_arguments_are_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        MotionBlur('a', 'b', **kwargs)
