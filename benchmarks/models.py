"""The compared models in full size, with their optimisers."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from mmagic.datasets.transforms import PackInputs
from mmagic.models.data_preprocessors import DataPreprocessor
from mmagic.models.editors.cyclegan import CycleGAN, ResnetGenerator
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from mmengine.dist import is_distributed
from mmengine.model import MMSeparateDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS
from torch import nn

from mmasgan.apis.config import enable_amp, load_config

__all__ = [
    'OURS',
    'our_step',
    'peer_generator',
    'peer_step',
    'random_batch',
]

OURS = {'CycleGAN': 'cyclegan_gopro', 'flagship': 'ascyclegan_gopro'}

CONFIGS = Path(__file__).parents[1] / 'configs'
KEYS = ['img_blur', 'img_sharp']
NORMAL = dict(type='normal', gain=0.02)


def random_batch(size: int, count: int) -> dict[str, Any]:
    """Return a batch of random pixels, in the form of a data loader's batch.

    Args:
        size: Height and width of the images.
        count: Number of images per domain.
    """
    pack = PackInputs(
        keys=KEYS,
        data_keys=[],
        meta_keys=[f'{key}_channel_order' for key in KEYS],
    )
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 2, size, size, 3), np.uint8)
    orders = {f'{key}_channel_order': 'RGB' for key in KEYS}
    return pseudo_collate(
        [pack(dict(zip(KEYS, pair, strict=True), **orders)) for pair in pixels]
    )


def our_step(
    config: str, size: int, count: int, amp: bool, width: int | None = None
) -> Callable[[int], object]:
    """Build a model as a Runner does.

    Args:
        config: Name of one of our configs, without ``.py``.
        size: See :func:`random_batch`.
        count: See :func:`random_batch`.
        amp: Train in mixed precision.
        width: Base channels of the networks, for quick trials; None for the
            config's value.

    Returns:
        A training step, called with any number. In distributed training,
        it is the step of this rank.
    """
    cfg = load_config(str(CONFIGS / f'{config}.py'))
    if 'weights' in cfg.model.cycle_loss:
        cfg.model.cycle_loss.weights = None  # equally fast
    if width is not None:
        cfg.model.generator.base_channels = width
        cfg.model.discriminator.base_channels = width
    if amp:
        enable_amp(cfg)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # about the random weights
        model = MODELS.build(cfg.model)
    return _stepper(model, cfg.optim_wrapper, size, count)


def peer_step(
    size: int, count: int, width: int = 64
) -> Callable[[int], object]:
    """Build MMagic's CycleGAN, with the optimisers of our CycleGAN row.

    See :func:`our_step` for arguments and result.
    """
    model = CycleGAN(
        generator=dict(
            type='ResnetGenerator',
            in_channels=3,
            out_channels=3,
            base_channels=width,
            init_cfg=NORMAL,
        ),
        discriminator=dict(
            type='PatchDiscriminator',
            in_channels=3,
            base_channels=width,
            num_conv=3,
            norm_cfg=dict(type='IN'),
            init_cfg=NORMAL,
        ),
        default_domain='sharp',
        reachable_domains=['sharp', 'blur'],
        related_domains=['sharp', 'blur'],
        data_preprocessor=DataPreprocessor(
            mean=[127.5] * 3, std=[127.5] * 3, data_keys=[]
        ),
    )
    cfg = load_config(str(CONFIGS / 'cyclegan_gopro.py'))
    return _stepper(model, cfg.optim_wrapper, size, count)


def peer_generator(width: int = 64) -> nn.Module:
    """Build MMagic's nine-block CycleGAN generator, for evaluation."""
    return ResnetGenerator(3, 3, base_channels=width).eval()


def _stepper(
    model: Any, optimizers: dict, size: int, count: int
) -> Callable[[int], object]:
    model.to(get_device()).train()
    if is_distributed():
        model = MMSeparateDistributedDataParallel(model)
    wrappers = build_optim_wrapper(model, optimizers)
    data = random_batch(size, count)
    return lambda _: model.train_step(data, wrappers)
