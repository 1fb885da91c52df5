import hashlib
import os

import pytest
import torch
import yaml
from tiny import make_checkpoint

from mmasgan.apis import load_generator
from mmasgan.apis import publish as module
from mmasgan.apis.publish import publish_generator
from mmasgan.apis.safetensors_file import read_safetensors

IMAGES = torch.linspace(-1, 1, 3 * 20 * 24).view(1, 3, 20, 24)


@pytest.fixture
def checkpoint(tmp_path):
    make_checkpoint(tmp_path / 'iter_7.pth')
    return tmp_path / 'iter_7.pth'


def test_a_training_becomes_weights(trained, tmp_path):
    path, _ = trained
    done = publish_generator(path, tmp_path / 'm.safetensors')
    assert done.path.stat().st_size == done.size < path.stat().st_size / 4
    expected = load_generator(path)(IMAGES)
    assert not torch.equal(expected, IMAGES)
    torch.testing.assert_close(
        load_generator(done.path)(IMAGES), expected, rtol=0, atol=1e-3
    )


def test_the_index_is_told_what_to_say(checkpoint, tmp_path):
    done = publish_generator(checkpoint, tmp_path / 'm.safetensors')
    content = done.path.read_bytes()
    assert done.sha256 == hashlib.sha256(content).hexdigest()
    (entry,) = yaml.safe_load(done.entry)
    tensors = read_safetensors(done.path).tensors
    assert entry == {
        'Name': 'm',
        'In Collection': 'AS-CycleGAN',
        'Config': 'configs/tiny.py',
        'Metadata': {
            'Parameters': sum(value.numel() for value in tensors.values()),
            'Iterations': 7,
            'Commit': 'a' * 40,
            'SHA256': done.sha256,
        },
        'Weights': 'mmasgan/weights/m.safetensors',
    }


def test_files_are_not_replaced_unasked(checkpoint, tmp_path):
    out = tmp_path / 'm.safetensors'
    out.write_text('mine')
    with pytest.raises(FileExistsError, match=r"m\.safetensors' exists; --o"):
        publish_generator(checkpoint, out)
    assert out.read_text() == 'mine'
    publish_generator(checkpoint, out, overwrite=True)
    assert load_generator(out)


def test_nothing_is_written_of_what_does_not_fit(checkpoint, tmp_path):
    config = tmp_path / 'other.py'
    config.write_text(
        'model = dict(generator=dict(base_channels=4, num_blocks=1, '
        "sft=False, norm=False, type='mmasgan.ResNetV2SFTGenerator'))"
    )
    out = tmp_path / 'm.safetensors'
    with pytest.raises(ValueError, match=r"'.*iter_7\.pth': encoder.* is \("):
        publish_generator(checkpoint, out, str(config))
    with pytest.raises(ValueError, match=r"m\.pth' should end in \.safet"):
        publish_generator(checkpoint, tmp_path / 'm.pth')
    assert sorted(os.listdir(tmp_path)) == ['iter_7.pth', 'other.py']


def test_a_failed_write_leaves_nothing(checkpoint, tmp_path, monkeypatch):
    def fail(path, content, sync=False):
        raise OSError(f"'{path}' cannot be written: full")

    monkeypatch.setattr(module, 'write_atomically', fail)
    with pytest.raises(OSError, match=r"m\.safetensors' cannot be written"):
        publish_generator(checkpoint, tmp_path / 'm.safetensors')
    assert os.listdir(tmp_path) == ['iter_7.pth']
