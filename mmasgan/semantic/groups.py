"""Assignment of the classes of a segmentation model to K groups.

The groups are the eight outdoor classes of SFTGAN (Wang et al., CVPR 2018),
in its order. The rules are the same for all tables:

==========  ==================================================================
group       members
==========  ==================================================================
background  everything else: roads and ground, people, vehicles, things,
            rooms
sky         sky, clouds and fog
water       open water
grass       low vegetation: lawn, field, terrain, moss
mountain    mountain, hill, rock
building    permanent structures: houses, walls, bridges, towers, roofs
plant       plants above the ground: trees, bushes, flowers, leaves
animal      animals, without people
==========  ==================================================================
"""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..io.image.files import is_special
from .class_names import CLASS_NAMES

__all__ = ['OUTDOOR_GROUPS', 'ClassTable', 'class_table', 'class_tables']

OUTDOOR_GROUPS = CLASS_NAMES['outdoor']

# All other classes are background.
MEMBERS: dict[str, dict[str, str]] = {
    'cityscapes': {
        'sky': 'sky',
        'grass': 'terrain',
        'building': 'building wall',
        'plant': 'vegetation',
    },
    'voc': {
        'plant': 'pottedplant',
        'animal': 'bird cat cow dog horse sheep',
    },
    'ade20k': {
        'sky': 'sky',
        'water': 'water sea river swimming_pool waterfall lake fountain',
        'grass': 'grass field',
        'mountain': 'mountain rock hill',
        'building': (
            'wall building house column skyscraper grandstand bridge hovel '
            'tower pier'
        ),
        'plant': 'tree plant flower palm',
        'animal': 'animal',
    },
    'coco_stuff': {
        'sky': 'clouds fog sky-other',
        'water': 'river sea water-other',
        'grass': 'grass moss playingfield',
        'mountain': 'hill mountain rock stone',
        'building': (
            'bridge building-other house roof skyscraper structural-other '
            'wall-brick wall-concrete wall-other wall-panel wall-stone '
            'wall-tile wall-wood'
        ),
        'plant': 'branch bush flower leaves plant-other potted_plant tree',
        'animal': ('bird cat dog horse sheep cow elephant bear zebra giraffe'),
    },
    'outdoor': {group: group for group in OUTDOOR_GROUPS},
}
MEMBERS['cityscapes_background'] = MEMBERS['cityscapes']


class ClassTable(NamedTuple):
    """Assignment of classes to groups.

    Attributes:
        classes: Names of the C classes, in the order of the channels.
        groups: Names of the K groups, in the order of the channels.
        indices: Index of the group of each class.
    """

    classes: tuple[str, ...]
    groups: tuple[str, ...]
    indices: tuple[int, ...]

    def group(self, probabilities: np.ndarray) -> np.ndarray:
        """Sum the probabilities of the classes of each group.

        Args:
            probabilities: Class probabilities, (C, H, W), float32.

        Returns:
            Group probabilities, (K, H, W), float32, with the same sum.

        Raises:
            ValueError: If the number of channels is not C.
        """
        if len(probabilities) != len(self.classes):
            raise ValueError(
                f'the source has {len(probabilities)} classes, but the '
                f'table has {len(self.classes)}: use the table of the data '
                f'set that it was trained on, {describe_tables()}'
            )
        maps = np.zeros(
            (len(self.groups), *probabilities.shape[1:]), np.float32
        )
        for index, plane in zip(self.indices, probabilities, strict=True):
            maps[index] += plane
        return maps


def class_table(
    classes: str | PathLike[str] | Mapping[str, str],
) -> ClassTable:
    """Return a class table of the package, or a user-defined one.

    A user-defined table maps each class, in the order of the channels, to its
    group: ``{'road': 'ground', 'car': 'thing', ...}``. The groups are numbered
    in the order of their first class, and there may be any number.

    Args:
        classes: Name of a table, see :func:`class_tables`; a mapping; or the
            path of a JSON file with a mapping.

    Raises:
        ValueError: If the table does not exist or is invalid.
    """
    if isinstance(classes, str) and classes in MEMBERS:
        return _own_table(classes)
    if not isinstance(classes, Mapping):
        classes = _read(classes)
    if not classes or not all(
        isinstance(text, str) and text
        for pair in classes.items()
        for text in pair
    ):
        raise ValueError(
            'a class table must map each class to the name of its group, got '
            f'{classes!r}'
        )
    groups = tuple(dict.fromkeys(classes.values()))
    return ClassTable(
        tuple(classes),
        groups,
        tuple(groups.index(group) for group in classes.values()),
    )


def class_tables() -> tuple[str, ...]:
    """Return the names of the tables in the package."""
    return tuple(sorted(MEMBERS))


def describe_tables() -> str:
    """Return the names of the tables for a message."""
    return f'one of {", ".join(class_tables())} or a JSON file'


def _own_table(name: str) -> ClassTable:
    classes = CLASS_NAMES[name]
    owners = {
        member: OUTDOOR_GROUPS.index(group)
        for group, members in MEMBERS[name].items()
        for member in members.split()
    }
    return ClassTable(
        classes, OUTDOOR_GROUPS, tuple(owners.get(name, 0) for name in classes)
    )


def _read(path: str | PathLike[str]) -> Mapping[str, str]:
    try:
        if is_special(Path(path)):
            raise ValueError('it is a pipe or device, not a file')
        table = json.loads(Path(path).read_text(encoding='utf-8-sig'))
    except FileNotFoundError as error:
        raise ValueError(
            f"there is no class table '{path}'; use {describe_tables()}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(
            f"the class table '{path}' cannot be read: {error}"
        ) from error
    if not isinstance(table, Mapping):
        raise ValueError(
            f"the class table '{path}' must be a JSON object, got "
            f'{type(table).__name__}'
        )
    return table
