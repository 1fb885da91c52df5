"""Every config builds, and says only what it is for."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DATASETS
from PIL import Image
from tiny import CONFIG, ROOT, build

import mmasgan.compat  # noqa: F401  before anything of MMagic

FOLDER = ROOT / 'configs'
ROWS = sorted(FOLDER.glob('*_gopro.py'))
ABLATIONS = sorted((FOLDER / 'ablation').glob('*.py'))
SAMPLES = sorted(FOLDER.glob('*_sample.py'))
CONFIGS = [*ROWS, *ABLATIONS, *SAMPLES]
BASES = sorted((FOLDER / '_base_').glob('*.py'))

LSGAN = {
    'adversarial_loss.type': 'mmasgan.losses.LSGANLoss',
    'gradient_penalty': None,
}
PIXEL_CYCLE = {
    'cycle_loss.type': 'mmasgan.losses.L1Loss',
    'cycle_loss.weights': 'absent',
}
PAIRED = {
    'deblurgan_wild_gopro',
    'deblurgan_comb_gopro',
    'deblurganv2_gopro',
}
"""Rows of another model, trained on pairs."""

BEYOND = {
    'ascyclegan_plus_gopro',
    'ascyclegan_plus_small_gopro',
    'ascyclegan_plus_unet_small_gopro',
    'motion_gopro',
    'motion_small_gopro',
}
"""The recipe beyond the paper: with data and a schedule of its own."""

# What a config's model has in another way than the flagship's, all of it.
DIFFERENCES = {
    'ascyclegan_gopro': {},
    'ascyclegan_resnetv2_gopro': {'generator.sft': False},
    'ascyclegan_resnet_gopro': {
        'generator.sft': False,
        'generator.block': 'v1',
    },
    'cyclegan_gopro': {
        'generator.sft': False,
        'generator.block': 'v1',
        'generator.dropout': 0,
        'generator.global_residual': False,
        **LSGAN,
        **PIXEL_CYCLE,
        'identity_loss.loss_weight': 5,
        'pool_size': 50,
    },
    'ascyclegan_ragan_ls_gopro': {'gradient_penalty': None},
    'ascyclegan_wgan_gp_gopro': {
        'adversarial_loss.type': 'mmasgan.losses.WGANLoss'
    },
    'ascyclegan_lsgan_gopro': LSGAN,
    'ascyclegan_no_identity_gopro': {'identity_loss': None},
    'ascyclegan_pixel_cycle_gopro': PIXEL_CYCLE,
    'ascyclegan_no_dropout_gopro': {'generator.dropout': 0},
    'ascyclegan_weak_gan_gopro': {'adversarial_loss.loss_weight': 0.01},
    'ascyclegan_no_norm_gopro': {
        'generator.norm': False,
        'generator.dropout': 0,
    },
    'ascyclegan_no_norm_weak_gan_gopro': {
        'generator.norm': False,
        'generator.dropout': 0,
        'adversarial_loss.loss_weight': 0.01,
    },
    'ascyclegan_semantic_gopro': {},
}


def changes(path):
    """Return the statements of a config besides imports."""
    tree = ast.parse(path.read_text())
    kinds = ast.Import | ast.ImportFrom | ast.With
    return [node for node in tree.body if not isinstance(node, kinds)]


@pytest.mark.runner
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_a_config_builds_and_survives_being_dumped(path, tmp_path):
    cfg = Config.fromfile(path)
    build(cfg.model)
    cfg.dump(tmp_path / 'dumped.py')
    dumped = Config.fromfile(tmp_path / 'dumped.py')
    assert dumped.pretty_text == cfg.pretty_text
    build(dumped.model)


def dicts(tree):
    """Yield all dicts of nested dicts and lists."""
    if isinstance(tree, dict):
        yield tree
    if isinstance(tree, dict | list | tuple):
        for item in tree.values() if isinstance(tree, dict) else tree:
            yield from dicts(item)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_packed_image_says_its_channel_order(path):
    packs = [
        part
        for part in dicts(Config.fromfile(path).to_dict())
        if 'meta_keys' in part
    ]
    assert packs
    for pack in packs:
        images = {key for key in pack['keys'] if key.startswith('img_')}
        orders = {f'{key}_channel_order' for key in images}
        assert orders <= set(pack['meta_keys'])


def bases(path):
    """Return the files that a config joins, those of its parents too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            parent = path.parents[node.level - 1].joinpath(
                *node.module.split('.')
            )
            found += bases(parent.with_suffix('.py')) or [parent]
    return found


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_no_two_bases_of_a_config_set_one_key(path):
    owners = {}
    for base in bases(path):
        for key in Config.fromfile(base.with_suffix('.py')).to_dict():
            assert key not in owners, f'{key} in {base} and {owners[key]}'
            owners[key] = base
    assert {'train_dataloader', 'test_dataloader'} <= owners.keys()


