"""Arguments that several transforms of a pipeline share."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..registry import TRANSFORMS

__all__ = ['complete_steps', 'takes']

Step = Mapping[str, Any] | Callable


def complete_steps(
    pipeline: Sequence[Step | None] | Mapping[str, Step | None],
    semantic: Mapping[str, Any] | None = None,
    **shared: Any,
) -> list[Any]:
    """Return the transforms of a pipeline with shared arguments.

    Args:
        pipeline: Transforms or their configs, as a list or by name. None
            removes a transform. ``load`` is the first, ``pack`` the last, and
            the others run in the order of their names, because MMEngine sorts
            the keys of the configs that it saves.
        semantic: Config of a transform that loads semantic maps. It runs
            before the last transform, which also packs the maps.
        **shared: Arguments to pass to each transform that has them and does
            not set them. Those that are None are not passed.
    """
    if isinstance(pipeline, Mapping):
        pipeline = [pipeline[name] for name in sorted(pipeline, key=_place)]
    steps = [step for step in pipeline if step is not None]
    if semantic is not None:
        *first, pack = steps
        if not isinstance(pack, Mapping) or 'keys' not in pack:
            raise ValueError(
                f'semantic needs a last transform with keys, got {pack}'
            )
        maps = [k.replace('img_', 'semantic_', 1) for k in semantic['keys']]
        steps = [*first, semantic, {**pack, 'keys': [*pack['keys'], *maps]}]
    given = {key: value for key, value in shared.items() if value is not None}
    return [
        {**{k: v for k, v in given.items() if takes(step, k)}, **step}
        if isinstance(step, Mapping)
        else step
        for step in steps
    ]


def _place(name: str) -> tuple[int, str]:
    return {'load': 0, 'pack': 2}.get(name, 1), name


def takes(step: Mapping[str, Any], argument: str) -> bool:
    """Return whether the transform of a config has an argument."""
    kind = step.get('type')
    if isinstance(kind, str):
        kind = TRANSFORMS.get(kind)
    return kind is not None and argument in inspect.signature(kind).parameters
