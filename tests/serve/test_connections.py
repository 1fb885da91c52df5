import socket
import threading
import time

import pytest
import uvicorn

from mmasgan.serve import connections
from mmasgan.serve.connections import Connection


async def app(scope, receive, send):
    """Answer once the body has come."""
    while (await receive()).get('more_body'):
        pass
    await send(dict(type='http.response.start', status=200, headers=[]))
    await send(dict(type='http.response.body', body=b''))


@pytest.fixture(scope='module')
def port():
    class Few(Connection):
        most = per_client = 3

    before, connections.HEADERS = connections.HEADERS, 0.5
    listener = socket.create_server(('127.0.0.1', 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http=Few, lifespan='off', log_level='error')
    )
    thread = threading.Thread(
        target=server.run, kwargs={'sockets': [listener]}
    )
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    connections.HEADERS = before


@pytest.fixture
def connect(port):
    made = []

    def make(text=b''):
        peer = socket.create_connection(('127.0.0.1', port), timeout=10)
        made.append(peer)
        peer.sendall(text)
        time.sleep(0.05)
        return peer

    yield make
    for peer in made:
        peer.close()
    time.sleep(0.1)


def is_closed(peer):
    try:
        return peer.recv(1) == b''
    except ConnectionResetError:
        return True


ASKS = b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n'


def test_the_one_that_was_idle_for_longest_makes_room(connect):
    busy = [connect(ASKS), connect(ASKS)]
    idle = connect(b'GET / HT')
    later = connect(ASKS)
    assert is_closed(idle)
    for peer in (*busy, later):
        peer.sendall(b'x')
        assert peer.recv(15) == b'HTTP/1.1 200 OK'


def test_where_all_are_busy_the_new_one_goes(connect):
    busy = [connect(ASKS) for _ in range(3)]
    assert is_closed(connect())
    busy[0].sendall(b'x')
    assert busy[0].recv(15) == b'HTTP/1.1 200 OK'


def test_half_requests_end(connect):
    start = time.monotonic()
    assert is_closed(connect(b'GET / HTTP/1.1\r\nHost'))
    assert time.monotonic() - start < 5


def test_a_second_half_request_ends_too(connect):
    peer = connect(b'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT')
    peer.recv(1000)
    time.sleep(0.2)
    start = time.monotonic()
    while peer.recv(1000):
        pass
    assert time.monotonic() - start < 5
