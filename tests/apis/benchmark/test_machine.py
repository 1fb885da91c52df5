import torch

from mmasgan.apis.benchmark.machine import describe_machine, matrix_product


def test_figures_come_with_processor_threads_and_versions():
    machine = describe_machine()
    assert machine['threads'] == torch.get_num_threads()
    assert machine['torch'] == torch.__version__.partition('+')[0]
    assert machine['processor']
    assert (machine['gpu'] == 'none') is not torch.cuda.is_available()


def test_a_product_counts_its_operations():
    job = matrix_product(torch.bfloat16, 'cpu', side=8)
    assert job.flops == 2 * 8**3
    assert job.name == 'matrix product, bfloat16'
    assert job.call(0).dtype == torch.bfloat16
