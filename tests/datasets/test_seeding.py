import random

import numpy as np
import pytest
import torch

from mmasgan.datasets.seeding import (
    checked_seed,
    permutation,
    random_state,
    seeded,
)

RECORDED = [6, 3, 5, 0, 7, 2, 1, 4]


def draw():
    return (
        random.random(),
        float(np.random.rand()),
        float(torch.rand(1)),
    )


def drawn_at(seed, index):
    with seeded(seed, index):
        return draw()


def test_the_same_key_draws_the_same_whatever_was_drawn_before():
    first = drawn_at(3, 7)
    draw()
    assert drawn_at(3, 7) == first


@pytest.mark.parametrize('other', [(3, 8), (4, 7), (3, 7 + 2**32), (2**64, 7)])
def test_other_keys_draw_other_numbers(other):
    assert all(
        a != b for a, b in zip(drawn_at(3, 7), drawn_at(*other), strict=True)
    )


def test_all_states_are_restored_even_after_an_error():
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    expected = draw()
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    with pytest.raises(KeyError), seeded(0, 0):
        raise KeyError(draw())
    assert draw() == expected
    assert torch.initial_seed() == 5


def test_permutation_is_one_and_differs_between_keys():
    order = permutation(50, 1, 2)
    assert sorted(order) == list(range(50))
    assert not np.array_equal(order, permutation(50, 1, 3))
    assert not np.array_equal(order, permutation(50, 2, 2))
    assert not order.flags.writeable


def test_streams_are_those_of_any_numpy():
    # Recorded: a split drawn today must be the one drawn tomorrow.
    assert permutation(8, 0).tolist() == RECORDED
    assert random_state(0).permutation(8).tolist() == RECORDED


def test_seed_defaults_to_that_of_pytorch():
    torch.manual_seed(1234)
    assert checked_seed(None) == 1234
    assert checked_seed(9) == 9


@pytest.mark.parametrize('seed', ['1', 1.0, True])
def test_seed_of_wrong_type_is_refused(seed):
    with pytest.raises(TypeError, match='seed must be an integer'):
        checked_seed(seed)


def test_negative_seed_is_refused():
    with pytest.raises(ValueError, match='not be negative, got -1'):
        checked_seed(-1)