def test_the_flagship_is_its_bases():
    assert changes(Path(CONFIG)) == []


def flat(tree, prefix=''):
    """Return the leaves of nested dicts by dotted key."""
    leaves = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            leaves |= flat(value, f'{prefix}{key}.')
        else:
            leaves[prefix + key] = value
    return leaves


def without_maps(row):
    """Return a row as it was before maps were loaded."""
    keys = {
        stage: row[f'{stage}_dataloader']['dataset'].pop('semantic')['keys']
        for stage in ('train', 'val', 'test')
    }
    blur = ['img_blur']
    assert keys == dict(train=['img_blur', 'img_sharp'], val=blur, test=blur)
    return row


def of_the_model(paths):
    return [path for path in paths if path.stem not in PAIRED | BEYOND]


@pytest.mark.parametrize(
    'path', of_the_model([*ROWS, *ABLATIONS]), ids=lambda path: path.stem
)
def test_a_row_changes_what_its_name_says(path):
    row, flagship = (Config.fromfile(p).to_dict() for p in (path, CONFIG))
    here, there = flat(row.pop('model')), flat(flagship.pop('model'))
    expected = DIFFERENCES[path.stem]
    # A part that is left out takes its leaves along.
    gone = tuple(f'{k}.' for k, v in expected.items() if v is None)
    found = {
        key: here.get(key, 'absent')
        for key in here.keys() | there.keys()
        if here.get(key, 'absent') != there.get(key, 'absent')
        and not key.startswith(gone or ('-',))
    }
    assert found == expected
    if path.stem == 'ascyclegan_semantic_gopro':
        row = without_maps(row)
    assert row == flagship  # data, schedule and runtime are the same for all


@pytest.mark.parametrize(
    'path',
    [path for path in [*ROWS, *ABLATIONS] if path.stem not in BEYOND],
    ids=lambda path: path.stem,
)
def test_a_row_is_short(path):
    assert len(path.read_text().splitlines()) <= 15 + 9  # and their imports


@pytest.mark.parametrize(
    'name', ['gopro', 'small_gopro', 'unet_small_gopro', 'sample']
)
def test_the_recipe_sees_no_pair_and_no_test_image(name):
    cfg = Config.fromfile(FOLDER / f'ascyclegan_plus_{name}.py')
    training, validation, test = (
        cfg[f'{stage}_dataloader'].dataset
        for stage in ('train', 'val', 'test')
    )
    assert training.type.__name__ == 'UnpairedGoProDataset'
    assert validation.subset == 'train'
    assert 'indices' not in test
    assert set(validation.sequences) == set(training.exclude) != set()
    for domain in ('blur', 'sharp'):  # each image at a place of its own
        view = training.pipeline[domain]
        assert view.type.__name__ == 'RandomView'
        assert view['keys'] == [f'img_{domain}']
    assert cfg.default_hooks.checkpoint.save_best == 'gain/PSNR'


@pytest.mark.parametrize(
    'name', ['gopro', 'small_gopro', 'unet_small_gopro', 'sample']
)
def test_the_recipe_builds_and_reads_only_what_its_losses_use(name):
    cfg = Config.fromfile(FOLDER / f'ascyclegan_plus_{name}.py')
    model = build(cfg.model)
    assert model.discriminators is None
    assert model.taught == ['sharp']
    assert 'discriminators' not in cfg.optim_wrapper
    assert 'find_unused_parameters' not in cfg.model_wrapper_cfg
    dataset = cfg.train_dataloader.dataset
    margin = model.generators['blur'].margin
    for domain in ('blur', 'sharp'):
        assert dataset.pipeline[domain].margin == margin
    assert dataset.crop_size == (256 if name == 'gopro' else 128)
    # No path reads beyond the crop by more than some pixels.
    assert 2 * margin >= 0.85 * cfg.motion_prior.styles.carried.length[1]


def test_the_sample_config_goes_on_from_the_weights_in_the_package():
    cfg = Config.fromfile(FOLDER / 'ascyclegan_sample.py')
    assert cfg.model.weights == 'ascyclegan_plus_unet_small_gopro'
    prefixes = [m.get('prefix') for m in cfg.test_evaluator.metrics]
    assert {'input', 'published', None} <= set(prefixes)


