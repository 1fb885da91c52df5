import pytest
import torch
from tiny import make_checkpoint
from torch.testing import assert_close

from mmasgan.apis import load_generator
from mmasgan.apis.publish import publish_generator
from mmasgan.utils import model_index
from mmasgan.utils.model_index import read_model_index

IMAGES = torch.linspace(-1, 1, 3 * 20 * 24).view(1, 3, 20, 24)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Two models, each published; what each was before, by name."""
    folder = tmp_path / 'weights'
    text = 'Models:\n'
    before = {}
    for seed, name in enumerate(('first', 'second')):
        before[name] = make_checkpoint(tmp_path / f'{name}.pth', seed)
        done = publish_generator(
            tmp_path / f'{name}.pth', folder / f'{name}.safetensors'
        )
        text += done.entry
    text += '  Alias: [default]\n'
    (folder / 'model-index.yml').write_text(text)
    monkeypatch.setattr(model_index, 'FOLDER', folder)
    return before


def test_models_are_loaded_by_name(published, device):
    for name, before in published.items():
        loaded = load_generator(name, device)
        assert not loaded.training
        assert {p.device.type for p in loaded.parameters()} == {device.type}
        assert {p.dtype for p in loaded.parameters()} == {torch.float32}
        found = loaded(IMAGES.to(device)).cpu()
        assert_close(found, before(IMAGES), rtol=0, atol=2e-3)


def test_the_default_is_what_the_index_calls_so(published):
    default = load_generator()(IMAGES)
    assert torch.equal(default, load_generator('second')(IMAGES))
    assert not torch.equal(default, load_generator('first')(IMAGES))


def test_files_are_loaded_by_path(published, tmp_path):
    path = tmp_path / 'second.pth'
    expected = published['second'](IMAGES)
    assert torch.equal(load_generator(path)(IMAGES), expected)
    assert torch.equal(load_generator(str(path))(IMAGES), expected)
    copied = tmp_path / 'copy.safetensors'
    copied.write_bytes((tmp_path / 'weights/second.safetensors').read_bytes())
    found = load_generator(copied)(IMAGES)
    assert torch.equal(found, load_generator('second')(IMAGES))


def test_what_was_changed_is_refused(published, tmp_path):
    path = tmp_path / 'weights' / 'second.safetensors'
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match='not the published file of second'):
        load_generator()
    assert load_generator(path)  # as it is


def test_the_unknown_is_named(published):
    with pytest.raises(
        FileNotFoundError,
        match=r"weights='third' is neither .* models default, first, second",
    ):
        load_generator('third')


def shipped():
    models = {m.name: m for m in read_model_index().values()}
    return [
        name
        for name, model in models.items()
        if '://' not in (model.weights or '://')
        and not name.startswith('motion_')
    ]


@pytest.mark.parametrize('name', shipped())
def test_what_comes_with_the_library_deblurs(name):
    generator = load_generator(name)
    images = IMAGES.repeat(1, 1, 2, 2)
    output = generator(images)
    change = (output - images).abs().mean()
    assert 0 < change < 0.2  # a residual, not another image
