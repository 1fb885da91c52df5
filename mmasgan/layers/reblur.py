r"""Differentiable motion blur of sharp images, along a path at each pixel.

A path is a quadratic function of the time t, from -1 to 1 in an exposure:

.. math:: p(t) = t \, d + t^2 c

with the displacement d, half of the length of the path, and its change c, a
turn or an acceleration. A motion field contains (d_x, d_y, c_x, c_y) at each
pixel, in pixels of the image. A path and its reverse, (-d, c), cause the same
blur, so fields are interpolated and compared in a canonical form.

Source: the blur is the mean of the frames of an exposure, as in GoPro (Nah et
al., CVPR 2017, Eq. (1)); quadratic paths are those of Zhang et al., Exposure
Trajectory Recovery From Motion Blur, TPAMI 2021. Differs from them in: the
sharp image is the middle of the exposure.
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

EPSILON = 1e-12  # squared pixels; keeps the gradient finite without motion
BLACK = 1e-8  # in [0, 1]; a root has no gradient at 0


@MODELS.register_module()
class MotionReblur(nn.Module):
    """Module of :func:`reblur_along_field`, without weights.

    Config: ``dict(type='mmasgan.MotionReblur', taps=15)``

    Args:
        taps: Number of times T of the exposure that are averaged, odd.
        gamma: Exponent of the camera response.
        margin: Pixels to cut off on each side.

    Shape:
        Images (N, C, H, W) and a field (N, 4, h, w) to
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
        """Blur images; see :func:`reblur_along_field`."""
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

    with T times evenly spaced in [-1, 1], both ends included. A field of
    zeros returns the image.

    Source: Nah et al., CVPR 2017, Eq. (1), with paths in place of frames.

    Args:
        sharp: Images, (N, C, H, W); in [0, 1] if ``gamma`` is not 1.
        field: Motion field (d_x, d_y, c_x, c_y), (N, 4, h, w), in pixels of
            the image; it may be smaller than the image.
        taps: Number of times T of the exposure that are averaged, odd.
        gamma: Exponent of the camera response, a number or (N,): 1 gives
            GoPro's ``blur``, 2.2 an average in linear light.
        margin: Pixels to cut off on each side. Beyond the image, its edge is
            repeated; a margin of half the longest path removes all pixels
            that this affects.

    Returns:
        Images, (N, C, H - 2 margin, W - 2 margin).

    Raises:
        ValueError: If the shapes do not match or ``taps`` is not odd.
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
    """Return the position p(t) of a path, for tensors or arrays."""
    return t * displacement + t * t * change


def reblur_along_offsets(
    sharp: Tensor,
    offsets: Tensor,
    gamma: float | Tensor = 1.0,
    margin: int = 0,
) -> Tensor:
    r"""Blur images along paths of any form, given by their positions.

    .. math:: y(x) = \Big(\frac{1}{T} \sum_{k=1}^{T}
        s(x + o_k(x))^\gamma\Big)^{1/\gamma}

    Args:
        sharp: Images, (N, C, H, W); in [0, 1] if ``gamma`` is not 1.
        offsets: Positions (x, y) relative to the pixel at T times,
            (N, T, 2, h, w), in pixels of the image. They are interpolated to
            the size of the image.
        gamma: Exponent of the camera response, a number or (N,).
        margin: Pixels to cut off on each side.

    Returns:
        Images, (N, C, H - 2 margin, W - 2 margin).

    Raises:
        ValueError: If the shapes do not match.
    """
    taps = offsets.shape[1] if offsets.ndim == 5 else 0
    _check(sharp, offsets, (taps, 2), margin)
    resized = (
        _cut(_interpolated(one, sharp.shape[-2:]), margin)
        for one in offsets.unbind(1)
    )
    return _mean_along(sharp, resized, taps, gamma, margin)


def field_of_offsets(offsets: Tensor) -> Tensor:
    r"""Fit a quadratic path to each sequence of positions, by least squares.

    .. math:: d = \frac{\sum t\,p(t)}{\sum t^2}, \quad
        c = \frac{\sum t^2 p(t)}{\sum t^4}

    Args:
        offsets: Positions at T evenly spaced times, (N, T, 2, h, w), zero in
            the middle; T is at least 3.

    Returns:
        Motion field, (N, 4, h, w).

    Raises:
        ValueError: If T is less than 3.
    """
    taps = offsets.shape[1]
    if taps < 3:
        raise ValueError(f'offsets must have at least 3 times, got {taps}')
    t = torch.linspace(-1, 1, taps, dtype=offsets.dtype, device=offsets.device)
    squares = t * t
    parts = [
        torch.einsum('t,ntchw->nchw', basis, offsets) / (basis * basis).sum()
        for basis in (t, squares)
    ]
    return torch.cat(parts, dim=1)


def canonical_field(field: Tensor) -> Tensor:
    r"""Return the canonical form of a field, equal for reversed paths.

    .. math:: (|d| \cos 2\theta, |d| \sin 2\theta, c_x, c_y)

    with :math:`\theta` the direction of d.

    Args:
        field: Motion field, (N, 4, h, w).

    Returns:
        Canonical field, (N, 4, h, w), continuous where d changes its sign.
    """
    dx, dy, change = _parts(field)
    length = (dx * dx + dy * dy + EPSILON).sqrt()
    doubled = [(dx * dx - dy * dy) / length, 2 * dx * dy / length]
    return torch.cat([*doubled, change], dim=1)


def field_of_canonical(canonical: Tensor) -> Tensor:
    """Return a field with the given canonical form.

    Inverse of :func:`canonical_field`, up to the sign of d.

    Args:
        canonical: Canonical field, (N, 4, h, w).

    Returns:
        Motion field, (N, 4, h, w); each path may be reversed.
    """
    u, v, change = _parts(canonical)
    length = (u * u + v * v + EPSILON).sqrt()
    # Of two parallel vectors, take the one that is not close to zero.
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
    if kind in (torch.bfloat16, torch.float16):  # too coarse
        sharp = sharp.float()
    exponent = torch.as_tensor(gamma, dtype=sharp.dtype, device=sharp.device)
    if exponent.ndim and exponent.shape != (len(sharp),):
        raise ValueError(
            f'gamma must be a number or ({len(sharp)},), one value per image, '
            f'got {tuple(exponent.shape)}'
        )
    linear = bool((exponent == 1).all())
    exponent = exponent.reshape(-1, 1, 1, 1)
    light = sharp if linear else sharp.clamp(min=0) ** exponent
    # grid_sample is twice as fast on channels-last images.
    light = light.contiguous(memory_format=torch.channels_last)
    height, width = sharp.shape[-2:]
    ys = torch.arange(margin, height - margin, device=sharp.device)
    xs = torch.arange(margin, width - margin, device=sharp.device)
    here = torch.stack(torch.meshgrid(xs, ys, indexing='xy'), dim=-1).to(sharp)
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
            f'margin must be less than half of the image size '
            f'{tuple(sharp.shape[-2:])}, got {margin}'
        )