@pytest.mark.parametrize('name', sorted(PAIRED))
def test_a_paired_row_changes_model_and_training_data(name):
    row, flagship = (
        Config.fromfile(path).to_dict()
        for path in (FOLDER / f'{name}.py', CONFIG)
    )
    for key, part in (
        ('generators', 'generator'),
        ('discriminators', 'discriminator'),
    ):
        assert row['optim_wrapper'][key].pop('modules') == part
    assert row['optim_wrapper'] == flagship['optim_wrapper']
    loader, unpaired = (cfg.pop('train_dataloader') for cfg in (row, flagship))
    del loader['dataset'], unpaired['dataset']
    assert loader == unpaired
    changed = ('model', 'train_pipeline', 'optim_wrapper')
    # An evaluation that differs would compare nothing.
    assert {k: v for k, v in row.items() if k not in changed} == {
        k: v for k, v in flagship.items() if k not in changed
    } | {k: v for k, v in row.items() if k == 'synthetic_dataset'}


def test_comb_is_wild_with_other_data():
    comb, wild = (
        Config.fromfile(FOLDER / f'deblurgan_{name}_gopro.py').to_dict()
        for name in ('comb', 'wild')
    )
    mixed = comb['train_dataloader'].pop('dataset')
    assert mixed['ratio'] == [1, 2]
    assert mixed['datasets'] == [
        wild['train_dataloader'].pop('dataset'),
        comb.pop('synthetic_dataset'),
    ]
    assert comb == wild


@pytest.mark.parametrize('name', sorted(PAIRED))
def test_pairs_are_cropped_and_flipped_together(name, tmp_path):
    """One place, 256x256: blur and sharp images of a scene agree."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (300, 310, 3), np.uint8)
    for domain in ('blur', 'sharp'):
        folder = tmp_path / 'train' / 'GOPR0000_00_00' / domain
        folder.mkdir(parents=True)
        Image.fromarray(pixels).save(folder / '000000.png')
    dataset_cfg = Config.fromfile(FOLDER / f'{name}.py').train_dataloader
    dataset_cfg.dataset.data_root = str(tmp_path)
    dataset = DATASETS.build(dataset_cfg.dataset)
    dataset.full_init()
    crops = []
    for index in range(0, 30, len(getattr(dataset, 'turns', 'x'))):
        inputs = dataset[index]['inputs']
        assert torch.equal(inputs['img_blur'], inputs['img_sharp'])
        crops.append(inputs['img_sharp'].flatten()[:200])
    assert len(torch.unique(torch.stack(crops), dim=0)) > len(crops) / 2
    for index in range(30):  # made blur too
        blur, sharp = (
            dataset[index]['inputs'][f'img_{domain}'].float()
            for domain in ('blur', 'sharp')
        )
        assert blur.shape == sharp.shape == (3, 256, 256)
        assert abs(blur.mean() - sharp.mean()) < 3


def test_the_flagship_has_the_sizes_of_the_paper():
    cfg = Config.fromfile(CONFIG)
    generator = build(cfg.model.generator)
    assert len(generator.blocks) == 9
    discriminator = build(cfg.model.discriminator)
    count = sum(weight.numel() for weight in discriminator.parameters())
    assert count == 2_764_737
    assert cfg.model.cycle_loss.loss_weight == 10
    assert cfg.model.identity_loss.loss_weight == 0.5
    assert cfg.model.pool_size == 60


def differing(left, right):
    return {key for key in left if left[key] != right.get(key)}


def test_the_paper_in_small_changes_sizes_and_data_only():
    flagship = Config.fromfile(CONFIG)
    sample = Config.fromfile(FOLDER / 'ascyclegan_paper_sample.py')
    flagship, sample = flagship.to_dict()['model'], sample.to_dict()['model']
    assert differing(sample, flagship) == {
        'generator',
        'discriminator',
        'cycle_loss',
        'pixel_cycle_loss',
    }
    for part in ('generator', 'discriminator'):
        sizes = differing(sample[part], flagship[part])
        assert sizes <= {'base_channels', 'num_blocks'}


def test_the_sample_data_are_made_on_first_use(tiny_sample, tmp_path):
    cfg = Config.fromfile(FOLDER / 'ascyclegan_sample.py')
    dataset_cfg = cfg.test_dataloader.dataset
    dataset_cfg.data_root = str(tmp_path / 'sample')
    dataset = DATASETS.build(dataset_cfg)
    assert len(dataset) == tiny_sample['images']['test']
    assert (tmp_path / 'sample' / 'train').is_dir()
