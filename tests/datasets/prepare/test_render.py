import numpy as np
import pytest

from mmasgan.datasets.camera_shake import GAMMA
from mmasgan.datasets.prepare.render import render
from mmasgan.datasets.prepare.video_plan import Piece

FRAMES = np.random.RandomState(0).randint(0, 256, (30, 4, 5, 3), np.uint8)


def test_mean_is_of_light():
    pieces = [
        Piece('s', 'blur', 2, 9, 5),
        Piece('s', 'sharp', 5, 6, 5),
        Piece('s', 'blur', 9, 20, 14),
    ]
    made = dict(render(iter(FRAMES), pieces))
    np.testing.assert_array_equal(made[pieces[1]], FRAMES[5])
    for piece in (pieces[0], pieces[2]):
        light = (FRAMES[piece.start : piece.stop] / 255) ** GAMMA
        expected = light.mean(axis=0) ** (1 / GAMMA) * 255
        assert np.abs(made[piece] - expected).max() <= 0.51


def test_mean_of_black_and_white_is_brighter_than_grey():
    frames = np.zeros((2, 1, 1, 3), np.uint8)
    frames[1] = 255
    ((_, image),) = render(frames, [Piece('s', 'blur', 0, 2, 0)])
    assert image.ravel().tolist() == [round(255 * 0.5 ** (1 / 2.2))] * 3


def test_frames_after_the_last_piece_are_not_decoded():
    seen = []

    def frames():
        for number, image in enumerate(FRAMES):
            seen.append(number)
            yield image

    list(render(frames(), [Piece('s', 'sharp', 3, 4, 3)]))
    assert max(seen) == 4


def test_piece_beyond_the_end_is_not_made():
    assert list(render(FRAMES, [Piece('s', 'blur', 25, 32, 28)])) == []


@pytest.mark.parametrize('count', [1, 7])
def test_still_picture_stays_the_same(count):
    still = np.repeat(FRAMES[:1], count, axis=0)
    ((_, image),) = render(still, [Piece('s', 'blur', 0, count, 0)])
    np.testing.assert_array_equal(image, FRAMES[0])
