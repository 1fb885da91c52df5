import numpy as np
import pytest
import torch
from numpy_reference import array, randomize
from safetensors.torch import save_file
from torch.nn.functional import pixel_unshuffle

from mmasgan.layers import MotionNetwork
from mmasgan.layers.reblur import canonical_field
from mmasgan.registry import MODELS
from mmasgan.utils import model_index
from mmasgan.utils.hashing import file_sha256

SMALL = dict(channels=(4, 5, 6), blocks=(1, 1, 1), up_blocks=(1, 1))


def build(**changes):
    return MotionNetwork(**SMALL | changes)


def images(height=32, width=32, count=1):
    return torch.rand(count, 3, height, width) * 2 - 1


@pytest.mark.parametrize(
    ('size', 'padded'),
    [
        ((32, 32), (32, 32)),
        ((33, 47), (48, 48)),
        ((50, 64), (64, 64)),
        ((64, 36), (64, 48)),
    ],
)
def test_it_is_the_trunk_on_blocks_of_an_image_padded_by_reflection(
    size, padded
):
    network, blurred = build(), images(*size, count=2)
    ends = [(0, p - s) for p, s in zip(padded, size, strict=True)]
    whole = np.pad(array(blurred), ((0, 0), (0, 0), *ends), mode='reflect')
    with torch.no_grad():
        features = pixel_unshuffle(torch.from_numpy(whole).float(), 4)
        rows, columns = (-(-side // 4) for side in size)
        expected = 10 * network.trunk(features)[..., :rows, :columns]
        form, field = network.canonical(blurred), network(blurred)
    assert form.shape == (2, 4, rows, columns)
    torch.testing.assert_close(form, expected)
    # What comes out holds no direction of time: it is made of the form that
    # a path and its reverse share.
    assert field.shape == form.shape
    torch.testing.assert_close(canonical_field(field), form, atol=2e-3, rtol=0)


def test_it_starts_near_a_unit():
    with torch.no_grad():
        field = MotionNetwork()(images(64, 64, 4))
    assert 0.3 < field.std() < 30  # pixels


def test_gradient_reaches_all_weights():
    network = build()
    network(images()).square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().max() > 0, name


def test_it_puts_out_single_precision_under_autocast():
    network, blurred = build(), images()
    with torch.no_grad():
        expected = network.canonical(blurred)
        with torch.autocast('cpu', torch.bfloat16):
            form = network.canonical(blurred)
    assert form.dtype == torch.float32
    assert not torch.equal(form, expected)
    torch.testing.assert_close(form, expected, atol=0.2, rtol=0.05)


def test_other_channels():
    network = build(in_channels=1)
    assert network(images()[:, :1]).shape == (1, 4, 8, 8)
    with pytest.raises(ValueError, match=r'x must be \(N, 1, H, W\)'):
        network(images())


def test_registry_builds_it():
    network = MODELS.build(dict(type='mmasgan.MotionNetwork', **SMALL))
    assert isinstance(network, MotionNetwork)


class TestWeights:
    @staticmethod
    def halves(network):
        return {k: v.half() for k, v in network.state_dict().items()}

    @pytest.mark.parametrize('by_name', [True, False])
    def test_a_file_is_loaded_in_single_precision(
        self, tmp_path, monkeypatch, by_name
    ):
        path = tmp_path / 'motion_tiny.safetensors'
        stored = self.halves(randomize(build()))
        save_file(stored, path)
        sha256 = file_sha256(path)
        (tmp_path / 'model-index.yml').write_text(
            'Models: [{Name: motion_tiny, Config: x, Weights: '
            f'{path.name}, Metadata: {{SHA256: {sha256}}}}}]'
        )
        monkeypatch.setattr(model_index, 'FOLDER', tmp_path)
        network = build(weights='motion_tiny' if by_name else str(path))
        before = [weight.clone() for weight in network.parameters()]
        network.init_weights()
        for name, value in network.state_dict().items():
            assert value.dtype == torch.float32, name
            assert torch.equal(value, stored[name].float()), name
        for old, new in zip(before, network.parameters(), strict=True):
            assert not torch.equal(old, new)

    def test_none_leaves_them(self):
        network = build()
        before = {k: v.clone() for k, v in network.state_dict().items()}
        network.init_weights()
        for name, value in network.state_dict().items():
            assert torch.equal(value, before[name]), name

    def test_nothing_is_read_before(self):
        build(weights='no_such_network')

    @pytest.mark.parametrize('name', ['no_such_network', 'no/such/file', '.'])
    def test_a_missing_file_is_named(self, name):
        message = f"weights='{name}' is neither a file nor one of the models"
        with pytest.raises(FileNotFoundError, match=message):
            build(weights=name).init_weights()

    def test_a_file_of_other_sizes_is_named(self, tmp_path):
        path = tmp_path / 'other.safetensors'
        save_file(self.halves(build(channels=(4, 6, 6))), path)
        network = build(weights=str(path))
        message = "other.safetensors' do not fit MotionNetwork.*size mismatch"
        with pytest.raises(ValueError, match=f'(?s){message}'):
            network.init_weights()

    def test_a_file_of_no_tensors_is_named(self, tmp_path):
        (tmp_path / 'text.safetensors').write_text('no tensors')
        network = build(weights=str(tmp_path / 'text.safetensors'))
        message = "text.safetensors' is not a safetensors file, or is damaged"
        with pytest.raises(ValueError, match=message):
            network.init_weights()


@pytest.mark.parametrize(
    ('blurred', 'error', 'message'),
    [
        (torch.zeros(1, 3, 31, 40), ValueError, 'at least 32x32, got 31x40'),
        (torch.zeros(1, 3, 40, 20), ValueError, 'at least 32x32, got 40x20'),
        (torch.zeros(1, 4, 32, 32), ValueError, r'x must be \(N, 3, H, W\)'),
        (torch.zeros(3, 32, 32), ValueError, r'got \(3, 32, 32\)'),
        (torch.zeros(0, 3, 32, 32), ValueError, 'at least one image'),
        (torch.zeros(1, 3, 32, 32).byte(), TypeError, 'got torch.uint8'),
        (np.zeros((1, 3, 32, 32)), TypeError, 'got ndarray'),
    ],
)
def test_refuses_what_is_no_batch_of_images(blurred, error, message):
    for call in (network := build(), network.canonical):
        with pytest.raises(error, match=message):
            call(blurred)
