import hashlib
import http.server
import threading
from functools import partial

import pytest
import torch
import yaml

from mmasgan.utils.model_index import (
    IndexedModel,
    obtain_weights,
    read_model_index,
)

CONTENT = b'weights' * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def entry(name='m', weights='mmasgan/weights/m.bin', sha256=SHA256, **more):
    return {
        'Name': name,
        'Config': f'configs/{name}.py',
        'Metadata': {'SHA256': sha256},
        'Weights': weights,
        **more,
    }


def write(folder, *entries):
    text = yaml.safe_dump({'Models': list(entries)})
    (folder / 'model-index.yml').write_text(text)
    return folder


def test_models_have_names_and_aliases(tmp_path):
    write(tmp_path, entry('a', Alias=['default']), entry('b', weights=None))
    models = read_model_index(tmp_path)
    assert list(models) == ['a', 'default', 'b']
    assert models['default'] is models['a']
    expected = IndexedModel('b', 'configs/b.py', None, SHA256, tmp_path)
    assert models['b'] == expected


def test_what_is_no_index_is_named(tmp_path):
    with pytest.raises(OSError, match='model-index'):
        read_model_index(tmp_path)
    write(tmp_path, entry('a'), entry('b', Alias=['a']))
    with pytest.raises(ValueError, match=r"yml' has two models named 'a'"):
        read_model_index(tmp_path)
    for text in (
        '',
        '[',
        'Models:',
        'Models: [{Name: a}]',
        'Models: [1]',
        '[1]',
    ):
        (tmp_path / 'model-index.yml').write_text(text)
        with pytest.raises(
            ValueError, match=r"yml' is not an index of models"
        ):
            read_model_index(tmp_path)


def test_weights_beside_the_index_are_checked(tmp_path):
    model = read_model_index(write(tmp_path, entry()))['m']
    with pytest.raises(FileNotFoundError, match=r"m\.bin', the weights of m"):
        obtain_weights(model)
    (tmp_path / 'm.bin').write_bytes(CONTENT)
    assert obtain_weights(model) == tmp_path / 'm.bin'
    (tmp_path / 'm.bin').write_bytes(CONTENT[:-1] + b'S')
    with pytest.raises(ValueError, match=rf"m\.bin' is not .*d {SHA256}"):
        obtain_weights(model)


def test_an_index_may_import_others(tmp_path):
    for name in 'ab':
        (tmp_path / name).mkdir()
        write(tmp_path / name, entry(name, weights=f'x/{name}.bin'))
    paths = [f'{name}/model-index.yml' for name in 'ab']
    text = yaml.safe_dump({'Import': paths})
    (tmp_path / 'model-index.yml').write_text(text)
    assert list(read_model_index(tmp_path)) == ['a', 'b']
    (tmp_path / 'b.bin').write_bytes(CONTENT)
    models = read_model_index(tmp_path)
    assert obtain_weights(models['b']) == tmp_path / 'b.bin'

    write(tmp_path / 'b', entry('a'))
    with pytest.raises(ValueError, match=r"b.model-.*' has two models named"):
        read_model_index(tmp_path)
    (tmp_path / 'b' / 'model-index.yml').unlink()
    with pytest.raises(FileNotFoundError, match=r'b.model-index\.yml'):
        read_model_index(tmp_path)


def test_weights_of_the_package_lie_beside_mim(tmp_path):
    for name in ('.mim', 'weights'):
        (tmp_path / name).mkdir()
    (tmp_path / 'weights' / 'm.bin').write_bytes(CONTENT)
    model = read_model_index(write(tmp_path / '.mim', entry()))['m']
    assert obtain_weights(model) == tmp_path / 'weights' / 'm.bin'


@pytest.mark.parametrize('gone', [{'weights': None}, {'sha256': None}])
def test_models_without_weights_say_so(tmp_path, gone):
    model = read_model_index(write(tmp_path, entry(**gone)))['m']
    with pytest.raises(ValueError, match=r'no weights of m .* configs/m\.py'):
        obtain_weights(model)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path / 'hub'))
    return tmp_path / 'hub' / 'mmasgan'


@pytest.fixture
def server(tmp_path):
    """Serve files; yields their folder, address, and what was asked for."""
    folder, asked = tmp_path / 'served', []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_request(self, *args):
            asked.append(self.path)

        def log_error(self, *args):
            pass

    make = partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), make) as serving:
        threading.Thread(target=serving.serve_forever).start()
        yield folder, f'http://127.0.0.1:{serving.server_port}', asked
        serving.shutdown()


def test_weights_elsewhere_are_fetched_once(tmp_path, cache, server):
    folder, address, asked = server
    (folder / 'm.bin').write_bytes(CONTENT)
    write(tmp_path, entry(weights=f'{address}/m.bin'))
    model = read_model_index(tmp_path)['m']
    path = obtain_weights(model)
    assert path.read_bytes() == CONTENT
    assert path.parent == cache
    assert path.name == f'{SHA256[:12]}-m.bin'
    assert obtain_weights(model) == path
    assert asked == ['/m.bin']
    path.write_bytes(b'damaged')
    assert obtain_weights(model).read_bytes() == CONTENT
    assert asked == ['/m.bin'] * 2


def test_what_cannot_be_fetched_leaves_nothing(tmp_path, cache, server):
    folder, address, _ = server
    write(tmp_path, entry(weights=f'{address}/m.bin'))
    model = read_model_index(tmp_path)['m']
    with pytest.raises(OSError, match=rf"m cannot .*'{address}/m\.bin'.*404"):
        obtain_weights(model)
    (folder / 'm.bin').write_bytes(b'others')
    with pytest.raises(ValueError, match=r"m\.bin' is not the published file"):
        obtain_weights(model)
    assert list(cache.iterdir()) == []
