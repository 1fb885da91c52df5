import copy
import sys

import forks
import numpy as np
import pytest
import torch

from mmasgan.apis import TorchBackend, deblur_image
from mmasgan.apis.inference import torch_backend
from mmasgan.apis.inference.steps import listening
from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.generators.strips import translate_in_strips


@pytest.fixture(scope='module')
def generator():
    torch.manual_seed(0)
    settings = dict(base_channels=4, num_blocks=1, num_classes=3)
    return ResNetV2SFTGenerator(**settings).eval()


def pixels(height=20, width=25):
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (height, width, 3), np.uint8)


def test_large_images_are_deblurred_in_strips(generator, monkeypatch):
    image = pixels(150, 70)
    whole = deblur_image(generator, image, in_strips=False)
    used = []

    def strips(*args, **kwargs):
        used.append(kwargs)
        return translate_in_strips(*args, **kwargs)

    monkeypatch.setattr(torch_backend, 'translate_in_strips', strips)
    np.testing.assert_array_equal(deblur_image(generator, image), whole)
    assert not used
    monkeypatch.setattr(torch_backend, 'LARGE', 10_000)
    found = deblur_image(generator, image)
    assert used == [dict(store=torch.float16)]
    assert np.abs(found.astype(int) - whole).max() <= 1


@pytest.mark.parametrize('in_strips', [False, True])
@pytest.mark.parametrize('precision', ['bfloat16', 'float16'])
def test_half_precision_differs_little(
    generator, precision, in_strips, monkeypatch
):
    monkeypatch.setattr(torch_backend, 'has_instructions', lambda _: True)
    image = pixels(80, 70)
    whole = deblur_image(generator, image).astype(int)
    seen = []
    handle = generator.encoder[0].register_forward_hook(
        lambda module, inputs, output: seen.append(output.dtype)
    )
    try:
        found = deblur_image(generator, image, in_strips, precision)
    finally:
        handle.remove()
    if not in_strips:  # those run a copy
        assert seen == [getattr(torch, precision)]
    assert 0 < np.abs(found - whole).mean() < 1


@pytest.mark.parametrize('precision', ['bfloat16', 'float16'])
def test_a_processor_without_half_precision_computes_in_float32(
    generator, precision, monkeypatch
):
    """It would take many times what is said to be needed."""
    monkeypatch.setattr(
        torch_backend, 'has_instructions', lambda one: one == 'float32'
    )
    image = pixels(80, 70)
    expected = deblur_image(generator, image)
    found = deblur_image(generator, image, precision=precision)
    np.testing.assert_array_equal(found, expected)
    backends = [
        torch_backend.TorchBackend(generator, one)
        for one in ('float32', precision)
    ]
    assert [each.computed_in for each in backends] == ['float32', 'float32']
    needed = [each.bytes_needed(900, 1400) for each in backends]
    assert needed[0] == needed[1]


def test_an_unknown_precision_is_refused(generator):
    with pytest.raises(ValueError, match=r"precision must be .*, got 'half'"):
        deblur_image(generator, pixels(), precision='half')


@pytest.mark.parametrize('in_strips', [False, True])
def test_the_semantic_map_reaches_the_generator(generator, in_strips):
    draw = np.random.default_rng(0)
    image = draw.uniform(-1, 1, (20, 25, 3)).astype(np.float32)
    maps = draw.dirichlet(np.ones(3), (20, 25)).astype(np.float32)
    maps = np.ascontiguousarray(maps.transpose(2, 0, 1))
    steered = copy.deepcopy(generator)
    for name, parameter in steered.named_parameters():
        if 'scale' in name:  # they start at zero: at no effect
            torch.nn.init.normal_(parameter)
    found = TorchBackend(steered, in_strips=in_strips)(image, maps)
    with torch.no_grad():
        x = torch.from_numpy(image).permute(2, 0, 1)[None]
        expected = steered(x, torch.from_numpy(maps)[None])
    expected = expected[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found, expected, atol=1 / 255)
    other = TorchBackend(steered)(image, maps[::-1].copy())
    assert np.abs(other - expected).max() > 2 / 255


