import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from mmasgan.apis.inference.pixels import NotFiniteError
from mmasgan.serve.errors import install_error_form, refusal, refusals
from mmasgan.serve.limits import RefusedError

RAISED = {
    'refused': RefusedError('full', 503, {'X-A': 'b'}),
    'http': HTTPException(418, 'Short and Stout'),
    'other': KeyError('secret'),
}


@pytest.fixture(scope='module')
def client():
    app = FastAPI()
    install_error_form(app)

    @app.get('/{name}')
    async def fail(name: str, number: int = 0):
        raise RAISED[name]

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ('method', 'path', 'status', 'error'),
    [
        ('GET', '/refused', 503, 'full'),
        ('GET', '/http', 418, 'short and stout'),
        ('GET', '/a/b', 404, 'not found'),
        ('POST', '/http', 405, 'method not allowed'),
        (
            'GET',
            '/other',
            500,
            'internal error; the log of the server has the details',
        ),
        (
            'GET',
            '/http?number=x',
            400,
            'number: Input should be a valid integer, unable to parse string '
            "as an integer, got 'x'",
        ),
    ],
)
def test_all_errors_have_one_form(client, method, path, status, error):
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()) == (status, {'error': error})


def test_headers_are_kept(client):
    answer = client.get('/refused')
    assert answer.headers['retry-after'] == '5'
    assert answer.headers['x-a'] == 'b'
    assert client.post('/http').headers['allow'] == 'GET'


@pytest.mark.parametrize(
    ('error', 'status', 'message'),
    [
        (RefusedError('no', 418), 418, 'no'),
        (MemoryError(), 413, "'a' does not fit into the memory"),
        (NotFiniteError('NaN'), 500, "'a': NaN"),
        (ValueError('odd'), 400, "^'a': odd$"),
        (ValueError("'a' is odd"), 400, "^'a' is odd$"),
    ],
)
def test_what_goes_wrong_with_a_photograph_is_told(error, status, message):
    with pytest.raises(RefusedError, match=message) as caught, refusals('a'):
        raise error
    assert caught.value.status == status


def test_what_passes_may_be_tried_again():
    answer = refusal(RefusedError('a', 503))
    assert (answer.status_code, answer.headers['retry-after']) == (503, '5')
    assert answer.body == b'{"error":"a"}'
    assert 'retry-after' not in refusal(RefusedError('a', 413)).headers
