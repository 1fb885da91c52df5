"""Training budgets: number of iterations and size of the networks."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mmengine.config import Config

from .rows import ComparisonError

SMALL_ITERATIONS = 600
SMALL_CROP = 96
CROP = 256  # of the configs
SMALL: dict[str, dict[str, Any]] = {
    'ResNetV2SFTGenerator': dict(base_channels=24, num_blocks=4),
    'INPatchDiscriminator': dict(base_channels=24),
    'DeblurGANv2': dict(backbone_weights=None),
    'DeblurGanV2Generator': dict(
        backbone='FPNMobileNet', num_filter=16, num_filter_fpn=32
    ),
}
"""Config values of the small budget, by the type of the component."""

VALIDATIONS = 8
CHECKPOINTS = 4
VALIDATION_PAIRS = 20


class Budget(NamedTuple):
    """A budget; without iterations, those of the config are used."""

    name: str
    iterations: int | None
    is_small: bool = False


def parse_budget(text: str) -> Budget:
    """Read ``paper``, ``small``, a number, or ``small:`` and a number."""
    if text == 'paper':
        return Budget(text, None)
    number = text.removeprefix('small:')
    if text == 'small':
        number = str(SMALL_ITERATIONS)
    if not number.isdecimal() or int(number) == 0:
        raise ComparisonError(
            "budget must be 'paper', 'small', a number of iterations, or "
            f"'small:' and a number of iterations, got {text!r}"
        )
    is_small = text.startswith('small')
    return Budget(text.replace(':', '-'), int(number), is_small)


def apply_budget(cfg: Config, budget: Budget, pairs: int) -> list[str]:
    """Apply a budget to a config, in place; return a list of the changes.

    A number of iterations shortens the schedule proportionally, which is not
    listed. A small budget also sets the values of :data:`SMALL` and the size
    of the crops. Validations use a part of the test pairs.
    """
    changes = []
    if budget.is_small:
        for part in _parts(cfg.model):
            for key, value in SMALL.get(_type_name(part), {}).items():
                part[key] = value
                changes.append(f'{_type_name(part)}: {key} = {value}')
        set_everywhere(cfg.train_dataloader, 'crop_size', SMALL_CROP)
        changes.append(f'crops of {SMALL_CROP} pixels, not {CROP}')
        cfg.train_dataloader.update(num_workers=0, persistent_workers=False)
        cfg.val_dataloader.num_workers = cfg.test_dataloader.num_workers = 0
    if budget.iterations is not None:
        _shorten(cfg, budget.iterations)
        if pairs > VALIDATION_PAIRS:
            step = pairs / VALIDATION_PAIRS
            cfg.val_dataloader.dataset.indices = [
                int(step * (i + 0.5)) for i in range(VALIDATION_PAIRS)
            ]
    return list(dict.fromkeys(changes))


def apply_vgg_weights(cfg: Config, weights: str | None) -> list[str]:
    """Set the VGG weights of all losses, in place; return a list of changes.

    Without weights, perceptual losses compare random features. Unpaired rows
    then also get CycleGAN's L1 cycle loss, as in
    ``configs/ascyclegan_paper_sample.py``, because only the cycle losses
    compare with the input.
    """
    losses = [
        part
        for part in _parts(cfg.model)
        if _type_name(part) == 'PerceptualLoss'
    ]
    for loss in losses:
        loss.weights = weights
    if weights is not None or not losses:
        return []
    changes = ['perceptual loss on random VGG features']
    if 'cycle_loss' in cfg.model and 'pixel_cycle_loss' not in cfg.model:
        cfg.model.pixel_cycle_loss = dict(
            type='mmasgan.L1Loss', loss_weight=10
        )
        changes.append('additional L1 cycle loss of weight 10')
    return changes


def set_everywhere(tree: Any, key: str, value: Any) -> None:
    """Set a key in all dicts that have it, in place."""
    for part in _parts(tree):
        if key in part:
            part[key] = value


def _shorten(cfg: Config, iterations: int) -> None:
    factor = iterations / cfg.train_cfg.max_iters
    for part in _parts(cfg.param_scheduler):
        if 'begin' in part and 'end' in part:
            part.begin = int(part.begin * factor)
            part.end = max(part.begin + 1, round(part.end * factor))
    if 'warmup_iters' in cfg.model:
        cfg.model.warmup_iters = round(cfg.model.warmup_iters * factor)
    interval = max(1, iterations // VALIDATIONS)
    cfg.train_cfg.update(max_iters=iterations, val_interval=interval)
    hooks = cfg.default_hooks
    saves = max(1, iterations // CHECKPOINTS)
    hooks.checkpoint.update(interval=saves, max_keep_ckpts=2)
    hooks.logger.interval = min(hooks.logger.interval, max(1, interval // 5))


def _parts(tree: Any) -> Iterator[Any]:
    """Yield all dicts of nested dicts and lists, outer ones first."""
    if isinstance(tree, dict):
        yield tree
        for key in list(tree):
            yield from _parts(tree[key])
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from _parts(item)


def _type_name(part: Any) -> str:
    kind = part.get('type', '')
    return str(getattr(kind, '__name__', kind)).rpartition('.')[2]
