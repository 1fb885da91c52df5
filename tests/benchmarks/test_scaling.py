import os
from argparse import Namespace

import pytest

from benchmarks import scaling

pytestmark = pytest.mark.process

ARGS = dict(width=4, side=32, ranks=2, files=20, rounds=2, count=1)

THREADS = max(os.cpu_count() // 2, 1)


@pytest.mark.parametrize(
    ('of', 'unit', 'names'),
    [
        ('step', 'us per pixel', ['32x32, batch 1', '32x32, batch 4']),
        (
            'ranks',
            'us per pixel and rank',
            [f'32x32, ranks {ranks}, threads {THREADS}' for ranks in (1, 2)],
        ),
        ('inference', 'us per pixel', ['32x24, whole', '128x96, strips']),
        ('files', 'us per file', ['20 files', '2000 files']),
    ],
)
def test_times_are_divided_by_the_work(forked_ranks, of, unit, names):
    result = scaling.measure(Namespace(**ARGS, of=of))
    assert result.unit == unit
    assert [result.rows[0].name, result.rows[-1].name] == names
    for row in result.rows:
        assert 0 < row.lowest <= row.value <= row.highest
        assert row.note.endswith(' s')
