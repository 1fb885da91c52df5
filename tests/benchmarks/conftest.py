import multiprocessing
from functools import partial

import pytest

from benchmarks import machine, ranks


@pytest.fixture
def small_products(monkeypatch):
    """Those of 2048x2048 take minutes in bfloat16 on some processors."""
    monkeypatch.setattr(machine, 'has_instructions', lambda name: True)
    monkeypatch.setattr(
        machine, 'matrix_product', partial(machine.matrix_product, side=64)
    )


@pytest.fixture
def forked_ranks(monkeypatch):
    """Fork ranks from one process that has imported what they need."""
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['benchmarks.ranks'])
    monkeypatch.setattr(
        ranks.multiprocessing, 'get_context', lambda method: context
    )
