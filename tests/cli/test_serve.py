import sys
from io import BytesIO

import pytest
from click.testing import CliRunner
from PIL import Image
from tiny import make_checkpoint

from mmasgan.apis.inference import fallback
from mmasgan.cli import main
from mmasgan.cli.serve import serve
from mmasgan.serve import server
from mmasgan.serve.limits import Limits, RefusedError


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp('serve') / 'w.pth'
    make_checkpoint(path)
    return path


@pytest.fixture
def started(monkeypatch):
    """What the server would have been run with."""
    calls = []

    def run(service, host, port, tell, *rest):
        tell(f'http://{host}:{port}')
        calls.extend((service, *rest))

    def configure(*how):
        logs.append(how)

    logs = []
    monkeypatch.setattr(server, 'run_server', run)
    monkeypatch.setattr('mmasgan.serve.logs.configure_logging', configure)
    yield calls
    assert set(logs) in (set(), {('info', 'text')}, {('error', 'json')})


def content():
    file = BytesIO()
    Image.new('RGB', (30, 20)).save(file, 'png')
    return file.getvalue()


def run(*arguments):
    return CliRunner().invoke(main, ['serve', *map(str, arguments)])


def test_it_serves_this_machine_by_default(started):
    done = run('--device', 'cpu')
    assert done.exit_code == 0, done.output
    assert done.stdout == 'http://127.0.0.1:7860 (stop with Ctrl-C)\n'
    assert done.stderr == 'Starting: loading the model\n'
    assert started[0].names == ('ascyclegan_plus_unet_small_gopro',)


def test_options_reach_the_server(started, weights):
    done = run(
        *('--weights', weights, '--weights', 'default', '--device', 'cpu'),
        *('--max-megabytes', 2, '--max-megapixels', 3, '--max-files', 4),
        *('--concurrency', 5, '--queue', 6, '--per-client', 7),
        *('--max-seconds', 8, '--max-total-megabytes', 9),
        *('--allow-host', 'a', '--allowed-host', 'b'),
        *('--proxy', '10.0.0.1', '--root-path', '/x', '--grace', 10),
        *('--log-level', 'error', '--log-format', 'json'),
    )
    assert done.exit_code == 0, done.output
    service, *rest = started
    assert rest == [('a', 'b'), '10.0.0.1', '/x', 10]
    assert service.names == ('w.pth', 'ascyclegan_plus_unet_small_gopro')
    assert list(vars(service.limits).values()) == [*range(2, 10)]


def test_the_defaults_are_those_of_the_service():
    options = {option.name: option.default for option in serve.params}
    limits = vars(Limits())
    assert {name: options[name] for name in limits} == limits


def test_a_network_is_warned_of(started):
    done = run('--host', '0.0.0.0', '--device', 'cpu')
    assert 'Warning: 0.0.0.0 is open to the network' in done.stderr


@pytest.mark.parametrize(
    ('arguments', 'code', 'message'),
    [
        (('--port', 70000), 2, "Invalid value for '--port'"),
        (('--queue', 0), 2, "Invalid value for '--queue'"),
        (('--max-megabytes', 'inf'), 1, 'megabytes must be positive'),
        (('--max-megabytes', -1), 2, "Invalid value for '--max-megabytes'"),
        (('--weights', 'gone.pth'), 1, '--weights gone.pth: neither a file'),
        (('--weights', 'default') * 2, 1, 'two models have the name'),
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
    monkeypatch.setitem(sys.modules, 'gradio', None)
    done = run()
    assert done.exit_code == 1
    assert 'pip install "gradio>=6" fastapi-offline' in done.output


@pytest.mark.runner
def test_exported_models_need_no_pytorch(
    started, weights, tmp_path, monkeypatch
):
    exported = tmp_path / 'a.onnx'
    done = CliRunner().invoke(
        main, ['export', '--weights', str(weights), '-o', str(exported)]
    )
    assert done.exit_code == 0, done.output
    done = run('--weights', exported)
    assert done.exit_code == 0, done.output
    assert started[0].names == ('a.onnx',)
    service = started[0]
    assert service.devices == {'a.onnx': 'cpu'}
    monkeypatch.setattr(fallback, 'available_memory', lambda: 10**6)
    with pytest.raises(RefusedError, match='scale it down') as error:
        service.deblur(content(), 'a.png')
    assert error.value.status == 413
    done = run('--weights', exported, '--device', 'cuda')
    assert 'ONNX Runtime supports --device auto or cpu' in done.output
