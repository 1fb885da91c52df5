import gc
import weakref

import numpy as np
import pytest

from mmasgan.apis.inference import deblur_pixels, fallback
from mmasgan.apis.inference.fallback import Attempt, FallbackBackend

IMAGE = np.zeros((20, 30, 3), np.float32)


def failing(image, semantic=None):
    raise MemoryError('of 3 GB')


def working(image, semantic=None):
    return image + 1


@pytest.fixture(autouse=True)
def free(monkeypatch):
    """Set how much memory is free: 1000 bytes."""
    monkeypatch.setattr(fallback, 'available_memory', lambda: 1000)


def test_the_first_that_works_is_taken():
    said = []
    attempts = [Attempt('at once', working), Attempt('slowly', failing)]
    backend = FallbackBackend(attempts, said.append)
    np.testing.assert_array_equal(backend(IMAGE), IMAGE + 1)
    assert said == []


def test_a_failure_is_told_and_not_tried_again():
    said, tried = [], []

    def fail(image, semantic=None):
        tried.append(image.shape)
        raise MemoryError

    attempts = [Attempt('at once', fail), Attempt('slowly', working)]
    backend = FallbackBackend(attempts, said.append)
    for _ in range(3):
        np.testing.assert_array_equal(backend(IMAGE), IMAGE + 1)
    turned = np.zeros((30, 20, 3), np.float32)
    backend(turned)
    assert tried == [IMAGE.shape]
    assert said == [
        '30x20 pixels at once do not fit into the memory; continuing slowly'
    ]
    backend(IMAGE[:, :25])
    assert tried == [IMAGE.shape, (20, 25, 3)]


def test_what_will_not_fit_is_not_tried():
    said = []
    attempts = [
        Attempt('at once', failing, lambda height, width: 2 * height * width),
        Attempt('slowly', working, lambda height, width: height * width),
    ]
    backend = FallbackBackend(attempts, said.append)
    backend(IMAGE)
    assert said == [
        '30x20 pixels at once need about 0.0 GB, but 0.0 are free; '
        'continuing slowly'
    ]


def test_some_memory_is_left_for_others():
    for needed, runs in ((800, True), (801, False)):
        attempt = Attempt('at once', working, lambda *_, n=needed: n)
        backend = FallbackBackend([attempt], print)
        if runs:
            backend(IMAGE)
            continue
        with pytest.raises(MemoryError, match='30x20 pixels at once need'):
            backend(IMAGE)


def test_where_nothing_is_known_it_is_tried(monkeypatch):
    monkeypatch.setattr(fallback, 'available_memory', lambda: None)
    attempt = Attempt('at once', working, lambda *_: 10**15)
    FallbackBackend([attempt], print)(IMAGE)


def test_what_fits_nowhere_is_an_error_each_time():
    attempts = [Attempt('at once', failing), Attempt('slowly', failing)]
    backend = FallbackBackend(attempts, lambda text: None)
    for _ in range(2):
        with pytest.raises(MemoryError) as caught:
            backend(IMAGE)
        assert str(caught.value) == (
            '30x20 pixels slowly do not fit into the memory'
        )


def test_other_errors_are_not_caught():
    def fail(image, semantic=None):
        raise RuntimeError('a fault of ours')

    attempts = [Attempt('at once', fail), Attempt('slowly', working)]
    with pytest.raises(RuntimeError, match='a fault of ours'):
        FallbackBackend(attempts, print)(IMAGE)


def test_what_failed_has_let_go_of_its_memory():
    class Large:
        pass

    alive = []

    def fail(image, semantic=None):
        large = Large()
        alive.append(weakref.ref(large))
        raise MemoryError

    def check(image, semantic=None):
        gc.collect()
        assert alive[0]() is None
        return image

    attempts = [Attempt('at once', fail), Attempt('slowly', check)]
    FallbackBackend(attempts, lambda text: None)(IMAGE)


def test_all_turns_of_the_self_ensemble_fall_once():
    said = []
    attempts = [Attempt('at once', failing), Attempt('slowly', working)]
    backend = FallbackBackend(attempts, said.append)
    pixels = np.zeros((20, 30, 3), np.uint8)
    deblur_pixels(backend, pixels, self_ensemble=True)
    assert len(said) == 1
