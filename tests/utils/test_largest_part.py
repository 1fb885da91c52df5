import numpy as np
import pytest

from mmasgan.utils.largest_part import largest_part


@pytest.mark.parametrize('dtype', [np.uint8, np.float32, np.int64])
def test_the_part_has_the_largest_sum(dtype):
    energy = np.random.RandomState(0).randint(0, 200, (13, 17)).astype(dtype)
    for height, width in ((1, 1), (4, 7), (13, 17)):
        windows = np.lib.stride_tricks.sliding_window_view(
            energy.astype(float), (height, width)
        )
        sums = windows.sum((2, 3))
        expected = np.unravel_index(sums.argmax(), sums.shape)
        assert largest_part(energy, height, width) == expected
