import mmengine.logging
import pytest
from mmengine.evaluator import BaseMetric

from mmasgan.compat import idle_warnings


class Metric(BaseMetric):
    def process(self, data_batch, data_samples):
        pass

    def compute_metrics(self, results):
        return {}


def test_fault(symptoms):
    said = symptoms.without['idle_warnings']['value']
    assert '"FileClient"' in said
    assert said[-1] == 'Else'


def test_mend(symptoms):
    assert symptoms.patched['idle_warnings'] == dict(
        error=None, value=['Else']
    )
    assert symptoms.patched['patched']['idle_warnings']


def test_sound_afterwards():
    assert not idle_warnings.is_present()


@pytest.mark.parametrize('is_patched', [True, False])
def test_a_metric_without_prefix_is_no_matter(monkeypatch, is_patched):
    said = []
    wrapped = mmengine.logging.print_log
    metric_module = 'mmengine.evaluator.metric.print_log'
    if not is_patched:
        monkeypatch.setattr(metric_module, wrapped.__wrapped__)
    logger = mmengine.logging.MMLogger.get_current_instance()
    monkeypatch.setattr(
        logger, 'log', lambda level, message: said.append(message)
    )
    Metric()
    assert len(said) == (not is_patched)
