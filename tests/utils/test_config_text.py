import ast
from pathlib import Path

import pytest
from mmengine.config import Config

from mmasgan.utils.config_text import (
    assignments,
    keywords,
    literal,
    literal_config,
)


@pytest.mark.parametrize('name', ['ascyclegan_gopro', 'deblurganv2_gopro'])
def test_the_text_of_a_config_is_read_as_mmengine_runs_it(name):
    root = Path(__file__).parents[2]
    text = Config.fromfile(root / f'configs/{name}.py').pretty_text
    assert literal_config(text) == Config.fromstring(text, '.py').to_dict()


def test_arguments_are_code_until_they_are_read():
    call = assignments('model = dict(a=dict(b=[1, -2.5]), c=open("x"))')
    given = keywords(call['model'])
    assert {k: ast.unparse(v) for k, v in given.items()} == {
        'a': 'dict(b=[1, -2.5])',
        'c': "open('x')",
    }
    assert literal(given['a']) == {'b': [1, -2.5]}
    with pytest.raises(ValueError, match='malformed'):
        literal(given['c'])
    assert keywords(ast.Constant(1)) == {}


@pytest.mark.parametrize('text', [None, 'a = (', 'x' * 2_000_001])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match='it is not a'):
        assignments(text)
