from pathlib import Path

import pytest

from mmasgan.apis import load_config
from mmasgan.apis.config import config_parser, parsed_config
from mmasgan.apis.config_keys import check_keys

CONFIGS = Path(__file__).parents[2] / 'configs'
CONFIG = str(CONFIGS / 'ascyclegan_gopro.py')


@pytest.mark.parametrize(
    'path',
    sorted([*CONFIGS.glob('*.py'), *CONFIGS.glob('ablation/*.py')]),
    ids=lambda path: path.stem,
)
def test_our_configs_have_no_misspelt_key(path):
    check_keys(load_config(str(path)))


@pytest.mark.parametrize(
    ('wrong', 'meant'),
    [
        ('train_dataloadr.batch_size', 'train_dataloader'),
        ('train_dataloader.batch_sze', 'batch_size'),
        ('train_dataloader.dataset.data_rot', 'data_root'),
        ('train_dataloader.dataset.pipeline.1.crop', 'crop_size'),
        ('randomness.sed', 'seed'),
        ('model.generator.base_chanels', 'base_channels'),
        ('custom_hooks.3.warmpu', 'warmup'),  # of a hook with a scope
        ('default_hooks.checkpoint.intervall', 'interval'),
        ('train_cfg.val_intervall', 'val_interval'),
        ('optim_wrapper.generators.clip_gard', 'clip_grad'),
        ('optim_wrapper.generators.optimizer.lrr', 'lr'),
        ('visualizer.vis_backend', 'vis_backends'),
        ('model.discriminator.base_chanels', 'base_channels'),
    ],
)
def test_a_misspelt_key_is_named_and_corrected(wrong, meant):
    cfg = load_config(CONFIG, cfg_options={wrong: 1})
    with pytest.raises(ValueError, match=rf'did you mean {meant}\?') as error:
        check_keys(cfg)
    named = wrong.split('.')[0] if 'loadr' in wrong else wrong
    assert str(error.value).startswith(f'{named} is ')


@pytest.mark.process  # all editors of MMagic are loaded to know
@pytest.mark.parametrize(
    ('key', 'name', 'meant'),
    [
        ('model.adversarial_loss', 'LSGANLoss', 'mmasgan.LSGANLoss'),
        ('model.adversarial_loss', 'mmasgan.LSGANLos', 'mmasgan.LSGANLoss'),
        ('model', 'ASCycleGan', 'mmasgan.ASCycleGAN'),
        ('train_cfg', 'ResumingTrainLop', 'mmasgan.ResumingTrainLoop'),
        ('val_evaluator', 'Evaluatr', 'mmagic.Evaluator'),
    ],
)
def test_a_type_that_nothing_has_is_named_and_corrected(key, name, meant):
    cfg = load_config(CONFIG, cfg_options={f'{key}.type': name})
    with pytest.raises(ValueError, match=rf'did you mean {meant}\?') as error:
        check_keys(cfg)
    assert str(error.value).startswith(f'{key}.type: {name!r} is ')


@pytest.mark.process
@pytest.mark.parametrize('name', ['PSNR', 'mmagic.PSNR', 'NothingLikeIt'])
def test_types_of_the_host_and_unknown_ones_are_left_alone(name):
    metric = dict(type=name)
    check_keys(load_config(CONFIG, cfg_options={'val_evaluator.x': metric}))


def test_a_delete_key_is_refused_with_the_right_way(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(
        'from mmengine.config import read_base\n'
        'with read_base():\n'
        '    from mmasgan.configs.ascyclegan_gopro import *\n'
        "model.update(generator=dict(_delete_=True, type='nowhere.Own'))\n"
    )
    match = r'^model\.generator\._delete_ .*: model\.generator = dict\('
    with pytest.raises(ValueError, match=match):
        check_keys(load_config(str(path)))


def test_all_are_named_at_once():
    options = {'model.pool_sise': 1, 'randomness.sed': 1}
    cfg = load_config(CONFIG, cfg_options=options)
    with pytest.raises(ValueError, match=r'randomness\.sed.*model\.pool_sise'):
        check_keys(cfg)


def test_types_may_be_named_and_variables_set():
    options = {
        'learning_rate': 3,
        'custom_hooks.1': dict(type='mmasgan.ProgressHook', warmpu=1),
    }
    cfg = load_config(CONFIG, cfg_options=options)
    with pytest.raises(ValueError, match=r'^custom_hooks\.1\.warmpu is no'):
        check_keys(cfg)


def test_the_tools_check(tmp_path):
    arguments = [CONFIG, '--cfg-options', 'model.pool_sise=3']
    args = config_parser('Test').parse_args(arguments)
    with pytest.raises(ValueError, match='did you mean pool_size'):
        parsed_config(args)
