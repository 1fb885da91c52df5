import numpy as np
import torch
from torch import nn

from mmasgan.semantic.torch_prior import TorchPrior


def make(seed=0, size=None):
    torch.manual_seed(seed)
    return TorchPrior(nn.Conv2d(3, 8, 1), 'outdoor', size, 'cpu')


def test_the_model_sees_the_normalised_image(image):
    prior = make()
    mean = torch.tensor([0.485, 0.456, 0.406])
    std = torch.tensor([0.229, 0.224, 0.225])
    pixel = (torch.from_numpy(image[3, 4]) / 255 - mean) / std
    weight = prior.model.weight[..., 0, 0]
    expected = (weight @ pixel + prior.model.bias).softmax(0)
    found = prior(image)
    assert found.shape == (8, 33, 47)
    np.testing.assert_allclose(
        found[:, 3, 4], expected.detach().numpy(), atol=1e-5
    )


def test_the_size_is_kept_in_the_config(image):
    prior = make(size=(16, 24))
    assert prior(image).shape == (8, 16, 24)
    assert prior.config() == {'size': (16, 24)}


def test_the_hash_is_of_the_weights():
    assert make(1).weights_hash() == make(1).weights_hash()
    assert make(1).weights_hash() != make(2).weights_hash()
    assert not make().model.training
