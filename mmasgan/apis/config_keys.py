"""Detection of misspelt keys and types in a config."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from mmengine import registry as root
from mmengine.config import Config
from mmengine.registry import Registry
from mmengine.runner import Runner, set_random_seed
from torch.utils.data import DataLoader

from .. import registry as own

__all__ = ['check_keys']

NAMED = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)
# Keys that builders remove before they call the type.
OF_BUILDERS = {
    'type',
    '_scope_',
    'priority',  # hooks
    'constructor',  # optimizer wrappers
    'paramwise_cfg',  # optimizer wrappers
    'convert_to_iter_based',  # schedulers
    'num_batch_per_epoch',  # data loaders
    'init_cfg',  # modules
}
REGISTRIES = [r for r in vars(root).values() if isinstance(r, Registry)]
DELETE = '_delete_'


def check_keys(config: Config) -> None:
    """Refuse misspelt keys and types before anything is built.

    MMEngine raises an error when it builds the component, after the data were
    listed, and ignores unknown top-level keys. Other unknown keys are left to
    the builders, because a config may have variables.

    Raises:
        ValueError: If there are any; the message has their position and a
            suggestion.
    """
    values = config.to_dict()
    scope = str(values.get('default_scope') or 'mmengine')
    problems = [*_top_level_problems(values), *_problems(values, '', scope)]
    if problems:
        raise ValueError('; '.join(problems))


def _top_level_problems(config: Mapping[str, Any]) -> Iterator[str]:
    known = _arguments(Runner)
    for key in config:
        near = get_close_matches(key, known, n=1, cutoff=0.85)
        if near and key not in known:
            yield f'{key} is unknown; did you mean {near[0]}?'
    for key, function in (
        ('train_dataloader', DataLoader),
        ('val_dataloader', DataLoader),
        ('test_dataloader', DataLoader),
        ('randomness', set_random_seed),
    ):
        if isinstance(config.get(key), Mapping):
            yield from _misspelt(config[key], key, function)


def _problems(value: Any, where: str, scope: str) -> Iterator[str]:
    """Check all dicts with a type, recursively."""
    if isinstance(value, Mapping):
        named = value.get('type')
        kind = _resolved(named, scope)
        if kind is not None:
            yield from _misspelt(value, where, kind)
        elif isinstance(named, str):
            yield from _unknown(named, where)
        if DELETE in value:
            yield (
                f'{where}.{DELETE} has no effect in `update`; assign a new '
                f'value instead: {where} = dict(...)'
            )
        items: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return
    for key, entry in items:
        inner = f'{where}.{key}' if where else str(key)
        yield from _problems(entry, inner, scope)


def _misspelt(
    entry: Mapping[str, Any], where: str, kind: Callable[..., Any]
) -> Iterator[str]:
    known = _arguments(kind)
    for key in entry:
        near = get_close_matches(key, known, n=1)
        if near and key not in known | OF_BUILDERS:
            yield (
                f'{where}.{key} is not an argument of {kind.__name__}; did '
                f'you mean {near[0]}?'
            )


def _resolved(kind: Any, scope: str) -> Callable[..., Any] | None:
    """Return the class or function of a type, or None."""
    if isinstance(kind, str):
        names = (kind, f'{scope}.{kind}')
        found = (
            registry.get(name) for name in names for registry in REGISTRIES
        )
        kind = next((one for one in found if one is not None), None)
    return kind if callable(kind) else None


def _unknown(name: str, where: str) -> Iterator[str]:
    """Return a message for an unknown name with a similar known name."""
    known: dict[str, str] = {}
    for registry in REGISTRIES:
        for scope, child in (('', registry), *registry.children.items()):
            prefix = f'{scope}.' if scope else ''
            known |= {key: prefix + key for key in child.module_dict}
    for each in vars(own).values():
        if isinstance(each, Registry):
            each.import_from_location()
            deferred = getattr(each, 'deferred', ())
            names = (*each.module_dict, *deferred)
            known |= {key: f'{each.scope}.{key}' for key in names}
    near = get_close_matches(name.rpartition('.')[2], known, n=1, cutoff=0.8)
    if near:
        yield (
            f'{where}.type: {name!r} is unknown; did you mean '
            f'{known[near[0]]}?'
        )


def _arguments(kind: Callable[..., Any]) -> set[str]:
    """Return the names of the arguments of a class or function.

    Those of base classes are included if a constructor has ``**kwargs``.
    """
    calls = (
        [vars(c)['__init__'] for c in kind.__mro__ if '__init__' in vars(c)]
        if inspect.isclass(kind)
        else [kind]
    )
    names: set[str] = set()
    for call in calls:
        try:
            parameters = inspect.signature(call).parameters.values()
        except (TypeError, ValueError):  # of compiled code
            break
        names |= {p.name for p in parameters if p.kind in NAMED}
        names |= getattr(call, 'old_arguments', set())
        if all(p.kind != p.VAR_KEYWORD for p in parameters):
            break
    return names - {'self'}
