import threading
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from mmasgan.apis import deblur_image
from mmasgan.apis.inference import deblur_pixels
from mmasgan.semantic.resize import resize_by_area
from mmasgan.serve.limits import Limits, RefusedError
from mmasgan.serve.service import DeblurService


@pytest.fixture
def service(backend):
    return DeblurService({'tiny': lambda: backend})


def opened(content):
    return np.asarray(Image.open(BytesIO(content)))


def test_a_photograph_is_deblurred(service, backend, photo):
    served = service.deblur(photo(), 'holiday.png')
    assert served.name == 'holiday.png'
    expected = deblur_image(backend.generator, opened(photo()))
    np.testing.assert_array_equal(opened(served.content), expected)
    np.testing.assert_array_equal(served.after, expected)
    np.testing.assert_array_equal(served.before, opened(photo()))
    assert served.semantic is None


def test_strength_is_applied(service, photo):
    served = service.deblur(photo(), 'a.png', strength=0)
    np.testing.assert_array_equal(served.after, opened(photo()))


@pytest.mark.parametrize(
    ('given', 'suffix', 'name'),
    [
        ('a.JPG', 'jpeg', 'a.JPG'),
        ('', 'jpeg', 'photo.jpg'),
        ('../../etc/a.png', 'png', 'a.png'),
        ('C:\\Users\\me\\a.png', 'png', 'a.png'),
        ('a\n\0b.png', 'png', 'ab.png'),
        ('...png', 'png', 'png.png'),
        ('photo.exe', 'png', 'photo.exe.png'),
        ('x' * 300 + '.png', 'png', 'x' * 100 + '.png'),
        ('語' * 300 + '.png', 'png', '語' * 82 + '.png'),
    ],
)
def test_names_are_plain(service, photo, given, suffix, name):
    assert service.deblur(photo(suffix), given).name == name


def test_models_are_loaded_when_they_are_asked_for(backend, photo):
    calls = []

    def load(name):
        calls.append(name)
        return backend

    service = DeblurService({n: lambda n=n: load(n) for n in 'abc'})
    assert calls == ['a']
    assert (service.default, service.loaded) == ('a', ('a',))
    for _ in range(2):
        service.deblur(photo(), 'x.png', weights='c')
    assert calls == ['a', 'c']
    with pytest.raises(RefusedError, match=r"no weights 'd'; .* of a, b, c"):
        service.deblur(photo(), 'x.png', weights='d')
    with pytest.raises(ValueError, match='at least one'):
        DeblurService({})


def test_maps_steer_models_that_take_them(steered, halves, photo):
    service = DeblurService({'a': lambda: steered}, prior=halves)
    assert service.takes_maps('a')
    served = service.deblur(photo(), 'a.png')
    expected_map = resize_by_area(halves(opened(photo())), (20, 25))
    np.testing.assert_array_equal(served.semantic, expected_map)
    expected = deblur_pixels(steered, opened(photo()), expected_map)
    np.testing.assert_array_equal(served.after, expected)
    uniform = DeblurService({'a': lambda: steered})
    other = uniform.deblur(photo(), 'a.png')
    assert other.semantic is None
    assert (other.after != served.after).any()


def test_a_model_without_maps_gets_none(halves, photo):
    service = DeblurService({'a': lambda: lambda x, m: x}, prior=halves)
    assert not service.takes_maps('a')
    assert service.deblur(photo(), 'a.png').semantic is None


@pytest.mark.parametrize(
    ('content', 'options', 'status', 'message'),
    [
        (b'garbage', {}, 400, "'a.png' is not an image"),
        (b'', {}, 400, "'a.png' is empty"),
        (b'x' * 2000, {}, 413, "'a.png' has 0.0 MB, more than 0.001"),
    ],
)
def test_what_is_not_served_is_named(
    backend, content, options, status, message
):
    service = DeblurService({'a': lambda: backend}, Limits(megabytes=0.001))
    with pytest.raises(RefusedError, match=message) as error:
        service.deblur(content, 'a.png', **options)
    assert error.value.status == status
    assert service.in_progress == 0


def test_photographs_may_be_too_small_or_too_large(backend, photo):
    service = DeblurService({'a': lambda: backend}, Limits(megapixels=0.001))
    with pytest.raises(RefusedError, match='at least 16x16'):
        service.deblur(photo(height=8), 'a.png')
    with pytest.raises(RefusedError, match='40x30 pixels, more') as error:
        service.deblur(photo(height=30, width=40), 'a.png')
    assert error.value.status == 413
    with pytest.raises(RefusedError, match='strength must be between'):
        service.deblur(photo(), 'a.png', strength=2)


def test_lack_of_memory_is_told(photo):
    def full(image, semantic):
        raise MemoryError

    service = DeblurService({'a': lambda: full})
    with pytest.raises(RefusedError, match='not fit into the memory') as error:
        service.deblur(photo(), 'a.png')
    assert error.value.status == 413


def test_no_more_run_or_wait_than_allowed(photo):
    running, most = 0, 0
    lock, go = threading.Lock(), threading.Event()

    def slow(image, semantic):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        assert go.wait(30)
        with lock:
            running -= 1
        return image

    service = DeblurService(
        {'a': lambda: slow}, Limits(concurrency=2, queue=3)
    )
    content, outcomes = photo(), []

    def ask():
        try:
            outcomes.append(service.deblur(content, 'a.png').name)
        except RefusedError as error:
            outcomes.append(error.status)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    while service.in_progress < 5 or running < 2:
        assert threading.Event().wait(0.01) is False
    ask()  # one too many
    assert outcomes == [503]
    go.set()
    for thread in threads:
        thread.join(30)
    assert outcomes == [503, *['a.png'] * 5]
    assert most == 2
    assert service.in_progress == 0
