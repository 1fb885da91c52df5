import numpy as np
import pytest

from mmasgan.datasets import RandomView
from mmasgan.io.image.reader import UnusableImageError
from mmasgan.registry import TRANSFORMS

KEYS = ['img_blur', 'img_sharp']
# Each pixel holds its own row and column.
GRID = np.stack([*np.mgrid[:9, :11], np.zeros((9, 11))], 2).astype(np.uint8)
NOISE = np.random.RandomState(0).randint(0, 256, (32, 40, 3), dtype=np.uint8)


def view(seed=0, image=GRID, keys=('img_sharp',), **kwargs):
    np.random.seed(seed)
    results = dict.fromkeys(keys, image)
    return RandomView(list(keys), **{'crop_size': 4, **kwargs})(results)


def poses(region):
    """Return a region turned and flipped in all eight ways."""
    turned = [np.rot90(region, quarter) for quarter in range(4)]
    return [pose for each in turned for pose in (each, each[:, ::-1])]


def pose_of(image, region):
    (number,) = [
        number
        for number, pose in enumerate(poses(region))
        if np.array_equal(image, pose)
    ]
    return number


def test_pixels_are_those_of_the_region():
    for seed in range(20):
        results = view(seed)
        top, left, height, width = results['img_sharp_crop']
        assert (height, width) == (4, 4)
        region = GRID[top : top + 4, left : left + 4]
        pose_of(results['img_sharp'], region)  # one of the eight
        assert results['img_sharp'].dtype == np.uint8


def test_a_margin_is_left_besides():
    assert view(margin=2)['img_sharp'].shape == (8, 8, 3)
    with pytest.raises(ValueError, match='margin must not be negative'):
        view(margin=-1)


def test_all_eight_poses_occur_alike():
    found = []
    for seed in range(400):
        results = view(seed)
        top, left, *_ = results['img_sharp_crop']
        region = GRID[top : top + 4, left : left + 4]
        found.append(pose_of(results['img_sharp'], region))
    counts = np.bincount(found, minlength=8)
    assert counts.min() > 25
    assert counts.max() < 80


def test_every_place_occurs_and_none_beyond():
    found = {view(seed)['img_sharp_crop'][:2] for seed in range(500)}
    assert found == {(top, left) for top in range(6) for left in range(8)}


def test_keys_are_drawn_on_their_own():
    results = [view(seed, keys=KEYS) for seed in range(30)]
    same = [r['img_blur_crop'] == r['img_sharp_crop'] for r in results]
    assert sum(same) < 5


def test_other_keys_stay():
    image = NOISE.copy()
    results = {'img_blur': image, 'img_sharp': NOISE, 'name': 'scene'}
    RandomView(['img_sharp'], 8)(results)
    assert results['img_blur'] is image
    assert results['name'] == 'scene'
    assert 'img_blur_crop' not in results


def test_the_same_seed_shows_the_same_view():
    options = dict(image=NOISE, scale=(0.5, 1.5), crop_size=12, choices=2)
    first, same, other = (view(seed, **options) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first['img_sharp'], same['img_sharp'])
    assert not np.array_equal(first['img_sharp'], other['img_sharp'])


class TestScale:
    @pytest.mark.parametrize('times', [2, 4])
    def test_a_larger_region_is_averaged(self, times):
        results = view(image=NOISE, crop_size=8, scale=(1 / times,) * 2)
        top, left, *sides = results['img_sharp_crop']
        side = 8 * times
        assert sides == [side, side]
        region = NOISE[top : top + side, left : left + side].astype(float)
        mean = region.reshape(8, times, 8, times, 3).mean(axis=(1, 3))
        closest = min(
            np.abs(results['img_sharp'] - pose).max() for pose in poses(mean)
        )
        assert closest <= 0.501

    def test_a_smaller_region_is_enlarged(self):
        ramp = np.zeros((32, 32, 3), np.uint8)
        ramp[:] = 8 * np.arange(32)[None, :, None]
        results = view(image=ramp, crop_size=16, scale=(2.0, 2.0))
        assert results['img_sharp_crop'][2:] == (8, 8)
        image = results['img_sharp'].astype(float)
        slopes = [np.abs(np.diff(image, axis=axis)) for axis in (0, 1)]
        # A ramp of 8 a pixel has 4 now, away from the sides.
        inner = [slope[3:-3, 3:-3].mean() for slope in slopes]
        assert sorted(inner) == pytest.approx([0, 4], abs=0.1)

    def test_it_is_drawn_within_its_bounds(self):
        sides = [
            view(s, NOISE, crop_size=8, scale=(0.5, 2))['img_sharp_crop'][2]
            for s in range(300)
        ]
        assert min(sides) == 4
        assert max(sides) == 16
        # the mean of 8 / scale, of a scale drawn evenly
        expected = 8 * np.log(4) / 1.5
        assert np.mean(sides) == pytest.approx(expected, abs=0.5)

    def test_a_region_is_no_larger_than_the_image(self):
        results = view(image=NOISE, crop_size=24, scale=(0.1, 0.1))
        assert results['img_sharp_crop'][2:] == (32, 32)
        assert results['img_sharp'].shape == (24, 24, 3)

    def test_at_1_nothing_is_resampled(self):
        results = view(image=NOISE, crop_size=32)
        top, left, *_ = results['img_sharp_crop']
        assert top == 0
        pose_of(results['img_sharp'], NOISE[:, left : left + 32])


