"""How near photographs come to the truth, before and after."""

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
    """How near an image is to the truth.

    Attributes:
        psnr: In dB.
        ssim: At most 1.
    """

    psnr: float
    ssim: float

    @classmethod
    def of(cls, image: np.ndarray, truth: np.ndarray) -> 'Score':
        """Compute it as docs/evaluation.md tells.

        Args:
            image: RGB, (H, W, 3), uint8.
            truth: Ground truth of the same shape.
        """
        return cls(psnr(image, truth), ssim_wang_rgb(image, truth))


class Scored(NamedTuple):
    """A photograph with the scores of its input and its output."""

    name: str
    input: Score
    output: Score


def find_truths(tasks: Sequence[Task], place: Path) -> dict[Task, Path]:
    """Find the sharp image of each photograph.

    Args:
        tasks: Photographs, and videos, which have none.
        place: The sharp image of a single photograph; or a folder where each
            has the photograph's name, below it as the photograph is below
            its own; the suffix may be another.

    Raises:
        FileExistsError: If one would be replaced by a result.
        FileNotFoundError: If there is none.
        ValueError: If there are several.
    """
    photos = [task for task in tasks if not task.is_video]
    if place.is_dir():
        truths = {task: _beside(task, place) for task in photos}
    elif not place.is_file():
        raise FileNotFoundError(
            f"the truth '{place}' does not exist; name a sharp image, or a "
            'folder of them'
        )
    elif len(photos) == 1:
        truths = {photos[0]: place}
    else:
        raise ValueError(
            f"the truth '{place}' is one image, and there are {len(photos)} "
            'photographs; name a folder of images with their names'
        )
    written = {task.target.resolve() for task in tasks if task.target}
    for truth in truths.values():
        if truth.resolve() in written:
            raise FileExistsError(
                f"'{truth}' is a truth, which is never replaced; name "
                'another folder to write to'
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
            f"'{task.name}' may have the truth '{others[0]}' or "
            f"'{others[1]}'; remove one"
        )
    raise FileNotFoundError(
        f"'{task.name}' has no truth '{exact}', nor one with another suffix"
    )


def read_truth(path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Read a sharp image.

    Args:
        path: The file.
        name: Name of the photograph, for messages.
        shape: Required shape.

    Returns:
        RGB, (H, W, 3), uint8.

    Raises:
        ValueError: If it cannot be read, or has another size.
    """
    truth = read_photo(path).rgb()
    if truth.shape != shape:
        height, width = shape[:2]
        raise ValueError(
            f"'{name}' has {width}x{height} pixels, its truth '{path}' "
            f'{truth.shape[1]}x{truth.shape[0]}; they must have one size'
        )
    return truth


def score_table(scores: Sequence[Scored]) -> str:
    """Return the scores as lines of text, the input first, the mean last."""
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
            'The output is farther from the truth than the input: nothing '
            'was deblurred.'
        )
    return '\n'.join(lines)
