import pytest
import torch
from mmengine import registry as root

from mmasgan.apis.trained_generator import TrainedGenerator
from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.registry import MODELS

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
        ('decoder.8.bias', None, r'8\.bias should be \(3,\), but is missing'),
        ('decoder.8.bias', torch.ones(1), r'should be \(3,\), but is \(1,\)'),
        ('decoder.8.bias', [1.0], r'should be \(3,\), but is a list'),
        (
            'x',
            torch.ones(1),
            r'x does not belong to the generator .* \(1 such',
        ),
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
        (
            {'type': 'torch.nn.Linear'},
            r"'a\.pth': its .* torch\.nn\.Linear is unknown",
        ),
        ({'type': None}, 'its generator None is unknown'),
        ({'type': 'Conv2d'}, 'its generator Conv2d is unknown'),
        ({'base_chanels': 2}, "cannot be built with .*'base_chanels'"),
        ({'block': 'v3'}, "cannot be built .*block must be 'v1' or 'v2'"),
    ],
)
def test_a_config_must_be_of_a_generator(tensors, change, problem):
    trained = TrainedGenerator('a.pth', CONFIG | change, tensors)
    with pytest.raises(ValueError, match=problem):
        trained.build()


class Own(torch.nn.Module):
    """A generator that is none of the library's."""

    def __init__(self, start=0.5):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.rand(1))
        self.register_buffer('start', torch.tensor(start), persistent=False)

    def forward(self, x, semantic=None):
        return x * self.scale + self.start


OWN = TrainedGenerator(
    'a.pth', dict(type='mine.Own', start=0.25), dict(scale=torch.ones(1))
)


@pytest.mark.parametrize('registry', [MODELS, root.MODELS])
def test_a_registered_generator_of_another_is_built(monkeypatch, registry):
    with pytest.raises(ValueError, match=r'mine\.Own is unknown'):
        OWN.build()
    monkeypatch.setitem(registry.module_dict, 'Own', Own)
    before = torch.random.get_rng_state()
    assert OWN.build()(torch.ones(1)).tolist() == [1.25]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_registered_class_that_is_no_generator_is_not(monkeypatch):
    monkeypatch.setitem(MODELS.module_dict, 'Own', torch.nn.Linear)
    with pytest.raises(ValueError, match=r'forward\(x, semantic=None\)'):
        OWN.build()
