from argparse import Namespace

import pytest

from benchmarks import inference


@pytest.mark.usefixtures('small_products')
def test_fast_images_say_how_far_they_are_off():
    args = Namespace(size=(32, 48), width=4, rounds=1, count=1)
    result = inference.measure(args)
    assert result.title == 'One image of 48x32'
    assert result.rows[0].name == "MMagic's ResNet, float32"
    notes = {row.name: row.note for row in result.rows}
    assert notes['flagship, bfloat16'].endswith('/255 from float32')
    assert float(notes['flagship, bfloat16'].partition('/')[0]) < 2
    assert notes['flagship, float32'] == ''
