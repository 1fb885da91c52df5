import time

from mmasgan.serve import listeners as module
from mmasgan.serve.listeners import Listeners


def test_work_for_a_session_that_has_left_is_not_wanted(monkeypatch):
    monkeypatch.setattr(module, 'GRACE', 0.05)
    listeners = Listeners()
    gone = listeners.gone('a')
    assert not gone()
    with listeners.listen('a'):
        time.sleep(0.1)
        assert not gone()
    assert gone()
    assert not listeners.gone(None)()


def test_a_session_that_stops_is_gone_until_it_listens_anew():
    listeners = Listeners()
    listeners.leave('a')  # it has nothing to stop
    listeners.leave(None)
    gone = listeners.gone('a')
    with listeners.listen('a'), listeners.listen('b'):
        assert not gone()
        listeners.leave('a')
        assert gone()
        assert not listeners.gone('b')()
        with listeners.listen('a'):
            pass
        assert gone()
    with listeners.listen('a'):
        assert not listeners.gone('a')()
