import hashlib

import pytest
import yaml
from click.testing import CliRunner
from tiny import make_checkpoint

from mmasgan.cli import main


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp('publish') / 'iter_7.pth'
    make_checkpoint(path)
    return path


def run(*arguments):
    return CliRunner().invoke(main, ['publish', *map(str, arguments)])


def test_it_writes_and_tells(checkpoint, tmp_path):
    out = tmp_path / 'm.safetensors'
    done = run(checkpoint, out)
    assert done.exit_code == 0, done.output
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    first, _, snippet = done.stdout.split('\n', 2)
    assert first == f"'{out}': {out.stat().st_size} bytes, sha256 {sha256}"
    (entry,) = yaml.safe_load(snippet)
    assert entry['Metadata']['SHA256'] == sha256
    content = out.read_bytes()
    again = run(checkpoint, out)
    assert again.exit_code == 1
    assert 'exists; --overwrite replaces it' in again.output
    assert out.read_bytes() == content
    assert run(checkpoint, out, '--overwrite').exit_code == 0


def test_what_is_no_checkpoint_is_one_line(checkpoint, tmp_path):
    out = tmp_path / 'm.safetensors'
    for given in (tmp_path / 'gone.pth', __file__):
        done = run(given, out)
        assert done.exit_code == 1
        assert str(given) in done.output
        assert done.output.startswith('Error: ')
        assert done.output.count('\n') == 1
    assert not out.exists()
