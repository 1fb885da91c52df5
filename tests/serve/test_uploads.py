from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mmasgan.serve.limits import Limits
from mmasgan.serve.uploads import uploads


@pytest.fixture
def client(tmp_path):
    app = FastAPI()
    limits = Limits(megabytes=0.01, files=2, total_megabytes=0.03)
    app.include_router(uploads(limits, tmp_path))
    return TestClient(app)


def send(client, *files):
    return client.post(
        '/gradio_api/upload', files=[('files', file) for file in files]
    )


def test_files_are_kept_under_names_that_nobody_guesses(client, tmp_path):
    answer = send(client, ('../../a.png', b'abc'), ('a.png', b'def'))
    paths = [Path(path) for path in answer.json()]
    assert [path.read_bytes() for path in paths] == [b'abc', b'def']
    assert [path.name for path in paths] == ['a.png', 'a.png']
    again = Path(send(client, ('a.png', b'abc')).json()[0])
    assert again not in paths
    assert all(tmp_path / 'uploads' in path.parents for path in paths)


def test_a_name_of_nothing_gets_one(client):
    (path,) = send(client, ('...', b'abc')).json()
    assert Path(path).read_bytes() == b'abc'


@pytest.mark.parametrize(
    ('sizes', 'status', 'message'),
    [
        ((11_000,), 413, "'a.png' has more than 0.01 MB"),
        ((1, 1, 1), 400, 'Too many files'),
        ((8_000, 8_000), 503, 'disk space of this server is full'),
    ],
)
def test_what_is_refused_is_not_kept(client, tmp_path, sizes, status, message):
    answer = send(client, *[('a.png', b'x' * size) for size in sizes])
    assert answer.status_code == status
    assert message in answer.json()['error']
    assert not [path for path in tmp_path.rglob('*') if path.is_file()]


def test_a_full_disk_is_told(client, tmp_path):
    (tmp_path / 'uploads').write_bytes(b'no folder')
    answer = send(client, ('a.png', b'x'))
    assert answer.status_code == 503
    assert 'disk' in answer.json()['error']


def test_the_page_need_not_wait_for_progress(client):
    answer = client.get('/gradio_api/upload_progress?upload_id=a')
    assert answer.text == 'data: {"msg": "done"}\n\n'
