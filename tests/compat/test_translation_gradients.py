import pytest
import torch
from torch import nn

from mmasgan.compat import translation_gradients


def test_fault_leaves_processes_apart(processes):
    first, second = processes.reports
    assert first['alone'] != second['alone']


@pytest.mark.parametrize('accumulate', [1, 2])
def test_mend_keeps_processes_together(processes, accumulate):
    first, second = processes.reports
    key = f'together {accumulate}'
    assert first[key] == second[key]
    assert first[key] != first['alone']


@pytest.mark.parametrize('accumulate', [1, 2])
def test_two_processes_equal_one_on_all_images(processes, accumulate):
    # Float32: another order of summation; weights move by 1e-2.
    assert processes.reports[0][f'distance {accumulate}'] < 2e-5


def test_sound_afterwards():
    import mmagic.models.editors

    assert not translation_gradients.is_present()
    for name in ('CycleGAN', 'Pix2Pix'):
        model = getattr(mmagic.models.editors, name)
        assert model.train_step.__wrapped__.__name__ == 'train_step'


def test_our_own_models_are_left_alone():
    from mmagic.models.base_models import BaseTranslationModel

    assert not hasattr(BaseTranslationModel.train_step, '__wrapped__')


def test_wrappers_are_restored_after_an_error():
    from mmengine.optim import OptimWrapper

    def fail():
        with translation_gradients.averaged_gradients([wrapper]):
            assert 'backward' in vars(wrapper)
            raise RuntimeError('of the model')

    layer = nn.Linear(1, 1)
    wrapper = OptimWrapper(torch.optim.SGD(layer.parameters(), lr=1))
    with pytest.raises(RuntimeError, match='of the model'):
        fail()
    assert 'backward' not in vars(wrapper)


def test_one_process_trains_as_before():
    from mmengine.optim import OptimWrapper

    gradients = []
    for patched in (False, True):
        torch.manual_seed(0)
        layer = nn.Linear(2, 1)
        wrapper = OptimWrapper(torch.optim.SGD(layer.parameters(), lr=1))
        loss = layer(torch.ones(1, 2)).sum()
        if patched:
            with translation_gradients.averaged_gradients([wrapper]):
                wrapper.backward(loss)
        else:
            wrapper.backward(loss)
        gradients.append(layer.weight.grad)
    torch.testing.assert_close(*gradients, rtol=0, atol=0)
