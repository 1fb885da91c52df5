"""What several steps of a pipeline need, said once for all of them."""

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
    """Return the steps of a pipeline with what is said for all of them.

    Args:
        pipeline: Transforms or their configs, as a list or by name. None
            stands for a step that is left out.
        semantic: Config of a step that loads semantic maps. It runs before
            the last step, which packs the maps besides.
        **shared: Arguments of each step that takes them and does not set
            them itself. None sets nothing.
    """
    values = pipeline.values() if isinstance(pipeline, Mapping) else pipeline
    steps = [step for step in values if step is not None]
    if semantic is not None:
        *first, pack = steps
        if not isinstance(pack, Mapping) or 'keys' not in pack:
            raise ValueError(
                f'semantic needs a last step with keys to pack, got {pack}'
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


def takes(step: Mapping[str, Any], argument: str) -> bool:
    """Whether the transform of a config has an argument of this name.

    Args:
        step: Config of a transform.
        argument: Name of the argument.
    """
    kind = step.get('type')
    if isinstance(kind, str):
        kind = TRANSFORMS.get(kind)
    return kind is not None and argument in inspect.signature(kind).parameters
