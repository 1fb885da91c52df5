import pytest
import torch

from mmasgan.layers.checks import check_images


@pytest.mark.parametrize('shape', [(1, 3, 16, 16), (2, 3, 16, 99)])
def test_images_pass(shape):
    check_images(torch.zeros(shape), channels=3, min_size=16)


@pytest.mark.parametrize(
    ('shape', 'message'),
    [
        ((3, 16, 16), r'must be \(N, 3, H, W\), got \(3, 16, 16\)'),
        ((1, 1, 16, 16), r'must be \(N, 3, H, W\), got \(1, 1, 16, 16\)'),
        ((0, 3, 16, 16), r'at least one image, got \(0, 3, 16, 16\)'),
        ((1, 3, 15, 16), r'at least 16x16, got 15x16 \(height x width\)'),
        ((1, 3, 16, 15), r'at least 16x16, got 16x15 \(height x width\)'),
    ],
)
def test_what_is_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        check_images(torch.zeros(shape), channels=3, min_size=16)


@pytest.mark.parametrize(
    'x',
    [
        torch.zeros(1, 3, 16, 16, dtype=torch.uint8),
        torch.zeros(1, 3, 16, 16, dtype=torch.complex64),
        torch.zeros(1, 3, 16, 16).numpy(),
    ],
)
def test_other_types_are_refused(x):
    with pytest.raises(TypeError, match='x must be a floating-point tensor'):
        check_images(x, channels=3, min_size=16)
