"""Real photographs, blurred and sharp."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter1d
from skimage import data

import mmasgan.compat  # noqa: F401  before anything of MMagic

BLURS = {
    'motion': lambda image: uniform_filter1d(image, 15, axis=1),
    'focus': lambda image: gaussian_filter(image, (3, 3, 0)),
}
PHOTOGRAPHS = ['astronaut', 'chelsea', 'coffee']  # inside scikit-image's wheel


def real_pairs():
    """Paths of GoPro's test pairs, which are not shipped."""
    beside = Path(__file__).parents[3] / 'shared' / 'data' / 'gopro'
    root = Path(os.environ.get('MMASGAN_GOPRO', beside))
    blurred = sorted(root.glob('test/*/blur/*.png'))[:3]
    return [(path, path.parents[1] / 'sharp' / path.name) for path in blurred]


def read(path, size=(240, 320)):
    """Read the centre of an image."""
    image = np.asarray(Image.open(path).convert('RGB'))
    top, left = ((n - m) // 2 for n, m in zip(image.shape, size, strict=False))
    return image[top : top + size[0], left : left + size[1]]


@pytest.fixture(
    scope='session',
    params=[f'{name}-{blur}' for name in PHOTOGRAPHS for blur in BLURS]
    + [
        pytest.param(f'gopro-{number}', marks=pytest.mark.runner)
        for number in range(3)
    ],
)
def pair(request):
    """A blurred and a sharp image, (H, W, 3), RGB, uint8."""
    name, kind = request.param.split('-')
    if name != 'gopro':
        sharp = getattr(data, name)()
        return BLURS[kind](sharp)[:240, :320], sharp[:240, :320]
    pairs = real_pairs()
    if len(pairs) <= int(kind):
        pytest.skip('no real pair; set MMASGAN_GOPRO')
    blur, sharp = pairs[int(kind)]
    return read(blur), read(sharp)
