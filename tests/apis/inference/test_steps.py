import threading

import pytest

from mmasgan.apis.inference.steps import (
    is_heard,
    listening,
    part_of_steps,
    report,
)


def test_who_listens_is_told_shares():
    told = []
    with listening(told.append):
        for share in (-1, 0.25, 2):
            report(share)
    report(0.5)
    assert told == [0, 0.25, 1]


def test_parts_are_shares_of_the_whole():
    told = []
    with listening(told.append):
        for number in range(2):
            with part_of_steps(number, 2):
                report(0.5)
                report(1)
    assert told == [0.25, 0.5, 0.75, 1]


def test_parts_that_nobody_hears_are_not_heard():
    with part_of_steps(0, 2):
        assert not is_heard()


def test_another_thread_is_not_heard():
    told = []
    with listening(told.append):
        assert is_heard()
        thread = threading.Thread(target=report, args=(0.5,))
        thread.start()
        thread.join()
    assert told == []


def test_what_a_listener_raises_ends_the_work():
    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listening(stop):
        report(0)
    assert not is_heard()
