from argparse import Namespace

import pytest

from benchmarks import step

pytestmark = [
    pytest.mark.process,
    pytest.mark.usefixtures('small_products'),
]
ARGS = Namespace(crop=32, batch=1, width=4, rounds=1, count=1)


def test_ours_come_after_the_peer_and_before_the_machine():
    result = step.measure(ARGS)
    assert [row.name for row in result.rows] == [
        "MMagic's CycleGAN, float32",
        'CycleGAN, float32',
        'CycleGAN, bfloat16',
        'flagship, float32',
        'flagship, bfloat16',
        'matrix product, float32',
        'matrix product, bfloat16',
    ]
    assert result.title == 'Training step, 32x32, batch 1'
    assert all(row.value > 0 for row in result.rows)
    assert all(row.share > 0 for row in result.rows[:3])
    assert result.rows[4].share is None  # has a gradient penalty


def test_one_cyclegan_costs_what_the_other_does():
    """Six passes of the generators, and no wasted one."""
    rows = {row.name: row for row in step.measure(ARGS).rows}
    theirs, ours = (
        rows[f'{name}, float32'].gflops * rows[f'{name}, float32'].value
        for name in ("MMagic's CycleGAN", 'CycleGAN')
    )
    assert ours <= 1.01 * theirs