class TestChoices:
    IMAGE = np.full((32, 64, 3), 90, np.uint8)
    IMAGE[:, 56:] = NOISE[:, :8]  # detail at one side alone

    def places(self, choices):
        return np.array(
            [
                view(seed, self.IMAGE, crop_size=8, choices=choices)[
                    'img_sharp_crop'
                ][1]
                for seed in range(200)
            ]
        )

    def test_the_region_with_most_detail_is_taken(self):
        one, many = (self.places(choices) for choices in (1, 8))
        # Places that show some of the detail.
        share = np.mean(one > 48)
        assert share == pytest.approx(8 / 57, abs=0.06)
        expected = 1 - (1 - 8 / 57) ** 8
        assert np.mean(many > 48) == pytest.approx(expected, abs=0.08)
        assert many[many > 48].mean() > one[one > 48].mean() + 0.5

    def test_pixels_are_those_of_the_region(self):
        for seed in range(10):
            results = view(seed, NOISE, crop_size=8, choices=3)
            top, left, *_ = results['img_sharp_crop']
            region = NOISE[top : top + 8, left : left + 8]
            pose_of(results['img_sharp'], region)


@pytest.mark.parametrize('shape', [(32, 40, 3), (64, 8, 3)])
def test_result_owns_its_memory(shape):
    # Whole images should be freed, and a cached one stay as it is.
    image = np.random.RandomState(1).randint(0, 256, shape, dtype=np.uint8)
    image.flags.writeable = False
    for seed in range(24):
        scale = (0.5, 1, 2)[seed % 3]
        results = view(seed, image, crop_size=8, scale=(scale, scale))
        found = results['img_sharp']
        assert not np.shares_memory(found, image)
        assert found.flags.c_contiguous
        assert found.flags.writeable


class TestRefusals:
    @pytest.mark.parametrize('size', [(7, 11), (9, 4)])
    @pytest.mark.parametrize('scale', [(1, 1), (2, 2)])
    def test_a_small_image_is_named(self, size, scale):
        message = (
            rf"data/small.png' has {size[1]}x{size[0]} pixels, too few for a "
            'crop of 8x8; remove it, or set a smaller crop_size'
        )
        results = {
            'img_sharp': GRID[: size[0], : size[1]],
            'img_sharp_path': 'data/small.png',
        }
        with pytest.raises(UnusableImageError, match=message):
            RandomView(['img_sharp'], 8, scale)(results)
        del results['img_sharp_path']
        with pytest.raises(UnusableImageError, match="'img_sharp' has"):
            RandomView(['img_sharp'], 8, scale)(results)

    @pytest.mark.parametrize('keys', ['img_sharp', []])
    def test_keys_are_a_list(self, keys):
        with pytest.raises(TypeError, match='keys must be a list of names'):
            RandomView(keys, 4)

    @pytest.mark.parametrize('numbers', [(0, 1), (-1, 1), (4, 0)])
    def test_sizes_and_choices_are_positive(self, numbers):
        message = 'must be positive, got {} and {}'.format(*numbers)
        with pytest.raises(ValueError, match=message):
            RandomView(KEYS, numbers[0], choices=numbers[1])

    @pytest.mark.parametrize('scale', [(0, 1), (2, 1), (-1, 1)])
    def test_scale_is_a_range(self, scale):
        with pytest.raises(ValueError, match=r'scale must be \(low, high\)'):
            RandomView(KEYS, 4, scale)


def test_registry_builds_it():
    config = dict(type='mmasgan.RandomView', keys=KEYS, crop_size=4)
    assert repr(TRANSFORMS.build(config)) == (
        "RandomView(keys=['img_blur', 'img_sharp'], crop_size=4, "
        'scale=(1.0, 1.0), choices=1, defocus=0.0)'
    )


class TestDefocus:
    IMAGE = np.random.RandomState(5).randint(0, 256, (40, 40, 3), np.uint8)

    def view(self, defocus, seed, image=IMAGE):
        np.random.seed(seed)
        view = RandomView(['img'], 32, defocus=defocus)
        return view.transform({'img': image})['img'].astype(int)

    @staticmethod
    def is_soft(view):
        steps = abs(np.diff(view, axis=0)).mean(axis=2)
        return (steps < 40).mean() > 0.3

    def test_as_often_as_it_says(self):
        soft = [self.is_soft(self.view(0.3, seed)) for seed in range(200)]
        assert 0.15 < np.mean(soft) < 0.35

    def test_never_and_always(self):
        for seed in range(20):
            sharp, soft = self.view(0, seed), self.view(1, seed)
            assert not self.is_soft(sharp)
            assert soft.std() < sharp.std()

    def test_a_region_alone_is_soft_about_half_the_time(self):
        regions = 0
        for seed in range(200):
            steps = abs(np.diff(self.view(1, seed), axis=0)).mean(axis=2)
            sharp, soft = (steps > 60).mean(), (steps < 25).mean()
            regions += sharp > 0.15 and soft > 0.15
        assert 50 < regions < 110

    def test_keeps_the_mean_of_a_disc_on_a_constant(self):
        flat = np.full((40, 40, 3), 77, np.uint8)
        assert (self.view(1, 3, flat) == 77).all()

    @pytest.mark.parametrize('defocus', [-0.1, 1.1])
    def test_it_is_a_share(self, defocus):
        with pytest.raises(ValueError, match='defocus must be in'):
            RandomView(['img'], 32, defocus=defocus)
