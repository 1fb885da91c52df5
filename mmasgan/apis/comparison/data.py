"""The data of a comparison: checked before anything is trained on them."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.registry import DATASETS
from PIL import Image

from ...datasets import prepare_sample_dataset
from .rows import ComparisonError

__all__ = ['ComparisonData', 'inspect_data', 'locate_data']

SAMPLE = 'data/sample'
KEYS = ('img_blur_path', 'img_sharp_path')
GOPRO_PAIRS, GOPRO_SIZE = 1111, (1280, 720)


@dataclass(frozen=True)
class ComparisonData:
    """What rows are trained and tested on.

    Attributes:
        name: ``sample``, or the folder's name.
        pairs: Number of test pairs.
        size: Width and height of them all.
        train_files: Number of training images, blurred and sharp.
        train: Fingerprint of the training images.
        test: Fingerprint of the test pairs.
    """

    name: str
    pairs: int
    size: tuple[int, int]
    train_files: int
    train: str
    test: str

    @property
    def is_gopro_test(self) -> bool:
        """Whether number and size are those of GoPro's whole test set."""
        return self.pairs == GOPRO_PAIRS and self.size == GOPRO_SIZE


def locate_data(data: str) -> tuple[str, str]:
    """Return name and folder of the data, and make the sample.

    Args:
        data: ``sample``, or a folder in GoPro's layout.
    """
    if data == 'sample':
        return data, str(prepare_sample_dataset(SAMPLE))
    return Path(data).resolve().name, data


def inspect_data(name: str, root: str, test_set: dict) -> ComparisonData:
    """Look at the data without decoding a picture.

    A fingerprint is a hash of the names and sizes in bytes of the files.

    Args:
        name: Of the data.
        root: Their folder.
        test_set: Config of the test data set.

    Raises:
        ComparisonError: If test images have several sizes.
        FileNotFoundError: If there are none.
        ValueError: If an image has no partner; the message names its file.
    """
    dataset: Any = DATASETS.build({**test_set, 'pipeline': []})
    dataset.full_init()
    files = [
        dataset.get_data_info(index)[key]
        for index in range(len(dataset))
        for key in KEYS
    ]
    train = [
        str(path)
        for path in sorted(Path(root, 'train').rglob('*'))
        if path.suffix.lower() in Image.registered_extensions()
    ]
    return ComparisonData(
        name=name,
        pairs=len(dataset),
        size=_common_size(files),
        train_files=len(train),
        train=_fingerprint(root, train),
        test=_fingerprint(root, files),
    )


def _common_size(files: Iterable[str]) -> tuple[int, int]:
    first: tuple[str, tuple[int, int]] | None = None
    for file in files:
        with Image.open(file) as image:
            size = image.size
        if first is None:
            first = file, size
        elif size != first[1]:
            raise ComparisonError(
                'test images must have one size, since means and seconds per '
                f"image are of one size: '{first[0]}' has "
                f"{first[1][0]}x{first[1][1]}, '{file}' has "
                f'{size[0]}x{size[1]}'
            )
    if first is None:
        raise ComparisonError('there is no test pair')
    return first[1]


def _fingerprint(root: str, files: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for file in files:
        name = Path(os.path.relpath(file, root)).as_posix()
        digest.update(f'{name} {os.path.getsize(file)}\n'.encode())
    return digest.hexdigest()[:16]
