import pytest
import torch

from mmasgan.utils.cpu import has_instructions


@pytest.fixture(autouse=True)
def forgetful():
    has_instructions.cache_clear()
    yield
    has_instructions.cache_clear()


def test_float32_is_always_there():
    assert has_instructions('float32')


@pytest.mark.parametrize('told', [True, False])
@pytest.mark.parametrize(
    ('precision', 'name'), [('bfloat16', 'bf16'), ('float16', 'fp16')]
)
def test_pytorch_is_asked(monkeypatch, told, precision, name):
    monkeypatch.setattr(
        torch.ops.mkldnn, f'_is_mkldnn_{name}_supported', lambda: told
    )
    assert has_instructions(precision) is told


def test_a_build_without_mkldnn_has_none(monkeypatch):
    monkeypatch.setattr(torch.ops, 'mkldnn', object())
    assert not has_instructions('bfloat16')
