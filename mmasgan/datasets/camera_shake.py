"""Motion blur as the mean of frames along a camera path, as in GoPro."""

import cv2
import numpy as np

__all__ = [
    'blur_along',
    'path_kernel',
    'path_margin',
    'shoot',
]

GAMMA = 2.2  # GoPro's approximation of the camera response
FOCAL_LENGTH = 1000.0  # pixels; about GoPro's at 1280 pixels width


def shoot(
    photo: np.ndarray, path: np.ndarray, corner: tuple[int, int], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Crop a blurred picture and its ground truth from a photograph.

    The frames are averaged in linear light. The ground truth is the middle
    frame, as in GoPro. Frames are resampled with sub-pixel accuracy.

    Args:
        photo: Photograph of shape (H, W, 3), uint8.
        path: Path of the camera, see :func:`.camera_path`.
        corner: Position (top, left) of the picture in the middle frame.
        size: Side of the picture, in pixels.

    Returns:
        Blurred and sharp picture, each (size, size, 3), uint8.

    Raises:
        ValueError: If the path leaves the photograph.
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
    """Blur an image along a camera path.

    Each frame is the image under the homography of a rotating and zooming
    camera. This is faster than :func:`shoot`: it works on a crop, extends it
    by reflection, and interpolates linearly.

    Args:
        image: Sharp image, (H, W, 3), uint8.
        path: Path of the camera, (T, 4), see :func:`.camera_path`.
        gamma: Exponent of the camera response: 1 gives GoPro's ``blur``, 2.2
            an average in linear light (GoPro's ``blur_gamma``).
        mask: Mask of a moving object, (H, W), in [0, 1], or None.
        object_path: Path of the object relative to the camera, (T, 4).

    Returns:
        Blurred image, (H, W, 3), uint8.

    Raises:
        ValueError: If only one of ``mask`` and ``object_path`` is given, or
            their sizes do not match.
    """
    if (mask is None) != (object_path is None):
        raise ValueError('mask and object_path need each other; give both')
    encode = (np.arange(256, dtype=np.float32) / 255) ** gamma
    light = encode[image]
    if mask is not None and object_path is not None:
        if mask.shape != image.shape[:2] or len(path) != len(object_path):
            raise ValueError(
                f'mask {mask.shape} and object_path ({len(object_path)} '
                f'frames) do not match image {image.shape} and path '
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
        Kernel, (size, size), float64, with sum 1. Parts outside of it are cut
        off.
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
    """Return the largest shift of a picture along a path.

    Returns:
        Distance in pixels, including a margin for the interpolation.
    """
    half = size / np.sqrt(2)
    turned = half * np.deg2rad(np.abs(path[:, 2])) + half * np.abs(path[:, 3])
    reach = np.abs(path[:, :2]).max(axis=1) + turned
    return int(np.ceil(reach.max())) + 2


def path_margin(path: np.ndarray, height: int, width: int) -> int:
    """Return the width of the border that :func:`blur_along` reflects.

    Returns:
        Pixels to cut off on each side.

    Raises:
        ValueError: If the border covers the whole image.
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
        # A point between corners stays between them in each view.
        seen = [corners @ view.T for view in views]
        points = np.concatenate([p[:, :2] / p[:, 2:] for p in seen])
        beyond = np.maximum(-points, points - last).max()
        if beyond <= 1e-6:
            return margin
        margin += max(1, int(beyond))
    raise ValueError(
        f'a path that reaches {np.abs(path[:, :2]).max():.0f} pixels is too '
        f'long for an image of {width}x{height}'
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
    """Return the homography K R K^-1 of a rotated camera, with zoom."""
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
