"""Scores of photographs before and after deblurring."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...evaluation.functional import psnr, ssim_wang_rgb
from ...io.image.reader import read_photo
from .plan import Task

__all__ = ['Score', 'Scored', 'find_truths', 'read_truth', 'score_table']

INPUT = 'input (do nothing)'
OUTPUT = 'output'


class Score(NamedTuple):
    """Scores of an image."""

    psnr: float  # dB
    ssim: float  # at most 1

    @classmethod
    def of(cls, image: np.ndarray, truth: np.ndarray) -> 'Score':
        """Compute the scores, see docs/evaluation.md.

        Args:
            image: RGB image, (H, W, 3), uint8.
            truth: Ground truth of the same shape.
        """
        return cls(psnr(image, truth), ssim_wang_rgb(image, truth))


class Scored(NamedTuple):
    """Name of a photograph, with the scores of input and output."""

    name: str
    input: Score
    output: Score


def find_truths(tasks: Sequence[Task], place: Path) -> dict[Task, Path]:
    """Find the ground truth of each photograph.

    Args:
        tasks: Tasks of photographs and videos; videos have no ground truth.
        place: Path of the sharp image of a single photograph; or a folder of
            sharp images with the relative paths of the photographs, except
            for the suffix.

    Raises:
        FileExistsError: If a result would replace a ground truth.
        FileNotFoundError: If a ground truth does not exist.
        ValueError: If a ground truth is ambiguous.
    """
    photos = [task for task in tasks if not task.is_video]
    if place.is_dir():
        truths = {task: _beside(task, place) for task in photos}
    elif not place.is_file():
        raise FileNotFoundError(
            f"the ground truth '{place}' does not exist; use a sharp image, "
            'or a folder of sharp images'
        )
    elif len(photos) == 1:
        truths = {photos[0]: place}
    else:
        raise ValueError(
            f"the ground truth '{place}' is one image for {len(photos)} "
            'photographs; use a folder of images with their names'
        )
    written = {task.target.resolve() for task in tasks if task.target}
    for truth in truths.values():
        if truth.resolve() in written:
            raise FileExistsError(
                f"'{truth}' is a ground truth, which is never replaced; use "
                'another output folder'
            )
    return truths


def _beside(task: Task, folder: Path) -> Path:
    exact = folder / task.inner
    if exact.is_file():
        return exact
    others = sorted(
        path
        for path in exact.parent.glob('*')
        if path.stem == exact.stem and path.is_file()
    )
    if len(others) == 1:
        return others[0]
    if others:
        raise ValueError(
            f"the ground truth of '{task.name}' may be '{others[0]}' or "
            f"'{others[1]}'; remove one"
        )
    raise FileNotFoundError(
        f"'{task.name}' has no ground truth '{exact}', nor one with another "
        'suffix'
    )


def read_truth(path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Read a sharp image.

    Returns:
        RGB image, (H, W, 3), uint8.

    Raises:
        ValueError: If it cannot be read, or has another size.
    """
    truth = read_photo(path).rgb()
    if truth.shape != shape:
        height, width = shape[:2]
        raise ValueError(
            f"'{name}' has {width}x{height} pixels, but its ground truth "
            f"'{path}' {truth.shape[1]}x{truth.shape[0]}; the sizes must be "
            'equal'
        )
    return truth


def score_table(scores: Sequence[Scored]) -> str:
    """Format the scores, with their mean in the last lines."""
    named = [(one.name, one.input, one.output) for one in scores]
    means = (
        Score(*np.mean([one.input for one in scores], axis=0)),
        Score(*np.mean([one.output for one in scores], axis=0)),
    )
    if len(scores) > 1:
        named.append((f'mean of {len(scores)}', *means))
    lines = [f'{"":22}{"PSNR":>8}{"SSIM":>8}']
    for name, before, after in named:
        lines.append(name)
        for row, score in ((INPUT, before), (OUTPUT, after)):
            lines.append(f'  {row:20}{score.psnr:8.2f}{score.ssim:8.4f}')
    if means[1].psnr < means[0].psnr:
        lines.append(
            'The output is worse than the input: nothing was deblurred.'
        )
    return '\n'.join(lines)
