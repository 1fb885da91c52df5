import json
import time
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from mmasgan.apis.safetensors_file import encode_safetensors, read_safetensors
from mmasgan.apis.trained_generator import TrainedGenerator

TRAINED = TrainedGenerator(
    'a.pth',
    {'type': 'G', 'sft': False, 'dropout': 0.5},
    {'w': torch.tensor([1.0, -0.1]), 'b': torch.tensor([[65504.0]])},
    {'config': 'ä', 'iteration': 7},
)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / 'm.safetensors'
    path.write_bytes(encode_safetensors(TRAINED))
    found = read_safetensors(path)
    assert found.source == str(path)
    assert found.config == TRAINED.config
    assert found.origin == TRAINED.origin
    assert found.tensors.keys() == TRAINED.tensors.keys()
    for name, value in TRAINED.tensors.items():
        assert torch.equal(found.tensors[name], value.half())


def test_the_same_generator_gives_the_same_bytes():
    turned = replace(
        TRAINED,
        config=dict(reversed(TRAINED.config.items())),
        origin=dict(reversed(TRAINED.origin.items())),
        tensors=dict(reversed(TRAINED.tensors.items())),
    )
    contents = {encode_safetensors(each) for each in [TRAINED, turned] * 5}
    assert len(contents) == 1


@pytest.mark.parametrize('value', [65600.0, float('nan'), float('-inf')])
def test_what_float16_cannot_hold_is_named(value):
    tensors = {**TRAINED.tensors, 'b': torch.tensor([1.0, value])}
    with pytest.raises(ValueError, match=r"'a\.pth': b has values that are"):
        encode_safetensors(replace(TRAINED, tensors=tensors))


def test_other_files_are_named(tmp_path):
    path = tmp_path / 'm.safetensors'
    with pytest.raises(FileNotFoundError, match=r'm\.safetensors.*not a file'):
        read_safetensors(path)
    content = encode_safetensors(TRAINED)
    for damaged in (b'', b'x' * 99, content[:-1], content[:40]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r'm\.safetensors.* is damaged'):
            read_safetensors(path)


@pytest.mark.parametrize(
    'metadata',
    [None, {'x': 'y'}]
    + [{'mmasgan': text} for text in ('{', '[]', '{}', '{"generator": 1}')],
)
def test_files_of_others_are_named(tmp_path, metadata):
    path = tmp_path / 'm.safetensors'
    save_file({'w': torch.zeros(1)}, path, metadata)
    with pytest.raises(ValueError, match=r"m\.safetensors'.*no generator"):
        read_safetensors(path)


def tiny_file(path, generator, metadata=None):
    text = json.dumps({'generator': generator})
    save_file({'a': torch.zeros(1)}, path, metadata or {'mmasgan': text})
    return path


@pytest.mark.parametrize(
    'change',
    [
        {'num_blocks': 20_000},
        {'num_blocks': 10**9},
        {'base_channels': 10**30},
        {'base_channels': 'many'},
        {'base_channels': -1},
        {'num_blocks': [1]},
        {'num_blocks': None},
        {'sft': {'a': [1]}},
        {'x' * 10_000: 'y' * 10_000},
    ],
    ids=range(9),
)
def test_absurd_networks_are_refused_at_once(tmp_path, change):
    generator = {'type': 'ResNetV2SFTGenerator', **change}
    path = tiny_file(tmp_path / 'a.safetensors', generator)
    start = time.monotonic()
    with pytest.raises(ValueError, match=r'a\.safetensors') as caught:
        read_safetensors(path).build()
    assert time.monotonic() - start < 5
    assert '\n' not in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    'text',
    ['[' * 100_000, '{"generator": 7}', '7', '{"generator": {"type": [7]}}'],
    ids=range(4),
)
def test_odd_metadata_are_named(tmp_path, text):
    path = tiny_file(tmp_path / 'a.safetensors', {}, {'mmasgan': text})
    with pytest.raises(ValueError, match=r'a\.safetensors'):
        read_safetensors(path).build()
