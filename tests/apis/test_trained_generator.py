import pytest
import torch

from mmasgan.apis.trained_generator import TrainedGenerator
from mmasgan.generators import ResNetV2SFTGenerator

CONFIG = dict(
    type='mmasgan.generators.ResNetV2SFTGenerator',
    base_channels=2,
    num_blocks=1,
    sft=False,
    dropout=0.5,
)


@pytest.fixture
def generator():
    arguments = {k: v for k, v in CONFIG.items() if k != 'type'}
    return ResNetV2SFTGenerator(**arguments).eval()


@pytest.fixture
def tensors(generator):
    return generator.state_dict()


def test_it_is_what_was_trained(generator, tensors):
    built = TrainedGenerator('a.pth', CONFIG, tensors).build()
    assert not built.training
    images = torch.rand(1, 3, 17, 18) * 2 - 1
    assert torch.equal(built(images), generator(images))


def test_it_is_float32_and_of_its_own_memory(tensors):
    half = {name: value.half() for name, value in tensors.items()}
    for given in (half, tensors):
        built = TrainedGenerator('a.pth', CONFIG, given).build()
        assert {p.dtype for p in built.parameters()} == {torch.float32}
        assert all(p.requires_grad for p in built.parameters())
        pointers = {value.data_ptr() for value in given.values()}
        assert not pointers & {p.data_ptr() for p in built.parameters()}


def test_no_random_numbers_are_drawn(tensors):
    before = torch.random.get_rng_state()
    TrainedGenerator('a.pth', CONFIG, tensors).build()
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ('name', 'value', 'problem'),
    [
        ('decoder.8.bias', None, r'8\.bias should be \(3,\), is missing'),
        ('decoder.8.bias', torch.ones(1), r'should be \(3,\), is \(1,\)'),
        ('decoder.8.bias', [1.0], r'should be \(3,\), is a list'),
        ('x', torch.ones(1), r'x is no part of the generator .* \(1 such'),
    ],
)
def test_tensors_must_be_those_of_the_config(tensors, name, value, problem):
    found = {**tensors, name: value}
    if value is None:
        del found[name]
    with pytest.raises(ValueError, match=rf"'a\.pth': .*{problem}"):
        TrainedGenerator('a.pth', CONFIG, found).build()


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        ({'type': 'torch.nn.Linear'}, r"'a\.pth': its generator is 'Linear'"),
        ({'type': None}, "its generator is 'None', expected one of"),
        ({'base_chanels': 2}, "cannot be built of .*'base_chanels'"),
        ({'block': 'v3'}, "cannot be built .*block must be 'v1' or 'v2'"),
    ],
)
def test_a_config_must_be_of_a_generator(tensors, change, problem):
    trained = TrainedGenerator('a.pth', CONFIG | change, tensors)
    with pytest.raises(ValueError, match=problem):
        trained.build()
