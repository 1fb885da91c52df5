import pytest
import torch
from mmengine.registry import MODELS
from numpy_reference import array, assert_close

from mmasgan.losses import IdentityLoss, L1Loss, PixelCycleLoss
from mmasgan.losses.functional import mean_absolute_error


@pytest.fixture
def images(device):
    return torch.rand(2, 2, 3, 5, 4, device=device) * 2 - 1


@pytest.mark.parametrize(
    ('kind', 'weight'),
    [(L1Loss, 1), (IdentityLoss, 0.5), (PixelCycleLoss, 10)],
)
def test_is_the_mean_absolute_error_times_its_weight(images, kind, weight):
    output, original = images
    expected = weight * abs(array(output) - array(original)).mean()
    assert_close(kind()(output, original), expected)
    loss = MODELS.build(dict(type=f'mmasgan.{kind.__name__}'))
    assert type(loss) is kind
    assert loss.loss_weight == weight


@pytest.mark.parametrize('weight', [0.0, 1.0, 5.0])
def test_equals_the_function(images, weight):
    expected = weight * mean_absolute_error(*images)
    assert L1Loss(weight)(*images) == expected


def test_is_0_for_an_identity_generator(images):
    assert L1Loss()(images[0], images[0].clone()) == 0


def test_refuses_images_of_two_shapes(images):
    with pytest.raises(ValueError, match='must have the same shape'):
        L1Loss()(images[0], images[1, :1])
