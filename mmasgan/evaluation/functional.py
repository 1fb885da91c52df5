r"""PSNR and the three SSIMs of the GoPro literature, as pure functions.

All take two images (H, W, 3), RGB, in [0, 255], of any real dtype, compute in
float64 and return a float. The data range is 255 for every dtype. All are
symmetric in the two images. ``docs/evaluation.md`` lists which papers use
which metric.

In the SSIMs, :math:`C_1 = (0.01 \cdot 255)^2`,
:math:`C_2 = (0.03 \cdot 255)^2`, and G is a Gaussian with sigma 1.5, truncated
to 11 samples and normalised to a sum of 1.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

__all__ = ['cw_ssim', 'psnr', 'ssim_matlab3d', 'ssim_wang_rgb']

Array = NDArray[np.float64]

DATA_RANGE = 255
C1 = (0.01 * DATA_RANGE) ** 2
C2 = (0.03 * DATA_RANGE) ** 2
RADIUS = 5
SIZE = 2 * RADIUS + 1
SIGMA = 1.5

WIDTHS = 30  # of the wavelets: 1 to 30 samples
K = 0.01
HALO = 5 * WIDTHS  # half the support of the widest wavelet
BLOCK = 4096  # samples per Fourier transform; fits into the cache
STEP = BLOCK - 2 * HALO


def psnr(pred: ArrayLike, gt: ArrayLike) -> float:
    r"""Peak signal-to-noise ratio, over all pixels and channels.

    .. math:: 10 \log_{10} \frac{255^2}{\mathbb{E} (x - y)^2}

    Source: the common definition. Differs from it in: nothing.

    Args:
        pred: Image to score, (H, W, 3), in [0, 255].
        gt: Ground truth, (H, W, 3), in [0, 255].

    Returns:
        PSNR in decibels; infinity for equal images.

    Raises:
        ValueError: If a shape is wrong or the shapes differ, or values are
            not in [0, 255].
    """
    x, y = _images(pred, gt)
    error = np.mean((x - y) ** 2)
    if error == 0:
        return math.inf
    return float(10 * np.log10(DATA_RANGE**2 / error))


def ssim_wang_rgb(pred: ArrayLike, gt: ArrayLike) -> float:
    r"""Mean over the channels of the SSIM, without padding.

    .. math::
        \mu_x = G * x, \quad \sigma_{xy} = G * (xy) - \mu_x \mu_y, \quad
        \text{SSIM} = \mathbb{E} \frac
        {(2 \mu_x \mu_y + C_1) (2 \sigma_{xy} + C_2)}
        {(\mu_x^2 + \mu_y^2 + C_1) (\sigma_{xx} + \sigma_{yy} + C_2)}

    with G in two dimensions.

    Source: Wang et al., TIP 2004, Eq. (13), with their window and constants.
    Differs from it in: three channels instead of grey. MMagic's and BasicSR's
    SSIM is the same.

    Args:
        pred: Image to score, (H, W, 3), in [0, 255], H and W at least 11.
        gt: Ground truth, (H, W, 3), in [0, 255].

    Returns:
        SSIM, at most 1; 1 for equal images.

    Raises:
        ValueError: As :func:`psnr`, and if the images are too small.
    """
    x, y = _images(pred, gt)
    if min(x.shape[:2]) < SIZE:
        raise ValueError(
            f'SSIM needs images of at least {SIZE}x{SIZE}, got {x.shape}'
        )
    channels = zip(_planes(x), _planes(y), strict=True)
    return float(np.mean([_ssim(*channel) for channel in channels]))


def ssim_matlab3d(pred: ArrayLike, gt: ArrayLike) -> float:
    r"""SSIM of the image as a volume, as MATLAB's ``ssim``.

    .. math:: \text{as in ssim\_wang\_rgb, with G in three dimensions}

    The window is 11x11x11. The volume is H x W x 3, extended on all six sides
    by its outermost values, so the SSIM map has the size of the image,
    including borders. The window also spans the channels, and so mixes them:
    red becomes 0.63 red, 0.21 green and 0.15 blue.

    Source: MATLAB's ``ssim(A, ref)`` for a numeric HxWx3 array, which treats
    the channels as depth. The evaluation scripts of MPRNet and Restormer call
    it, and ``_ssim_3d`` of HINet and NAFNet reproduces it. Differs from it
    in: nothing.

    Args:
        pred: Image to score, (H, W, 3), in [0, 255].
        gt: Ground truth, (H, W, 3), in [0, 255].

    Returns:
        SSIM, at most 1; 1 for equal images.

    Raises:
        ValueError: As :func:`psnr`.
    """
    x, y = _images(pred, gt)
    mixing = _filter(np.pad(np.eye(3), ((RADIUS, RADIUS), (0, 0)), 'edge'), 0)
    moments = [_planes(moment @ mixing.T) for moment in _moments(x, y)]
    maps = [
        _ssim_map(*(_filter_plane(np.pad(p, RADIUS, 'edge')) for p in planes))
        for planes in zip(*moments, strict=True)
    ]
    return float(np.mean(maps))


def cw_ssim(pred: ArrayLike, gt: ArrayLike) -> float:
    r"""The "complex-wavelet SSIM" of pyssim, which has no complex wavelets.

    The grey image, row after row, is one signal. With :math:`a_w` and
    :math:`b_w` the responses of the two signals to Ricker wavelets of width
    :math:`w = 1, \ldots, 30` samples, it is

    .. math::
        \mathbb{E} \frac{2 |\sum_w a_w b_w| + k}
        {\sum_w a_w^2 + \sum_w b_w^2 + k}, \quad k = 0.01,

    with the mean over all samples. In pyssim, this is a product of two
    factors, in which a numerator and a denominator cancel. Grey is
    0.299 R + 0.587 G + 0.114 B, rounded as in Pillow.

    Source: pyssim 0.4 to 0.6, ``SSIM(gt).cw_ssim_value(pred)``, with SciPy's
    former ``signal.cwt`` and ``signal.ricker``, as in the evaluation of
    DeblurGAN and DeblurGANv2. Differs from it in: nothing. Since 0.7, pyssim
    uses coarser wavelets of PyWavelets, which change it by up to 0.0004.

    Args:
        pred: Image to score, (H, W, 3), in [0, 255], of at least 300 pixels.
        gt: Ground truth, (H, W, 3), in [0, 255].

    Returns:
        CW-SSIM, in (0, 1]; 1 for equal images.

    Raises:
        ValueError: As :func:`psnr`, and if the images are too small.
    """
    signals = np.stack([_grey(image).ravel() for image in _images(pred, gt)])
    length = signals.shape[1]
    if length < 2 * HALO:
        raise ValueError(
            f'CW-SSIM needs images of at least {2 * HALO} pixels, got {length}'
        )
    wavelets = _wavelet_spectra()
    # Blocks overlap by the halo, and the last one is padded with zeros.
    padded = np.pad(signals, ((0, 0), (HALO, BLOCK)))
    total = 0.0
    for start in range(0, length, STEP):
        block = np.fft.rfft(padded[:, start : start + BLOCK])
        responses = np.fft.irfft(block[:, None] * wavelets, BLOCK)
        stop = HALO + min(STEP, length - start)
        a, b = responses[..., HALO:stop]
        inner = np.einsum('ws,ws->s', a, b)
        energy = np.einsum('ws,ws->s', a, a) + np.einsum('ws,ws->s', b, b)
        total += float(np.sum((2 * np.abs(inner) + K) / (energy + K)))
    return total / length


def _images(pred: ArrayLike, gt: ArrayLike) -> tuple[Array, Array]:
    x, y = np.asarray(pred, np.float64), np.asarray(gt, np.float64)
    if x.shape != y.shape:
        raise ValueError(
            f'pred and gt must have the same shape, got {x.shape} and '
            f'{y.shape}'
        )
    for name, image in (('pred', x), ('gt', y)):
        if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise ValueError(
                f'{name} must be an image (H, W, 3), got {image.shape}'
            )
        low, high = image.min(), image.max()
        if not (low >= 0 and high <= DATA_RANGE):  # also refuses NaN
            raise ValueError(
                f'{name} must be in [0, {DATA_RANGE}], got [{low}, {high}]'
            )
    return x, y


def _planes(image: Array) -> list[Array]:
    return [np.ascontiguousarray(image[..., c]) for c in range(3)]


def _moments(x: Array, y: Array) -> tuple[Array, ...]:
    return x, y, x * x + y * y, x * y


def _ssim(x: Array, y: Array) -> np.float64:
    return _ssim_map(*(_filter_plane(m) for m in _moments(x, y))).mean()


def _ssim_map(
    mean_x: Array, mean_y: Array, squares: Array, xy: Array
) -> Array:
    """Compute the SSIM at each pixel from filtered moments."""
    means = mean_x * mean_y
    mean_squares = mean_x**2 + mean_y**2
    return ((2 * means + C1) * (2 * (xy - means) + C2)) / (
        (mean_squares + C1) * (squares - mean_squares + C2)
    )


def _filter_plane(plane: Array) -> Array:
    return _filter(_filter(plane, 0), 1)


def _filter(plane: Array, axis: int) -> Array:
    """Correlate with the Gaussian along one axis, without padding."""
    weights = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)
    weights /= weights.sum()
    return sliding_window_view(plane, len(weights), axis) @ weights


def _grey(image: Array) -> Array:
    """Convert to grey in Pillow's fixed-point arithmetic."""
    weights = np.array([19595, 38470, 7471])
    return np.floor((image @ weights + 0x8000) / 0x10000)


def _wavelet_spectra() -> NDArray[np.complex128]:
    """Compute the Fourier transforms of the wavelets, (30, BLOCK / 2 + 1).

    A wavelet of width w has 10 w samples, an even number, so its centre is
    between two samples. As in SciPy, the later one is sample 0.
    """
    kernels = np.zeros((WIDTHS, BLOCK))
    for width, kernel in enumerate(kernels, start=1):
        t = (np.arange(10 * width) - (10 * width - 1) / 2) / width
        amplitude = 2 / (math.sqrt(3 * width) * math.pi**0.25)
        kernel[: 10 * width] = amplitude * (1 - t**2) * np.exp(-(t**2) / 2)
        kernel[:] = np.roll(kernel, 1 - 5 * width)
    return np.fft.rfft(kernels)
