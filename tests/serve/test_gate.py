"""A server under attack, from this machine alone."""

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import gradio
import httpx
import numpy as np
import pytest
from PIL import Image

from mmasgan.serve.routes import open_route

pytestmark = pytest.mark.app

PNG = {'Content-Type': 'image/png'}
MULTIPART = {'Content-Type': 'multipart/form-data; boundary=b'}
# Everything of Gradio that is open. What is not here is closed, whatever
# Gradio brings: a new route has to be judged before it is added.
OPENED = {
    'GET /',
    'GET /assets/{path:path}',
    'GET /config',
    'GET /favicon.ico',
    'GET /gradio_api/app_id',
    'GET /gradio_api/file={path_or_url:path}',
    'GET /gradio_api/heartbeat/{session_hash}',
    'GET /gradio_api/info',
    'GET /gradio_api/queue/data',
    'GET /gradio_api/startup-events',
    'GET /gradio_api/theme.css',
    'GET /gradio_api/upload_progress',
    'GET /manifest.json',
    'GET /openapi.json',  # ours stands before it
    'GET /robots.txt',
    'GET /static/{path:path}',
    'GET /svelte/{path:path}',
    'GET /theme.css',
    'HEAD /',
    'HEAD /gradio_api/file={path_or_url:path}',
    'HEAD /openapi.json',
    'POST /gradio_api/queue/join',
    'POST /gradio_api/upload',
}


def gradio_routes():
    """Return (method, path) of all routes that Gradio has."""
    with gradio.Blocks() as blocks:
        gradio.Markdown('a')
    app = gradio.routes.App.create_app(blocks)
    found = set()

    def walk(routes, prefix=''):
        for route in routes:
            inner = getattr(route, 'original_router', None)
            if inner is not None:
                walk(inner.routes, prefix)
            for method in getattr(route, 'methods', None) or ():
                found.add((method, prefix + route.path))

    walk(app.routes)
    return found


def concrete(path):
    for name in ('{path:path}', '{path_or_url:path}', '{url_path:path}'):
        path = path.replace(name, 'x/y')
    while '{' in path:
        start, end = path.index('{'), path.index('}')
        path = f'{path[:start]}x{path[end + 1 :]}'
    return path


def connect(address):
    host, port = address.removeprefix('http://').split(':')
    return socket.create_connection((host, int(port)), timeout=30)


def received(peer):
    """Return an answer in JSON."""
    answer = b''
    while not answer.endswith(b'}'):
        piece = peer.recv(1000)
        assert piece, answer
        answer += piece
    return answer


