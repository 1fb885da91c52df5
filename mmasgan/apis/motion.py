"""Read the motion of a blurred photograph, and draw it."""

import os

import numpy as np
import torch
from PIL import Image, ImageDraw

from ..layers import MotionNetwork
from ..layers.reblur import path_at
from .pretrained import read_trained

__all__ = [
    'MOTION_WEIGHTS',
    'draw_motion',
    'load_motion_network',
    'read_motion',
]

MOTION_WEIGHTS = 'motion_small_gopro'
TIMES = np.linspace(-1, 1, 15)
COLOUR = (255, 214, 10)
SHADOW = (0, 0, 0)


def load_motion_network(
    weights: str | os.PathLike[str] | None = None,
) -> MotionNetwork:
    """Load a network that reads motion; no file runs code.

    Args:
        weights: A safetensors file, a checkpoint of a ``MotionEstimator``, or
            the name of a published network. None takes the library's own.

    Raises:
        OSError: If there is no such file.
        ValueError: If it holds something else.
    """
    trained = read_trained(weights or MOTION_WEIGHTS)
    network = trained.build()
    if not isinstance(network, MotionNetwork):
        raise ValueError(
            f"'{trained.source}' holds a {type(network).__name__}, not a "
            'network that reads motion'
        )
    return network


@torch.inference_mode()
def read_motion(network: MotionNetwork, image: np.ndarray) -> np.ndarray:
    """Read how each place of a photograph moved during the exposure.

    Args:
        network: Network of :func:`load_motion_network`.
        image: RGB, (H, W, 3), uint8.

    Returns:
        Displacement and change (d_x, d_y, c_x, c_y), (H/4, W/4, 4), float32,
        in pixels, see :mod:`mmasgan.layers.reblur`. Of a path and its
        reverse, which one is not determined.
    """
    x = torch.from_numpy(np.ascontiguousarray(image)).float() / 127.5 - 1
    field = network(x.permute(2, 0, 1)[None])
    return field[0].permute(1, 2, 0).numpy()


def draw_motion(
    image: np.ndarray, field: np.ndarray, spacing: int = 32
) -> np.ndarray:
    """Draw the paths of a field over a photograph.

    Each line is the path that its middle took while the shutter was open, in
    its true length; a dot stands where nothing moved.

    Args:
        image: RGB, (H, W, 3), uint8.
        field: Motion field of :func:`read_motion`.
        spacing: Pixels between two paths.

    Returns:
        RGB, (H, W, 3), uint8.
    """
    height, width = image.shape[:2]
    picture = Image.fromarray(image).convert('RGB')
    pen = ImageDraw.Draw(picture)
    line = max(1, spacing // 16)
    for y in range(spacing // 2, height, spacing):
        for x in range(spacing // 2, width, spacing):
            row = min(y * field.shape[0] // height, field.shape[0] - 1)
            column = min(x * field.shape[1] // width, field.shape[1] - 1)
            motion = field[row, column].astype(float)
            offsets = path_at(TIMES[:, None], motion[:2], motion[2:])
            points = [(x + dx, y + dy) for dx, dy in offsets]
            pen.line(points, SHADOW, line + 2, 'curve')
            pen.line(points, COLOUR, line, 'curve')
            dot = [x - line, y - line, x + line, y + line]
            pen.ellipse(dot, COLOUR, SHADOW)
    return np.asarray(picture)
