"""What decides a result, flat, so that two can be compared."""

from typing import Any

from mmengine.config import Config

__all__ = ['differences', 'shown', 'test_settings', 'training_settings']

TRAINING = (
    'model',
    'optim_wrapper',
    'param_scheduler',
    'randomness',
    'train_cfg',
    'train_dataloader',
)
TEST = ('test_dataloader', 'test_evaluator')
# Where things are and how they are read, which changes no result.
PLACES = {'data_root', 'num_workers', 'persistent_workers', 'split_file'}
ABSENT = 'nothing'


def training_settings(cfg: Config) -> dict[str, str]:
    """Return what decides the weights, by dotted key."""
    return _settings(cfg, TRAINING, 'train')


def test_settings(cfg: Config) -> dict[str, str]:
    """Return what decides the scores of given weights, by dotted key."""
    return _settings(cfg, TEST, 'test')


def differences(
    theirs: dict[str, str], ours: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """Return what differs, both values by key.

    Data that one of them does not name may be any.
    """
    return {
        key: (theirs.get(key, ABSENT), ours.get(key, ABSENT))
        for key in sorted(theirs.keys() | ours.keys())
        if theirs.get(key, ABSENT) != ours.get(key, ABSENT)
        and not (key == 'data' and ABSENT in (theirs[key], ours[key]))
    }


def shown(found: dict[str, tuple[str, str]], most: int = 3) -> str:
    """Say what differs, in words."""
    first = [
        f'{key} is {theirs}, asked for is {ours}'
        for key, (theirs, ours) in list(found.items())[:most]
    ]
    more = len(found) - most
    return '; '.join(first) + (f'; and {more} more' if more > 0 else '')


def _settings(
    cfg: Config, sections: tuple[str, ...], subset: str
) -> dict[str, str]:
    tree = cfg.to_dict()
    data = tree.get('comparison', {}).get('data', {})
    leaves = _flat({key: tree[key] for key in sections})
    return leaves | {'data': data.get(subset, ABSENT)}


def _flat(tree: Any, prefix: str = '') -> dict[str, str]:
    items: Any
    if isinstance(tree, dict):
        items = [(k, v) for k, v in tree.items() if k not in PLACES]
    elif isinstance(tree, list | tuple):
        items = enumerate(tree)
    else:
        return {prefix.rstrip('.'): str(tree)}
    leaves: dict[str, str] = {}
    for key, value in items:
        leaves |= _flat(value, f'{prefix}{key}.')
    return leaves
