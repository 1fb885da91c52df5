import cv2
import numpy as np
import pytest

from mmasgan.datasets import read_rgb_image
from mmasgan.datasets.prepare.duplicates import (
    MOST_BITS,
    NearDuplicate,
    near_duplicates,
    perceptual_hash,
    refusal,
)


def bits(a, b):
    return bin(int(a, 16) ^ int(b, 16)).count('1')


def test_hash_is_that_of_an_independent_transform(scenes):
    image = scenes(0, (64, 96))
    gray = image.astype(float) @ [0.299, 0.587, 0.114]
    small = gray.reshape(32, 2, 32, 3).mean(axis=(1, 3))
    n = np.arange(32)
    basis = np.cos(np.pi * (2 * n + 1) * n[:, None] / 64)
    waves = (basis @ small @ basis.T)[:8, :8]
    waves *= np.outer(*[np.where(np.arange(8), 1, 0.5**0.5)] * 2)
    expected = np.packbits(waves > np.median(waves)).tobytes().hex()
    # Grey levels are rounded to bytes, which may move one wave.
    assert bits(perceptual_hash(image), expected) <= 2


def test_scale_compression_light_and_blur_hardly_matter(scenes):
    image = scenes(1, (240, 320))
    look = perceptual_hash(image)
    _, jpeg = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 30])
    for changed in (
        cv2.resize(image, (211, 155), interpolation=cv2.INTER_AREA),
        cv2.imdecode(jpeg, cv2.IMREAD_COLOR),
        cv2.convertScaleAbs(image, alpha=0.8, beta=10),
        cv2.blur(image, (15, 1)),
    ):
        assert bits(look, perceptual_hash(changed)) <= MOST_BITS


def test_other_scenes_are_told_apart(scenes):
    looks = [perceptual_hash(scenes(seed)) for seed in range(20)]
    distances = [bits(a, b) for i, a in enumerate(looks) for b in looks[:i]]
    assert min(distances) > MOST_BITS


def test_pairs_are_named_the_most_alike_first():
    zero, one, nine, half = '0' * 16, '0' * 15 + '1', '0' * 13 + '1ff', 'f' * 8
    blur = {'a': one, 'b': half + '0' * 8, 'c': zero}
    assert near_duplicates(blur, {'x': zero, 'y': nine}) == [
        NearDuplicate('c', 'x', 0),
        NearDuplicate('a', 'x', 1),
        NearDuplicate('a', 'y', 8),
    ]
    assert near_duplicates(blur, {}) == near_duplicates({}, blur) == []


def test_refusal_names_them():
    text = refusal([NearDuplicate('a b.png', 'ü.jpg', 3)])
    assert text.startswith('1 pair of a blurred and a sharp image look')
    assert "'a b.png' and 'ü.jpg' (3 of 64 bits differ)" in text


def test_threshold_lies_between_real_pairs_and_real_scenes(real_root):
    looks = {
        (sequence, kind, path.name): perceptual_hash(read_rgb_image(str(path)))
        for sequence in (
            'train/GOPR0372_07_00',
            'train/REDS_020',
            'test/GOPR0384_11_00',
        )
        for kind in ('blur', 'sharp')
        for path in sorted((real_root / sequence / kind).iterdir())[::9]
    }
    pairs = [
        bits(look, looks[sequence, 'sharp', name])
        for (sequence, kind, name), look in looks.items()
        if kind == 'blur'
    ]
    others = [
        bits(a, b)
        for (first, *_), a in looks.items()
        for (second, *_), b in looks.items()
        if first < second
    ]
    assert max(pairs) <= MOST_BITS < min(others)


@pytest.mark.parametrize('shape', [(1, 1, 3), (300, 20, 3)])
def test_any_size_has_a_hash(shape):
    assert len(perceptual_hash(np.zeros(shape, np.uint8))) == 16
