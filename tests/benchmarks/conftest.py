from functools import partial

import pytest

from benchmarks import machine


@pytest.fixture
def small_products(monkeypatch):
    """Those of 2048x2048 take minutes in bfloat16 on some processors."""
    monkeypatch.setattr(machine, 'has_instructions', lambda name: True)
    monkeypatch.setattr(
        machine, 'matrix_product', partial(machine.matrix_product, side=64)
    )
