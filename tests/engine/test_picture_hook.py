from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from mmasgan.engine import PictureHook


def drawn(hook, batches, mode, length='total_length'):
    """Return the batches of a stage that are drawn."""
    if length == 'total_length':
        loop = SimpleNamespace(total_length=batches)
    else:
        loop = SimpleNamespace(dataloader=range(batches))
    runner = MagicMock(val_loop=loop, test_loop=loop)
    draw = runner.visualizer.add_datasample
    call = getattr(hook, f'after_{mode}_iter')
    for batch in range(batches):
        call(runner, batch, outputs=[batch])
    return [each.args[0] for each in draw.call_args_list]


@pytest.mark.parametrize('length', ['total_length', 'dataloader'])
@pytest.mark.parametrize(
    ('batches', 'expected'),
    [(2, [0, 1]), (3, [0, 1, 2]), (7, [1, 3, 5]), (400, [99, 199, 299, 399])],
)
def test_a_small_set_has_pictures_too(batches, expected, length):
    hook = PictureHook(interval=dict(val=100))
    assert drawn(hook, batches, 'val', length) == expected


def test_a_test_has_its_own_interval():
    hook = PictureHook(interval=dict(val=100, test=2))
    assert drawn(hook, 8, 'test') == [1, 3, 5, 7]
    assert drawn(PictureHook(interval=4), 16, 'test') == [3, 7, 11, 15]


def test_pictures_may_be_switched_off():
    assert drawn(PictureHook(interval=100, at_least=0), 9, 'val') == []
    assert drawn(PictureHook(on_val=False), 9, 'val') == []
