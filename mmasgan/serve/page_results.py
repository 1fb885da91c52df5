"""Files of what was deblurred, as the page shows and offers them."""

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

PREVIEW = 6000  # longer side; up to there, 100 % is that of the photograph


@dataclass(frozen=True)
class Result:
    """Files of a photograph that was deblurred."""

    name: str
    file: str
    before: str
    after: str
    semantic: str | None
    notes: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where all of them are."""
        return Path(self.file).parents[1]


def keep(served: Served, home: Path, groups: Sequence[str] = ()) -> Result:
    """Write a photograph, and what is shown of it.

    Args:
        served: What was deblurred.
        home: A folder of its own is made there.
        groups: Names of what its semantic map tells apart.
    """
    folder = home / uuid.uuid4().hex
    # Apart from the previews, whatever the name is.
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
    """Return the files, and where there are several, all in one.

    Args:
        results: Of one batch.
    """
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
    """Remove the files of a batch.

    Args:
        results: Of the batch.
    """
    for result in results:
        shutil.rmtree(result.folder, ignore_errors=True)
