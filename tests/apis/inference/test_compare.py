import numpy as np
import pytest

from mmasgan.apis.inference.compare import (
    ENLARGED,
    FRAME,
    GAP,
    TITLE,
    compare_sheet,
)


def noise(height, width, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 200, (height, width, 3), np.uint8)


def test_small_images_are_shown_as_they_are():
    panels = {'input': noise(50, 70), 'output': noise(50, 70, 1)}
    sheet = np.asarray(compare_sheet('a.png', panels))
    assert sheet.shape == (2 * TITLE + 50 + GAP, 2 * 70 + 3 * GAP, 3)
    for place, image in enumerate(panels.values()):
        left = GAP + place * (70 + GAP)
        found = sheet[2 * TITLE : 2 * TITLE + 50, left : left + 70]
        np.testing.assert_array_equal(found, image)


def test_titles_are_written_over_their_images():
    panels = {'input': noise(50, 170), 'output': noise(50, 170, 1)}
    sheet = np.asarray(compare_sheet('a.png', panels))
    head = sheet[: 2 * TITLE]
    for top, left in ((0, 0), (TITLE, 0), (TITLE, GAP + 170)):
        assert head[top : top + TITLE, left : left + 170].min() < 90
    assert head[:TITLE, 170:].min() == 255


def test_the_detail_is_where_most_has_changed():
    before = noise(300, 420)
    after = before.copy()
    after[210:250, 300:350] += 50
    panels = {'input': before, 'output': after, 'truth': before}
    sheet = np.asarray(compare_sheet('a.png', panels))
    height, width = 300 // ENLARGED, 420 // ENLARGED
    top = 2 * TITLE + 300 + GAP
    detail = sheet[top : top + 300, 2 * GAP + 420 : 2 * GAP + 840]
    small = detail[1::ENLARGED, 1::ENLARGED]
    assert small.shape == (height, width, 3)
    # of the output, it is a part that holds the change
    framed = np.argwhere(
        (sheet[2 * TITLE : top - GAP, GAP : GAP + 420] == FRAME).all(axis=2)
    )
    y, x = framed.min(axis=0)
    assert y <= 210 <= 250 <= y + height
    assert x <= 300 <= 350 <= x + width
    np.testing.assert_array_equal(small, after[y : y + height, x : x + width])


@pytest.mark.parametrize('size', [(3000, 16), (16, 3000), (1500, 2000)])
def test_large_images_are_reduced(size):
    panels = {'input': noise(*size), 'output': noise(*size, 1)}
    width, height = compare_sheet('a.png', panels).size
    assert width <= 2 * 960 + 3 * GAP
    assert height <= 2 * (960 + GAP) + 2 * TITLE


def test_any_name_is_drawn():
    panels = {'input': noise(50, 70), 'output': noise(50, 70)}
    compare_sheet('two\nlines \udcff 模糊.png', panels)
