import numpy as np
import pytest

from mmasgan.registry import PRIORS
from mmasgan.semantic import Prior
from mmasgan.semantic.prior import checked_size, normalized, softmax


class Fixed(Prior):
    def __init__(self, maps, classes='outdoor'):
        super().__init__(classes)
        self.maps = maps

    def segment(self, image, name):
        return self.maps


def test_a_source_gives_probabilities_of_groups(image):
    maps = np.zeros((19, 2, 3), np.float32)
    maps[10], maps[0], maps[1] = 0.5, 0.25, 0.25
    found = Fixed(maps, 'cityscapes')(image)
    assert found.shape == (8, 2, 3)
    np.testing.assert_allclose(found[1], 0.5)
    np.testing.assert_allclose(found[0], 0.5)


@pytest.mark.parametrize('value', [0.3, np.nan, -0.125])
def test_what_are_no_probabilities_is_refused(image, value):
    maps = np.full((8, 2, 2), 0.125, np.float32)
    maps[3, 0, 0] = value
    with pytest.raises(ValueError, match=r"'a\.png' is not a probability map"):
        Fixed(maps)(image, 'a.png')


@pytest.mark.parametrize(
    'wrong', [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((4, 4, 4), 'u1')]
)
def test_other_images_are_refused(wrong):
    with pytest.raises(ValueError, match='image must be RGB'):
        Fixed(np.zeros((8, 1, 1)))(wrong)


def test_a_source_of_ones_own_is_built_by_name(image):
    @PRIORS.register_module()
    class MyPrior(Fixed):
        pass

    try:
        maps = np.full((8, 1, 1), 0.125, np.float32)
        prior = PRIORS.build(dict(type='MyPrior', maps=maps))
        np.testing.assert_allclose(prior(image), 0.125)
    finally:
        PRIORS.module_dict.pop('MyPrior')


def test_images_are_normalised(image):
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    found = normalized(image, mean, std, None)
    assert found.dtype == np.float32
    expected = (image[4, 5] / 255 - np.array(mean)) / np.array(std)
    np.testing.assert_allclose(found[0, :, 4, 5], expected, atol=1e-6)
    assert normalized(image, mean, std, (8, 10)).shape == (1, 3, 8, 10)
    assert normalized(image, mean, std, (80, 90)).shape == (1, 3, 80, 90)


def test_softmax_has_no_overflow():
    found = softmax(np.float32([[1000, 0], [1000, np.log(3)]]))
    np.testing.assert_allclose(found, [[0.5, 0.25], [0.5, 0.75]], atol=1e-6)


def test_sizes_are_checked():
    assert checked_size(None) is None
    assert checked_size([3, 4]) == (3, 4)
    for wrong in ((3,), (0, 4)):
        with pytest.raises(ValueError, match='size must be'):
            checked_size(wrong)
