"""Estimation and drawing of the motion in a photograph."""

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
    """Load a motion network, without running code of the file.

    Args:
        weights: Path of a safetensors file or a checkpoint of a
            ``MotionEstimator``, or name of a published network. None means
            the network in the package.

    Raises:
        OSError: If the file does not exist.
        ValueError: If it does not contain a motion network.
    """
    trained = read_trained(weights or MOTION_WEIGHTS)
    network = trained.build()
    if not isinstance(network, MotionNetwork):
        raise ValueError(
            f"'{trained.source}' contains a {type(network).__name__}, not a "
            'motion network'
        )
    return network


@torch.inference_mode()
def read_motion(network: MotionNetwork, image: np.ndarray) -> np.ndarray:
    """Estimate the motion of each part of a photograph.

    Args:
        network: Network of :func:`load_motion_network`.
        image: RGB image, (H, W, 3), uint8.

    Returns:
        Motion field (d_x, d_y, c_x, c_y), (H/4, W/4, 4), float32, in pixels,
        see :mod:`mmasgan.layers.reblur`. Each path may be reversed.
    """
    x = torch.from_numpy(np.ascontiguousarray(image)).float() / 127.5 - 1
    field = network(x.permute(2, 0, 1)[None])
    return field[0].permute(1, 2, 0).numpy()


def draw_motion(
    image: np.ndarray, field: np.ndarray, spacing: int = 32
) -> np.ndarray:
    """Draw the paths of a motion field over a photograph.

    Each line shows the path of its midpoint during the exposure, in true
    length. A dot means no motion.

    Args:
        image: RGB image, (H, W, 3), uint8.
        field: Motion field of :func:`read_motion`.
        spacing: Distance between two paths, in pixels.

    Returns:
        RGB picture, (H, W, 3), uint8.
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
