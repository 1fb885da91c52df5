import warnings

import pytest
import torch
from numpy_reference import array, assert_close
from torchvision.models import VGG19_Weights

from mmasgan.losses import PerceptualCycleLoss, PerceptualLoss
from mmasgan.losses.functional import mean_squared_error
from mmasgan.losses.vgg_features import VGGFeatures
from mmasgan.registry import MODELS


@pytest.fixture
def random_loss(device):
    """Build a loss with random weights, without its warning."""

    def build(**kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return PerceptualLoss(weights=None, **kwargs).to(device)

    return build


@pytest.fixture
def images(device):
    return torch.rand(2, 2, 3, 8, 8, device=device) * 2 - 1


@pytest.fixture
def no_network(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError('downloads')

    monkeypatch.setattr(VGG19_Weights, 'get_state_dict', fail)
    monkeypatch.setattr(torch.hub, 'load_state_dict_from_url', fail)
    monkeypatch.setattr(torch.hub, 'download_url_to_file', fail)


class TestForward:
    def test_is_the_mean_square_of_feature_differences(
        self, random_loss, images
    ):
        loss = random_loss()
        output, original = (array(loss.features(image)) for image in images)
        count, channels, height, width = output.shape
        assert (count, channels, height, width) == (2, 256, 2, 2)
        total = 0.0
        for n in range(count):  # Eq. (5): 1/N sum 1/CHW ||.||_2^2
            difference = output[n] - original[n]
            total += (difference**2).sum() / (channels * height * width)
        assert_close(loss(*images), 10 * total / count)

    @pytest.mark.parametrize(
        ('weight', 'after_relu', 'use_input_norm'),
        [(2.5, False, True), (1.0, True, True), (0.5, True, False)],
    )
    def test_equals_the_function(
        self, random_loss, images, weight, after_relu, use_input_norm
    ):
        loss = random_loss(
            loss_weight=weight,
            after_relu=after_relu,
            use_input_norm=use_input_norm,
        )
        features = VGGFeatures(after_relu, use_input_norm).to(images.device)
        features.load_state_dict(loss.features.state_dict())
        output, original = map(features, images)
        expected = weight * mean_squared_error(output, original)
        torch.testing.assert_close(loss(*images), expected)

    def test_is_0_for_a_perfect_cycle(self, random_loss, images):
        assert random_loss()(images[0], images[0].clone()) == 0

    def test_gradient_goes_to_the_reconstruction_alone(
        self, random_loss, images
    ):
        loss = random_loss()
        output, original = (i.clone().requires_grad_() for i in images)
        loss(output, original).backward()
        assert output.grad.abs().max() > 0
        assert original.grad is None
        assert all(p.grad is None for p in loss.parameters())

    def test_gradient_equals_that_of_the_features(self, random_loss, images):
        loss = random_loss()
        output = images[0].clone().requires_grad_()
        (actual,) = torch.autograd.grad(loss(output, images[1]), output)
        features = loss.features(output)
        residual = (features - loss.features(images[1])).detach()
        (expected,) = torch.autograd.grad(
            features, output, 10 * 2 * residual / residual.numel()
        )
        torch.testing.assert_close(actual, expected)

    def test_parameters_are_frozen(self, random_loss):
        assert not any(p.requires_grad for p in random_loss().parameters())

    def test_refuses_images_of_two_shapes(self, random_loss, images):
        with pytest.raises(ValueError, match='must have the same shape'):
            random_loss()(images[0], images[1, :1])


class TestWeights:
    @pytest.mark.parametrize('weights', ['torchvision', 'nowhere.pth'])
    def test_constructor_loads_nothing(self, no_network, weights):
        loss = PerceptualLoss(weights)
        with pytest.raises(
            RuntimeError, match=rf"'{weights}' are not loaded.*init_weights"
        ):
            loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8))

    def test_default_to_those_of_torchvision(self, no_network):
        assert PerceptualLoss().weights == 'torchvision'

    def test_from_torchvision(self, monkeypatch, images):
        source = VGGFeatures()
        monkeypatch.setattr(
            VGG19_Weights,
            'get_state_dict',
            lambda *args, **kwargs: source.state_dict(),
        )
        loss = PerceptualLoss()
        loss.init_weights()
        loss, source = loss.to(images.device), source.to(images.device)
        output, original = map(source, images)
        expected = 10 * mean_squared_error(output, original)
        torch.testing.assert_close(loss(*images), expected)

    def test_from_a_file(self, tmp_path, no_network, images):
        source = VGGFeatures()
        path = str(tmp_path / 'vgg19.pth')
        torch.save(source.state_dict(), path)
        loss = PerceptualLoss(path)
        loss.init_weights()
        loss, source = loss.to(images.device), source.to(images.device)
        output, original = map(source, images)
        expected = 10 * mean_squared_error(output, original)
        torch.testing.assert_close(loss(*images), expected)

    def test_that_do_not_load_leave_the_loss_unready(self, tmp_path):
        loss = PerceptualLoss(str(tmp_path / 'nowhere.pth'))
        with pytest.raises(FileNotFoundError, match='no such file'):
            loss.init_weights()
        with pytest.raises(RuntimeError, match='are not loaded'):
            loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8))

    def test_none_warns_and_works_at_once(self, no_network):
        with pytest.warns(UserWarning, match='random weights') as caught:
            loss = PerceptualLoss(weights=None)
        assert len(caught) == 1
        assert caught[0].filename == __file__
        before = {k: v.clone() for k, v in loss.state_dict().items()}
        loss.init_weights()
        for name, value in loss.state_dict().items():
            assert torch.equal(value, before[name])
        image = torch.rand(1, 3, 8, 8)
        assert loss(image, -image) > 0

    def test_named_weights_do_not_warn(self):
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            PerceptualLoss('nowhere.pth')


def test_the_other_name_is_the_same_class():
    assert PerceptualCycleLoss is PerceptualLoss
    for name in ('PerceptualLoss', 'PerceptualCycleLoss'):
        assert MODELS.get(f'mmasgan.{name}') is PerceptualLoss
