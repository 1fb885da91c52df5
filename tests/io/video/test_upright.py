from fractions import Fraction

import numpy as np
import pytest
from clips import SHARP, psnr, read_clip, write_clip

from mmasgan.apis.inference import deblur_video


@pytest.mark.parametrize(
    ('matrix', 'turn'),
    [
        # As phones write them: seen is what a matrix makes of (x, y).
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
        ((0, -1, 1, 0), lambda image: np.rot90(image, 1)),
        ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
        ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
        ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
    ],
)
def test_frames_are_turned_upright(tmp_path, matrix, turn):
    image = np.full((48, 64, 3), 30, np.uint8)
    image[:16, :32] = (200, 20, 20)  # red in the upper left
    image[32:, :32] = (20, 200, 20)
    source = write_clip(
        tmp_path / 'a.mp4',
        frames=[image] * 3,
        ratio=Fraction(4, 3),
        options=SHARP,
    )
    content = bytearray(source.read_bytes())
    start = content.index(b'tkhd') + 44
    for offset, value in zip((0, 4, 12, 16), matrix, strict=True):
        place = slice(start + offset, start + offset + 4)
        content[place] = (value << 16).to_bytes(4, 'big', signed=True)
    source.write_bytes(content)
    seen = []

    def deblur(image):
        seen.append(image)
        return image

    deblur_video(source, tmp_path / 'b.mp4', deblur)
    expected = turn(image)
    height, width = expected.shape[:2]
    after = read_clip(tmp_path / 'b.mp4')
    assert after.size == (width, height)
    is_turned = height > width
    assert after.ratio == (Fraction(3, 4) if is_turned else Fraction(4, 3))
    frame = after.frames[0]
    assert frame.rotation == 0
    assert psnr(seen[0], np.ascontiguousarray(expected)) > 28
    assert psnr(frame.to_ndarray(format='rgb24'), expected) > 28
