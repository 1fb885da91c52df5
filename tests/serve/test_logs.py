import json
import logging

import pytest

from mmasgan.serve.logs import LOG_FORMATS, LOG_LEVELS, configure_logging

NAMES = ('mmasgan.serve', 'mmasgan.serve.access', 'uvicorn.error')


@pytest.fixture(autouse=True)
def _restored():
    yield
    for name in ('mmasgan.serve', 'uvicorn'):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


def logged(capsys):
    for name in NAMES:
        for level in LOG_LEVELS:
            fields = dict(fields=dict(status=7))
            number = getattr(logging, level.upper())
            logging.getLogger(name).log(number, 'to %s', level, extra=fields)
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize('level', LOG_LEVELS)
def test_json_is_one_object_per_line(capsys, level):
    configure_logging(level, 'json')
    found = [json.loads(line) for line in logged(capsys)]
    at = LOG_LEVELS.index(level)
    ours = [e['level'] for e in found if e['logger'] == NAMES[1]]
    assert ours == list(LOG_LEVELS[at:])
    theirs = [e['level'] for e in found if e['logger'] == NAMES[2]]
    assert theirs == list(LOG_LEVELS[max(at, 2) :])
    assert all(e['message'] == f'to {e["level"]}' for e in found)
    assert all(e['status'] == 7 and e['time'][10] == 'T' for e in found)


def test_text_is_for_people(capsys):
    configure_logging('error', LOG_FORMATS[0])
    assert [line[24:] for line in logged(capsys)] == ['ERROR to error'] * 3


def test_tracebacks_stay_in_their_line(capsys):
    configure_logging('info', 'json')
    try:
        raise KeyError('a\nb')
    except KeyError:
        logging.getLogger(NAMES[0]).exception('failed\nhere')
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert entry['message'] == 'failed\nhere'
    assert entry['traceback'].startswith('Traceback')
