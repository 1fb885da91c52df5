"""Whole trainings of small models, and what they left."""

import json
import os
import subprocess
import sys
import uuid
from importlib import import_module
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner
from tiny import CONFIG, options

from mmasgan.apis import load_config

DISCRIMINATORS = 'mmagic.models.editors.deblurganv2.deblurganv2_discriminator'
VALIDATION = {'train_cfg.val_interval', 'default_hooks.visualization.interval'}


def build(gopro, work_dir, iterations, config=CONFIG, workers=0, **changes):
    """Build a runner of a config made small, without downloads.

    It validates if the changes ask for it.
    """
    values = options(iterations, work_dir / 'split.json', workers, config)
    if not changes.keys() & VALIDATION:
        values['val_cfg'] = None
    values |= changes
    cfg = load_config(str(config), str(work_dir), str(gopro), values)
    cfg.experiment_name = uuid.uuid4().hex
    for part in ('cycle_loss', 'content_loss'):
        if 'weights' in (cfg.model.get(part) or ()):
            cfg.model[part].weights = None
    if 'backbone_weights' in cfg.model:
        cfg.model.backbone_weights = None
    # MMagic's discriminators have a width that no config can change.
    init = import_module(DISCRIMINATORS).NLayerDiscriminator.__init__
    channels, _, *others = init.__defaults__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(init, '__defaults__', (channels, 4, *others))
        return Runner.from_cfg(cfg)


def train(*args, **kwargs):
    """Train what :func:`build` builds."""
    runner = build(*args, **kwargs)
    runner.train()
    return runner


def read(work_dir, iteration):
    path = Path(work_dir, f'iter_{iteration}.pth')
    return torch.load(path, map_location='cpu', weights_only=False)


def logged(work_dir):
    """Return the losses logged, by iteration."""
    found = {}
    for path in sorted(Path(work_dir).glob('*/vis_data/*.json')):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            losses = {k: v for k, v in entry.items() if 'loss_' in k}
            if losses:
                found[entry['step']] = losses
    return found


def assert_equal(left, right, where='checkpoint'):
    """Assert that nested containers hold the same bits."""
    if isinstance(left, dict):
        assert left.keys() == right.keys(), where
        for key in left:
            assert_equal(left[key], right[key], f'{where}.{key}')
    elif isinstance(left, list | tuple):
        assert len(left) == len(right), where
        for index, pair in enumerate(zip(left, right, strict=True)):
            assert_equal(*pair, f'{where}.{index}')
    elif isinstance(left, torch.Tensor):
        assert torch.equal(left, right), where
    else:
        assert left == right, where


def run(*command, cwd, limit=300):
    """Run our Python on one thread of the CPU."""
    environment = os.environ | {
        'OMP_NUM_THREADS': '1',
        'CUDA_VISIBLE_DEVICES': '',
    }
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=limit,
    )
    return done.returncode, done.stdout + done.stderr
