from collections import Counter

import numpy as np
import pytest

from mmasgan.datasets import (
    InfiniteEpochSampler,
    MixedDataset,
    PairedGoProDataset,
)
from mmasgan.registry import DATASETS


class Numbers:
    """Yields its name and the index that it is asked for."""

    def __init__(self, name, size):
        self.name = name
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return self.name, index


@pytest.fixture
def mixed():
    return MixedDataset([Numbers('a', 2), Numbers('b', 5)], ratio=[1, 2])


def draw(results):
    results['drawn'] = float(np.random.rand())
    return results


def test_each_data_set_is_gone_through_in_its_turn(mixed):
    assert [mixed[index] for index in range(7)] == [
        *(('a', 0), ('b', 0), ('b', 1)),
        *(('a', 1), ('b', 2), ('b', 3)),
        ('a', 2),  # its second epoch
    ]
    assert mixed[3000] == ('a', 1000)


def test_an_epoch_shows_all_of_each_data_set(mixed):
    assert len(mixed) == 9  # three rounds for the five of b
    seen = [*mixed]
    assert {i for name, i in seen if name == 'b'} >= set(range(5))
    assert Counter(name for name, _ in seen) == {'a': 3, 'b': 6}


def test_equal_shares_are_the_default():
    mixed = MixedDataset([Numbers('a', 1), Numbers('b', 1)])
    assert [*mixed] == [('a', 0), ('b', 0)]


def test_shuffled_epochs_keep_ratio_and_even_use(mixed):
    stream = iter(InfiniteEpochSampler(mixed, seed=1))
    epochs = [[mixed[next(stream)] for _ in range(9)] for _ in range(2)]
    assert [sorted(epoch) for epoch in epochs] == [
        sorted(mixed[index] for index in range(start, start + 9))
        for start in (0, 9)
    ]
    kinds = [''.join(name for name, _ in epoch) for epoch in epochs]
    assert len({*kinds, 'abb' * 3}) == 3


def test_a_sample_belongs_to_seed_and_index(make_nested):
    root = make_nested({'x': 2, 'y': 1})
    parts = [
        dict(type=PairedGoProDataset, data_root='elsewhere')
        | dict(subset='train', pipeline=[draw], **seed)
        for seed in ({}, {}, {'seed': 9})
    ]
    mixed = DATASETS.build(
        dict(type='mmasgan.MixedDataset', datasets=parts)
        | dict(data_root=str(root), seed=5)
    )
    mixed.full_init()
    first = [mixed[index]['drawn'] for index in range(12)]
    np.random.rand(10)
    assert [mixed[index]['drawn'] for index in range(12)] == first
    assert len(set(first)) == 12
    assert [part.seed for part in mixed.datasets] == [5, 6, 9]
    assert first[::3] == [
        mixed.datasets[0][index]['drawn'] for index in range(4)
    ]
    assert mixed.metainfo['dataset_type'] == 'gopro'
    assert '1 of PairedGoProDataset' in repr(mixed)
    assert parts[0]['data_root'] == 'elsewhere'  # a config is not changed


def test_mistakes_are_refused(mixed):
    with pytest.raises(IndexError, match='must not be negative, got -1'):
        mixed[-1]
    with pytest.raises(
        ValueError, match=r'ratio must contain .* got \[1\] for'
    ):
        MixedDataset([Numbers('a', 1)] * 2, ratio=[1])
    with pytest.raises(ValueError, match=r'positive integer .* got \[1, 0\]'):
        MixedDataset([Numbers('a', 1)] * 2, ratio=[1, 0])
    with pytest.raises(ValueError, match=r'ratio must contain'):
        MixedDataset([])
    with pytest.raises(ValueError, match='is empty'):
        MixedDataset([Numbers('a', 0)]).full_init()
