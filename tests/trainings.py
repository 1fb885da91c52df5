"""Whole trainings of small models, and what they left."""

import json
import uuid
from pathlib import Path

import torch
from mmengine.runner import Runner
from tiny import CONFIG, narrow_discriminators, options

from mmasgan.apis import load_config

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
    with narrow_discriminators():
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
