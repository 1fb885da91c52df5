import numpy as np
import pytest

from mmasgan.io.image.photo import ImageWarning, Photo, to_8_bits, warn_of


def pixels(dtype=np.uint8):
    high = np.iinfo(dtype).max
    draw = np.random.default_rng(0)
    return draw.integers(0, high, (4, 5, 3), dtype, endpoint=True)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_a_file_stores_colours_and_alpha(dtype):
    colours = pixels(dtype)
    alpha = colours[..., 0] // 2
    np.testing.assert_array_equal(Photo(colours).samples(), colours)
    samples = Photo(colours, alpha).samples()
    np.testing.assert_array_equal(samples[..., :3], colours)
    np.testing.assert_array_equal(samples[..., 3], alpha)
    assert samples.dtype == dtype


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_grey_is_the_rounded_mean(dtype):
    colours = pixels(dtype)
    expected = np.rint(colours.mean(axis=2)).astype(dtype)
    gray = Photo(colours, is_gray=True)
    np.testing.assert_array_equal(gray.samples()[..., 0], expected)
    np.testing.assert_array_equal(
        gray.rgb(), to_8_bits(np.dstack([expected] * 3))
    )
    samples = Photo(colours, colours[..., 0], is_gray=True).samples()
    np.testing.assert_array_equal(samples[..., 1], colours[..., 0])


def test_equal_channels_stay_what_they_are():
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    gray = Photo(np.dstack([every] * 3), is_gray=True)
    np.testing.assert_array_equal(gray.samples()[..., 0], every)


def test_16_bits_are_rounded_to_8():
    every = np.arange(65536, dtype=np.uint16)
    expected = np.rint(every.astype(np.float64) * 255 / 65535)
    np.testing.assert_array_equal(to_8_bits(every), expected)
    eight = np.arange(256, dtype=np.uint8)
    assert to_8_bits(eight) is eight


def test_one_transparent_pixel_is_enough():
    alpha = np.full((4, 5), 65535, np.uint16)
    assert Photo(pixels(np.uint16)).is_opaque
    assert Photo(pixels(np.uint16), alpha).is_opaque
    alpha[3, 4] = 65534
    assert not Photo(pixels(np.uint16), alpha).is_opaque


def test_notes_are_one_warning(recwarn):
    warn_of('a.png', ())
    warn_of('a.png', ('one', 'two'))
    (warning,) = recwarn
    assert warning.category is ImageWarning
    assert str(warning.message) == "'a.png': one; two"
