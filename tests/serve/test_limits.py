import pytest

from mmasgan.serve import Limits, RefusedError


def test_megabytes_are_powers_of_ten():
    assert Limits(megabytes=0.5).bytes == 500_000


@pytest.mark.parametrize('name', ['megabytes', 'megapixels', 'concurrency'])
def test_limits_must_leave_something(name):
    with pytest.raises(ValueError, match=f'{name} must be positive, got 0'):
        Limits(**{name: 0})


def test_a_refusal_has_a_status():
    assert RefusedError('a').status == 400
    assert RefusedError('a', 413).status == 413
