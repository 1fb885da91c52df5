from io import BytesIO

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

import mmasgan
from mmasgan.apis import deblur_image
from mmasgan.serve.errors import install_error_form
from mmasgan.serve.http_api import http_api
from mmasgan.serve.limits import Limits
from mmasgan.serve.service import DeblurService
from mmasgan.serve.stopping import Stopping

PNG = {'Content-Type': 'image/png'}


def served_by(service, stopping=None):
    app = FastAPI()
    install_error_form(app)
    app.include_router(http_api(service, stopping))
    return TestClient(app)


@pytest.fixture(scope='module')
def client(backend):
    models = {'a': lambda: backend, 'b': lambda: backend}
    return served_by(DeblurService(models, Limits(megabytes=0.01)))


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
        (PNG, {'name': 'b'}, b'x' * 20_000, 413, "'b' has more than 0.01 MB"),
        (PNG, {'weights': '/etc/passwd'}, b'a', 400, 'no weights'),
        (
            PNG,
            {'strength': 'much'},
            b'a',
            400,
            'strength: Input should be a valid number',
        ),
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


def test_a_model_that_puts_out_no_numbers_is_an_error_of_the_server(photo):
    def broken(image, semantic=None):
        return image * np.float32(np.nan)

    answer = served_by(DeblurService({'a': lambda: broken})).post(
        '/api/deblur', content=photo(), headers=PNG, params={'name': 'a.png'}
    )
    assert answer.status_code == 500
    assert answer.json()['error'].startswith(
        "'a.png': the output of the model contains NaN"
    )


def test_what_the_result_lacks_is_in_a_header(client, photo):
    answer = client.post(
        '/api/deblur',
        content=photo()[:-12],
        headers=PNG,
        params={'name': 'a.png'},
    )
    assert answer.headers['x-notes'] == 'it is truncated after its last pixel'
    answer = client.post('/api/deblur', content=photo(), headers=PNG)
    assert 'x-notes' not in answer.headers


def test_a_form_is_taken_as_a_body_is(client, photo):
    expected = client.post('/api/deblur', content=photo(), headers=PNG)
    form = {'photo': ('../b.png', photo(), 'image/png')}
    found = client.post('/api/deblur', files=form)
    assert found.content == expected.content
    assert found.headers['content-disposition'].endswith("''b.png")


@pytest.mark.parametrize(
    ('form', 'status', 'message'),
    [
        ({'files': {'other': b'x'}}, 400, 'send the photograph as the file'),
        ({'files': {'photo': ('c.png', b'x' * 20_000)}}, 413, "'c.png' has"),
        ({'files': {'photo': b'x'}, 'data': {'a': 'b'}}, 400, 'many fields'),
        ({'files': [('photo', b'x')] * 2}, 400, 'many files'),
    ],
)
def test_forms_that_do_not_fit_are_named(client, form, status, message):
    answer = client.post('/api/deblur', **form)
    assert (answer.status_code, list(answer.json())) == (status, ['error'])
    assert message in answer.json()['error']


def test_readiness_tells_how_it_stands(backend):
    service = DeblurService({'a': lambda: backend}, Limits(queue=1))
    stopping = Stopping()
    client = served_by(service, stopping)
    answer = client.get('/ready')
    found = answer.json()
    assert answer.status_code == 200
    assert found.pop('uptime_seconds') < 60
    assert found == dict(
        status='ready', queue_length=0, queue_limit=2, devices={'a': 'cpu'}
    )
    with service.places.one('x'), service.places.one('y'):
        answer = client.get('/ready')
    assert (answer.status_code, answer.json()['status']) == (503, 'full')
    assert answer.json()['queue_length'] == 2
    stopping.has_begun = True
    answer = client.get('/ready')
    assert (answer.status_code, answer.json()['status']) == (503, 'stopping')
    assert answer.headers['retry-after'] == '5'


def test_metrics_count_photographs(client, photo):
    def count(outcome):
        name = f'mmasgan_photographs_total{{outcome="{outcome}"}} '
        (line,) = (
            line
            for line in client.get('/metrics').text.splitlines()
            if line.startswith(name)
        )
        return float(line.removeprefix(name))

    done, refused = count('deblurred'), count('refused')
    client.post('/api/deblur', content=photo(), headers=PNG)
    client.post('/api/deblur', content=b'garbage', headers=PNG)
    assert (count('deblurred'), count('refused')) == (done + 1, refused + 1)


def test_the_description_is_of_what_there_is(client):
    paths = client.get('/openapi.json').json()['paths']
    assert set(paths) == {
        '/health',
        '/ready',
        '/metrics',
        '/api/models',
        '/api/deblur',
    }
    post = paths['/api/deblur']['post']
    assert [p['name'] for p in post['parameters']] == [
        'name',
        'weights',
        'strength',
    ]
    kinds = set(post['requestBody']['content'])
    assert kinds == {
        'image/*',
        'application/octet-stream',
        'multipart/form-data',
    }
    assert {'400', '413', '415', '503'} <= set(post['responses'])
