from benchmarks.turns import Job, take_turns


def test_rounds_take_turns():
    calls = []
    jobs = [
        Job(name, lambda number, name=name: calls.append((name, number)))
        for name in 'ab'
    ]
    take_turns(jobs, rounds=2, count=2)
    assert [len(job.seconds) for job in jobs] == [2, 2]
    assert calls[:6] == [*zip('aabbaa', (0, 1, 0, 1, 2, 3), strict=True)]
    assert len(calls) == 12


def test_the_median_counts():
    assert Job('a', print, seconds=[3, 1, 20]).median == 3
