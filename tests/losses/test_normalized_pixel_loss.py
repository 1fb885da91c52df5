import numpy as np
import pytest
import torch
from numpy_reference import array, assert_close

from mmasgan.losses import NormalizedPixelLoss

MEAN = np.reshape([0.485, 0.456, 0.406], (3, 1, 1))
STD = np.reshape([0.229, 0.224, 0.225], (3, 1, 1))


def normalized(images):
    return ((array(images) + 1) / 2 - MEAN) / STD


def test_is_the_mean_square_of_normalised_pixels(device):
    output, target = torch.rand(2, 2, 3, 4, 5, device=device) * 2 - 1
    difference = normalized(output) - normalized(target)
    actual = NormalizedPixelLoss(loss_weight=3).to(device)(output, target)
    assert_close(actual, 3 * (difference**2).sum() / difference.size)


def test_equal_images_cost_nothing():
    image = torch.rand(1, 3, 4, 4)
    assert NormalizedPixelLoss()(image, image) == 0


def test_gradient_is_right():
    loss = NormalizedPixelLoss().double()
    output, target = torch.rand(2, 1, 3, 4, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(loss, (output.requires_grad_(), target))


def test_it_has_nothing_to_save():
    assert NormalizedPixelLoss().state_dict() == {}


def test_shapes_must_agree():
    with pytest.raises(ValueError, match='the same shape'):
        NormalizedPixelLoss()(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 5))
