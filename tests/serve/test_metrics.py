import logging

from prometheus_client.parser import text_string_to_metric_families

from mmasgan.serve.metrics import Metrics


def samples(metrics):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_requests_are_counted():
    metrics = Metrics()
    metrics.request('GET', '/health', 200, 0.02, '10.0.0.1')
    metrics.request('GET', '/health', 200, 4.0, '10.0.0.1')
    metrics.request('POST', '/api/deblur', 503, 0.01, '10.0.0.1')
    metrics.request('BREW', None, 404, 0.01, '10.0.0.1')
    found = samples(metrics)
    name = 'mmasgan_requests_total'
    assert found[name, 'GET', '/health', '200'] == 2
    assert found[name, 'POST', '/api/deblur', '503'] == 1
    assert found[name, 'other', 'none', '404'] == 1
    assert found['mmasgan_request_seconds_sum', '/health'] == 4.02
    bucket = 'mmasgan_request_seconds_bucket'
    assert found[bucket, '0.05', '/health'] == 1
    assert found[bucket, '5.0', '/health'] == 2


def test_photographs_and_the_queue_are_counted():
    waiting = [3]
    metrics = Metrics(lambda: waiting[0])
    metrics.photograph('refused')
    found = samples(metrics)
    assert found['mmasgan_photographs_total', 'refused'] == 1
    assert found['mmasgan_photographs_total', 'deblurred'] == 0
    assert found['mmasgan_queue_length',] == 3
    waiting[0] = 0
    assert samples(metrics)['mmasgan_queue_length',] == 0


def test_each_request_is_logged_but_for_parts_of_the_page(caplog):
    caplog.set_level(logging.DEBUG, 'mmasgan.serve.access')
    metrics = Metrics()
    metrics.request('GET', '/health', 200, 0.5, '10.0.0.1')
    metrics.request('GET', '/assets/*', 200, 0.5, '10.0.0.1')
    first, second = caplog.records
    assert first.getMessage() == '10.0.0.1 GET /health 200 0.500 s'
    assert first.fields['seconds'] == 0.5
    levels = [first.levelno, second.levelno]
    assert levels == [logging.INFO, logging.DEBUG]
