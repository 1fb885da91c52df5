import pytest
import torch
from mmengine.device import get_device

from mmasgan.compat import gloo_without_gpu, patched

SYMPTOMS = ('gloo_without_gpu', 'gloo_chosen', 'device_ids_without_gpu')


@pytest.mark.parametrize('symptom', SYMPTOMS)
def test_fault(symptoms, symptom):
    error = symptoms.without[symptom]['error']
    assert error is not None
    if symptom == SYMPTOMS[2]:
        assert 'device_ids' in error


@pytest.mark.parametrize('symptom', SYMPTOMS)
def test_mend(symptoms, symptom):
    outcome = symptoms.patched[symptom]
    assert outcome['error'] is None
    assert outcome['value'] in ('gloo', None)
    assert symptoms.patched['patched']['gloo_without_gpu'] is True


def test_runner_trains_one_model_in_two_processes(processes):
    first, second = processes.reports
    assert first['backend'] == second['backend'] == 'gloo'
    assert first['wrapper'] == 'MMDistributedDataParallel'
    assert first['whole'] == second['whole']


def test_runner_trains_parts_in_two_processes(processes):
    first, second = processes.reports
    assert first['parts wrapper'] == 'MMSeparateDistributedDataParallel'
    assert first['parts'] == second['parts'] == first['whole']


def test_fallback_is_logged_once(processes):
    assert processes.output.count('gloo, not nccl') == 1


def test_device_setter_is_put_back():
    import mmengine.dist.utils
    import mmengine.model.wrappers.distributed  # noqa: F401

    assert torch.cuda.set_device.__module__ == 'torch.cuda'
    assert patched()['gloo_without_gpu'] is (get_device() == 'cpu')
    assert not gloo_without_gpu.is_present()
