import cv2
import numpy as np
import pytest
from PIL import Image

from mmasgan.datasets.gopro_split import GoProSplit, write_split


def scene(seed, is_blurred=False, size=(72, 96)):
    """Draw stripes and noise, other ones for each seed."""
    random = np.random.RandomState(seed)
    coarse = random.randint(0, 256, (9, 12, 3), np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_NEAREST)
    image = cv2.add(image, random.randint(0, 30, image.shape, np.uint8))
    return cv2.blur(image, (7, 3)) if is_blurred else image


@pytest.fixture
def data(tmp_path):
    """Two sequences to train, one to test, and the split."""
    root = tmp_path / 'data'
    for number, name in enumerate(('train/a', 'train/b', 'test/t')):
        for frame in range(3):
            for domain in ('blur', 'sharp'):
                path = root / name / domain / f'{frame}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                seed = 10 * number + frame
                pixels = scene(seed, domain == 'blur')
                Image.fromarray(pixels).save(path)
    split = GoProSplit('disjoint', 0, 'train', ('train/a',), ('train/b',))
    write_split(root / 'split.json', split)
    return root


@pytest.fixture
def read_scene():
    return scene
