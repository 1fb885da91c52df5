import pytest

from mmasgan.serve.limits import Counted, Limits, RefusedError, Room


def test_megabytes_are_powers_of_ten():
    assert Limits(megabytes=0.5).bytes == 500_000


@pytest.mark.parametrize('name', ['megabytes', 'megapixels', 'concurrency'])
def test_limits_must_leave_something(name):
    with pytest.raises(ValueError, match=f'{name} must be positive, got 0'):
        Limits(**{name: 0})


def test_a_refusal_has_a_status():
    assert RefusedError('a').status == 400
    assert RefusedError('a', 413).status == 413


@pytest.mark.parametrize('value', [float('inf'), float('nan')])
def test_limits_are_numbers(value):
    with pytest.raises(ValueError, match='seconds must be positive'):
        Limits(seconds=value)


def test_room_is_given_back():
    room = Room(10, 'the folder')
    for _ in range(3):
        with (
            pytest.raises(RefusedError, match='the folder of this server'),
            room.take(6),
            room.take(4),
            room.take(1),
        ):
            pass
    with pytest.raises(RefusedError), room.take(5, used=6):
        pass


def test_places_are_given_back():
    places = Counted(3, 2, 'requests')
    with places.one('a'), places.one('a'):
        with pytest.raises(RefusedError, match='of your'), places.one('a'):
            pass
        assert not places.is_full
        with places.one('b'):
            assert places.is_full
            with (
                pytest.raises(RefusedError, match='too many requests are'),
                places.one('c'),
            ):
                pass
    assert len(places) == 0
    assert not places._clients
