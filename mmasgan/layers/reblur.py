r"""Differentiable motion blur of sharp images, along a path at each pixel.

A path is quadratic in the time of the exposure, from -1 to 1:

.. math:: p(t) = t \, d + t^2 c

where d is the displacement, half of the length that the exposure sees, and c
its change: a turn, or an acceleration. A field holds (d_x, d_y, c_x, c_y) at
each pixel, in pixels of the image. A path and its reverse, (-d, c), give the
same blur, so fields are interpolated and compared in a form that both share.

Source: the blur model is that of GoPro (Nah et al., CVPR 2017, Eq. (1)), the
mean of the frames that a shutter sees; the path of a quadratic is that of
Zhang et al., Exposure Trajectory Recovery From Motion Blur, TPAMI 2021.
Differs from them in: the middle of the exposure is the sharp image.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample, interpolate

from ..registry import MODELS

__all__ = [
    'MotionReblur',
    'canonical_field',
    'field_of_canonical',
    'field_of_offsets',
    'reblur_along_field',
    'reblur_along_offsets',
]

EPSILON = 1e-12  # squared pixels, keeps a gradient where nothing moves
BLACK = 1e-8  # of [0, 1]: a root has no gradient at 0


@MODELS.register_module()
class MotionReblur(nn.Module):
    """Blur images along a field of quadratic paths; it has no weights.

    Config: ``dict(type='mmasgan.MotionReblur', taps=15)``

    Args:
        taps: See :func:`reblur_along_field`, as the next two.
        gamma: Same.
        margin: Same.

    Shape:
        (N, C, H, W) and a field (N, 4, h, w) to
        (N, C, H - 2 margin, W - 2 margin).
    """

    def __init__(
        self, taps: int = 15, gamma: float = 1.0, margin: int = 0
    ) -> None:
        super().__init__()
        self.taps = taps
        self.gamma = gamma
        self.margin = margin

    def forward(self, sharp: Tensor, field: Tensor) -> Tensor:
        """Blur; see :func:`reblur_along_field`."""
        return reblur_along_field(
            sharp, field, self.taps, self.gamma, self.margin
        )


def reblur_along_field(
    sharp: Tensor,
    field: Tensor,
    taps: int = 15,
    gamma: float | Tensor = 1.0,
    margin: int = 0,
) -> Tensor:
    r"""Blur images along a field of quadratic paths.

    .. math:: R(s, m)(x) = \Big(\frac{1}{T} \sum_{k=1}^{T}
        s(x + p(t_k; m(x)))^\gamma\Big)^{1/\gamma}

    with T times t evenly spaced in [-1, 1], the ends included. A field of
    zeros returns the image.

    Args:
        sharp: Images, (N, C, H, W); in [0, 1] where gamma is not 1.
        field: Displacement and change (d_x, d_y, c_x, c_y), (N, 4, h, w), in
            pixels of the image; of any size, such as a quarter.
        taps: How many times T of the exposure are averaged, odd.
        gamma: Images are averaged after ``x ** gamma``: 1 gives GoPro's
            ``blur``, 2.2 linear light. A number or one for each image, (N,).
        margin: Pixels cut off on each side. What a path reads beyond the
            image is its edge; a margin of half of the longest path keeps
            such pixels out of the result.

    Returns:
        Images, (N, C, H - 2 margin, W - 2 margin).

    Raises:
        ValueError: If shapes do not fit or ``taps`` is not odd.
    """
    _check(sharp, field, (4,), margin)
    if taps < 1 or taps % 2 == 0:
        raise ValueError(f'taps must be odd and at least 1, got {taps}')
    field = _cut(_resized(field, sharp.shape[-2:]), margin)
    displacement, change = field.split(2, dim=1)
    times = torch.linspace(-1, 1, taps, dtype=torch.float64).tolist()
    if taps == 1:
        times = [0.0]
    offsets = (path_at(t, displacement, change) for t in times)
    return _mean_along(sharp, offsets, taps, gamma, margin)


def path_at(t: Any, displacement: Any, change: Any) -> Any:
    """Return where a path is at times t in [-1, 1], of tensors or arrays."""
    return t * displacement + t * t * change


def reblur_along_offsets(
    sharp: Tensor,
    offsets: Tensor,
    gamma: float | Tensor = 1.0,
    margin: int = 0,
) -> Tensor:
    """Blur images along paths of any form, given by their positions.

    Args:
        sharp: See :func:`reblur_along_field`.
        offsets: Positions (x, y) relative to the pixel at each of T times,
            (N, T, 2, h, w), in pixels of the image; of any size (h, w), and
            interpolated to that of the image.
        gamma: See :func:`reblur_along_field`.
        margin: See :func:`reblur_along_field`.

    Returns:
        Images, (N, C, H - 2 margin, W - 2 margin).

    Raises:
        ValueError: If shapes do not fit.
    """
    taps = offsets.shape[1] if offsets.ndim == 5 else 0
    _check(sharp, offsets, (taps, 2), margin)
    resized = (
        _cut(_interpolated(one, sharp.shape[-2:]), margin)
        for one in offsets.unbind(1)
    )
    return _mean_along(sharp, resized, taps, gamma, margin)


def field_of_offsets(offsets: Tensor) -> Tensor:
    r"""Fit a quadratic to each path, by least squares.

    .. math:: d = \frac{\sum t\,p(t)}{\sum t^2}, \quad
        c = \frac{\sum t^2 p(t)}{\sum t^4}

    Args:
        offsets: Positions at T evenly spaced times, (N, T, 2, h, w), 0 in
            the middle; T at least 3.

    Returns:
        Field, (N, 4, h, w).

    Raises:
        ValueError: If there are fewer times.
    """
    taps = offsets.shape[1]
    if taps < 3:
        raise ValueError(f'a quadratic needs 3 times at least, got {taps}')
    t = torch.linspace(-1, 1, taps, dtype=offsets.dtype, device=offsets.device)
    squares = t * t
    parts = [
        torch.einsum('t,ntchw->nchw', basis, offsets) / (basis * basis).sum()
        for basis in (t, squares)
    ]
    return torch.cat(parts, dim=1)


def canonical_field(field: Tensor) -> Tensor:
    r"""Return a field in the form that a path and its reverse share.

    .. math:: (|d| \cos 2\theta, |d| \sin 2\theta, c_x, c_y)

    where theta is the direction of d.

    Args:
        field: (N, 4, h, w).

    Returns:
        Same shape; continuous where the direction of time flips.
    """
    dx, dy, change = _parts(field)
    length = (dx * dx + dy * dy + EPSILON).sqrt()
    doubled = [(dx * dx - dy * dy) / length, 2 * dx * dy / length]
    return torch.cat([*doubled, change], dim=1)


def field_of_canonical(canonical: Tensor) -> Tensor:
    """Return a field that :func:`canonical_field` gives this form of.

    Args:
        canonical: (N, 4, h, w).

    Returns:
        Same shape. Of a path and its reverse, which one is not determined.
    """
    u, v, change = _parts(canonical)
    length = (u * u + v * v + EPSILON).sqrt()
    # Of two parallel vectors, the one that is not near zero.
    right = u > 0
    x = torch.where(right, length + u, v)
    y = torch.where(right, v, length - u)
    scale = (length / (2 * (length + u.abs()))).sqrt()
    return torch.cat([x * scale, y * scale, change], dim=1)


def _parts(field: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return field[:, :1], field[:, 1:2], field[:, 2:]


def _resized(field: Tensor, size: torch.Size) -> Tensor:
    if field.shape[-2:] == size:
        return field
    return field_of_canonical(_interpolated(canonical_field(field), size))


def _interpolated(x: Tensor, size: torch.Size) -> Tensor:
    if x.shape[-2:] == size:
        return x
    return interpolate(x, size, mode='bilinear', align_corners=False)


def _cut(x: Tensor, margin: int) -> Tensor:
    height, width = x.shape[-2:]
    return x[..., margin : height - margin, margin : width - margin]


def _mean_along(
    sharp: Tensor,
    offsets: Iterator[Tensor],
    taps: int,
    gamma: float | Tensor,
    margin: int,
) -> Tensor:
    kind = sharp.dtype
    if kind in (torch.bfloat16, torch.float16):  # too coarse for positions
        sharp = sharp.float()
    exponent = torch.as_tensor(gamma, dtype=sharp.dtype, device=sharp.device)
    if exponent.ndim and exponent.shape != (len(sharp),):
        raise ValueError(
            f'gamma must be a number or one for each of {len(sharp)} images, '
            f'got {tuple(exponent.shape)}'
        )
    linear = bool((exponent == 1).all())
    exponent = exponent.reshape(-1, 1, 1, 1)
    light = sharp if linear else sharp.clamp(min=0) ** exponent
    # Three channels of a pixel side by side are read in half the time.
    light = light.contiguous(memory_format=torch.channels_last)
    height, width = sharp.shape[-2:]
    ys, xs = (
        torch.arange(
            margin, side - margin, dtype=sharp.dtype, device=sharp.device
        )
        for side in (height, width)
    )
    here = torch.stack(torch.meshgrid(xs, ys, indexing='xy'), dim=-1)
    scale = here.new_tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    total = torch.zeros((), dtype=sharp.dtype, device=sharp.device)
    for offset in offsets:
        places = (here + offset.permute(0, 2, 3, 1)) * scale - 1
        total = total + grid_sample(
            light, places, padding_mode='border', align_corners=True
        )
    mean = total / taps
    if not linear:
        mean = mean.clamp(min=BLACK) ** (1 / exponent)
    return mean.to(kind)


def _check(
    sharp: Tensor, motion: Tensor, channels: tuple[int, ...], margin: int
) -> None:
    if sharp.ndim != 4:
        raise ValueError(
            f'sharp must be (N, C, H, W), got {tuple(sharp.shape)}'
        )
    if motion.shape[:-2] != (len(sharp), *channels) or 0 in channels:
        raise ValueError(
            f'motion must be (N, 4, h, w) or (N, T, 2, h, w) for '
            f'{len(sharp)} images, got {tuple(motion.shape)}'
        )
    if not 0 <= 2 * margin < min(sharp.shape[-2:]):
        raise ValueError(
            f'a margin of {margin} leaves nothing of images of '
            f'{tuple(sharp.shape[-2:])}'
        )
