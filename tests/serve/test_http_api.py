from io import BytesIO

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

import mmasgan
from mmasgan.apis import deblur_image
from mmasgan.serve import DeblurService, Limits
from mmasgan.serve.http_api import http_api

PNG = {'Content-Type': 'image/png'}


@pytest.fixture(scope='module')
def client(backend):
    service = DeblurService(
        {'a': lambda: backend, 'b': lambda: backend}, Limits(megabytes=0.01)
    )
    app = FastAPI()
    app.include_router(http_api(service))
    return TestClient(app)


def opened(content):
    return np.asarray(Image.open(BytesIO(content)))


def test_health(client):
    assert client.get('/health').json() == dict(
        status='ok',
        version=mmasgan.__version__,
        loaded=['a'],
        in_progress=0,
    )
    found = client.get('/api/models').json()
    assert found == dict(default='a', models=['a', 'b'])


def test_a_body_is_deblurred(client, backend, photo):
    answer = client.post(
        '/api/deblur', content=photo(), headers=PNG, params={'name': 'ä.png'}
    )
    assert answer.status_code == 200
    assert answer.headers['content-type'] == 'image/png'
    disposition = answer.headers['content-disposition']
    assert disposition == "attachment; filename*=UTF-8''%C3%A4.png"
    expected = deblur_image(backend.generator, opened(photo()))
    np.testing.assert_array_equal(opened(answer.content), expected)


def test_the_format_is_kept(client, photo):
    answer = client.post(
        '/api/deblur',
        content=photo('jpeg'),
        headers={'Content-Type': 'application/octet-stream'},
    )
    assert answer.headers['content-type'] == 'image/jpeg'
    assert Image.open(BytesIO(answer.content)).format == 'JPEG'


def test_strength_and_weights_are_taken(client, photo):
    answer = client.post(
        '/api/deblur',
        content=photo(),
        headers=PNG,
        params={'strength': '0', 'weights': 'b'},
    )
    np.testing.assert_array_equal(opened(answer.content), opened(photo()))


@pytest.mark.parametrize(
    ('headers', 'params', 'content', 'status', 'message'),
    [
        ({'Content-Type': 'text/plain'}, {}, b'a', 415, 'got text/plain'),
        ({}, {}, b'a', 415, 'got none'),
        (PNG, {}, b'garbage', 400, "'image' is not an image"),
        (PNG, {}, b'', 400, 'is empty'),
        (PNG, {}, b'x' * 20_000, 413, 'more than 0.01 MB'),
        (PNG, {'weights': '/etc/passwd'}, b'a', 400, 'no weights'),
        (PNG, {'strength': 'much'}, b'a', 400, 'strength must be a number'),
    ],
)
def test_errors_are_json(client, headers, params, content, status, message):
    answer = client.post(
        '/api/deblur', content=content, headers=headers, params=params
    )
    assert answer.status_code == status
    assert message in answer.json()['error']


@pytest.mark.parametrize('strength', ['nan', '-1', 'inf'])
def test_impossible_strengths_are_named(client, photo, strength):
    answer = client.post(
        f'/api/deblur?strength={strength}', content=photo(), headers=PNG
    )
    assert answer.status_code == 400
    assert 'between 0 and 1' in answer.json()['error']
