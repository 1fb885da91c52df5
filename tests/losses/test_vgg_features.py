from pathlib import Path

import numpy as np
import pytest
import torch
from numpy_reference import (
    array,
    assert_close,
    conv2d,
    convs,
    relu,
    zero_pad,
)
from torch import nn
from torchvision.models import VGG19_Weights
from torchvision.models.vgg import cfgs, make_layers

from mmasgan.losses import weights
from mmasgan.losses.vgg_features import VGGFeatures

MEAN = np.reshape([0.485, 0.456, 0.406], (3, 1, 1))
STD = np.reshape([0.229, 0.224, 0.225], (3, 1, 1))


def vgg_in_numpy(x, vgg):
    """Seven 3x3 convolutions, pooled after the second and the fourth."""
    x = ((x + 1) / 2 - MEAN) / STD
    for number, conv in enumerate(convs(vgg), start=1):
        x = conv2d(zero_pad(x, 1), conv)
        if number < 7:
            x = relu(x)
        if number in (2, 4):
            count, channels, height, width = x.shape
            halves = (count, channels, height // 2, 2, width // 2, 2)
            x = x.reshape(halves).max(axis=(3, 5))
    return x


@pytest.fixture
def torchvisions():
    """The whole feature extractor of torchvision's VGG-19, random."""
    return make_layers(cfgs['E'], batch_norm=False)


@pytest.fixture
def state_dict():
    """Weights of the first seven convolutions, not those drawn at random."""
    vgg = VGGFeatures()
    return {
        name: torch.randn_like(value) / 20
        for name, value in vgg.state_dict().items()
    }


@pytest.fixture
def save(tmp_path):
    def save(what):
        torch.save(what, tmp_path / 'vgg19.pth')
        return str(tmp_path / 'vgg19.pth')

    return save


def assert_loaded(vgg, state_dict):
    for name, value in vgg.state_dict().items():
        assert torch.equal(value, state_dict[name]), name


class TestForward:
    def test_equals_numpy(self, device):
        vgg = VGGFeatures().to(device)
        image = torch.rand(2, 3, 4, 8, device=device) * 2 - 1
        actual = vgg(image)
        assert actual.shape == (2, 256, 1, 2)
        assert_close(actual, vgg_in_numpy(array(image), vgg))

    @pytest.mark.parametrize(
        ('after_relu', 'stop'),
        [(False, 15), (True, 16)],  # index 14 is conv3_3, 15 its ReLU
    )
    @pytest.mark.parametrize('size', [(8, 8), (13, 10)])
    def test_equals_torchvision(
        self, device, torchvisions, after_relu, stop, size
    ):
        vgg = VGGFeatures(after_relu, use_input_norm=False).to(device)
        reference = torchvisions[:stop].to(device)
        vgg.features.load_state_dict(reference.state_dict())
        image = torch.rand(2, 3, *size, device=device)
        torch.testing.assert_close(vgg(image), reference(image))

    def test_conv3_3_is_the_seventh_convolution(self, torchvisions):
        assert len(convs(VGGFeatures())) == 7
        assert isinstance(torchvisions[14], nn.Conv2d)
        assert len(convs(torchvisions[:15])) == 7

    def test_is_taken_before_its_relu(self):
        image = torch.rand(1, 3, 8, 8)
        assert VGGFeatures()(image).min() < 0
        assert VGGFeatures(after_relu=True)(image).min() == 0

    def test_input_norm_is_that_of_imagenet(self, device):
        vgg = VGGFeatures()
        vgg.features = nn.Identity()
        image = torch.rand(2, 3, 4, 5, device=device) * 2 - 1
        expected = ((array(image) + 1) / 2 - MEAN) / STD
        assert_close(vgg.to(device)(image), expected)

    def test_without_input_norm_images_stay_as_they_are(self):
        vgg = VGGFeatures(use_input_norm=False)
        vgg.features = nn.Identity()
        image = torch.rand(2, 3, 4, 5) * 2 - 1
        assert_close(vgg(image), array(image))

    def test_is_frozen(self):
        vgg = VGGFeatures()
        assert not any(p.requires_grad for p in vgg.parameters())
        image = torch.rand(1, 3, 8, 8, requires_grad=True)
        vgg(image).sum().backward()
        assert image.grad.abs().max() > 0

    def test_random_weights_are_kaimings(self):
        for conv in convs(VGGFeatures()):
            fan_out = conv.weight[:, 0].numel()
            std = conv.weight.std().item()
            assert std == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)
            assert not conv.bias.any()

    def test_checkpoint_holds_convolutions_alone(self):
        names = set(VGGFeatures().state_dict())
        indices = (0, 2, 5, 7, 10, 12, 14)
        assert names == {
            f'features.{index}.{kind}'
            for index in indices
            for kind in ('weight', 'bias')
        }


