from pathlib import Path

import numpy as np
import pytest
import skimage
import torch
from PIL import Image

from mmasgan.apis.motion import draw_motion, load_motion_network, read_motion
from mmasgan.datasets.camera_shake import blur_along
from mmasgan.layers.camera_path import resample_path

PHOTO = np.random.RandomState(0).randint(0, 256, (24, 32, 3), np.uint8)
COFFEE = Path(skimage.__file__).parent / 'data' / 'coffee.png'


@pytest.fixture(scope='module')
def network():
    return load_motion_network()


def straight(dx, dy):
    return resample_path(np.array([[-dx, -dy, 0, 0], [dx, dy, 0, 0.0]]), 31)


@pytest.mark.parametrize(('dx', 'dy'), [(8, 0), (0, 8), (-6, 6), (6, 6)])
def test_the_published_network_reads_a_straight_path(network, dx, dy):
    cup = np.asarray(Image.open(COFFEE))[100:292, 100:356]
    field = read_motion(network, blur_along(cup, straight(dx, dy)))
    assert field.shape == (48, 64, 4)
    middle = field[8:-8, 8:-8, :2].reshape(-1, 2)
    # A path and its reverse are one.
    path = np.array([dx, dy])
    apart = np.minimum(
        np.linalg.norm(middle - path, axis=1),
        np.linalg.norm(middle + path, axis=1),
    )
    assert np.median(apart) < 0.4 * np.linalg.norm(path)


def test_it_reads_as_it_was_trained(network):
    x = torch.from_numpy(PHOTO).permute(2, 0, 1)[None].float() / 127.5 - 1
    x = torch.nn.functional.interpolate(x, (48, 64))
    image = ((x[0] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    with torch.no_grad():
        expected = network(x)[0].permute(1, 2, 0)
    np.testing.assert_allclose(read_motion(network, image), expected, atol=0.1)


def test_paths_are_drawn_where_and_as_long_as_they_are():
    image = np.zeros((64, 96, 3), np.uint8)
    field = np.zeros((16, 24, 4), np.float32)
    field[..., 0] = 10  # to both sides
    drawn = draw_motion(image, field, spacing=32) > 100
    lit = np.flatnonzero(drawn[16, :, 0])
    assert {16 - 10, 16, 16 + 10} <= set(lit)
    assert {16 - 13, 16 + 13} & set(lit) == set()
    assert not drawn[:8].any()
    assert not image.any()  # is left as it was
    field[..., 0] = 0
    dots = draw_motion(image, field, spacing=32) > 100
    assert 0 < dots[..., 0].sum() < 6 * 40


def test_a_generator_is_no_motion_network():
    with pytest.raises(ValueError, match='not a motion network'):
        load_motion_network('ascyclegan_plus_small_gopro')
