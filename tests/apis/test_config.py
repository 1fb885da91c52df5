import os
import sys
from pathlib import Path

import pytest
import torch
from mmengine.optim import OptimWrapper

from mmasgan.apis import load_config
from mmasgan.apis.config import (
    config_parser,
    enable_amp,
    parsed_config,
    start_from,
)

CONFIGS = Path(__file__).parents[2] / 'configs'
CONFIG = str(CONFIGS / 'ascyclegan_gopro.py')
PUBLISHED = 'ascyclegan_plus_unet_small_gopro'


def test_the_work_dir_is_named_after_the_config():
    assert load_config(CONFIG).work_dir == 'work_dirs/ascyclegan_gopro'
    assert load_config(CONFIG, work_dir='elsewhere').work_dir == 'elsewhere'


def test_options_override_by_dotted_key():
    cfg = load_config(
        CONFIG,
        cfg_options={
            'model.pool_size': 7,
            'train_dataloader.dataset.pipeline.1.crop_size': 64,
            'train_dataloader.dataset.crop_size': 32,
        },
        launcher='pytorch',
    )
    assert cfg.model.pool_size == 7
    dataset = cfg.train_dataloader.dataset
    assert (dataset.pipeline[1].crop_size, dataset.crop_size) == (64, 32)
    assert cfg.launcher == 'pytorch'


def test_one_data_root_serves_all_stages():
    cfg = load_config(CONFIG, data_root='there')
    roots = {
        cfg[f'{stage}_dataloader'].dataset.data_root
        for stage in ('train', 'val', 'test')
    }
    assert roots == {'there'}


def test_stages_that_are_switched_off_stay_off():
    off = {
        f'{stage}_{part}': None
        for stage in ('val', 'test')
        for part in ('cfg', 'dataloader', 'evaluator')
    }
    cfg = load_config(CONFIG, data_root='there', cfg_options=off)
    assert cfg.train_dataloader.dataset.data_root == 'there'
    assert cfg.val_dataloader is cfg.test_dataloader is None


@pytest.mark.parametrize('key', ['val_cfg', 'val_dataloader', 'val_evaluator'])
def test_one_option_switches_the_validation_off(key):
    cfg = load_config(CONFIG, cfg_options={key: None})
    for name in ('val_cfg', 'val_dataloader', 'val_evaluator'):
        assert cfg[name] is None
    assert cfg.test_dataloader is not None


@pytest.mark.parametrize('name', ['ascyclegan_lsgan_gopro', 'motion_gopro.py'])
def test_a_config_of_the_library_is_found_by_name(name):
    cfg = load_config(name)
    assert cfg.work_dir == f'work_dirs/{name.removesuffix(".py")}'


def test_a_file_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'motion_gopro.py').write_text('a = 1\n')
    assert load_config('motion_gopro.py').a == 1


@pytest.mark.parametrize(
    'path', ['motion_gopr', './motion_gopro', 'no/motion_gopro.py']
)
def test_a_name_that_is_none_is_corrected(path):
    with pytest.raises(FileNotFoundError, match=r'did you mean motion_gopro'):
        load_config(path)


def test_what_fails_in_a_config_is_named_by_its_line(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text('a = 1\nb = c\n')
    with pytest.raises(ValueError, match=r"mine\.py', line 2: NameError.*'c'"):
        load_config(str(path))


def test_modules_beside_a_config_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'path', list(sys.path))
    (tmp_path / 'beside_a_config.py').write_text('class Part:\n    pass\n')
    path = tmp_path / 'mine.py'
    path.write_text(
        'from beside_a_config import Part\n'
        'from mmengine.config import read_base\n\n'
        'a = dict(type=Part)\n'
    )
    assert load_config(str(path)).a.type.__name__ == 'Part'
    assert sys.path[-1] == str(tmp_path)
    sys.modules.pop('beside_a_config')


def test_there_are_no_more_workers_than_processors(monkeypatch):
    monkeypatch.setattr(
        os, 'sched_getaffinity', lambda pid: {0, 1, 2}, raising=False
    )
    cfg = load_config(CONFIG)
    assert cfg.train_dataloader.num_workers == 3  # 4 in the file
    assert cfg.test_dataloader.num_workers == 2


