import pytest
import torch

from benchmarks import machine
from benchmarks.machine import (
    describe_machine,
    matrix_product,
    precisions,
    products,
)


def test_figures_come_with_processor_threads_and_versions():
    told = describe_machine()
    assert told['threads'] == torch.get_num_threads()
    assert told['torch'] == torch.__version__.partition('+')[0]
    assert told['processor']
    assert (told['gpu'] == 'none') is not torch.cuda.is_available()


@pytest.mark.parametrize(
    ('device', 'has', 'expected'),
    [
        ('cpu', True, ('float32', 'bfloat16')),
        ('cpu', False, ('float32',)),
        ('meta', False, ('float32', 'bfloat16')),
    ],
)
def test_bfloat16_is_measured_where_it_is_a_gain(
    monkeypatch, device, has, expected
):
    monkeypatch.setattr(machine, 'get_device', lambda: device)
    monkeypatch.setattr(machine, 'has_instructions', lambda name: has)
    assert precisions() == expected
    assert tuple(products()) == expected
    assert describe_machine()['precisions'] == ', '.join(expected)


def test_a_product_counts_its_operations():
    job = matrix_product(torch.bfloat16, 'cpu', side=8)
    assert job.flops == 2 * 8**3
    assert job.name == 'matrix product, bfloat16'
    assert job.call(0).dtype == torch.bfloat16
