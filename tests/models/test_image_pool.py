import pytest
import torch

from mmasgan.models.image_pool import ImagePool


def images(*values, size=2):
    return torch.stack([torch.full((3, size, size), float(v)) for v in values])


def test_returns_what_it_is_given_until_full():
    pool = ImagePool(3)
    for value in range(3):
        torch.testing.assert_close(pool(images(value)), images(value))
    torch.testing.assert_close(pool.get_extra_state(), images(0, 1, 2))


def test_size_zero_keeps_nothing():
    pool = ImagePool(0)
    torch.testing.assert_close(pool(images(1, 2)), images(1, 2))
    assert pool.get_extra_state().numel() == 0


def test_exchanges_half_of_the_time_once_full():
    pool = ImagePool(10)
    pool(images(*range(10)))
    kept = exchanged = 0
    for value in range(10, 1010):
        before = pool.get_extra_state()[:, 0, 0, 0]
        shown = pool(images(value))[0, 0, 0, 0]
        after = pool.get_extra_state()[:, 0, 0, 0]
        changed = (before != after).nonzero().flatten()
        if shown == value:
            kept += 1
            assert len(changed) == 0
        else:
            exchanged += 1
            assert len(changed) == 1
            assert before[changed[0]] == shown
            assert after[changed[0]] == value
    assert 420 < kept < 580
    assert kept + exchanged == 1000


def test_every_place_is_exchanged():
    pool = ImagePool(4)
    pool(images(0, 1, 2, 3))
    for value in range(100, 200):
        pool(images(value))
    assert (pool.get_extra_state() >= 100).all()


@pytest.mark.parametrize('size', [0, 2])
def test_what_it_returns_is_detached(size):
    pool = ImagePool(size)
    assert not pool(images(1).requires_grad_()).requires_grad


def test_stored_images_are_copies_without_gradient():
    pool = ImagePool(2)
    image = images(1).requires_grad_()
    pool(image)
    with torch.no_grad():
        image.zero_()
    torch.testing.assert_close(pool.get_extra_state(), images(1))
    assert not pool.get_extra_state().requires_grad


def test_state_dict_restores_the_pool():
    pool, other = ImagePool(3), ImagePool(3)
    pool(images(1, 2))
    other.load_state_dict(pool.state_dict())
    torch.testing.assert_close(other.get_extra_state(), images(1, 2))


def test_a_smaller_pool_takes_what_fits():
    pool, other = ImagePool(3), ImagePool(1)
    pool(images(1, 2, 3))
    other.load_state_dict(pool.state_dict())
    torch.testing.assert_close(other.get_extra_state(), images(1))


def test_a_new_crop_size_empties_the_pool():
    pool = ImagePool(3)
    pool(images(1, 2))
    pool(images(3, size=4))
    torch.testing.assert_close(pool.get_extra_state(), images(3, size=4))


def test_negative_size_is_refused():
    with pytest.raises(ValueError, match='size must be at least 0, got -1'):
        ImagePool(-1)


def test_broken_images_are_dropped():
    pool = ImagePool(3)
    good, bad = torch.ones(1, 3, 2, 2), torch.full((1, 3, 2, 2), float('inf'))
    for images in (good, bad, good):
        pool(images)
    pool.drop_broken()
    assert len(pool.images) == 2
    assert all(torch.equal(image, good[0]) for image in pool.images)
