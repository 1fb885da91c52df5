import sys
from types import ModuleType

import pytest

from mmasgan.compat import mediapipe_solutions

mediapipe = pytest.importorskip('mediapipe')

LACKING = not hasattr(mediapipe, 'solutions')


def test_fault(symptoms):
    error = symptoms.without['mediapipe_solutions']['error']
    if not LACKING:
        assert error is None
        return
    assert "'mediapipe' has no attribute 'solutions'" in error


def test_mend(symptoms):
    assert symptoms.patched['mediapipe_solutions']['error'] is None
    assert symptoms.patched['apis']['error'] is None
    assert symptoms.patched['patched']['mediapipe_solutions'] is LACKING


def test_mediapipe_is_hidden_only_meanwhile(monkeypatch):
    lacking = ModuleType('mediapipe')
    monkeypatch.setitem(sys.modules, 'mediapipe', lacking)
    seen = []
    assert mediapipe_solutions.patch(
        None, lambda: seen.append(sys.modules['mediapipe'])
    )
    assert seen == [None]
    assert sys.modules['mediapipe'] is lacking


def test_sound_mediapipe_is_left_alone(monkeypatch):
    sound = ModuleType('mediapipe')
    sound.solutions = object()
    monkeypatch.setitem(sys.modules, 'mediapipe', sound)
    seen = []
    assert not mediapipe_solutions.patch(
        None, lambda: seen.append(sys.modules['mediapipe'])
    )
    assert seen == [sound]
