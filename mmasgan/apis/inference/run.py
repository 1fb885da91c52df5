"""Deblur files, each on its own: what is wrong with one stops no other."""

import errno
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

import numpy as np

from ...io.image.encoder import encode_photo
from ...io.image.losses import lost_in
from ...io.image.photo import Photo
from ...io.image.reader import photo_size, read_photo
from ...utils.atomic_files import write_atomically
from .backend import Backend
from .compare import compare_sheet
from .pixels import deblur_pixels
from .plan import Task
from .progress import RunProgress
from .scores import Score, Scored, read_truth
from .video import DeblurredVideo, deblur_video

__all__ = ['Deblurred', 'Settings', 'look_at', 'run_tasks']

Semantic = Callable[[Path, tuple[int, int]], np.ndarray]
# What will be wrong with the next file too.
HOPELESS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EPIPE)


@dataclass(frozen=True)
class Settings:
    """How to deblur.

    Attributes:
        strength: Fraction of the change to apply, see :func:`deblur_pixels`.
        self_ensemble: Whether to average eight passes, see :func:`deblur_pixels`.
        semantic: Gives the map (K, H, W) for a photograph's ``Task.inner``
            and its height and width; None for none.
        truths: Sharp images to compare photographs with.
        overwrite: Whether results may replace files.
        scale: Scale of the working copy, see :func:`deblur_pixels`.
    """

    strength: float = 1.0
    self_ensemble: bool = False
    semantic: Semantic | None = None
    truths: Mapping[Task, Path] = field(default_factory=dict)
    overwrite: bool = False
    scale: float = 1.0


@dataclass(frozen=True)
class Deblurred:
    """What became of some files.

    Attributes:
        written: Files that were written, without comparison sheets.
        failures: Why others were not; each names its file.
        scores: Scores of photographs with a ground truth.
    """

    written: tuple[Path, ...]
    failures: tuple[str, ...]
    scores: tuple[Scored, ...] = ()


def look_at(tasks: Sequence[Task]) -> Deblurred:
    """Look at the beginning of photographs, before anything takes long.

    Args:
        tasks: Tasks of :func:`plan_tasks`.

    Returns:
        Why which of them cannot be read; standard input and videos are not
        looked at.
    """
    failures = []
    for task in tasks:
        if task.source is not None and not task.is_video:
            try:
                photo_size(task.source)
            except (ValueError, MemoryError, OSError) as error:
                failures.append(_told(task, error))
    return Deblurred((), tuple(failures))


def run_tasks(
    tasks: Sequence[Task],
    backend: Backend,
    settings: Settings,
    progress: RunProgress,
) -> Deblurred:
    """Deblur files.

    Each is written whole or not at all. Where writing fails in a way that
    will not pass, as on a full disk, the rest is not tried.

    Args:
        tasks: Tasks of :func:`plan_tasks`.
        backend: Runs the model.
        settings: Settings of the run.
        progress: Shows what is going on.
    """
    written: list[Path] = []
    failures: list[str] = []
    scores: list[Scored] = []
    for number, task in enumerate(tasks, 1):
        progress.start(task.name)
        try:
            if task.is_video:
                _deblur_video(task, backend, settings, progress)
            else:
                scores += _deblur_photo(task, backend, settings, progress)
        except (ValueError, MemoryError, OSError) as error:
            failures.append(_told(task, error))
            if getattr(error, 'errno', None) in HOPELESS:
                left = len(tasks) - number
                failures += [f'{left} more were not tried'] * bool(left)
                break
        else:
            written += [task.target] if task.target else []
        progress.finish()
    return Deblurred(tuple(written), tuple(failures), tuple(scores))


def _told(task: Task, error: Exception) -> str:
    """Return what is wrong, with a name of a file first."""
    text = str(error)
    if isinstance(error, OSError) and f'{error.strerror}'.startswith("'"):
        text = f'{error.strerror}'  # without its number
    if isinstance(error, MemoryError) and not text:
        text = 'does not fit into the memory'
    return text if text.startswith("'") else f"'{task.name}': {text}"


def _deblur_photo(
    task: Task, backend: Backend, settings: Settings, progress: RunProgress
) -> list[Scored]:
    """Deblur and write a photograph; return its scores, if there are any."""
    if task.source is None:
        photo = read_photo(sys.stdin.buffer.read(), task.name)
    else:
        photo = read_photo(task.source)
    truth = None
    if task in settings.truths:
        place = settings.truths[task]
        truth = read_truth(place, task.name, photo.pixels.shape)
    semantic = None
    if settings.semantic is not None:
        semantic = settings.semantic(task.inner, photo.pixels.shape[:2])
    result = replace(
        photo,
        pixels=deblur_pixels(
            backend,
            photo.pixels,
            semantic,
            settings.strength,
            settings.self_ensemble,
            settings.scale,
            progress.share,
        ),
    )
    scores = [] if truth is None else [_scored(task, photo, result, truth)]
    suffix = task.target.suffix if task.target else photo.suffix
    for note in (*photo.notes, *lost_in(result, suffix)):
        progress.say(note)
    _write(task, result)
    if task.sheet is not None:
        sheet = _sheet(task, photo, result, truth, scores)
        write_atomically(task.sheet, sheet)
    return scores


def _write(task: Task, photo: Photo) -> None:
    if task.target is None:
        sys.stdout.buffer.write(encode_photo(photo, photo.suffix))
        sys.stdout.buffer.flush()
        return
    content = encode_photo(photo, task.target.suffix)
    write_atomically(task.target, content)


def _scored(
    task: Task, photo: Photo, result: Photo, truth: np.ndarray
) -> Scored:
    before, after = (Score.of(one.rgb(), truth) for one in (photo, result))
    return Scored(str(task.inner), before, after)


def _sheet(
    task: Task,
    photo: Photo,
    result: Photo,
    truth: np.ndarray | None,
    scores: Sequence[Scored],
) -> bytes:
    panels = {'input': photo.rgb(), 'output': result.rgb()}
    for scored in scores:
        panels = {
            f'{name}: {score.psnr:.2f} dB, SSIM {score.ssim:.4f}': image
            for (name, image), score in zip(
                panels.items(), scored[1:], strict=True
            )
        }
    if truth is not None:
        panels['truth'] = truth
    height, width = photo.pixels.shape[:2]
    file = BytesIO()
    compare_sheet(f'{task.inner}, {width}x{height}', panels).save(file, 'PNG')
    return file.getvalue()


def _deblur_video(
    task: Task, backend: Backend, settings: Settings, progress: RunProgress
) -> None:
    assert task.source is not None
    assert task.target is not None
    done: DeblurredVideo = deblur_video(
        task.source,
        task.target,
        lambda pixels: deblur_pixels(
            backend,
            pixels,
            strength=settings.strength,
            self_ensemble=settings.self_ensemble,
            scale=settings.scale,
        ),
        settings.overwrite,
        progress.frames,
    )
    for note in done.notes:
        progress.say(note)
