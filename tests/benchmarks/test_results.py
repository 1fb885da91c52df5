import json

import pytest
from PIL import Image

from benchmarks.results import (
    Result,
    Row,
    draw,
    print_table,
    rows_of,
    write_json,
)
from benchmarks.turns import Job

RESULT = Result(
    'Steps',
    'ms',
    [Row('peer', 20.0, 18.0, 24.0), Row('ours', 5.0, 4.0, 6.0, note='fast')],
)


def test_a_row_is_the_median_beside_what_the_machine_can_do():
    best = Job('product', print, flops=8e9, seconds=[1, 2, 4])
    step = Job('step', print, 3e9, 'product', 'a note', [3, 1, 2])
    product, row = rows_of([best, step])
    assert (row.value, row.lowest, row.highest) == (2000, 1000, 3000)
    assert row.gflops == pytest.approx(1.5)
    assert row.share == pytest.approx(1.5 / 4)
    assert row.note == 'a note'
    assert product.share is None


def test_times_may_be_of_a_part_of_the_work():
    (row,) = rows_of([Job('a', print, amount=4, seconds=[2])], 1e6)
    assert row.value == row.lowest == row.highest == 5e5


def test_printed_is_the_ratio_to_the_first(capsys):
    print_table(RESULT)
    lines = capsys.readouterr().out.splitlines()
    (ours,) = (line for line in lines if 'ours' in line)
    cells = [cell.strip() for cell in ours.split('│')]
    assert cells[1:5] == ['ours', '5.0', '4.0-6.0', '0.25']


def test_json_says_on_what(tmp_path):
    path = tmp_path / 'a.json'
    write_json(path, RESULT, {'processor': 'a quick one'})
    found = json.loads(path.read_text())
    assert found['machine'] == {'processor': 'a quick one'}
    assert [row['ratio'] for row in found['rows']] == [1, 0.25]
    assert (found['title'], found['unit']) == ('Steps', 'ms')


def test_the_picture_grows_with_the_rows(tmp_path):
    sizes = []
    for rows in (RESULT.rows, RESULT.rows * 3):
        draw(tmp_path / 'a.png', RESULT._replace(rows=rows))
        with Image.open(tmp_path / 'a.png') as picture:
            sizes.append(picture.size)
    assert sizes[0][0] == sizes[1][0]
    assert sizes[0][1] < sizes[1][1]
