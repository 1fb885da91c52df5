import os
from pathlib import Path

import pytest
import torch
from mmengine.optim import OptimWrapper

from mmasgan.apis import (
    config_parser,
    enable_amp,
    load_config,
    parsed_config,
)

CONFIG = str(Path(__file__).parents[2] / 'configs' / 'ascyclegan_gopro.py')


def test_the_work_dir_is_named_after_the_config():
    assert load_config(CONFIG).work_dir == 'work_dirs/ascyclegan_gopro'
    assert load_config(CONFIG, work_dir='elsewhere').work_dir == 'elsewhere'


def test_options_override_by_dotted_key():
    cfg = load_config(
        CONFIG,
        cfg_options={
            'model.pool_size': 7,
            'train_dataloader.dataset.pipeline.1.crop_size': 64,
        },
        launcher='pytorch',
    )
    assert cfg.model.pool_size == 7
    assert cfg.train_dataloader.dataset.pipeline[1].crop_size == 64
    assert cfg.launcher == 'pytorch'


def test_one_data_root_serves_all_stages():
    cfg = load_config(CONFIG, data_root='there')
    roots = {
        cfg[f'{stage}_dataloader'].dataset.data_root
        for stage in ('train', 'val', 'test')
    }
    assert roots == {'there'}


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
