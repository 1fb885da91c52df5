"""Pictures of camera paths and blur kernels."""

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...utils.largest_part import largest_part
from ..camera_shake import path_kernel

__all__ = ['busiest_place', 'draw_shake']

PANEL = 384  # pixels
DETAIL = 288
SIDE = 256
GAP = 14
CAPTION = 26
DPI = 100
FRAME = '#FFD400'
SIGMA = 3.0  # finer gradients do not survive blur


def busiest_place(
    image: np.ndarray, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Find the most detailed part of an image.

    Args:
        image: RGB image, (H, W, 3), uint8.
        size: Height and width of the part, limited to those of the image.

    Returns:
        Top, left, height and width of the part with the largest energy of
        coarse gradients, which blur preserves.
    """
    height, width = (
        min(a, b) for a, b in zip(size, image.shape[:2], strict=True)
    )
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    coarse = cv2.GaussianBlur(gray, (0, 0), SIGMA)
    x = cv2.Sobel(coarse, cv2.CV_32F, 1, 0)
    y = cv2.Sobel(coarse, cv2.CV_32F, 0, 1)
    top, left = largest_part(x * x + y * y, height, width)
    return top, left, height, width


def draw_shake(
    sharp: np.ndarray, blurred: np.ndarray, path: np.ndarray
) -> np.ndarray:
    """Draw a sharp and a blurred image with the path and its kernel.

    Large images are scaled down, with a part in original size below.

    Args:
        sharp: RGB image, (H, W, 3), uint8.
        blurred: Blurred image of the same size.
        path: Path of the camera, see
            :func:`~mmasgan.layers.camera_path.camera_path`.

    Returns:
        RGB picture, (h, w, 3), uint8.
    """
    height, width = sharp.shape[:2]
    scale = min(1, PANEL / max(height, width))
    whole = round(scale * height), round(scale * width)
    place = busiest_place(sharp, (DETAIL, PANEL))
    has_detail = scale < 1
    column = max(whole[1], place[3] if has_detail else 0)
    tall = CAPTION + whole[0] + GAP + has_detail * (place[2] + GAP)
    wide = 2 * (column + GAP) + GAP
    is_stacked = tall >= 2 * (CAPTION + SIDE) - GAP
    total = (
        max(tall, CAPTION + SIDE + GAP),
        wide + (2 - is_stacked) * (SIDE + GAP),
    )
    figure = Figure((total[1] / DPI, total[0] / DPI), dpi=DPI)
    for number, (name, image) in enumerate(
        (('sharp', sharp), ('blurred', blurred))
    ):
        x = GAP + number * (column + GAP)
        _caption(figure, name, (x + column / 2, 0))
        small = cv2.resize(image, whole[::-1], interpolation=cv2.INTER_AREA)
        axes = _panel(figure, (x + (column - whole[1]) / 2, CAPTION), small)
        if has_detail:
            top, left, high, broad = place
            axes.add_patch(_frame(place, scale))
            detail = image[top : top + high, left : left + broad]
            x += (column - broad) / 2
            _panel(figure, (x, CAPTION + whole[0] + GAP), detail)
    _draw_path(figure, wide, path)
    if is_stacked:
        _draw_kernel(figure, (wide, total[0] - CAPTION - SIDE + GAP), path)
    else:
        _draw_kernel(figure, (wide + SIDE + GAP, 0), path)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _frame(place: tuple[int, int, int, int], scale: float) -> Rectangle:
    top, left, height, width = (scale * side for side in place)
    return Rectangle((left, top), width, height, fill=False, ec=FRAME, lw=1.6)


def _caption(figure: Figure, text: str, place: tuple[float, float]) -> None:
    width, height = figure.get_size_inches() * DPI
    x, y = place
    figure.text(
        x / width,
        1 - (y + CAPTION / 2) / height,
        text,
        ha='center',
        va='center',
        fontsize=10,
    )


def _axes(
    figure: Figure, corner: tuple[float, float], size: tuple[float, float]
) -> Axes:
    """Add axes at a position in pixels from the top left."""
    width, height = figure.get_size_inches() * DPI
    x, y = corner
    high, broad = size
    return figure.add_axes(
        (x / width, 1 - (y + high) / height, broad / width, high / height)
    )


def _panel(
    figure: Figure, corner: tuple[float, float], pixels: np.ndarray
) -> Axes:
    height, width = pixels.shape[:2]
    axes = _axes(figure, corner, (height, width))
    axes.imshow(pixels, interpolation='none', extent=(0, width, height, 0))
    axes.axis('off')
    return axes


def _draw_path(figure: Figure, x: float, path: np.ndarray) -> None:
    shift = path[:, :2]
    length = np.linalg.norm(np.diff(shift, axis=0), axis=1).sum()
    text = f'camera path: {length:.1f} px in {len(path)} frames'
    _caption(figure, text, (x + SIDE / 2, 0))
    axes = _axes(figure, (x + 26, CAPTION), (SIDE - 30, SIDE - 30))
    axes.plot(*shift.T, color='0.7', lw=1.2, zorder=1)
    time = np.linspace(0, 1, len(path))
    axes.scatter(
        shift[:, 0], shift[:, 1], c=time, cmap='viridis', s=22, zorder=2
    )
    middle = (shift.max(0) + shift.min(0)) / 2
    reach = 0.76 * max(np.ptp(shift, axis=0).max(), 4)
    axes.set(
        xlim=(middle[0] - reach, middle[0] + reach),
        ylim=(middle[1] + reach, middle[1] - reach),
        aspect='equal',
    )
    away = shift[0] - shift[min(1, len(shift) - 1)]
    away = away / (np.linalg.norm(away) or 1)
    axes.annotate(
        'start',
        shift[0],
        (16 * away[0], -12 * away[1]),
        textcoords='offset points',
        ha='center',
        va='center',
        fontsize=9,
    )
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.3)


def _draw_kernel(
    figure: Figure, corner: tuple[float, float], path: np.ndarray
) -> None:
    x, y = corner
    reach = int(np.ceil(np.abs(path[:, :2]).max())) + 2
    kernel = path_kernel(path, 2 * reach + 1)
    text = f'blur kernel, {2 * reach + 1}x{2 * reach + 1} pixels'
    _caption(figure, text, (x + SIDE / 2, y))
    axes = _axes(figure, (x + 26, y + CAPTION), (SIDE - 30, SIDE - 30))
    axes.imshow(kernel, cmap='gray', interpolation='none')
    axes.set(xticks=(), yticks=())
