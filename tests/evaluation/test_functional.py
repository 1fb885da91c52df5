"""Each convention, against other people's code and against its definition."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmagic.evaluation import psnr as mmagic_psnr
from mmagic.evaluation import ssim as mmagic_ssim
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from mmasgan.evaluation.functional import (
    cw_ssim,
    psnr,
    ssim_matlab3d,
    ssim_wang_rgb,
)

TOLERANCE = 1e-6  # of two implementations of one definition
SSIMS = [ssim_wang_rgb, ssim_matlab3d, cw_ssim]
C1, C2 = 6.5025, 58.5225
GAUSSIAN = dict(
    gaussian_weights=True,
    sigma=1.5,
    use_sample_covariance=False,
    data_range=255,
)

each_ssim = pytest.mark.parametrize('ssim', SSIMS)
each_measure = pytest.mark.parametrize('measure', [psnr, *SSIMS])


def close(value, abs=TOLERANCE):
    return pytest.approx(value, abs=abs)


def noise(*size, dtype=np.uint8):
    return np.random.randint(0, 256, (*size, 3)).astype(dtype)


def uniform(value, size=(20, 24)):
    return np.full((*size, 3), value, np.uint8)


def gaussian_window(dimensions):
    """Return the window without using that it is separable."""
    positions = np.stack(
        np.meshgrid(*[np.arange(-5, 6)] * dimensions, indexing='ij')
    )
    window = np.exp(-(positions**2).sum(0) / (2 * 1.5**2))
    return window / window.sum()


def ssim_of_moments(x, y, mean):
    """Return SSIM from its definition, variances as means of squares."""
    mu_x, mu_y = mean(x), mean(y)
    var_x, var_y = mean((x - mu_x) ** 2), mean((y - mu_y) ** 2)
    covariance = mean((x - mu_x) * (y - mu_y))
    luminance = (2 * mu_x * mu_y + C1) / (mu_x**2 + mu_y**2 + C1)
    return luminance * (2 * covariance + C2) / (var_x + var_y + C2)


class TestPSNR:
    def test_equals_scikit_image_and_mmagic(self, pair):
        value = psnr(*pair)
        assert value == close(peak_signal_noise_ratio(*pair, data_range=255))
        assert value == close(mmagic_psnr(*pair), 1e-4)  # in float32

    def test_of_one_level(self):
        assert psnr(uniform(7), uniform(8)) == close(20 * math.log10(255))

    def test_of_equal_images(self):
        image = noise(8, 9)
        assert psnr(image, image) == math.inf

    def test_of_the_smallest_image(self):
        assert psnr(uniform(0, (1, 1)), uniform(255, (1, 1))) == 0


class TestSSIMWangRGB:
    def test_equals_mmagic(self, pair):
        assert ssim_wang_rgb(*pair) == close(mmagic_ssim(*pair))

    def test_equals_scikit_image(self, pair):
        reference = structural_similarity(*pair, channel_axis=2, **GAUSSIAN)
        assert ssim_wang_rgb(*pair) == close(reference)

    def test_equals_its_definition(self):
        x, y = noise(13, 14), noise(13, 14)
        window = gaussian_window(2)
        values = [
            ssim_of_moments(
                x[i : i + 11, j : j + 11, c].astype(float),
                y[i : i + 11, j : j + 11, c].astype(float),
                lambda a: (window * a).sum(),
            )
            for i, j, c in itertools.product(range(3), range(4), range(3))
        ]
        assert ssim_wang_rgb(x, y) == close(np.mean(values), 1e-12)

    def test_ignores_the_order_of_channels(self, pair):
        swapped = ssim_wang_rgb(*(image[..., ::-1] for image in pair))
        assert ssim_wang_rgb(*pair) == close(swapped)


class TestSSIMMatlab3D:
    def test_equals_scipys_filter(self, pair):
        """The definition in few words: replicated borders, whole map."""
        x, y = (image.astype(float) for image in pair)

        def filtered(volume):
            return gaussian_filter(volume, 1.5, radius=5, mode='nearest')

        mu_x, mu_y = filtered(x), filtered(y)
        var_x, var_y = filtered(x * x) - mu_x**2, filtered(y * y) - mu_y**2
        covariance = filtered(x * y) - mu_x * mu_y
        values = (2 * mu_x * mu_y + C1) * (2 * covariance + C2)
        values /= (mu_x**2 + mu_y**2 + C1) * (var_x + var_y + C2)
        assert ssim_matlab3d(*pair) == close(values.mean())

    def test_equals_scikit_image_of_the_padded_volume(self, pair):
        """It drops what its own padding has touched, and keeps ours."""
        volumes = (np.pad(image, 5, 'edge') for image in pair)
        reference = structural_similarity(*volumes, **GAUSSIAN)
        assert ssim_matlab3d(*pair) == close(reference)

    def test_equals_its_definition(self):
        x, y = noise(6, 4), noise(6, 4)
        window = gaussian_window(3)
        values = []
        for i, j, c in np.ndindex(x.shape):
            around = np.ix_(
                *(
                    np.clip(np.arange(n - 5, n + 6), 0, size - 1)
                    for n, size in zip((i, j, c), x.shape, strict=True)
                )
            )
            values.append(
                ssim_of_moments(
                    x[around].astype(float),
                    y[around].astype(float),
                    lambda a: (window * a).sum(),
                )
            )
        assert ssim_matlab3d(x, y) == close(np.mean(values), 1e-12)

    def test_equals_a_convolution_with_replicate_padding(self):
        """As HINet and NAFNet have it in PyTorch."""
        x, y = (torch.from_numpy(noise(24, 20)).double() for _ in range(2))
        window = torch.from_numpy(gaussian_window(3))[None, None]

        def filtered(volume):
            padded = torch.nn.functional.pad(
                volume[None, None], [5] * 6, mode='replicate'
            )
            return torch.conv3d(padded, window)[0, 0]

        mu_x, mu_y = filtered(x), filtered(y)
        var = filtered(x * x) - mu_x**2 + filtered(y * y) - mu_y**2
        covariance = filtered(x * y) - mu_x * mu_y
        values = (2 * mu_x * mu_y + C1) * (2 * covariance + C2)
        values /= (mu_x**2 + mu_y**2 + C1) * (var + C2)
        value = ssim_matlab3d(x.numpy(), y.numpy())
        assert value == close(values.mean().item())

    def test_ignores_the_order_of_channels_when_reversed(self, pair):
        swapped = ssim_matlab3d(*(image[..., ::-1] for image in pair))
        assert ssim_matlab3d(*pair) == close(swapped)

    def test_mixes_channels(self):
        """A grey ramp of channels has structure for it alone."""
        x, y = uniform(100), uniform(100)
        x[..., 0], x[..., 2] = 50, 150
        y[..., 0], y[..., 2] = 150, 50
        assert ssim_matlab3d(x, y) < 0 < ssim_wang_rgb(x, y)


def ricker(points, width):
    """Return what ``scipy.signal.ricker`` did, which SciPy 1.15 dropped."""
    t = (np.arange(points) - (points - 1) / 2) / width
    amplitude = 2 / (np.sqrt(3 * width) * np.pi**0.25)
    return amplitude * (1 - t**2) * np.exp(-(t**2) / 2)


def scipys_cwt(signal, widths, wavelet):
    """Return what ``scipy.signal.cwt`` did with ``ricker``."""
    assert wavelet == 'mexh'  # PyWavelets' name of the Ricker wavelet
    rows = [
        np.convolve(
            signal, ricker(min(10 * width, len(signal)), width), 'same'
        )
        for width in widths
    ]
    return np.stack(rows), None


@pytest.mark.filterwarnings('ignore:Image.Image.getdata')  # pyssim's
class TestCWSSIM:
    @pytest.fixture
    def pyssim(self):
        reason = 'pyssim is not installed: pip install pyssim'
        return pytest.importorskip('ssim', reason=reason)

    def test_equals_pyssim_of_the_papers(self, pair, pyssim, monkeypatch):
        """Its own code around the transform that it had up to 0.6."""
        monkeypatch.setattr(pyssim.ssimlib.pywt, 'cwt', scipys_cwt)
        blur, sharp = (Image.fromarray(image[:240, :320]) for image in pair)
        reference = pyssim.SSIM(sharp).cw_ssim_value(blur)
        assert cw_ssim(np.array(blur), np.array(sharp)) == close(reference)

    def test_is_near_pyssim_of_today(self, pair, pyssim):
        """PyWavelets samples an integrated wavelet, which blurs it a bit."""
        blur, sharp = (Image.fromarray(image) for image in pair)
        reference = pyssim.SSIM(sharp).cw_ssim_value(blur)
        assert cw_ssim(*pair) == close(reference, 5e-4)

    @pytest.mark.parametrize('size', [(15, 20), (60, 70)])
    def test_equals_its_definition(self, size):
        """With both factors, the inner and the magnitudes' one."""
        x, y = noise(*size), noise(*size)
        grey = [np.asarray(Image.fromarray(i).convert('L')) for i in (x, y)]
        a, b = (
            scipys_cwt(g.ravel().astype(float), range(1, 31), 'mexh')[0]
            for g in grey
        )
        magnitudes = 2 * np.abs(a * b).sum(0) + 0.01
        energy = (a * a).sum(0) + (b * b).sum(0) + 0.01
        phase = 2 * np.abs((a * b).sum(0)) + 0.01
        values = (magnitudes / energy) * (phase / magnitudes)
        assert cw_ssim(x, y) == close(values.mean(), 1e-10)

    @pytest.mark.parametrize(
        'pixels', [3795, 3796, 3797, 4096, 2 * 3796 - 1, 2 * 3796 + 1]
    )
    def test_blocks_leave_no_seam(self, pixels):
        x, y = noise(1, pixels), noise(1, pixels)
        a, b = (
            scipys_cwt(
                np.asarray(Image.fromarray(i).convert('L'), float).ravel(),
                range(1, 31),
                'mexh',
            )[0]
            for i in (x, y)
        )
        values = (2 * np.abs((a * b).sum(0)) + 0.01) / (
            (a * a + b * b).sum(0) + 0.01
        )
        assert cw_ssim(x, y) == close(values.mean(), 1e-10)

    def test_twice_the_contrast_gives_four_fifths(self):
        """2 * 2 / (1 + 2 * 2), where k is nothing beside the noise."""
        x = np.repeat(np.random.randint(0, 128, (40, 40, 1)), 3, 2)
        assert cw_ssim(x, 2 * x) == close(0.8, 1e-3)

    def test_black_has_nothing_in_common(self):
        assert 0 < cw_ssim(noise(40, 40), uniform(0, (40, 40))) < 1e-3

    def test_sees_grey_alone(self):
        red, grey = uniform(0), uniform(30)  # 0.299 * 100 is about 30
        red[..., 0] = 100
        assert cw_ssim(red, grey) == 1

    def test_of_too_few_pixels(self):
        with pytest.raises(ValueError, match='at least 300 pixels, got 299'):
            cw_ssim(noise(13, 23), noise(13, 23))


