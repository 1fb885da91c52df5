import pytest

from mmasgan.serve.routes import ROUTES, open_route


def test_what_changes_something_has_a_body_with_a_limit():
    for route in ROUTES:
        assert bool(route.body) == (route.method == 'POST')


@pytest.mark.parametrize(
    ('method', 'path', 'is_open'),
    [
        ('GET', '/', True),
        ('HEAD', '/', True),
        ('POST', '/', False),
        ('OPTIONS', '/', False),
        ('GET', '/assets/a/b.js', True),
        ('GET', '/assets/../config', False),
        ('GET', '/assets/..\\config', False),
        ('GET', '/gradio_api/process_recording', False),
        ('GET', '/gradio_api/file=/a/../b', True),  # the gate looks at it
        ('GET', '', False),
    ],
)
def test_routes(method, path, is_open):
    assert bool(open_route(method, path)) is is_open
