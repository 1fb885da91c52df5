"""Plan of inputs and outputs."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from ...io.image.encoder import PHOTO_SUFFIXES
from ...utils.atomic_files import LONGEST_NAME
from .inputs import STREAM, Input, find_inputs
from .video import VIDEO_SUFFIXES

__all__ = ['Task', 'plan_tasks']

SHEETS = 'compare'  # folder of comparison sheets in the output folder


@dataclass(frozen=True)
class Task:
    """A photograph or video to deblur.

    Attributes:
        source: Path of the input; None means standard input.
        target: Path of the output; None means standard output.
        inner: Path of the input relative to the given folder.
        sheet: Path of the comparison sheet, or None.
    """

    source: Path | None
    target: Path | None
    inner: Path
    sheet: Path | None = None

    @property
    def name(self) -> str:
        """Name of the source, for messages."""
        return 'standard input' if self.source is None else str(self.source)

    @property
    def is_video(self) -> bool:
        """Whether the source is a video, by its suffix."""
        return self.inner.suffix.lower() in VIDEO_SUFFIXES


def plan_tasks(
    inputs: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    overwrite: bool = False,
    compare: bool = False,
    say: Callable[[str], None] | None = None,
) -> list[Task]:
    """Plan the outputs, before anything is read or written.

    The arguments are those of ``mmasgan deblur``; ``say`` prints notes on
    skipped files, see :func:`find_inputs`.

    Raises:
        OSError: If an output exists, is an input, or cannot be written; or if
            a folder cannot be read.
        ValueError: If there is no input, two outputs have the same name, or
            ``out`` is invalid.
    """
    given, place = [os.fspath(value) for value in inputs], os.fspath(out)
    found = find_inputs(given, place, say)
    is_one = len(found) == 1 and (
        found[0].source is None or found[0].source == Path(given[0])
    )
    if place == STREAM:
        tasks = [_to_stream(found, is_one, compare)]
    elif _is_file(place):
        tasks = [_to_file(found, is_one, Path(place), compare)]
    else:
        tasks = [_to_folder(pair, Path(place), compare) for pair in found]
    _check_names(tasks)
    _check_targets(tasks, overwrite)
    return tasks


def _is_file(out: str) -> bool:
    """Return whether a path is that of an output photograph or video."""
    kind = guess_type(out)[0] or ''
    suffix = Path(out).suffix.lower()
    return not Path(out).is_dir() and (
        suffix in PHOTO_SUFFIXES
        or suffix in VIDEO_SUFFIXES
        or kind.startswith(('image/', 'video/'))
    )


def _to_stream(found: list[Input], is_one: bool, compare: bool) -> Task:
    task = Task(found[0].source, None, found[0].inner)
    if not is_one or task.is_video:
        raise ValueError('-o - needs exactly one photograph; use a folder')
    if compare:
        raise ValueError('--compare needs a file name: -o FILE')
    return task


def _to_file(
    found: list[Input], is_one: bool, out: Path, compare: bool
) -> Task:
    if not is_one:
        raise ValueError(
            f"-o '{out}' is a file, but the inputs are folders or several "
            'files; use a folder'
        )
    task = Task(found[0].source, out, found[0].inner)
    suffix = out.suffix.lower()
    if task.is_video:
        writable = [s for s in VIDEO_SUFFIXES if VIDEO_SUFFIXES[s] == s]
    else:
        writable = list(PHOTO_SUFFIXES)
    if suffix not in writable:
        raise ValueError(
            f"'{task.name}' cannot be written as '{out}', only as "
            f'{", ".join(writable)}'
        )
    if not compare or task.is_video:
        return task
    sheet = out.with_name(f'{out.stem}.compare.png')
    return Task(task.source, out, task.inner, sheet)


def _to_folder(found: Input, out: Path, compare: bool) -> Task:
    task = Task(found.source, out / found.inner, found.inner)
    if task.source is None:
        raise ValueError('standard input has no name; use -o FILE or -o -')
    suffix = found.inner.suffix.lower()
    if task.is_video:
        written = VIDEO_SUFFIXES[suffix]
    else:
        written = suffix if suffix in PHOTO_SUFFIXES else '.png'
    inner = found.inner
    if written != suffix:
        inner = _with_suffix(inner, written)
    sheet = None
    if compare and not task.is_video:
        name = found.inner
        sheet = out / SHEETS
        sheet /= name if suffix == '.png' else _with_suffix(name, '.png')
    return Task(task.source, out / inner, found.inner, sheet)


def _with_suffix(path: Path, suffix: str) -> Path:
    """Append another suffix to a name, and shorten the stem if needed."""
    stem, own = path.stem, path.suffix + suffix
    while len(os.fsencode(stem + own)) > LONGEST_NAME:
        stem = stem[:-1]
    return path.with_name(stem + own)


def _files(tasks: Iterable[Task]) -> list[tuple[Path, Task]]:
    """Return all files to write."""
    return [
        (path, task)
        for task in tasks
        for path in (task.target, task.sheet)
        if path is not None
    ]


def _check_names(tasks: list[Task]) -> None:
    made_of: dict[Path, Task] = {}
    for path, task in _files(tasks):
        other = made_of.setdefault(path, task)
        if other is not task:
            raise ValueError(
                f"'{other.name}' and '{task.name}' would both become "
                f"'{path}'; deblur them into separate folders"
            )


def _check_targets(tasks: list[Task], overwrite: bool) -> None:
    sources = {task.source.resolve() for task in tasks if task.source}
    existing = []
    for path, _ in _files(tasks):
        if path.resolve() in sources:
            raise FileExistsError(
                f"'{path}' is one of the photographs, which are never "
                'replaced; use another folder'
            )
        if path.is_dir():
            raise IsADirectoryError(
                f"'{path}' is a folder; use another output"
            )
        if path.exists():
            existing.append(path)
    if existing and not overwrite:
        more = f' and {len(existing) - 1} more' if existing[1:] else ''
        raise FileExistsError(
            f"'{existing[0]}'{more} already exist; --overwrite replaces them"
        )
    for folder in {path.parent for path, _ in _files(tasks)}:
        _check_folder(folder)


def _check_folder(folder: Path) -> None:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(
            f"'{folder}' is a file; use a folder as output"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(
            f"'{folder}' cannot be written to: permission denied; use "
            'another folder'
        )
