from argparse import Namespace

import pytest

from benchmarks import memory, step

pytestmark = pytest.mark.process

ARGS = Namespace(crop=32, batch=1, width=4, rounds=1, count=1)


def test_a_peak_is_of_a_process_of_its_own(monkeypatch):
    builders = {step.PEER: None}
    monkeypatch.setattr(step, 'builders', lambda *args: builders)
    (row,) = memory.measure(ARGS).rows
    assert row.name == step.PEER
    assert 0.1 < row.value < 2_000  # MB


def test_a_process_that_fails_says_why(monkeypatch):
    monkeypatch.setattr(step, 'builders', lambda *args: {step.PEER: None})
    monkeypatch.setattr(memory, '__name__', 'benchmarks.gone')
    with pytest.raises(RuntimeError, match=r'(?s)failed.*No module named'):
        memory.measure(ARGS)
