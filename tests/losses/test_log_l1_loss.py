import numpy as np
import pytest
import torch
from numpy_reference import array, assert_close
from torch.autograd import gradcheck

from mmasgan.losses import LogL1Loss
from mmasgan.losses.functional import mean_log_absolute_error


@pytest.fixture
def images(device):
    return torch.rand(2, 2, 3, 5, 4, device=device) * 2 - 1


@pytest.mark.parametrize('weight', [0.0, 1.0, 0.1])
def test_is_the_logarithm_of_each_images_error(images, weight):
    output, target = images
    errors = abs(array(output) - array(target)).mean(axis=(1, 2, 3))
    expected = weight * np.log(errors + 0.02).mean()
    assert_close(LogL1Loss(weight, epsilon=0.02)(output, target), expected)


def test_equals_the_function(images):
    assert LogL1Loss()(*images) == mean_log_absolute_error(*images, 0.01)


def test_a_tenth_less_counts_the_same_for_hard_and_easy_images():
    target = torch.zeros(2, 3, 4, 4)
    target[0], target[1] = 1.0, 0.5
    loss = LogL1Loss(epsilon=1e-12)
    output = torch.zeros_like(target)
    hard, easy = output.clone(), output.clone()
    hard[0], easy[1] = 0.1 * target[0], 0.1 * target[1]
    assert_close(loss(hard, target), float(loss(easy, target)))


def test_is_the_logarithm_of_epsilon_for_a_perfect_image(images):
    same = LogL1Loss(epsilon=0.5)(images[0], images[0].clone())
    assert_close(same, np.log(0.5))


def test_gradients():
    output, target = torch.rand(2, 2, 1, 4, 4, dtype=torch.float64)
    output.requires_grad_()
    assert gradcheck(LogL1Loss(), (output, target))


@pytest.mark.parametrize('epsilon', [0.0, -1.0])
def test_epsilon_must_be_positive(epsilon):
    with pytest.raises(ValueError, match='epsilon must be positive'):
        LogL1Loss(epsilon=epsilon)


def test_refuses_images_of_two_shapes(images):
    with pytest.raises(ValueError, match='must have the same shape'):
        LogL1Loss()(images[0], images[1, :1])
