import pytest
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import MODEL_WRAPPERS

from mmasgan.compat import wrapper_class


def test_fault(symptoms):
    # The registry refuses classes in the fork too; its runner does not ask.
    error = symptoms.without['wrapper_class']['error']
    assert 'must be a str' in error


def test_mend(symptoms, is_fork):
    outcome = symptoms.patched['wrapper_class']
    assert symptoms.patched['patched']['wrapper_class'] is not is_fork
    if is_fork:
        assert 'must be a str' in outcome['error']
        return
    assert outcome['value'] == 'MMSeparateDistributedDataParallel'


def test_sound_afterwards():
    assert not wrapper_class.is_present()


def test_names_are_looked_up_as_before():
    name = 'MMDistributedDataParallel'
    assert MODEL_WRAPPERS.get(name) is MMDistributedDataParallel
    assert MODEL_WRAPPERS.get('NoSuchWrapper') is None


def test_runner_takes_a_class(processes):
    wrapper = processes.reports[0]['parts wrapper']
    assert wrapper == 'MMSeparateDistributedDataParallel'


@pytest.mark.parametrize('key', [3, None])
def test_other_keys_are_refused_as_before(key):
    with pytest.raises(TypeError, match='must be a str'):
        MODEL_WRAPPERS.get(key)
