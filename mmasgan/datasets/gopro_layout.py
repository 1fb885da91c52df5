"""The two folder layouts of GoPro.

``nested`` is the published layout,
``<data_root>/<subset>/<sequence>/{blur,blur_gamma,sharp}/*.png``. ``flat`` is
that of later papers, ``<data_root>/<subset>/{input,target}/*.png``.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..io.image.files import is_hidden
from ..io.image.kinds import IMAGE_SUFFIXES

__all__ = ['UNKNOWN_SEQUENCE', 'GoProImage', 'GoProSubset']

BLUR_VARIANTS = ('blur', 'blur_gamma')
FLAT_FOLDERS = {'blur': 'input', 'sharp': 'target'}
SEQUENCE_PREFIX = re.compile(r'(GOPR\d+_\d+_\d+)[-_]')
UNKNOWN_SEQUENCE = 'unknown'
EXPECTED = (
    "expected either '<sequence>/blur' and '<sequence>/sharp' folders, as in "
    "GoPro's own archive, or the two folders 'input' and 'target'"
)


class GoProImage(NamedTuple):
    """An image of the data set.

    Attributes:
        path: Path relative to ``data_root``, with forward slashes.
        sequence: Name of the sequence.
        stem: File name without suffix.
    """

    path: str
    sequence: str
    stem: str


class GoProSubset:
    """A subset (such as ``train``) of a GoPro folder, in either layout.

    Raises:
        FileNotFoundError: If a folder does not exist.
        PermissionError: If a folder cannot be listed.
        ValueError: If the subset has neither of the two layouts.
    """

    def __init__(self, data_root: str | Path, subset: str) -> None:
        self.root = Path(data_root)
        self.subset = subset
        self.folder = self.root / subset
        if not self.root.is_dir():
            raise FileNotFoundError(
                f"data_root '{self.root}' is not a folder; expected GoPro's "
                'folder with the subsets train and test: download the data '
                'set, or set data_root to its folder'
            )
        if not self.folder.is_dir():
            raise FileNotFoundError(
                f"'{self.root}' has no folder '{subset}', only "
                f'{_shown(_folders(self.root))}; set data_root to the folder '
                f'that contains {subset!r}, or change subset'
            )
        folders = _folders(self.folder)
        self.is_flat = bool(set(folders) & set(FLAT_FOLDERS.values()))
        if self.is_flat:
            self._init_flat(folders)
        else:
            self._init_nested(folders)

    @property
    def has_sequences(self) -> bool:
        """Whether the sequences of the images are known."""
        return self.sequences != (UNKNOWN_SEQUENCE,)

    def images(
        self, variant: str, sequences: Iterable[str] | None = None
    ) -> list[GoProImage]:
        """List the images of some sequences, or of all, sorted by path.

        Raises:
            ValueError: If a sequence lacks the variant, or has no image.
        """
        wanted = self.sequences if sequences is None else sorted(sequences)
        if self.is_flat:
            return self._flat_images(variant, set(wanted))
        images: list[GoProImage] = []
        for sequence in wanted:
            images += self._nested_images(variant, sequence)
        return images

    def check(self, variant: str) -> None:
        """Check that every sequence has a folder of this variant.

        Raises:
            ValueError: If a sequence lacks it.
        """
        if self.is_flat:
            self._flat_folder(variant)
            return
        for sequence in self.sequences:
            self._nested_folder(variant, sequence)

    def _init_flat(self, folders: list[str]) -> None:
        for name in FLAT_FOLDERS.values():
            if name not in folders:
                raise ValueError(
                    f"'{self.folder}' has no folder '{name}', only "
                    f'{_shown(folders)}; {EXPECTED}'
                )
        self._flat_names = {
            variant: _image_names(self.folder / name)
            for variant, name in FLAT_FOLDERS.items()
        }
        found = {
            match[1] if (match := SEQUENCE_PREFIX.match(name)) else ''
            for names in self._flat_names.values()
            for name in names
        }
        known = found and '' not in found
        self.sequences = tuple(sorted(found) if known else (UNKNOWN_SEQUENCE,))

    def _init_nested(self, folders: list[str]) -> None:
        self.sequences = tuple(folders)
        kinds = {*BLUR_VARIANTS, 'sharp'}
        for name in folders:
            if not kinds & set(_folders(self.folder / name)):
                raise ValueError(
                    f"'{self.folder / name}' is not a GoPro sequence: it has "
                    f'none of the folders {_shown(sorted(kinds))}. In '
                    f"'{self.folder}' {EXPECTED}; move other folders away"
                )
        if not folders:
            raise ValueError(f"'{self.folder}' has no folder; {EXPECTED}")

    def _flat_folder(self, variant: str) -> Path:
        if variant not in FLAT_FOLDERS:
            raise ValueError(
                f"'{self.folder}' has the layout input/target, which has no "
                f"separate {variant!r}: set blur_variant to 'blur', for "
                "whichever variant 'input' contains"
            )
        return self.folder / FLAT_FOLDERS[variant]

    def _flat_images(self, variant: str, wanted: set[str]) -> list[GoProImage]:
        folder = self._flat_folder(variant)
        images = []
        for name in self._flat_names[variant]:
            match = SEQUENCE_PREFIX.match(name) if self.has_sequences else None
            sequence = match[1] if match else UNKNOWN_SEQUENCE
            if sequence in wanted:
                path = f'{self.subset}/{folder.name}/{name}'
                images.append(GoProImage(path, sequence, _stem(name)))
        if not images:
            raise _no_image(folder)
        return images

    def _nested_folder(self, variant: str, sequence: str) -> Path:
        folder = self.folder / sequence / variant
        if not folder.is_dir():
            raise ValueError(
                f"sequence '{self.folder / sequence}' has no folder "
                f'{variant!r}, only {_shown(_folders(folder.parent))}; '
                'complete or remove the sequence, or set blur_variant to an '
                'existing folder'
            )
        return folder

    def _nested_images(self, variant: str, sequence: str) -> list[GoProImage]:
        folder = self._nested_folder(variant, sequence)
        start = f'{self.subset}/{sequence}/{variant}/'
        images = [
            GoProImage(start + name, sequence, _stem(name))
            for name in _image_names(folder)
        ]
        if not images:
            raise _no_image(folder)
        return images


def _stem(name: str) -> str:
    return name.rpartition('.')[0]


def _shown(names: list[str], most: int = 5) -> str:
    more = f' and {len(names) - most} more' if len(names) > most else ''
    return (', '.join(map(repr, names[:most])) or 'no folder') + more


def _no_image(folder: Path) -> ValueError:
    return ValueError(
        f"no image in '{folder}'; expected files that end in "
        f'{", ".join(IMAGE_SUFFIXES)}: unpack the data set again, or remove '
        'incomplete folders'
    )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [e for e in entries if not is_hidden(e.name, e.is_dir())]
    except PermissionError as error:
        raise PermissionError(
            f"folder '{folder}' cannot be read: permission denied; allow "
            'this user to read it (chmod -R u+rX)'
        ) from error


def _folders(folder: Path) -> list[str]:
    return sorted(e.name for e in _entries(folder) if e.is_dir())


def _image_names(folder: Path) -> list[str]:
    # A broken link is reported by name when it is read.
    return sorted(
        e.name
        for e in _entries(folder)
        if e.name.lower().endswith(IMAGE_SUFFIXES) and not e.is_dir()
    )