def healthy(address):
    start = time.monotonic()
    with connect(address) as peer:
        peer.sendall(b'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
        assert peer.recv(1000).startswith(b'HTTP/1.1 200')
    assert time.monotonic() - start < 1


def files_in(folder):
    return [path for path in folder.rglob('*') if path.is_file()]


@pytest.mark.parametrize(
    ('method', 'path', 'allowed'),
    [
        ('POST', '/health', 'GET'),
        ('GET', '/api/deblur', 'POST'),
        ('DELETE', '/api/models', 'GET'),
        ('PUT', '/api/deblur', 'POST'),
    ],
)
def test_other_methods_are_told_which_one(address, method, path, allowed):
    answer = httpx.request(method, f'{address}{path}')
    assert answer.status_code == 405
    assert answer.headers['allow'] == allowed
    assert answer.json() == {'error': f'{path} takes {allowed}'}


def test_the_page_of_the_interface_asks_no_other_server(address):
    page = httpx.get(f'{address}/docs').text
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert httpx.get(f'{address}{name}').status_code == 200
    assert 'http://' not in page
    assert 'https://' not in page
    assert '"validatorUrl": null' in page
    described = httpx.get(f'{address}/openapi.json').json()
    assert '/api/deblur' in described['paths']
    assert not [path for path in described['paths'] if 'gradio' in path]


def test_routes_of_gradio_are_closed_until_they_are_opened():
    routes = gradio_routes()
    assert ('POST', '/gradio_api/process_recording') in routes
    opened = {
        f'{method} {path}'
        for method, path in routes
        if open_route(method, concrete(path))
    }
    assert opened == OPENED
    assert len(routes) > 2 * len(opened)


def test_closed_routes_answer_nothing(address):
    with httpx.Client(base_url=address) as client:
        for method, path in sorted(gradio_routes()):
            path = concrete(path)
            if open_route(method, path) is None:
                answer = client.request(method, path)
                assert answer.status_code == 404, (method, path)
                if method != 'HEAD':
                    assert answer.json() == {'error': 'not found'}


@pytest.mark.parametrize(
    'path',
    [
        '/gradio_api//process_recording',
        '/gradio_api/process_recording/',
        '//gradio_api/process_recording',
        '/assets/../gradio_api/process_recording',
        '/assets/%2e%2e/gradio_api/process_recording',
        '/gradio_api/%70rocess_recording',
    ],
)
def test_no_other_spelling_opens_a_route(address, folder, path):
    before = files_in(folder)
    with connect(address) as peer:
        peer.sendall(
            f'POST {path} HTTP/1.1\r\nHost: localhost\r\n'
            'Content-Length: 4\r\nConnection: close\r\n\r\nabcd'.encode()
        )
        assert peer.recv(100).startswith(b'HTTP/1.1 404')
    assert files_in(folder) == before


@pytest.mark.parametrize(
    'path',
    [
        *('assets/', 'assets/x', 'static/x', 'svelte/x', 'assets/%00', 'x'),
        *(f'{name}{"a" * 3000}' for name in ('assets/', 'gradio_api/file=')),
        *('gradio_api/file=%00', 'gradio_api/file=' + 'a/' * 1500),
    ],
)
def test_what_is_not_there_is_an_error_in_the_one_form(address, path):
    answer = httpx.get(f'{address}/{path}')
    assert answer.status_code in (400, 404)
    assert list(answer.json()) == ['error']


def test_the_folder_of_gradio_is_ours(address, folder):
    (home,) = folder.glob('tmp*')
    assert not (folder / 'gradio').exists()
    answer = httpx.post(
        f'{address}/gradio_api/upload', files={'files': ('../a.png', b'x')}
    )
    (path,) = answer.json()
    assert home in Path(path).parents
    assert Path(path).read_bytes() == b'x'


@pytest.mark.parametrize(
    ('host', 'status'),
    [
        ('localhost', 200),
        ('127.0.0.1:1', 200),
        ('[::1]', 200),
        ('testserver', 400),
        ('evil.example', 400),
        ('192.168.1.5', 400),
        ('127.0.0.1.evil.example', 400),
        ('[', 400),
    ],
)
def test_it_answers_to_its_own_names_alone(address, host, status):
    answer = httpx.get(f'{address}/health', headers={'Host': host})
    assert answer.status_code == status


@pytest.mark.parametrize(
    'headers',
    [
        {'Origin': 'http://evil.example'},
        {'Origin': 'null'},
        {'Origin': 'http://127.0.0.1:1'},
        {'Origin': 'http://localhost'},
        {'Sec-Fetch-Site': 'cross-site'},
        [('Origin', 'http://evil.example'), ('Origin', 'SELF')],
        [('Sec-Fetch-Site', 'cross-site'), ('Sec-Fetch-Site', 'none')],
    ],
)
@pytest.mark.parametrize('path', ['gradio_api/upload', 'api/deblur'])
def test_other_sites_send_nothing(address, folder, photo, path, headers):
    before = files_in(folder)
    if isinstance(headers, list):
        headers = [
            (name, value.replace('SELF', address)) for name, value in headers
        ]
    answer = httpx.post(
        f'{address}/{path}',
        files={'files': ('a.png', photo())},
        headers=headers,
    )
    assert answer.status_code == 403
    assert answer.json() == {'error': 'requests from other sites are refused'}
    assert files_in(folder) == before


def test_the_own_page_may_send_and_no_site_may_read(address, photo):
    answer = httpx.post(
        f'{address}/gradio_api/upload',
        files={'files': ('a.png', photo())},
        headers={'Origin': address, 'Sec-Fetch-Site': 'same-origin'},
    )
    assert answer.status_code == 200
    for path in ('', 'health', 'config'):
        for name in ('127.0.0.1', 'localhost'):
            headers = {'Origin': 'http://evil.example', 'Host': name}
            answer = httpx.get(f'{address}/{path}', headers=headers)
            assert not [k for k in answer.headers if 'access-control' in k]


def test_the_page_keeps_no_results_in_the_browser(address):
    assert httpx.get(f'{address}/config').json()['run_history'] is False


def test_nobody_says_what_the_host_is(address):
    headers = {
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'https',
        'Forwarded': 'host=evil.example',
    }
    for path in ('', 'config'):
        answer = httpx.get(f'{address}/{path}', headers=headers)
        assert 'evil.example' not in answer.text
        assert 'https://127' not in answer.text


@pytest.mark.parametrize(
    ('path', 'size'),
    [
        ('gradio_api/queue/join', 300_000_000),
        ('gradio_api/upload', 300_000_000),
        ('api/deblur', 300_000_000),
        ('api/deblur', 10**18),
        ('health', 1),
    ],
)
def test_large_bodies_are_refused_before_they_are_read(address, path, size):
    method = 'GET' if path == 'health' else 'POST'
    with connect(address) as peer:
        peer.sendall(
            f'{method} /{path} HTTP/1.1\r\nHost: localhost\r\n'
            'Content-Type: image/png\r\n'
            f'Content-Length: {size}\r\n\r\n'.encode()
        )
        answer = received(peer)
    assert answer.startswith(b'HTTP/1.1 413'), answer
    assert b'{"error":"the request body has more than ' in answer


@pytest.mark.parametrize('path', ['gradio_api/queue/join', 'api/deblur'])
def test_bodies_without_a_length_have_the_limit_too(address, path):
    start = time.monotonic()

    def pieces():
        while time.monotonic() - start < 60:
            yield b'x' * 100_000

    kind = 'image/png' if path == 'api/deblur' else 'application/json'
    try:
        answer = httpx.post(
            f'{address}/{path}',
            content=pieces(),
            headers={'Content-Type': kind},
        )
    except httpx.WriteError:
        pass  # it was closed while this was sending
    else:
        assert answer.status_code == 413
    assert time.monotonic() - start < 30
    answer = httpx.post(
        f'{address}/gradio_api/upload', content=iter([b'x']), headers=MULTIPART
    )
    assert answer.status_code == 411


def test_an_answer_to_an_unread_body_ends_the_connection(address):
    with connect(address) as peer:
        peer.sendall(
            b'POST /api/deblur HTTP/1.1\r\nHost: localhost\r\n'
            b'Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n'
        )
        answer = b''
        while piece := peer.recv(1000):
            answer += piece
    assert answer.startswith(b'HTTP/1.1 415')
    assert b'connection: close' in answer.lower()


def form(*parts):
    text = b''.join(
        b'--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n' % part
        for part in parts
    )
    return text + b'--b--\r\n'


@pytest.mark.parametrize(
    ('content', 'status', 'message'),
    [
        (form((b'name="files"', b'x' * 900_000)), 400, 'Too many fields'),
        (form((b'name="other"; filename="a"', b'x')), 400, 'files named'),
        (form(*[(b'name="files"; filename="a"', b'x')] * 4), 400, 'Too many'),
        (
            form((b'name="files"; filename="a"', b'x' * 1_100_000)),
            413,
            'more than 1 MB',
        ),
        (b'--b\r\nnonsense', 400, ''),
        (form((b'filename="a"', b'x')), 400, ''),
    ],
)
def test_forms_that_are_refused_leave_nothing(
    address, folder, content, status, message
):
    before = files_in(folder)
    answer = httpx.post(
        f'{address}/gradio_api/upload', content=content, headers=MULTIPART
    )
    assert answer.status_code == status
    assert message in answer.json()['error']
    assert files_in(folder) == before


def test_an_upload_that_breaks_off_leaves_nothing(address, folder):
    before = files_in(folder)
    with connect(address) as peer:
        peer.sendall(
            b'POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\n'
            b'Content-Type: multipart/form-data; boundary=b\r\n'
            b'Content-Length: 900000\r\n\r\n--b\r\nContent-Disposition: '
            b'form-data; name="files"; filename="a"\r\n\r\n' + b'x' * 100_000
        )
        time.sleep(0.3)
    for _ in range(100):  # until the server has seen it
        time.sleep(0.1)
        if files_in(folder) == before:
            break
    assert files_in(folder) == before


def test_a_visitor_cannot_have_addresses_fetched(address):
    with socket.create_server(('127.0.0.1', 0)) as target:
        target.settimeout(1)
        url = f'http://127.0.0.1:{target.getsockname()[1]}/a.png'
        answer = httpx.get(f'{address}/gradio_api/file={url}')
        assert answer.status_code == 404
        for body in (dict(path=url), dict(path='x', url=url)):
            told = join(address, [body])
            assert told.status_code == 400, told.text
        with pytest.raises(TimeoutError):
            target.accept()


def join(address, files, session='s'):
    config = httpx.get(f'{address}/config').json()
    number = next(
        entry['id']
        for entry in config['dependencies']
        if len(entry['inputs']) == 4
    )
    data = [dict(file, meta={'_type': 'gradio.FileData'}) for file in files]
    return httpx.post(
        f'{address}/gradio_api/queue/join',
        json=dict(
            data=[data, 'tiny.pth', 1, None],
            fn_index=number,
            session_hash=session,
        ),
    )


def press(address, files, session='s'):
    """Press the button, and return what the page is told."""
    assert join(address, files, session).status_code == 200
    url = f'{address}/gradio_api/queue/data?session_hash={session}'
    lines = []
    with httpx.stream('GET', url, timeout=60) as stream:
        for line in stream.iter_lines():
            lines.append(line)
            if 'process_completed' in line:
                break
    return '\n'.join(lines).replace(' ', '')


@pytest.mark.parametrize(
    'name', ['preview-before.png', 'preview-after.png', 'deblurred.zip.png']
)
def test_no_name_gets_another_picture(address, photo, name):
    content = photo(seed=5)
    answer = httpx.post(
        f'{address}/gradio_api/upload', files={'files': (name, content)}
    )
    told = press(address, [dict(path=answer.json()[0])], 'names')
    (line,) = [t for t in told.splitlines() if 'process_completed' in t]
    data = json.loads(line.removeprefix('data:'))['output']['data']
    (file,) = data[2]['value']
    found = httpx.get(f'{address}/gradio_api/file={file["path"]}')
    assert Path(file['path']).name == name
    expected = httpx.post(
        f'{address}/api/deblur', content=content, headers=PNG
    )
    assert found.content == expected.content
    assert (pixels(found.content) != pixels(content)).any()


def pixels(content):
    return np.asarray(Image.open(BytesIO(content)))


@pytest.mark.parametrize(
    ('start', 'name'),
    [
        (b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n', 'an EPS file'),
        (b'%PDF-1.4\n', 'a PDF file'),
        (b'8BPS', 'a Photoshop file'),
        (b'#EXTM3U\n', 'not an image'),
    ],
)
def test_other_readers_of_pillow_see_nothing(address, start, name):
    answer = httpx.post(
        f'{address}/api/deblur', content=start + b' ' * 999, headers=PNG
    )
    assert answer.status_code == 400
    assert name in answer.json()['error']


def test_the_folder_has_a_total(address, folder):
    (home,) = folder.glob('tmp*')
    filler = home / 'filler'
    filler.write_bytes(b'x' * 7_500_000)
    try:
        answer = httpx.post(
            f'{address}/gradio_api/upload',
            files={'files': ('a.png', b'x' * 900_000)},
        )
    finally:
        filler.unlink()
    assert answer.status_code == 503
    assert answer.headers['retry-after'] == '5'
    assert 'disk space of this server is full' in answer.json()['error']


def test_half_requests_do_not_keep_others_out(address):
    with ExitStack() as stack:
        peers = [stack.enter_context(connect(address)) for _ in range(400)]
        for peer in peers:
            try:
                peer.sendall(b'GET /health HTTP/1.1\r\nHost: local')
            except OSError:
                continue  # it made room for a later one
        healthy(address)
        gone = 0
        for peer in peers:
            peer.settimeout(0.01)
            try:
                gone += peer.recv(1) == b''
            except TimeoutError:
                pass
            except OSError:
                gone += 1
        assert gone >= 400 - 256


def slow_photos(address, count, stack):
    """Begin requests, of which the bodies do not come."""
    peers = []
    for _ in range(count):
        peer = stack.enter_context(connect(address))
        peer.sendall(
            b'POST /api/deblur HTTP/1.1\r\nHost: localhost\r\n'
            b'Content-Type: image/png\r\nContent-Length: 1000\r\n\r\nx'
        )
        peers.append(peer)
    return peers


def test_slow_bodies_leave_places_and_health(address, photo):
    with ExitStack() as stack:
        peers = slow_photos(address, 60, stack)
        time.sleep(0.5)
        for _ in range(5):
            healthy(address)
            assert httpx.get(f'{address}/ready').status_code == 200
        answer = httpx.post(
            f'{address}/api/deblur', content=photo(), headers=PNG
        )
        assert answer.status_code == 503
        assert answer.headers['retry-after'] == '5'
        assert 'of your' in answer.json()['error']
        told = [peer.recv(200) for peer in peers[4:]]
        assert all(t.startswith(b'HTTP/1.1 503') for t in told)
    for _ in range(50):
        if httpx.get(f'{address}/health').json()['in_progress'] == 0:
            break
        time.sleep(0.1)
    answer = httpx.post(f'{address}/api/deblur', content=photo(), headers=PNG)
    assert answer.status_code == 200


@pytest.mark.parametrize('path', ['gradio_api/upload', 'api/deblur'])
def test_no_body_is_longer_than_it_says(address, folder, path):
    """Else limits that take its word would be passed."""
    before = files_in(folder)
    with connect(address) as peer:
        peer.sendall(
            f'POST /{path} HTTP/1.1\r\nHost: localhost\r\n'
            'Content-Type: image/png\r\nContent-Length: 1\r\n'
            'Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n'.encode()
        )
        answer = received(peer)
    assert answer.startswith(b'HTTP/1.1 400'), answer
    assert b'not both' in answer
    assert files_in(folder) == before


def test_many_who_join_at_once_leave_health(address):
    with ThreadPoolExecutor(8) as pool:
        numbers = range(16)
        answers = list(pool.map(lambda n: join(address, [], f'n{n}'), numbers))
    assert {answer.status_code for answer in answers} <= {200, 503}
    healthy(address)


def test_what_is_open_has_no_streams_without_end(address):
    with ExitStack() as stack:
        statuses = []
        for number in range(40):
            peer = stack.enter_context(connect(address))
            peer.sendall(
                b'GET /gradio_api/heartbeat/h%d HTTP/1.1\r\n'
                b'Host: localhost\r\n\r\n' % number
            )
            statuses.append(peer.recv(20)[9:12])
        assert statuses.count(b'503') >= 8
        healthy(address)
