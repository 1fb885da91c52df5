"""Motion blur made the way GoPro's was: the mean of the frames of a shot."""

import cv2
import numpy as np

__all__ = [
    'blur_along',
    'path_kernel',
    'path_margin',
    'shoot',
]

GAMMA = 2.2  # GoPro's own approximation of the camera's response
FOCAL_LENGTH = 1000.0  # pixels; about GoPro's, of frames 1280 pixels wide


def shoot(
    photo: np.ndarray, path: np.ndarray, corner: tuple[int, int], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Take a blurred picture of a photograph, and its sharp truth.

    The frames are averaged in linear light. The truth is the middle frame,
    as in GoPro. Frames are resampled with sub-pixel accuracy.

    Args:
        photo: Photograph of shape (H, W, 3), uint8.
        path: Path of the camera, see :func:`.camera_path`.
        corner: Top and left of the picture in the middle frame, in pixels.
        size: Side of the picture, in pixels.

    Returns:
        Blurred and sharp picture of shape (size, size, 3), uint8.

    Raises:
        ValueError: If the camera would look beyond the photograph.
    """
    top, left = corner
    reach = path_reach(path, size)
    height, width = photo.shape[:2]
    if not (
        reach <= top <= height - size - reach
        and reach <= left <= width - size - reach
    ):
        raise ValueError(
            f'a picture of {size}x{size} pixels at {corner} with a path that '
            f'reaches {reach} pixels leaves a photograph of {width}x{height}'
        )
    linear = (photo.astype(np.float32) / 255) ** GAMMA
    total = np.zeros((size, size, 3), np.float64)
    for number, frame in enumerate(path):
        warped = cv2.warpAffine(
            linear,
            _window(frame, corner, size),
            (size, size),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        )
        total += warped
        if number == len(path) // 2:
            sharp = warped
    return _to_pixels(total / len(path)), _to_pixels(sharp)


def blur_along(
    image: np.ndarray,
    path: np.ndarray,
    gamma: float = 1.0,
    mask: np.ndarray | None = None,
    object_path: np.ndarray | None = None,
) -> np.ndarray:
    """Blur an image as a camera that takes a path sees it, fast.

    Each frame is the image under the homography of a camera that turned
    (which is what moves a picture of distant things) and zoomed. Unlike
    :func:`shoot` it works on a crop, extends it by reflection where the
    camera looks beyond, and interpolates linearly.

    Args:
        image: (H, W, 3), uint8.
        path: Path of the camera, see :func:`.camera_path`; one frame each.
        gamma: Frames are averaged after ``x ** gamma``: 1 gives GoPro's
            ``blur``, 2.2 linear light (its ``blur_gamma``).
        mask: (H, W), in [0, 1]: where there is an object that moves on its
            own, or None.
        object_path: Path of that object, added to the camera's; of the same
            length.

    Returns:
        Blurred image, (H, W, 3), uint8.

    Raises:
        ValueError: If only one of ``mask`` and ``object_path`` is given, or
            their sizes do not fit.
    """
    if (mask is None) != (object_path is None):
        raise ValueError('mask and object_path belong together; give both')
    encode = (np.arange(256, dtype=np.float32) / 255) ** gamma
    light = encode[image]
    if mask is not None and object_path is not None:
        if mask.shape != image.shape[:2] or len(path) != len(object_path):
            raise ValueError(
                f'mask {mask.shape} and object_path ({len(object_path)} '
                f'frames) do not fit image {image.shape} and path '
                f'({len(path)} frames)'
            )
        mask = mask.astype(np.float32)
        object_path = path + object_path
    total = np.zeros_like(light)
    for number, frame in enumerate(path):
        seen = _view(light, frame)
        if mask is not None and object_path is not None:
            moved = object_path[number]
            alpha = _view(mask, moved)
            seen = cv2.blendLinear(_view(light, moved), seen, alpha, 1 - alpha)
        cv2.accumulate(seen, total)
    total *= 1 / len(path)
    if gamma != 1:
        cv2.pow(total, 1 / gamma, total)
    return np.rint(total * 255).astype(np.uint8)


def path_kernel(path: np.ndarray, size: int) -> np.ndarray:
    """Draw a path as the blur kernel of the image centre.

    Args:
        path: Path of the camera, see :func:`.camera_path`.
        size: Side of the kernel, in pixels, odd.

    Returns:
        (size, size), float64, sum 1. What lies beyond the side is left out.
    """
    centre = (size - 1) / 2
    kernel = np.zeros((size + 2, size + 2))
    for x, y in centre - path[:, :2]:  # the picture moves against the camera
        if not (-1 < x < size and -1 < y < size):
            continue
        column, row = int(np.floor(x)), int(np.floor(y))
        right, down = x - column, y - row
        kernel[row + 1 : row + 3, column + 1 : column + 3] += np.outer(
            [1 - down, down], [1 - right, right]
        )
    kernel = kernel[1:-1, 1:-1]
    return kernel / kernel.sum()


def path_reach(path: np.ndarray, size: int) -> int:
    """Return how far a path takes a picture beyond its middle frame.

    Args:
        path: Path of the camera, see :func:`.camera_path`.
        size: Side of the picture, in pixels.

    Returns:
        Pixels, including those that the interpolation needs.
    """
    half = size / np.sqrt(2)
    turned = half * np.deg2rad(np.abs(path[:, 2])) + half * np.abs(path[:, 3])
    reach = np.abs(path[:, :2]).max(axis=1) + turned
    return int(np.ceil(reach.max())) + 2


def path_margin(path: np.ndarray, height: int, width: int) -> int:
    """Return how wide the border is that :func:`blur_along` reflects.

    Args:
        path: Path of the camera, see :func:`.camera_path`.
        height: Height of the image, in pixels.
        width: Same.

    Returns:
        Pixels to cut off on each side, so that nothing reflected is left.

    Raises:
        ValueError: If nothing would be left.
    """
    views = [_homography(frame, width, height) for frame in path]
    last = np.array([width - 1, height - 1])
    margin = 0
    while 2 * margin < min(height, width):
        corners = np.array(
            [
                (x, y, 1)
                for x in (margin, width - 1 - margin)
                for y in (margin, height - 1 - margin)
            ]
        )
        # What lies between corners stays between them in each view.
        seen = [corners @ view.T for view in views]
        points = np.concatenate([p[:, :2] / p[:, 2:] for p in seen])
        beyond = np.maximum(-points, points - last).max()
        if beyond <= 1e-6:
            return margin
        margin += max(1, int(beyond))
    raise ValueError(
        f'a path that reaches {np.abs(path[:, :2]).max():.0f} pixels leaves '
        f'nothing of an image of {width}x{height}'
    )


def _window(
    frame: np.ndarray, corner: tuple[int, int], size: int
) -> np.ndarray:
    x, y, angle, zoom = frame
    radians, scale = np.deg2rad(angle), 1 + zoom
    cos, sin = scale * np.cos(radians), scale * np.sin(radians)
    centre = (size - 1) / 2
    # Picture to photograph: turn about the picture's centre, then shift.
    return np.array(
        [
            [cos, -sin, corner[1] + centre + x - centre * (cos - sin)],
            [sin, cos, corner[0] + centre + y - centre * (sin + cos)],
        ]
    )


def _view(image: np.ndarray, frame: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    return cv2.warpPerspective(
        image,
        _homography(frame, width, height),
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def _homography(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return K R K^-1 of a camera that turned, times its zoom."""
    x, y, angle, zoom = frame
    yaw, pitch = np.arctan2([x, y], FOCAL_LENGTH)
    rotation, _ = cv2.Rodrigues(np.array([-pitch, yaw, np.deg2rad(angle)]))
    camera = np.array(
        [
            [FOCAL_LENGTH, 0, (width - 1) / 2],
            [0, FOCAL_LENGTH, (height - 1) / 2],
            [0, 0, 1],
        ]
    )
    lens = np.diag([1 + zoom, 1 + zoom, 1])
    return camera @ rotation @ lens @ np.linalg.inv(camera)


def _to_pixels(linear: np.ndarray) -> np.ndarray:
    # Cubic interpolation overshoots at edges.
    encoded = np.clip(linear, 0, 1) ** (1 / GAMMA)
    return np.rint(encoded * 255).astype(np.uint8)
