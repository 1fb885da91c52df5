import hashlib
import pickle

import pytest
import torch
from tiny import make_checkpoint

from mmasgan.apis.training_checkpoint import read_training_checkpoint


def test_a_training_is_read_as_it_is(trained):
    path, runner = trained
    found = read_training_checkpoint(path)
    config = runner.cfg.model.generator.to_dict()
    assert found.config.pop('type').endswith('.ResNetV2SFTGenerator')
    assert found.config == {k: v for k, v in config.items() if k != 'type'}
    assert found.origin['config'] == 'ascyclegan_plus_small_gopro'
    assert found.origin['iteration'] == 2
    assert len(found.origin['commit']) == 40  # tests run in a repository


def test_the_averaged_weights_are_taken(trained):
    path, runner = trained
    (hook,) = (h for h in runner.hooks if type(h).__name__ == 'EMAHook')
    averaged = hook.ema_model.module.generators['sharp'].state_dict()
    last = runner.model.generators['sharp'].state_dict()
    found = read_training_checkpoint(path).tensors
    assert found.keys() == averaged.keys()
    assert all(torch.equal(found[k], averaged[k]) for k in found)
    assert not all(torch.equal(found[k], last[k]) for k in found)


def test_where_it_comes_from_is_told(tmp_path):
    path = tmp_path / 'a.pth'
    make_checkpoint(path)
    assert read_training_checkpoint(path).origin == {
        'config': 'tiny',
        'iteration': 7,
        'commit': 'a' * 40,
        'source_sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def test_a_config_file_takes_the_place_of_the_text(tmp_path):
    path = tmp_path / 'a.pth'
    make_checkpoint(path, meta={'iter': 3})
    config = tmp_path / 'mine.py'
    config.write_text("model = dict(generator=dict(type='G', clamp='never'))")
    found = read_training_checkpoint(path, str(config))
    assert found.config == {'type': 'G', 'clamp': 'never'}
    assert found.origin['config'] == 'mine'
    assert found.origin['commit'] == 'unknown'


BOOM = "__import__('pathlib').Path('ran').touch()"


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        (None, r"meta\['cfg'\] has no readable model\.generator"),
        ('x = 1', r"meta\['cfg'\] has no model; use the config file"),
        ('model = dict(', 'use the config file'),
        ('model = dict(a=1)', 'use the config file'),
        (f'model = dict(generator=dict(a={BOOM}))', 'use the config file'),
        (f'{BOOM}\nmodel = {BOOM}', 'use the config file'),
        ('model = dict(generator=dict(**{"a": 1}))', 'use the config file'),
        ('model = dict(generator=dict([("a", 1)]))', 'use the config file'),
    ],
)
def test_a_config_is_read_but_not_run(tmp_path, monkeypatch, text, problem):
    monkeypatch.chdir(tmp_path)
    make_checkpoint('a.pth', meta={'cfg': text})
    with pytest.raises(ValueError, match=problem):
        read_training_checkpoint('a.pth')
    assert not (tmp_path / 'ran').exists()


def test_literals_are_those_of_the_config(tmp_path):
    generator = "dict(type='a.B', n=-1, x=[1, 2.5], y=(None, True), z=dict())"
    text = f'custom_hooks = [dict(a=f)]\nmodel = dict(generator={generator})'
    make_checkpoint(tmp_path / 'a.pth', meta={'cfg': text})
    assert read_training_checkpoint(tmp_path / 'a.pth').config == {
        'type': 'a.B',
        'n': -1,
        'x': [1, 2.5],
        'y': (None, True),
        'z': {},
    }


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        ({'meta': None}, r"a\.pth': meta is missing"),
        ({'state_dict': [1]}, r"a\.pth': state_dict is not a dict"),
        (
            {'state_dict': {'generator.x': torch.zeros(1)}},
            r"a\.pth': state_dict has nothing under generators\.sharp\. or ",
        ),
    ],
)
def test_what_is_amiss_is_named(tmp_path, change, problem):
    make_checkpoint(tmp_path / 'a.pth', **change)
    with pytest.raises(ValueError, match=problem):
        read_training_checkpoint(tmp_path / 'a.pth')


class Evil:
    def __reduce__(self):
        return exec, (BOOM,)


def test_a_checkpoint_runs_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_checkpoint('a.pth', evil=Evil())
    (tmp_path / 'b.pth').write_bytes(pickle.dumps(Evil()))
    for name in 'ab':
        with pytest.raises(ValueError, match=f"{name}.pth' cannot be read"):
            read_training_checkpoint(f'{name}.pth')
    assert not (tmp_path / 'ran').exists()
    with pytest.raises(FileNotFoundError, match=r"'c\.pth' is not a file"):
        read_training_checkpoint('c.pth')


@pytest.mark.parametrize(
    'text',
    [
        'model = open("ran", "w")',
        'model = dict(generator=(' * 5000,
        'model = dict(generator=' + '-' * 200_000 + '1)',
        'model = ' + '[' * 150 + ']' * 150,
        'model = dict(generator=1)',
        'model = \0',
        7,
    ],
    ids=range(7),
)
def test_texts_that_are_no_config_are_named(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    make_checkpoint('a.pth', meta={'cfg': text})
    with pytest.raises(ValueError, match=r"a\.pth': meta\['cfg'\] has no"):
        read_training_checkpoint('a.pth')
    assert not (tmp_path / 'ran').exists()


def test_tensors_that_repeat_one_number_are_refused(tmp_path):
    state = {'generators.sharp.a': torch.zeros(1).expand(1 << 40)}
    path = tmp_path / 'a.pth'
    meta = {'cfg': 'model = dict(generator=dict())'}
    torch.save({'state_dict': state, 'meta': meta}, path)
    with pytest.raises(ValueError, match='more than the file has'):
        read_training_checkpoint(path)


@pytest.mark.parametrize('key', ['experiment_name', 'mmengine_version'])
def test_names_that_are_no_texts_are_unknown(tmp_path, key):
    loop = []
    loop.append(loop)
    meta = {'cfg': 'model = dict(generator=dict())', key: [loop]}
    make_checkpoint(tmp_path / 'a.pth', meta=meta)
    found = read_training_checkpoint(tmp_path / 'a.pth').origin
    assert (found['config'], found['commit']) == ('unknown', 'unknown')
