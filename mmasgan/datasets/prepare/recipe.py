"""Size of images that the printed recipes need."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..pipeline_steps import takes

__all__ = ['BLUR_RECIPE', 'RECIPE', 'recipe_side']

CONFIGS = Path(__file__).parents[2] / 'configs'
RECIPE = 'ascyclegan_plus_unet_small_gopro'  # runs on a CPU
BLUR_RECIPE = 'deblurgan_wild_gopro'  # uses pairs


@cache
def recipe_side(name: str = RECIPE) -> int:
    """Return the shorter side that a recipe needs, in pixels.

    It is that of the first crops in the pipelines of the config.
    """
    config = Config.fromfile(CONFIGS / f'{name}.py')
    return max(_first_crops(config.train_dataloader.dataset))


def _first_crops(dataset: Mapping[str, Any]) -> Iterator[int]:
    for part in dataset.get('datasets') or ():
        yield from _first_crops(part)
    seen: set[str] = set()
    steps = dataset.get('pipeline') or ()
    for step in steps.values() if isinstance(steps, Mapping) else steps:
        size = step.get('crop_size')
        if size is None and takes(step, 'crop_size'):
            size = dataset['crop_size']
        keys = set(step.get('keys') or ())
        if size is not None and keys - seen:
            side = size if isinstance(size, int) else max(size)
            yield side + 2 * step.get('margin', 0)
            seen |= keys
