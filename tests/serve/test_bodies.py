import asyncio

import pytest

from mmasgan.serve import bodies
from mmasgan.serve.bodies import Body
from mmasgan.serve.limits import RefusedError


def run(body):
    async def all_of_it():
        content = b''
        while True:
            message = await body()
            content += message['body']
            if not message['more_body']:
                return content

    return asyncio.run(all_of_it())


def source(*pieces, pause=0):
    left = list(pieces)

    async def receive():
        await asyncio.sleep(pause)
        return dict(
            type='http.request', body=left.pop(0), more_body=bool(left)
        )

    return receive


def test_what_fits_passes():
    assert run(Body(source(b'abc', b'de'), 5)) == b'abcde'


def test_what_is_too_large_is_refused():
    body = Body(source(b'abc', b'def'), 5)
    with pytest.raises(RefusedError, match='more than 5e-06 MB') as error:
        run(body)
    assert error.value.status == 413
    assert body.refused is error.value


@pytest.mark.parametrize('value', [b'6', b'-1', b'x', b'', b'9' * 30])
def test_lengths_are_checked_before_reading(value):
    body = Body(source(), 5)
    with pytest.raises(RefusedError):
        body.check({'headers': [(b'content-length', value)]})
    body.check({'headers': [(b'content-length', b'5')]})


def test_pauses_are_limited(monkeypatch):
    monkeypatch.setattr(bodies, 'IDLE', 0.05)
    body = Body(source(b'a', b'b', pause=5), 5)
    with pytest.raises(RefusedError, match='too slowly') as error:
        run(body)
    assert error.value.status == 408


def test_many_short_pauses_are_limited_too(monkeypatch):
    monkeypatch.setattr(bodies, 'IDLE', 0.2)
    body = Body(source(*[b'a'] * 100, pause=0.05), 1000)
    with pytest.raises(RefusedError, match='too slowly'):
        run(body)
    fast = [b'a' * 2000] * 10  # ten times the slowest that may be
    assert run(Body(source(*fast, pause=0.03), 10**6)) == b''.join(fast)


def test_the_rest_is_read_for_a_while_only():
    async def endless():
        await asyncio.sleep(0)
        return dict(type='http.request', body=b'x', more_body=True)

    asyncio.run(asyncio.wait_for(Body(endless, 5).drain(0.1), 5))
