import numpy as np
import pytest
from PIL import Image

from reproduce.table1 import figures


def test_the_worst_place_is_where_input_and_truth_differ_most():
    truth = np.zeros((300, 400, 3), np.uint8)
    blur = truth.copy()
    blur[150:246, 200:296] = 50
    blur[0, 0] = 255
    assert figures.worst_place(blur, truth) == (150, 200, 96)
    assert figures.worst_place(truth, truth) == (0, 0, 96)
    assert figures.worst_place(truth[:40, :60], truth[:40, :60])[2] == 20


def test_pictures_hold_the_pixels_as_they_are(tmp_path):
    random = np.random.default_rng(0)
    images = {
        f'{i}': random.integers(0, 256, (120, 200, 3), np.uint8)
        for i in range(7)
    }
    path = tmp_path / 'p.png'
    figures.draw_pictures(images, (10, 20, 60), path)
    drawn = np.asarray(Image.open(path).convert('RGB'))
    # Two lines of five and two panels; a crop is enlarged to 240 pixels.
    cell = figures.PANEL + figures.GAP
    height = 120 + 240 + figures.CAPTION + 3 * figures.GAP
    assert drawn.shape == (
        2 * height + figures.GAP,
        5 * cell + figures.GAP,
        3,
    )
    top = figures.GAP + figures.CAPTION + 120 + figures.GAP // 2
    left = figures.GAP + (figures.PANEL - 240) // 2
    detail = drawn[top : top + 240, left + cell : left + cell + 240]
    expected = images['1'][10:70, 20:80].repeat(4, 0).repeat(4, 1)
    assert np.array_equal(detail, expected)


def test_a_large_image_is_made_to_fit(tmp_path):
    image = np.zeros((720, 1280, 3), np.uint8)
    path = tmp_path / 'p.png'
    figures.draw_pictures({'a': image, 'b': image}, (0, 0, 96), path)
    width = 2 * (figures.PANEL + figures.GAP) + figures.GAP
    assert Image.open(path).size[0] == width


@pytest.mark.parametrize('seeds', [0, 1, 2])
def test_curves_of_any_number_of_seeds(tmp_path, seeds):
    points = [[10, 20.0, 25.0], [20, 24.0, 25.0]]
    path = tmp_path / 'c.png'
    figures.draw_curves({'a': [points] * seeds, 'b': [points]}, 25.0, path)
    assert Image.open(path).size[0] > 1000


@pytest.mark.parametrize('rows', [1, 3, 5])
def test_a_panel_for_each_row(tmp_path, rows):
    path = tmp_path / 's.png'
    gains = {f'{i}': [(20.0, -1.0), (25.0, 1.0)] for i in range(rows)}
    figures.draw_scatter(gains, path)
    assert Image.open(path).size[1] > 300 * -(-rows // 4)
