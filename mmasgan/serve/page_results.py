"""Files of results that the page shows and offers for download."""

import os
import shutil
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..io.image.photo import to_8_bits
from .service import Served

__all__ = ['Result', 'downloads', 'keep', 'remove']

PREVIEW = 6000  # longer side; larger photographs are scaled down


@dataclass(frozen=True)
class Result:
    """Files of a deblurred photograph."""

    name: str
    file: str
    before: str
    after: str
    semantic: str | None
    notes: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Folder with all of these files."""
        return Path(self.file).parents[1]


def keep(served: Served, home: Path, groups: Sequence[str] = ()) -> Result:
    """Write a deblurred photograph and its previews."""
    folder = home / uuid.uuid4().hex
    # In its own folder, so that no name can collide with a preview.
    file = folder / 'file' / served.name
    file.parent.mkdir(parents=True)
    file.write_bytes(served.content)
    pictures = {'before': served.before, 'after': served.after}
    if served.semantic is not None:
        from ..semantic.overlay import overlay  # it needs PyTorch

        shown = to_8_bits(served.before)
        pictures['semantic'] = overlay(shown, served.semantic, groups)
    paths = {}
    for name, pixels in pictures.items():
        paths[name] = str(folder / f'preview-{name}.png')
        picture = Image.fromarray(to_8_bits(pixels))
        picture.thumbnail((PREVIEW, PREVIEW))
        picture.save(paths[name], compress_level=1)
    return Result(
        served.name,
        str(file),
        paths['before'],
        paths['after'],
        paths.get('semantic'),
        served.notes,
    )


def downloads(results: Sequence[Result]) -> list[str]:
    """Return the files, preceded by an archive if there are several."""
    files = [result.file for result in results]
    if not files[1:]:
        return files
    path = results[0].folder / 'deblurred.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        for index, result in enumerate(results):
            name = result.name
            if name in archive.namelist():
                stem, suffix = os.path.splitext(name)
                name = f'{stem}-{index}{suffix}'
            archive.write(result.file, name)
    return [str(path), *files]


def remove(results: Sequence[Result]) -> None:
    """Remove the files of a batch."""
    for result in results:
        shutil.rmtree(result.folder, ignore_errors=True)
