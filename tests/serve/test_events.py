import json
from types import SimpleNamespace

import httpx
import pytest

from mmasgan.serve import events
from mmasgan.serve.events import _admit
from mmasgan.serve.limits import Limits, RefusedError
from mmasgan.serve.listeners import Listeners

pytestmark = pytest.mark.app

JOIN = 'gradio_api/queue/join'
DEEP = '[' * 30_000 + ']' * 30_000


@pytest.fixture
def event(address, photo):
    """Return what the page sends to deblur one photograph."""
    config = httpx.get(f'{address}/config').json()
    numbers = {
        len(entry['inputs']): entry['id']
        for entry in config['dependencies']
        if entry['backend_fn']
    }
    uploaded = httpx.post(
        f'{address}/gradio_api/upload', files={'files': ('a.png', photo())}
    )
    file = dict(path=uploaded.json()[0], meta={'_type': 'gradio.FileData'})
    return dict(
        numbers=numbers,
        data=[[file], 'tiny.pth', 1, None],
        fn_index=numbers[4],
        trigger_id=None,
        session_hash='odd',
    )


def outcome(address, event):
    answer = httpx.post(f'{address}/{JOIN}', json=event)
    assert answer.status_code == 200, answer.text
    url = f'{address}/gradio_api/queue/data?session_hash=odd'
    with httpx.stream('GET', url, timeout=60) as stream:
        for line in stream.iter_lines():
            if 'process_completed' in line:
                return json.loads(line.removeprefix('data: '))


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        *(
            (dict(fn_index=value), 'fn_index: the page has no ')
            for value in (0, 1, 3, 99, -1, 10**30)
        ),
        *(
            (dict(fn_index=value), 'fn_index: Input should be a valid integer')
            for value in ('x', '2', True, 1.5, None, [], {})
        ),
        (dict(trigger_id=99), 'trigger_id: the page has no 99'),
        (dict(trigger_id=-1), 'trigger_id: the page has no -1'),
        (dict(trigger_id='x'), 'trigger_id: Input should be a valid integer'),
        *(
            (dict(session_hash=value), 'session_hash: ')
            for value in ('', None, 5, [], '../x', 'a' * 50_000, '\0', 'a\n')
        ),
        *(
            (dict(data=value), 'data')
            for value in ([], [[]], [[], 'tiny.pth', 1], {}, None, 'x')
        ),
        (dict(data=[[], 'tiny.pth', 1, None, 5]), 'data: Tuple should have'),
        (dict(data=[None] * 4), 'data.1: Input should be a valid string'),
        (dict(data=[[], 'b', 1, None]), "there are no weights 'b'; choose"),
        (dict(data=[[], 'b' * 50_000, 1, None]), '...'),
        *(
            (dict(data=[[], 'tiny.pth', value, None]), 'data.2: ')
            for value in (-1, 1.1, 'x', None, [], {}, 1e308, True)
        ),
        *(
            (dict(data=[value, 'tiny.pth', 1, None]), 'data.0')
            for value in ('x', 5, {}, [5], ['x'], [{}], [dict(path=5)], [[[]]])
        ),
        (dict(data=[[], 'tiny.pth', 1, [5]]), 'data.3: '),
    ],
)
def test_odd_events_are_refused_with_a_message(
    address, event, changes, message
):
    answer = httpx.post(f'{address}/{JOIN}', json={**event, **changes})
    assert answer.status_code == 400
    (error,) = answer.json().values()
    assert message in error
    assert len(error) < 500


@pytest.mark.parametrize(
    'path', ['/etc/passwd', '', '\0', 'a' * 5000, '..', '/dev/zero', 'a.png']
)
def test_only_uploads_are_opened(address, folder, event, path):
    data = [[dict(path=path)], 'tiny.pth', 1, None]
    for found in (path, str(next(folder.glob('tmp*')) / path)):
        data[0][0]['path'] = found
        answer = httpx.post(f'{address}/{JOIN}', json={**event, 'data': data})
        assert answer.status_code == 400
        assert 'no longer on this server; add it again' in answer.text


@pytest.mark.parametrize(
    'body',
    [
        '',
        '{',
        '[]',
        'null',
        '"x"',
        DEEP,
        '{"a":' * 9_000,
        '1' * 60_000,
        '\x80',
    ],
)
def test_bodies_that_are_no_event_are_refused(address, body):
    headers = {'Content-Type': 'application/json'}
    answer = httpx.post(
        f'{address}/{JOIN}', content=body.encode('latin-1'), headers=headers
    )
    assert answer.status_code == 400
    assert answer.json()['error'].startswith('body: ')


