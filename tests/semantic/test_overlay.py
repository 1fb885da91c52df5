import numpy as np

from mmasgan.semantic.groups import OUTDOOR_GROUPS
from mmasgan.semantic.overlay import group_colours, legend, overlay


def test_the_colours_of_a_map_are_laid_over_its_image(image):
    maps = np.zeros((8, 3, 4), np.float32)
    maps[1, :, :2], maps[5, :, 2:] = 1, 1
    found = overlay(image, maps, OUTDOOR_GROUPS)
    colours = group_colours(OUTDOOR_GROUPS)
    for column, group in ((0, 1), (-1, 5)):
        expected = 0.5 * image[:, column] + 0.5 * colours[group]
        np.testing.assert_allclose(found[:, column], expected, atol=1)


def test_unsure_maps_mix_colours(image):
    maps = np.zeros((8, 1, 1), np.float32)
    maps[1], maps[5] = 0.5, 0.5
    colours = group_colours(OUTDOOR_GROUPS)
    expected = 0.5 * image + 0.25 * (colours[1] + colours[5])
    found = overlay(image, maps, OUTDOOR_GROUPS)
    np.testing.assert_allclose(found, expected, atol=1)


def test_any_groups_have_colours_of_their_own():
    colours = group_colours([f'group {number}' for number in range(20)])
    assert len({tuple(colour) for colour in colours}) == 20
    assert colours.min() >= 0
    assert colours.max() <= 255


def test_the_legend_shows_each_colour():
    found = legend(OUTDOOR_GROUPS)
    assert found.shape == (24 * 8, 240, 3)
    for row, colour in enumerate(group_colours(OUTDOOR_GROUPS)):
        np.testing.assert_array_equal(found[24 * row + 12, 20], colour)
        assert found[24 * row : 24 * row + 24, 52:].min() < 128  # a name
