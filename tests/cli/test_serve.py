import sys

import pytest
from click.testing import CliRunner
from tiny import make_checkpoint

from mmasgan.cli import main
from mmasgan.serve import server


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp('serve') / 'w.pth'
    make_checkpoint(path)
    return path


@pytest.fixture
def started(monkeypatch):
    """What the server would have been run with."""
    calls = []

    def run(service, host, port, tell):
        tell(f'http://{host}:{port}')
        calls.append(service)

    monkeypatch.setattr('mmasgan.serve.run_server', run)
    return calls


def run(*arguments):
    return CliRunner().invoke(main, ['serve', *map(str, arguments)])


def test_it_serves_this_machine_by_default(started):
    done = run('--device', 'cpu')
    assert done.exit_code == 0, done.output
    assert done.stdout == 'http://127.0.0.1:7860 (stop with Ctrl-C)\n'
    assert done.stderr == ''
    assert started[0].names == ('ascyclegan_plus_small_gopro',)


def test_options_reach_the_server(started, weights):
    done = run(
        *('--weights', weights, '--weights', 'default', '--device', 'cpu'),
        *('--max-megabytes', 2, '--max-megapixels', 3, '--max-files', 4),
        *('--concurrency', 5, '--queue', 6),
    )
    assert done.exit_code == 0, done.output
    (service,) = started
    assert service.names == ('w.pth', 'ascyclegan_plus_small_gopro')
    assert list(vars(service.limits).values()) == [2, 3, 4, 5, 6]


def test_a_network_is_warned_of(started):
    done = run('--host', '0.0.0.0', '--device', 'cpu')
    assert done.stderr.startswith('Warning: 0.0.0.0 is open to the network')


@pytest.mark.parametrize(
    ('arguments', 'code', 'message'),
    [
        (('--port', 70000), 2, "Invalid value for '--port'"),
        (('--queue', 0), 2, "Invalid value for '--queue'"),
        (('--max-megabytes', -1), 2, "Invalid value for '--max-megabytes'"),
        (('--weights', 'gone.pth'), 1, '--weights gone.pth: neither a file'),
        (('--weights', 'default') * 2, 1, 'two are named'),
        (('--prior', 'magic', 'x'), 1, '--prior magic: expected torchvision'),
        (('--prior', 'onnx', 'gone.onnx'), 1, "'gone.onnx'"),
    ],
)
def test_bad_input_is_named(started, arguments, code, message):
    done = run(*arguments, '--device', 'cpu')
    assert done.exit_code == code
    assert message in done.output
    assert 'Traceback' not in done.output
    assert not started


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmasgan.serve', None)
    done = run()
    assert done.exit_code == 1
    assert 'pip install "mmasgan[serve]"' in done.output
    assert server.LOOPBACK