def test_only_lack_of_memory_is_a_memory_error(generator, monkeypatch):
    image = np.zeros((16, 16, 3), np.float32)
    for message, error in (
        ("can't allocate memory", MemoryError),
        ('sizes differ', RuntimeError),
    ):

        def fail(*_, message=message, **__):
            raise RuntimeError(message)

        monkeypatch.setattr(generator, 'forward', fail)
        with pytest.raises(error, match=message):
            TorchBackend(generator)(image)


def test_a_gpu_that_is_short_of_memory_is_heard(generator, monkeypatch):
    for message in (
        'CUDA out of memory. Tried to allocate 2 GiB',
        'cuDNN error: CUDNN_STATUS_ALLOC_FAILED',
        'Unable to find a valid cuDNN algorithm to run convolution',
    ):

        def fail(*_, message=message, **__):
            raise RuntimeError(message)

        monkeypatch.setattr(generator, 'forward', fail)
        with pytest.raises(MemoryError, match=message):
            TorchBackend(generator)(np.zeros((16, 16, 3), np.float32))


MEASURE = """
import sys
import numpy as np
from mmasgan.apis import TorchBackend
from mmasgan.generators import ResNetV2SFTGenerator

generator = ResNetV2SFTGenerator(base_channels=32, num_blocks=1).eval()
backend = TorchBackend(generator, sys.argv[1], in_strips=sys.argv[2] == 'True')
draw = np.random.default_rng(0)
backend(draw.random((64, 64, 3), np.float32))
image = draw.random((900, 1400, 3), np.float32)
def status(entry):
    # Not ru_maxrss, which begins with the parent's.
    lines = open('/proc/self/status').read().splitlines()
    return next(
        int(line.split()[1]) * 1024
        for line in lines
        if line.startswith(entry)
    )
before = status('VmRSS')
backend(image)
print(status('VmHWM') - before, backend.bytes_needed(900, 1400))
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != 'linux', reason='measured on Linux')
@pytest.mark.parametrize(
    ('precision', 'in_strips'),
    [
        ('float32', False),
        pytest.param('bfloat16', False),
        pytest.param('float32', True),
    ],
)
def test_no_more_memory_is_taken_than_was_said(precision, in_strips):
    """A process that takes more may be killed."""
    done = forks.run('-c', MEASURE, precision, in_strips)
    assert done.returncode == 0, done.stderr
    taken, said = map(int, done.stdout.split())
    assert 0.3 * said < taken < said


@pytest.mark.parametrize('in_strips', [False, True])
def test_convolutions_are_told_of(generator, in_strips):
    draw = np.random.default_rng(0)
    image = draw.uniform(-1, 1, (150, 40, 3)).astype(np.float32)
    backend = torch_backend.TorchBackend(generator, in_strips=in_strips)
    silent = backend(image)
    shares = []
    with listening(shares.append):
        np.testing.assert_array_equal(backend(image), silent)
    assert shares == sorted(shares)
    assert len(shares) > 4
    assert shares[0] < 0.5
    assert shares[-1] > 0.8


@pytest.mark.parametrize('suits', [False, True])
@pytest.mark.parametrize('has', [False, True])
def test_auto_is_bfloat16_where_it_gives_the_same(
    generator, monkeypatch, suits, has
):
    monkeypatch.setattr(
        torch_backend, 'has_instructions', lambda one: has or one == 'float32'
    )
    monkeypatch.setattr(generator, 'suits_bfloat16', suits, raising=False)
    backend = torch_backend.TorchBackend(generator, 'auto')
    expected = 'bfloat16' if suits and has else 'float32'
    assert backend.precision == backend.computed_in == expected
