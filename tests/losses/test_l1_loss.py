import pytest
import torch
from numpy_reference import array, assert_close

from mmasgan.losses import IdentityLoss
from mmasgan.losses.functional import mean_absolute_error


@pytest.fixture
def images(device):
    return torch.rand(2, 2, 3, 5, 4, device=device) * 2 - 1


def test_is_half_the_mean_absolute_error_by_default(images):
    output, original = images
    expected = 0.5 * abs(array(output) - array(original)).mean()
    assert_close(IdentityLoss()(output, original), expected)


@pytest.mark.parametrize('weight', [0.0, 1.0, 5.0])
def test_equals_the_function(images, weight):
    expected = weight * mean_absolute_error(*images)
    assert IdentityLoss(weight)(*images) == expected


def test_is_0_for_an_identity_generator(images):
    assert IdentityLoss()(images[0], images[0].clone()) == 0


def test_refuses_images_of_two_shapes(images):
    with pytest.raises(ValueError, match='must have the same shape'):
        IdentityLoss()(images[0], images[1, :1])
