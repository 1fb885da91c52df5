import numpy as np
import pytest

from mmasgan.datasets import LoadRGBImage
from mmasgan.datasets.transforms import load_rgb_image
from mmasgan.io.image.reader import ImageReadError
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
        'backend_args=None, store=None, cache_megabytes=0)'
    )


class TestCache:
    SIZE = 20, 50  # 3000 bytes

    @pytest.fixture
    def files(self, tmp_path, write_image):
        return [
            str(write_image(tmp_path / f'{n}.png', size=self.SIZE, seed=n))
            for n in range(4)
        ]

    @pytest.fixture
    def reads(self, monkeypatch):
        """Record the files that are decoded."""
        found = []
        decode = load_rgb_image.read_rgb_image

        def read(path, backend_args):
            found.append(path)
            return decode(path, backend_args)

        monkeypatch.setattr(load_rgb_image, 'read_rgb_image', read)
        return found

    @staticmethod
    def load(transform, path):
        return transform({'img_blur_path': path})['img_blur']

    def test_an_image_is_decoded_once(self, files, reads):
        transform = LoadRGBImage(['img_blur'], cache_megabytes=0.012)
        plain = LoadRGBImage(['img_blur'])
        for _ in range(3):
            for path in files:  # four of 0.003 MB
                np.testing.assert_array_equal(
                    self.load(transform, path), self.load(plain, path)
                )
        assert len(reads) == 4 + 12

    def test_without_a_cache_it_is_decoded_each_time(self, files, reads):
        transform = LoadRGBImage(['img_blur'])
        for _ in range(3):
            assert self.load(transform, files[0]).flags.writeable
        assert len(reads) == 3

    def test_the_images_used_last_stay(self, files, reads):
        transform = LoadRGBImage(['img_blur'], cache_megabytes=0.0065)
        for number in (0, 1, 0, 2, 0, 1):
            self.load(transform, files[number])
            held = sum(image.nbytes for image in transform._cache.values())
            assert held <= 6500
        # 2 took the place of 1, which had not been used for longest.
        assert [files.index(path) for path in reads] == [0, 1, 2, 1]

    def test_an_image_larger_than_it_is_read_all_the_same(self, files, reads):
        transform = LoadRGBImage(['img_blur'], cache_megabytes=0.001)
        for _ in range(2):
            assert self.load(transform, files[0]).shape == (*self.SIZE, 3)
        assert len(reads) == 2
        assert not transform._cache

    def test_an_image_of_it_cannot_be_changed(self, files):
        transform = LoadRGBImage(['img_blur'], cache_megabytes=1)
        image = self.load(transform, files[0])
        before = image.copy()
        with pytest.raises(ValueError, match='read-only'):
            image[0] = 0
        with pytest.raises(ValueError, match='read-only'):
            image[2:5, 3:7, :][...] += 1
        np.testing.assert_array_equal(self.load(transform, files[0]), before)

    def test_sizes_are_compared_all_the_same(self, paths, write_image):
        transform = LoadRGBImage(KEYS, same_size=True, cache_megabytes=1)
        transform(dict(paths))
        other = write_image(paths['img_sharp_path'] + '.png', PIXELS[:1])
        with pytest.raises(ValueError, match=r"has 3x2 pixels, '.*' has 3x1"):
            transform(paths | {'img_sharp_path': str(other)})

    def test_a_damaged_file_is_not_kept(self, files):
        transform = LoadRGBImage(['img_blur'], cache_megabytes=1)
        with open(files[0], 'rb+') as opened:
            content = opened.read()
            opened.truncate(40)
        with pytest.raises(ImageReadError, match=r"0\.png'"):
            self.load(transform, files[0])
        with open(files[0], 'wb') as opened:
            opened.write(content)
        assert self.load(transform, files[0]).shape == (*self.SIZE, 3)

    def test_its_size_is_not_negative(self):
        message = 'cache_megabytes must not be negative, got -1'
        with pytest.raises(ValueError, match=message):
            LoadRGBImage(KEYS, cache_megabytes=-1)
