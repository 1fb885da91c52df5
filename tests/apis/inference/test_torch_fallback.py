import copy

import numpy as np
import pytest
import torch

from mmasgan.apis.inference import fallback, torch_backend, torch_fallback
from mmasgan.apis.inference.torch_fallback import fallback_backend
from mmasgan.generators import ResNetV2SFTGenerator

IMAGE = np.random.default_rng(0).uniform(-1, 1, (20, 24, 3)).astype('f4')


@pytest.fixture(autouse=True)
def plenty(monkeypatch):
    monkeypatch.setattr(fallback, 'available_memory', lambda: 10**12)


@pytest.fixture(scope='module')
def generator():
    torch.manual_seed(0)
    return ResNetV2SFTGenerator(
        base_channels=4, num_blocks=1, sft=False
    ).eval()


@pytest.fixture
def calls(monkeypatch):
    """The backends that ran; those of ``failing`` have no memory."""

    class Calls(list):
        failing = ()

    calls = Calls()

    class Backend(torch_fallback.TorchBackend):
        def __call__(self, image, semantic=None):
            device = next(self.generator.parameters()).device.type
            call = (device, self.in_strips, self.precision)
            calls.append(call)
            if call[:2] in calls.failing:
                raise MemoryError
            return image

    monkeypatch.setattr(torch_fallback, 'TorchBackend', Backend)
    return calls


@pytest.mark.parametrize(
    ('tile', 'first'), [('auto', False), ('whole', False), ('tiles', True)]
)
def test_the_first_way_is_the_one_asked_for(generator, calls, tile, first):
    fallback_backend(generator, 'bfloat16', tile)(IMAGE)
    assert calls == [('cpu', first, 'bfloat16')]


def test_the_cpu_falls_back_to_strips(generator, calls):
    calls.failing = [('cpu', False)]
    said = []
    fallback_backend(generator, say=said.append)(IMAGE)
    assert [call[:2] for call in calls] == [('cpu', False), ('cpu', True)]
    assert said == [
        '24x20 pixels as a whole on the CPU do not fit into the memory; '
        'continuing in strips on the CPU'
    ]
    with pytest.raises(MemoryError, match='as a whole on the CPU do not fit'):
        fallback_backend(generator, tile='whole')(IMAGE)


def test_a_gpu_falls_back_to_strips_and_to_the_cpu(
    generator, calls, monkeypatch
):
    """PyTorch's device without memory stands for a GPU."""
    on_cpu = copy.deepcopy(generator)
    monkeypatch.setattr(copy, 'deepcopy', lambda _: on_cpu)
    on_gpu = ResNetV2SFTGenerator(base_channels=4, num_blocks=1).to('meta')
    calls.failing = [('meta', False), ('meta', True), ('cpu', False)]
    said = []
    backend = fallback_backend(on_gpu, say=said.append)
    backend(IMAGE)
    backend(IMAGE)
    assert [call[:2] for call in calls] == [
        ('meta', False),
        ('meta', True),
        ('cpu', False),
        ('cpu', True),
        ('cpu', True),
    ]
    assert [text.rpartition('; ')[2] for text in said] == [
        'continuing in strips on meta',
        'continuing as a whole on the CPU',
        'continuing in strips on the CPU',
    ]
    with pytest.raises(MemoryError, match='in strips on meta do not fit'):
        fallback_backend(on_gpu, tile='tiles')(IMAGE)


@pytest.mark.parametrize('has_instructions', [True, False])
def test_a_precision_that_does_not_pay_is_told(
    generator, calls, monkeypatch, has_instructions
):
    monkeypatch.setattr(
        torch_backend, 'has_instructions', lambda one: has_instructions
    )
    said = []
    fallback_backend(generator, 'bfloat16', say=said.append)(IMAGE)
    assert len(calls) == 1
    if has_instructions:
        assert said == []
    else:
        assert len(said) == 1
        assert 'no instructions for bfloat16' in said[0]
        assert 'using float32' in said[0]


def test_both_ways_give_the_same(generator):
    whole = fallback_backend(generator, tile='whole')(IMAGE)
    strips = fallback_backend(generator, tile='tiles')(IMAGE)
    np.testing.assert_allclose(strips, whole, atol=1 / 255)


def test_an_unknown_tile_is_refused(generator):
    with pytest.raises(ValueError, match=r"tile must be .*, got 'small'"):
        fallback_backend(generator, tile='small')
