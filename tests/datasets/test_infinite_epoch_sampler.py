from itertools import islice

import pytest

from mmasgan.datasets import InfiniteEpochSampler, infinite_epoch_sampler
from mmasgan.registry import DATA_SAMPLERS


def take(count, size=7, **kwargs):
    sampler = InfiniteEpochSampler(range(size), **{'seed': 3, **kwargs})
    return list(islice(sampler, count))


@pytest.fixture
def as_rank(monkeypatch):
    def become(rank, world):
        monkeypatch.setattr(
            infinite_epoch_sampler, 'get_dist_info', lambda: (rank, world)
        )

    return become


def test_each_epoch_is_a_permutation_shifted_by_its_number():
    stream = take(21)
    epochs = [stream[i : i + 7] for i in (0, 7, 14)]
    for number, epoch in enumerate(epochs):
        assert sorted(epoch) == list(range(7 * number, 7 * number + 7))
    assert [i % 7 for i in epochs[0]] != [i % 7 for i in epochs[1]]


def test_without_shuffle_the_stream_counts():
    assert take(20, shuffle=False) == list(range(20))


def test_the_order_follows_the_seed():
    assert take(14) == take(14)
    assert take(14) != take(14, seed=4)


@pytest.mark.parametrize('start', [1, 7, 30])
def test_it_begins_anywhere_without_replaying(start):
    assert take(10, start=start) == take(start + 10)[start:]


@pytest.mark.parametrize('world', [2, 3])
def test_ranks_take_turns(as_rank, world):
    whole = take(world * 9)
    for rank in range(world):
        as_rank(rank, world)
        assert take(9) == whole[rank::world]
        assert take(4, start=5 * world) == whole[rank::world][5:]


def test_iterating_again_begins_again():
    sampler = InfiniteEpochSampler(range(5), seed=0)
    assert list(islice(sampler, 8)) == list(islice(sampler, 8))


def test_length_is_that_of_the_data_set():
    assert len(InfiniteEpochSampler(range(7), seed=0)) == 7


def test_runner_builds_it_with_dataset_and_seed():
    sampler = DATA_SAMPLERS.build(
        {'type': 'mmasgan.InfiniteEpochSampler'},
        default_args={'dataset': range(7), 'seed': 3},
    )
    assert list(islice(sampler, 9)) == take(9)


def test_without_seed_it_draws_one():
    assert InfiniteEpochSampler(range(7)).seed >= 0


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'dataset': []}, 'dataset must not be empty'),
        ({'start': -1}, 'start must not be negative, got -1'),
        ({'seed': -2}, 'seed must not be negative, got -2'),
    ],
)
def test_wrong_arguments_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        InfiniteEpochSampler(**{'dataset': range(3), **kwargs})
