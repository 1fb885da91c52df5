import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from PIL import Image
from served import served

from mmasgan.apis import deblur_image
from mmasgan.serve.server import build_app, run_server
from mmasgan.serve.service import DeblurService

pytestmark = pytest.mark.app

PNG = {'Content-Type': 'image/png'}
SECRET = 'what visitors must not see'


@pytest.fixture(scope='module')
def address(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp('served')
    options = ('--weights', weights, '--queue', 10, '--max-megabytes', 1)
    with served(*options, folder=folder) as address:
        yield address


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / 'secret.png'
    path.write_text(SECRET)
    return path


def opened(content):
    return np.asarray(Image.open(BytesIO(content)))


def test_fifty_requests_eight_at_a_time_are_all_answered(
    address, backend, photo
):
    contents = [photo(seed=seed) for seed in range(50)]

    def ask(content):
        answer = httpx.post(
            f'{address}/api/deblur', content=content, headers=PNG, timeout=60
        )
        assert answer.status_code == 200
        return opened(answer.content)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, contents))
    for content, answer in zip(contents, answers, strict=True):
        expected = deblur_image(backend.generator, opened(content))
        np.testing.assert_array_equal(answer, expected)
    health = httpx.get(f'{address}/health').json()
    assert (health['status'], health['in_progress']) == ('ok', 0)


def test_other_names_of_the_server_are_refused(address):
    answer = httpx.get(f'{address}/health', headers={'Host': 'evil.example'})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    'path', ['gradio_api/file={}', 'gradio_api/file%3D{}', 'file={}']
)
def test_no_file_of_the_server_is_shown(address, secret, path):
    answer = httpx.get(f'{address}/{path.format(secret)}')
    assert answer.status_code in (403, 404)
    assert SECRET not in answer.text


def config(address):
    return httpx.get(f'{address}/config').json()


def event(address, files):
    """Press the button with files of the caller's choice, without a page."""
    number, inputs = next(
        (entry['id'], entry['inputs'])
        for entry in config(address)['dependencies']
        if len(entry['inputs']) == 4
    )
    assert inputs
    joined = httpx.post(
        f'{address}/gradio_api/queue/join',
        json=dict(
            data=[files, 'tiny.pth', 1, None],
            fn_index=number,
            session_hash='x',
        ),
    )
    if joined.status_code != 200:
        return joined.text
    texts = []
    url = f'{address}/gradio_api/queue/data?session_hash=x'
    with httpx.stream('GET', url, timeout=60) as stream:
        for line in stream.iter_lines():
            texts.append(line)
            if 'process_completed' in line or 'close_stream' in line:
                break
    return '\n'.join(texts)


def file_data(path, **more):
    return dict(path=str(path), meta={'_type': 'gradio.FileData'}, **more)


def test_no_path_of_a_visitor_is_opened(address, secret, photo):
    Image.open(BytesIO(photo())).save(secret)
    for path in (
        secret,
        Path('/etc/passwd'),
        f'{secret.parent}/../secret.png',
    ):
        told = event(address, [file_data(path)])
        assert 'no longer on this server' in told, told


def test_what_was_uploaded_is_deblurred(address, photo):
    uploaded = httpx.post(
        f'{address}/gradio_api/upload', files={'files': ('a.png', photo())}
    )
    told = event(address, [file_data(uploaded.json()[0])])
    assert '"success":true' in told.replace(' ', '')
    assert '1 deblurred' in told


def test_uploads_that_are_too_large_are_refused(address):
    files = {'files': ('a.png', b'x' * 1_100_000)}
    answer = httpx.post(f'{address}/gradio_api/upload', files=files)
    assert answer.status_code == 413


def test_garbage_gets_a_message(address):
    uploaded = httpx.post(
        f'{address}/gradio_api/upload', files={'files': ('a.png', b'garbage')}
    )
    told = event(address, [file_data(uploaded.json()[0])])
    assert "'a.png' is not an image" in told
    assert 'Traceback' not in told


def test_the_page_hides_its_events_from_programs(address):
    info = httpx.get(f'{address}/gradio_api/info').json()
    assert json.dumps(info).count('deblur') == 0


def test_a_port_that_is_taken_is_named(backend):
    service = DeblurService({'a': lambda: backend})
    with socket.create_server(('127.0.0.1', 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f'listen on 127.0.0.1:{port}: .*in'):
            run_server(service, port=port)


def test_the_examples_of_the_docs_run(address, photo, tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / 'docs' / 'serve.md').read_text()
    blocks = page.split('```')
    (shell,) = (text[5:] for text in blocks if text.startswith('bash\ncurl'))
    (python,) = (text[7:] for text in blocks if text.startswith('python\n'))
    monkeypatch.chdir(tmp_path)
    Path('photo.jpg').write_bytes(photo('jpeg', height=30, width=40))
    done = subprocess.run(
        shell.replace('http://127.0.0.1:7860', address),
        shell=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert opened(Path('sharper.jpg').read_bytes()).shape == (30, 40, 3)
    names = {}
    exec(python.replace('http://127.0.0.1:7860', address), names)
    assert opened(names['sharper']).shape == (30, 40, 3)


def test_an_event_of_the_page_does_not_wait_for_plots(
    backend, tmp_path, monkeypatch
):
    asked = []
    matplotlib = SimpleNamespace(
        get_backend=lambda: asked.append('backend'), use=asked.append
    )
    build_app(DeblurService({'a': lambda: backend}), tmp_path)
    monkeypatch.setitem(sys.modules, 'matplotlib', matplotlib)
    from gradio import route_utils

    with route_utils.utils.MatplotlibBackendMananger():
        pass
    assert asked == []
