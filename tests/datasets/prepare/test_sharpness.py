import cv2
import numpy as np
import pytest
from skimage import data

from mmasgan.datasets import read_rgb_image
from mmasgan.datasets.prepare.sharpness import gradient_ratio


@pytest.mark.parametrize('name', ['astronaut', 'coffee', 'chelsea'])
def test_blur_of_any_direction_lowers_it(name):
    image = getattr(data, name)()
    ratios = [gradient_ratio(image)]
    for length in (5, 11, 21):
        for size in ((length, 1), (1, length)):
            assert gradient_ratio(cv2.blur(image, size)) < ratios[0]
        ratios.append(gradient_ratio(cv2.blur(image, (length, 1))))
    assert ratios == sorted(ratios, reverse=True)


def test_contrast_does_not_matter():
    image = data.coffee()
    dark = (image // 2).astype(np.uint8)
    assert gradient_ratio(dark) == pytest.approx(
        gradient_ratio(image), rel=0.02
    )


def test_value_of_a_wave():
    # A Gaussian of 3 pixels scales a wave's energy by exp(-(3 w)^2).
    wave = 2 * np.pi / 32
    row = 128 + 100 * np.sin(wave * np.arange(320))
    image = np.repeat(np.tile(row, (64, 1))[..., None], 3, axis=2)
    expected = np.exp((3 * wave) ** 2)
    ratio = gradient_ratio(np.rint(image).astype(np.uint8))
    assert ratio == pytest.approx(expected, rel=0.05)


def test_flat_picture_has_a_value():
    assert gradient_ratio(np.zeros((20, 20, 3), np.uint8)) == 1


def test_real_frames_are_told_apart(real_root):
    folder = real_root / 'train' / 'GOPR0372_07_00'
    blur, sharp = (
        [
            gradient_ratio(read_rgb_image(str(path)))
            for path in sorted((folder / kind).iterdir())[::8]
        ]
        for kind in ('blur', 'sharp')
    )
    assert max(blur) < min(sharp)
