"""Base class of all sources of semantic maps."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import cv2
import numpy as np

from .groups import class_table

__all__ = ['Classes', 'Prior']

Classes = str | PathLike[str] | Mapping[str, str]
TOLERANCE = 1e-3
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Prior(ABC):
    """A source of semantic maps.

    To add a source, register a subclass with a method ``segment``::

        @PRIORS.register_module()
        class MyPrior(Prior):
            def segment(self, image, name):
                return probabilities  # (C, h, w)

    Args:
        classes: Class table, see
            :func:`~mmasgan.semantic.groups.class_table`.

    Shape:
        RGB image (H, W, 3), uint8, to (K, h, w), float32, in [0, 1], with
        sum 1 at each pixel; h and w depend on the source.

    Raises:
        ValueError: If ``classes`` is not a table, or the output of the source
            are not probabilities of these classes.
    """

    def __init__(self, classes: Classes) -> None:
        self.table = class_table(classes)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the K groups, in the order of the channels."""
        return self.table.groups

    @abstractmethod
    def segment(self, image: np.ndarray, name: str) -> np.ndarray:
        """Compute the probability of each class of the source.

        Args:
            image: RGB image, (H, W, 3), uint8.
            name: Path of the image relative to the data.

        Returns:
            Class probabilities, (C, h, w), with sum 1 at each pixel.
        """

    def config(self) -> dict[str, Any]:
        """Return the settings on which the maps depend, for JSON."""
        return {}

    def weights_hash(self) -> str:
        """Return a digest of the weights, or '' without weights."""
        return ''

    def __call__(self, image: np.ndarray, name: str = '') -> np.ndarray:
        """Compute the map of an image.

        Args:
            image: RGB image, (H, W, 3), uint8.
            name: Path of the image relative to the data.

        Returns:
            Group probabilities, (K, h, w), float32.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(
                'image must be RGB, (H, W, 3), uint8, got '
                f'{image.shape}, {image.dtype}'
            )
        maps = self.table.group(self.segment(image, name))
        sums = maps.sum(0)
        # NaN also fails this comparison.
        if not (maps.min() >= 0 and abs(sums - 1).max() < TOLERANCE):
            raise ValueError(
                f'the output of {type(self).__name__} for '
                f"'{name}' is not a probability map: values from "
                f'{maps.min():.3g} to {maps.max():.3g}, sums from '
                f'{sums.min():.3g} to {sums.max():.3g}'
            )
        return maps / sums


def normalized(
    image: np.ndarray,
    mean: Sequence[float],
    std: Sequence[float],
    size: tuple[int, int] | None,
) -> np.ndarray:
    """Prepare an image for a network.

    Args:
        image: RGB image, (H, W, 3), uint8.
        mean: Mean of each channel, for values in [0, 1].
        std: Standard deviation of each channel.
        size: Height and width to resize to. None keeps the size.

    Returns:
        Normalised image, (1, 3, H, W), float32.
    """
    if size is not None and image.shape[:2] != tuple(size):
        shrinks = image.shape[0] * image.shape[1] > size[0] * size[1]
        image = np.asarray(
            cv2.resize(
                image,
                (size[1], size[0]),
                interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
            )
        )
    scaled = (image / 255 - np.asarray(mean)) / np.asarray(std)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the softmax over the first axis, float32."""
    logits = logits.astype(np.float32)
    powers = np.exp(logits - logits.max(0))
    return powers / powers.sum(0)


def checked_size(size: Sequence[int] | None) -> tuple[int, int] | None:
    """Return a size as (height, width) or None; raise ValueError if wrong."""
    if size is None:
        return None
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f'size must be (height, width), got {size!r}')
    return int(size[0]), int(size[1])
