import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mmasgan.layers import MotionNetwork
from mmasgan.utils.published import load_published


def test_weights_are_read_into_float32(tmp_path):
    half = torch.tensor([[1.5, -0.25]], dtype=torch.float16)
    save_file({'weight': half}, tmp_path / 'x.safetensors')
    network = nn.Linear(2, 1, bias=False)
    load_published(network, tmp_path / 'x.safetensors')
    assert network.weight.dtype == torch.float32
    assert network.weight.tolist() == [[1.5, -0.25]]


def test_a_name_is_a_file_of_the_library():
    network = MotionNetwork()
    before = network.state_dict()['trunk.stem.weight'].clone()
    load_published(network, 'motion_small_gopro')
    assert (network.state_dict()['trunk.stem.weight'] != before).all()


def test_what_is_missing_is_named_beside_what_there_is():
    with pytest.raises(FileNotFoundError, match=r"'x' is neither .*motion_sm"):
        load_published(nn.ReLU(), 'x')


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / 'x.safetensors'
    path.write_bytes(b'x' * 40)
    with pytest.raises(ValueError, match='not a safetensors file'):
        load_published(nn.ReLU(), path)


def test_weights_must_fit(tmp_path):
    path = tmp_path / 'x.safetensors'
    source = nn.Linear(2, 3)
    save_file(source.state_dict(), path)
    target = nn.Linear(2, 3)
    load_published(target, path)
    assert torch.equal(target.weight, source.weight)
    with pytest.raises(ValueError, match='do not fit Linear of this config'):
        load_published(nn.Linear(3, 3), path)
