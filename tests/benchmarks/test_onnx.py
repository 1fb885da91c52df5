from argparse import Namespace

import pytest

from benchmarks import onnx

pytestmark = pytest.mark.process


@pytest.mark.filterwarnings('ignore:no semantic map')
@pytest.mark.parametrize('config', [None, 'ascyclegan_plus_sample'])
def test_both_runtimes_are_timed_and_agree(config):
    args = Namespace(
        size=(32, 48), rounds=2, count=1, weights=None, config=config
    )
    result = onnx.measure(args)
    assert result.title == 'One image of 48x32'
    pytorch, runtime, product = result.rows
    assert (pytorch.name, runtime.name) == (
        'PyTorch, float32',
        'ONNX Runtime, float32',
    )
    assert min(pytorch.value, runtime.value) > 0
    words = runtime.note.partition('/')[0].split()
    apart = float(words[-1])
    assert apart < 0.1
    assert product.name.startswith('matrix product')