@each_ssim
class TestEachSSIM:
    @pytest.mark.parametrize('size', [(15, 20), (70, 61)])
    def test_of_equal_images_is_one(self, ssim, size):
        image = noise(*size)
        assert ssim(image, image) == close(1, 1e-12)
        assert ssim(uniform(9), uniform(9)) == close(1, 1e-12)

    def test_of_other_images_is_less(self, ssim, pair):
        assert 0 < ssim(*pair) < 0.999


@pytest.mark.parametrize('ssim', [ssim_wang_rgb, ssim_matlab3d])
def test_of_uniform_images_is_the_luminance_term(ssim):
    a, b = 60, 90
    expected = (2 * a * b + C1) / (a * a + b * b + C1)
    assert ssim(uniform(a), uniform(b)) == close(expected)


@each_measure
class TestEachMeasure:
    def test_is_symmetric(self, measure, pair):
        blur, sharp = pair
        assert measure(blur, sharp) == close(measure(sharp, blur), 1e-12)

    @pytest.mark.parametrize('dtype', [np.float32, np.float64, np.int64])
    def test_ignores_the_dtype(self, measure, dtype):
        x, y = noise(20, 21), noise(20, 21)
        value = measure(x.astype(dtype), y.astype(dtype))
        assert value == measure(x, y)

    def test_ignores_the_memory_order(self, measure):
        x, y = noise(20, 21), noise(20, 21)
        turned = x[::-1].copy()[::-1], np.asfortranarray(y)
        assert measure(*turned) == close(measure(x, y), 1e-12)

    def test_leaves_the_images_alone(self, measure):
        x, y = noise(20, 21, dtype=float), noise(20, 21, dtype=float)
        before = x.copy(), y.copy()
        measure(x, y)
        assert (x == before[0]).all()
        assert (y == before[1]).all()

    def test_refuses_different_shapes(self, measure):
        with pytest.raises(ValueError, match=r'same shape.*20.*\(21'):
            measure(noise(20, 20), noise(21, 20))

    @pytest.mark.parametrize('shape', [(20, 20), (3, 20, 20), (0, 20, 3)])
    def test_refuses_what_is_no_image(self, measure, shape):
        image = np.zeros(shape)
        with pytest.raises(ValueError, match=r'must be an image \(H, W, 3\)'):
            measure(image, image)

    @pytest.mark.parametrize('value', [-1, 256, np.nan])
    def test_refuses_other_values(self, measure, value):
        image = noise(20, 20, dtype=float)
        bad = image.copy()
        bad[3, 4, 1] = value
        with pytest.raises(ValueError, match=r'gt must be in \[0, 255\]'):
            measure(image, bad)


@pytest.mark.parametrize('size', [(10, 20), (20, 10)])
def test_the_window_must_fit(size):
    with pytest.raises(ValueError, match=r'at least 11x11, got \(\d+, \d+'):
        ssim_wang_rgb(noise(*size), noise(*size))


@pytest.mark.process
def test_they_need_no_pytorch():
    code = (
        'import sys, mmasgan.evaluation.functional, mmasgan.apis.inference\n'
        "assert not {'torch', 'mmengine', 'mmagic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, '-c', code], check=True)
