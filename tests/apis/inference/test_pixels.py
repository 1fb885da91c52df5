import numpy as np
import pytest

from mmasgan.apis.inference import deblur_pixels
from mmasgan.apis.inference.pixels import NotFiniteError
from mmasgan.apis.inference.steps import report


def image(dtype=np.uint8, height=17, width=20):
    high = np.iinfo(dtype).max
    draw = np.random.default_rng(0)
    return draw.integers(0, high, (height, width, 3), dtype, endpoint=True)


def same(pixels, semantic=None):
    return pixels.copy()


def inverted(pixels, semantic=None):
    assert pixels.dtype == np.float32
    return -pixels


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
@pytest.mark.parametrize('self_ensemble', [False, True])
def test_what_changes_nothing_changes_no_pixel(dtype, self_ensemble):
    pixels = image(dtype)
    found = deblur_pixels(same, pixels, self_ensemble=self_ensemble)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_the_range_of_the_type_is_used(dtype):
    pixels = image(dtype)
    found = deblur_pixels(inverted, pixels)
    np.testing.assert_array_equal(found, np.iinfo(dtype).max - pixels)


def test_strength_mixes_input_and_output():
    pixels = np.full((16, 16, 3), 100, np.uint8)
    for strength, value in ((0, 100), (0.5, 128), (1, 155)):  # 127.5 to even
        found = deblur_pixels(inverted, pixels, strength=strength)
        assert np.unique(found) == [value]


def test_what_leaves_the_range_is_clipped():
    found = deblur_pixels(lambda x, semantic: 3 * x + 0.5, image())
    assert found.min() == 0
    assert found.max() == 255


def test_the_self_ensemble_shows_all_eight_and_turns_them_back():
    pixels = image()
    semantic = np.random.default_rng(1).random((2, 17, 20), np.float32)
    seen = []

    def turn(x, classes):
        """Put out what lies left above: turning back must undo it."""
        seen.append(x[0, 0].tolist())
        assert classes.shape[1:] == x.shape[:2]
        return x + 0 * classes[0][..., None]

    found = deblur_pixels(turn, pixels, semantic, self_ensemble=True)
    np.testing.assert_array_equal(found, pixels)
    assert len(seen) == 8
    assert len(set(map(tuple, seen))) == 4  # corners, each seen twice


def test_the_self_ensemble_makes_any_model_blind_to_turning():
    def shift(x, semantic):
        return np.roll(x, 1, axis=1)

    pixels = image(width=17)
    found = deblur_pixels(shift, pixels, self_ensemble=True)
    turned = deblur_pixels(shift, np.rot90(pixels), self_ensemble=True)
    apart = turned.astype(int) - np.rot90(found)  # rounded apart at halves
    assert np.abs(apart).max() <= 1
    assert np.abs(found.astype(int) - pixels).max() > 50


@pytest.mark.parametrize(
    ('pixels', 'options', 'error', 'message'),
    [
        (image() / 255, {}, TypeError, 'uint8 or uint16, got float64'),
        (image()[..., 0], {}, ValueError, r'must be \(H, W, 3\)'),
        (image(height=15), {}, ValueError, '16x16 pixels, got 20x15'),
        (image(), dict(strength=1.5), ValueError, 'strength .* got 1.5'),
    ],
)
def test_bad_input_is_named(pixels, options, error, message):
    with pytest.raises(error, match=message):
        deblur_pixels(same, pixels, **options)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('strength', [0.0, 0.5, 1.0])
@pytest.mark.parametrize('self_ensemble', [False, True])
@pytest.mark.parametrize('where', [np.s_[:], np.s_[3, 4, 1]])
def test_what_is_no_number_is_no_picture(
    recwarn, value, strength, self_ensemble, where
):
    def broken(pixels, semantic=None):
        output = pixels.copy()
        output[where] = value
        return output

    with pytest.raises(NotFiniteError, match='contains NaN or infinity'):
        deblur_pixels(broken, image(), None, strength, self_ensemble)
    assert list(recwarn) == []


def test_two_infinities_do_not_hide_each_other():
    def broken(pixels, semantic=None):
        output = pixels.copy()
        output[0, 0, 0], output[0, 0, 1] = np.inf, -np.inf
        return output

    with pytest.raises(NotFiniteError):
        deblur_pixels(broken, image())


def test_a_smaller_copy_is_seen_and_the_change_is_enlarged():
    """What fades from left to right stays so, whatever the scale."""
    pixels = np.full((64, 96, 3), 100, np.uint8)
    sizes = []

    def fade(x, semantic=None):
        sizes.append((x.shape, None if semantic is None else semantic.shape))
        return x + np.linspace(0, 0.5, x.shape[1], dtype='f4')[:, None]

    whole = deblur_pixels(fade, pixels).astype(int)
    maps = np.full((2, 64, 96), 0.5, np.float32)
    half = deblur_pixels(fade, pixels, maps, scale=0.5).astype(int)
    assert sizes[1] == ((32, 48, 3), (2, 32, 48))
    assert np.abs(half - whole).max() <= 2
    deblur_pixels(fade, pixels, scale=0.01)
    assert sizes[2][0] == (16, 16, 3)


@pytest.mark.parametrize('scale', [0, -1, 1.5])
def test_an_odd_scale_is_named(scale):
    with pytest.raises(ValueError, match='scale must be above 0'):
        deblur_pixels(same, image(), scale=scale)


def test_detail_survives_a_smaller_copy():
    found = deblur_pixels(same, image(), scale=0.5)
    np.testing.assert_array_equal(found, image())


def test_the_self_ensemble_counts_eight_parts():
    def told(pixels, semantic=None):
        report(0.5)
        return pixels

    shares = []
    deblur_pixels(told, image(), self_ensemble=True, progress=shares.append)
    assert shares == [(number + 0.5) / 8 for number in range(8)]