@pytest.mark.parametrize('stage', ['train', 'val', 'test'])
def test_without_workers_nothing_is_asked_of_them(stage):
    key = f'{stage}_dataloader'
    changes = {f'{key}.persistent_workers': True, f'{key}.prefetch_factor': 4}
    workers = {f'{key}.num_workers': 1}
    cfg = load_config(CONFIG, cfg_options=changes | workers)
    assert (cfg[key].persistent_workers, cfg[key].prefetch_factor) == (True, 4)
    workers[f'{key}.num_workers'] = 0
    cfg = load_config(CONFIG, cfg_options=changes | workers)
    assert cfg[key].num_workers == 0
    assert 'persistent_workers' not in cfg[key]
    assert 'prefetch_factor' not in cfg[key]


@pytest.mark.parametrize(
    'content',
    [
        b'\xef\xbb\xbfa = 1\n',
        'a = 1\n'.encode('utf-16'),
        b'a = (1\n',
        'a = "é"'.encode('latin-1'),
    ],
    ids=['byte-order mark', 'UTF-16', 'no Python', 'Latin-1'],
)
def test_a_config_of_other_text_is_named(tmp_path, content):
    path = tmp_path / 'mine.py'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"mine.py', or .* as UTF-8 without"):
        load_config(str(path))


def test_a_missing_config_is_named():
    with pytest.raises(FileNotFoundError, match=r'no_such\.py'):
        load_config('no_such.py')


@pytest.mark.parametrize('has_gpu', [True, False])
def test_amp_reaches_all_optimizers(monkeypatch, has_gpu):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: has_gpu)
    cfg = load_config(CONFIG)
    enable_amp(cfg)
    expected = 'AmpOptimWrapper' if has_gpu else 'mmasgan.BFloat16OptimWrapper'
    for name in ('generators', 'discriminators'):
        assert cfg.optim_wrapper[name].type == expected
        assert cfg.optim_wrapper[name].optimizer.lr == 1e-4
    assert expected in cfg.pretty_text  # which the runner logs


def test_amp_reaches_a_single_optimizer(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    cfg = load_config(CONFIG)
    cfg.optim_wrapper = dict(type=OptimWrapper, optimizer=dict(type='SGD'))
    enable_amp(cfg)
    assert cfg.optim_wrapper.type == 'mmasgan.BFloat16OptimWrapper'
    assert cfg.optim_wrapper.optimizer.type == 'SGD'


def test_arguments_reach_the_config(monkeypatch):
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    arguments = [
        *(CONFIG, '--work-dir', 'here', '--data-root', 'there'),
        *('--launcher', 'pytorch', '--local-rank', '3'),
        *('--cfg-options', 'model.pool_size=7', 'custom=[1,2]'),
    ]
    cfg = parsed_config(config_parser('').parse_args(arguments))
    assert cfg.work_dir == 'here'
    assert cfg.test_dataloader.dataset.data_root == 'there'
    assert cfg.launcher == 'pytorch'
    assert (cfg.model.pool_size, cfg.custom) == (7, [1, 2])
    assert os.environ.pop('LOCAL_RANK') == '3'


def test_a_training_starts_from_published_weights_or_a_checkpoint(tmp_path):
    cfg = load_config(CONFIG)
    start_from(cfg, PUBLISHED)
    assert Path(cfg.model.weights).name == f'{PUBLISHED}.safetensors'
    assert cfg.get('load_from') is None
    checkpoint = tmp_path / 'iter_3.pth'
    checkpoint.touch()
    start_from(cfg, str(checkpoint))
    assert cfg.load_from == str(checkpoint)


def test_weights_that_a_training_cannot_start_from_are_named(tmp_path):
    missing = str(tmp_path / 'none.pth')
    with pytest.raises(FileNotFoundError, match=r'--load-from: .*none\.pth'):
        start_from(load_config(CONFIG), missing)
    other = load_config(str(CONFIGS / 'deblurgan_wild_gopro.py'))
    with pytest.raises(ValueError, match='only contains a generator'):
        start_from(other, PUBLISHED)
