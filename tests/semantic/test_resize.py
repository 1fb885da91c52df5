import cv2
import numpy as np
import pytest

from mmasgan.semantic.resize import resize_by_area

SIZES = [(7, 9), (14, 18), (28, 36), (20, 30), (3, 4), (3, 20), (20, 4)]


@pytest.fixture
def maps():
    random = np.random.default_rng(0)
    return random.dirichlet(np.ones(5), (7, 9)).transpose(2, 0, 1)


def reference(maps, size):
    """Repeat each pixel until the new ones are whole blocks, then average."""
    large = maps.repeat(size[0], 1).repeat(size[1], 2)
    count, height, width = maps.shape
    blocks = large.reshape(count, size[0], height, size[1], width)
    return blocks.mean((2, 4))


@pytest.mark.parametrize('size', SIZES)
def test_each_pixel_is_the_mean_over_its_area(maps, size):
    found = resize_by_area(maps, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reference(maps, size), atol=1e-6)
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-6)


@pytest.mark.parametrize('size', [(28, 36), (20, 30), (3, 4)])
def test_it_agrees_with_opencv(maps, size):
    expected = cv2.resize(
        maps[0].astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA
    )
    np.testing.assert_allclose(
        resize_by_area(maps, size)[0], expected, atol=1e-6
    )


@pytest.mark.parametrize('size', SIZES)
def test_a_window_is_a_part_of_the_whole(maps, size):
    window = (1, 2, 2, 2)
    found = resize_by_area(maps, size, window)
    whole = resize_by_area(maps, size)
    np.testing.assert_allclose(found, whole[:, 1:3, 2:4], atol=1e-6)


@pytest.mark.parametrize(
    'window', [(-1, 0, 2, 2), (0, 0, 0, 2), (6, 0, 2, 2), (0, 8, 1, 2)]
)
def test_windows_outside_are_refused(maps, window):
    with pytest.raises(ValueError, match='is not inside of'):
        resize_by_area(maps, (7, 9), window)
