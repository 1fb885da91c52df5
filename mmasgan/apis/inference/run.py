"""Deblurring of files; errors of one file do not stop others."""

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
# Errors that would repeat for the next file.
HOPELESS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EPIPE)


@dataclass(frozen=True)
class Settings:
    """Settings of a run.

    Attributes:
        strength: Fraction of the change to apply, see :func:`deblur_pixels`.
        self_ensemble: Whether to average eight passes, see
            :func:`deblur_pixels`.
        semantic: Function of ``Task.inner`` and the height and width of a
            photograph that returns its map (K, H, W), or None.
        truths: Paths of the ground truth, by task.
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
    """Result of a run."""

    written: tuple[Path, ...]  # without comparison sheets
    failures: tuple[str, ...]
    scores: tuple[Scored, ...] = ()


def look_at(tasks: Sequence[Task]) -> Deblurred:
    """Check the headers of photographs, before the model is loaded.

    Returns:
        Errors of unreadable photographs; standard input and videos are not
        checked.
    """
    failures = []
    for task in tasks:
        if task.source is not None and not task.is_video:
            try:
                photo_size(task.source)
            except (ValueError, MemoryError, OSError) as error:
                failures.append(_message(task, error))
    return Deblurred((), tuple(failures))


def run_tasks(
    tasks: Sequence[Task],
    backend: Backend,
    settings: Settings,
    progress: RunProgress,
) -> Deblurred:
    """Deblur files.

    Files are written atomically. After an error that would repeat, such as a
    full disk, the remaining files are skipped.
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
            failures.append(_message(task, error))
            if getattr(error, 'errno', None) in HOPELESS:
                left = len(tasks) - number
                failures += [f'{left} more were not tried'] * bool(left)
                break
        else:
            written += [task.target] if task.target else []
        progress.finish()
    return Deblurred(tuple(written), tuple(failures), tuple(scores))


def _message(task: Task, error: Exception) -> str:
    """Return an error message that starts with a file name."""
    text = str(error)
    if isinstance(error, OSError) and f'{error.strerror}'.startswith("'"):
        text = f'{error.strerror}'  # without its number
    if isinstance(error, MemoryError) and not text:
        text = 'does not fit into the memory'
    return text if text.startswith("'") else f"'{task.name}': {text}"


def _deblur_photo(
    task: Task, backend: Backend, settings: Settings, progress: RunProgress
) -> list[Scored]:
    """Deblur and write a photograph; return its scores, if any."""
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
    scores = []
    if truth is not None:
        marks = (Score.of(one.rgb(), truth) for one in (photo, result))
        scores = [Scored(str(task.inner), *marks)]
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
        panels['ground truth'] = truth
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