class TestWeightsFromAFile:
    def test_with_the_first_seven_convolutions(self, save, state_dict):
        vgg = VGGFeatures()
        vgg.load_weights(save(state_dict))
        assert_loaded(vgg, state_dict)
        assert not any(p.requires_grad for p in vgg.parameters())

    def test_with_all_keys(self, save, state_dict):
        more = {
            'features.16.weight': torch.zeros(1),
            'classifier.0.weight': torch.zeros(1),
        }
        vgg = VGGFeatures()
        vgg.load_weights(save(state_dict | more))
        assert_loaded(vgg, state_dict)

    def test_missing_key(self, save, state_dict):
        del state_dict['features.7.bias']
        before = VGGFeatures()
        with pytest.raises(
            ValueError, match=r'features\.7\.bias should be .* is missing'
        ):
            before.load_weights(save(state_dict))

    def test_wrong_shape(self, save, state_dict):
        state_dict['features.2.weight'] = torch.zeros(64, 3, 3, 3)
        with pytest.raises(
            ValueError,
            match=r'features\.2\.weight should be .*64, 64, 3, 3.* is .*64, 3',
        ):
            VGGFeatures().load_weights(save(state_dict))

    def test_a_refused_file_changes_nothing(self, save, state_dict):
        vgg = VGGFeatures()
        before = {k: v.clone() for k, v in vgg.state_dict().items()}
        del state_dict['features.14.bias']
        with pytest.raises(ValueError, match='is missing'):
            vgg.load_weights(save(state_dict))
        assert_loaded(vgg, before)

    @pytest.mark.parametrize(
        ('what', 'name'), [([1, 2], 'list'), (torch.zeros(3), 'Tensor')]
    )
    def test_not_a_dict(self, save, what, name):
        with pytest.raises(ValueError, match=f'contains a {name}, expected a'):
            VGGFeatures().load_weights(save(what))

    def test_values_that_are_no_tensors(self, save, state_dict):
        with pytest.raises(ValueError, match=r'features\.0\.weight'):
            VGGFeatures().load_weights(save(dict.fromkeys(state_dict, 1.0)))

    def test_absent_file(self, tmp_path):
        path = str(tmp_path / 'nowhere.pth')
        with pytest.raises(FileNotFoundError, match=r'nowhere.pth.*no such'):
            VGGFeatures().load_weights(path)

    def test_code_in_a_file_is_not_run(self, tmp_path):
        victim, path = tmp_path / 'victim', tmp_path / 'vgg19.pth'

        class Code:
            def __reduce__(self):
                return victim.mkdir, ()

        torch.save({'features.0.weight': Code()}, path)
        with pytest.raises(ValueError, match=r"vgg19\.pth' cannot be read"):
            VGGFeatures().load_weights(str(path))
        assert not victim.exists()

    @pytest.mark.parametrize('kept', [0, 10, 1000])
    def test_a_truncated_file_is_named(self, save, state_dict, kept):
        path = Path(save(state_dict))
        path.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(ValueError, match=f"{path.name}' cannot be read"):
            VGGFeatures().load_weights(str(path))


class TestWeightsFromTorchvision:
    @pytest.fixture
    def asked(self, monkeypatch, state_dict):
        """Members that were asked for their weights; no network."""
        asked = []

        def get_state_dict(member, *args, **kwargs):
            asked.append(member)
            return state_dict

        monkeypatch.setattr(VGG19_Weights, 'get_state_dict', get_state_dict)
        return asked

    def test_are_those_of_imagenet(self, asked, state_dict):
        vgg = VGGFeatures()
        assert asked == []
        vgg.load_weights('torchvision')
        assert asked == [VGG19_Weights.IMAGENET1K_V1]
        assert_loaded(vgg, state_dict)

    def test_failed_download_says_what_to_do(self, monkeypatch):
        def get_state_dict(*args, **kwargs):
            raise OSError('no route to host')

        monkeypatch.setattr(VGG19_Weights, 'get_state_dict', get_state_dict)
        with pytest.raises(OSError, match=r'no route to host.*weights=<path>'):
            VGGFeatures().load_weights('torchvision')

    @pytest.mark.parametrize(
        ('main', 'order'),
        [(True, ['download', 'barrier']), (False, ['barrier', 'download'])],
    )
    def test_main_process_downloads_first(
        self, monkeypatch, state_dict, main, order
    ):
        events = []

        def get_state_dict(*args, **kwargs):
            events.append('download')
            return state_dict

        monkeypatch.setattr(VGG19_Weights, 'get_state_dict', get_state_dict)
        monkeypatch.setattr(weights, 'is_main_process', lambda: main)
        monkeypatch.setattr(
            weights, 'barrier', lambda: events.append('barrier')
        )
        VGGFeatures().load_weights('torchvision')
        assert events == order