def test_the_data_of_an_event_are_checked_without_parsing_it_again():
    function = SimpleNamespace(name='deblur', targets=[(5, 'click')])
    page = SimpleNamespace(fns={2: function})
    data = [[dict(path='a.png', size=3)], 'tiny.pth', 1, None]
    body = dict(fn_index=2, trigger_id=5, session_hash='x', data=data)
    event = events.Event.model_validate_json(json.dumps(body))
    given = events._checked(page, event)
    assert isinstance(given, events.Deblur)
    assert given.data == (
        [events.Photograph(path='a.png')],
        'tiny.pth',
        1,
        None,
    )


@pytest.mark.parametrize('kind', ['text/plain', 'multipart/form-data', ''])
def test_events_are_json(address, event, kind):
    """A form of another site could send the same text."""
    answer = httpx.post(
        f'{address}/{JOIN}',
        content=json.dumps(event),
        headers={'Content-Type': kind},
    )
    assert answer.status_code == 415
    assert answer.json() == {'error': 'send application/json'}


def test_other_fields_change_nothing(address, event):
    more = dict(batched=True, simple_format=True, oauth_token='x', event_id='')
    file = dict(event['data'][0][0], url='http://127.0.0.1:1/', size=-5)
    event['data'][0] = [dict(file, orig_name='../' * 50, mime_type='x')]
    found = outcome(address, {**event, **more})
    assert found['success']
    assert found['output']['data'][1] == '1 deblurred.'


def test_a_photograph_that_is_not_there_is_an_error_of_the_page(
    address, event
):
    event.update(fn_index=event['numbers'][2], data=[7, None])
    assert not outcome(address, event)['success']
    event.update(data=[None, None])
    assert 'have expired' in outcome(address, event)['output']['error']


@pytest.mark.parametrize(
    'query',
    [
        '',
        '?session_hash=',
        '?session_hash=a/b',
        '?session_hash=a&session_hash=b',
    ],
)
def test_streams_have_one_session(address, query):
    answer = httpx.get(f'{address}/gradio_api/queue/data{query}')
    assert answer.status_code == 400
    assert 'session_hash must be' in answer.json()['error']
    name = 'a' * 65
    answer = httpx.get(f'{address}/gradio_api/heartbeat/{name}')
    assert answer.status_code == 400


def test_an_unknown_session_is_told_so_in_its_stream(address):
    answer = httpx.get(f'{address}/gradio_api/queue/data?session_hash=gone')
    assert '"session_not_found":true' in answer.text


def queue_of(clients):
    """Return a page on which some clients wait."""
    events = {
        number: SimpleNamespace(
            request=SimpleNamespace(client=SimpleNamespace(host=client))
        )
        for number, client in enumerate(clients)
    }

    class Queue:
        event_ids_to_events = events

        def __len__(self):
            return len(events)

        pending_event_ids_session = {}

    return SimpleNamespace(_queue=Queue())


def test_nobody_fills_the_queue_of_the_page():
    limits = Limits(queue=6, per_client=3)
    none = Listeners()
    _admit(queue_of(['10.0.0.1'] * 3), limits, none, '10.0.0.2')
    with pytest.raises(RefusedError, match='of your') as error:
        _admit(queue_of(['10.0.0.1'] * 3), limits, none, '10.0.0.1')
    assert error.value.status == 503
    network = ['2001:db8::1', '2001:db8::2', '2001:db8::3']
    with pytest.raises(RefusedError, match='of your'):
        _admit(queue_of(network), limits, none, '2001:db8::/64')
    with pytest.raises(RefusedError, match='queue is full'):
        _admit(queue_of('abcdef'), limits, none, '10.0.0.2')


def test_sessions_that_left_are_forgotten(monkeypatch):
    monkeypatch.setattr(events, 'MOST_SESSIONS', 2)
    page, listeners = queue_of([]), Listeners()
    queue = page._queue
    queue.pending_event_ids_session = {name: set() for name in 'abcde'}
    queue.pending_messages_per_session = dict.fromkeys('abcde')
    with listeners.listen('b'):
        _admit(page, Limits(), listeners, '10.0.0.1')
    assert list(queue.pending_event_ids_session) == ['b', 'd', 'e']
    assert list(queue.pending_messages_per_session) == ['b', 'd', 'e']
