import pytest
import torch
from mmengine.optim import LinearLR, OptimWrapper
from mmengine.registry import PARAM_SCHEDULERS
from torch.optim import SGD

from mmasgan.engine import FinalDecayLR


def rates(steps, scheduler, **arguments):
    """Return the learning rates of some steps, of 1 at the start."""
    wrapper = OptimWrapper(SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0))
    schedule = scheduler(wrapper, by_epoch=False, **arguments)
    found = []
    for _ in range(steps):
        found.append(wrapper.param_groups[0]['lr'])
        wrapper.step()
        schedule.step()
    return found


@pytest.mark.parametrize(
    ('portion', 'end', 'begin'),
    [(0.5, 8, 4), (0.25, 8, 6), (1, 8, 0), (0.2, 3, 1), (0.5, 1, 0)],
)
def test_the_fall_is_the_last_part_of_the_run(portion, end, begin):
    expected = rates(
        end, LinearLR, start_factor=1, end_factor=0, begin=begin, end=end
    )
    found = rates(end, FinalDecayLR, portion=portion, end=end)
    assert found == expected
    assert found[: begin + 1] == [1.0] * (begin + 1)
    assert found[-1] == pytest.approx(float(end == 1))


def test_the_fall_may_be_given():
    expected = rates(9, LinearLR, start_factor=1, end_factor=0, begin=2, end=8)
    assert rates(9, FinalDecayLR, begin=2, end=8) == expected


def test_it_is_found_by_name():
    assert PARAM_SCHEDULERS.get('mmasgan.FinalDecayLR') is FinalDecayLR


@pytest.mark.parametrize('portion', [0, -1, 1.1])
def test_a_portion_is_part_of_the_run(portion):
    with pytest.raises(ValueError, match=rf'in \(0, 1\], got {portion}'):
        rates(1, FinalDecayLR, portion=portion, end=8)
