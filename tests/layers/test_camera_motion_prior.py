import numpy as np
import pytest
import torch
from numpy_reference import array

from mmasgan.layers import CameraMotionPrior, camera_motion_prior
from mmasgan.layers.camera_path import camera_path, resample_path
from mmasgan.registry import MODELS

GRID = 8  # pixels


def build(still=0.0, taps=(11, 11), **style):
    return CameraMotionPrior(dict(only=style), still, taps)


def draw(prior, count=4, height=64, width=48, seed=0):
    torch.manual_seed(seed)
    return prior(count, height, width)


@pytest.fixture
def asked(monkeypatch):
    """Record which paths are asked for, and what comes."""
    found = []

    def record(random, *arguments):
        path = camera_path(random, *arguments)
        found.append((*arguments, path))
        return path

    monkeypatch.setattr(camera_motion_prior, 'camera_path', record)
    return found


@pytest.fixture
def plain_paths(monkeypatch):
    """Let cameras neither turn nor zoom, so that all points move alike."""
    found = []

    def flat(random, *arguments):
        found.append(camera_path(random, *arguments) * [1, 1, 0, 0])
        return found[-1]

    monkeypatch.setattr(camera_motion_prior, 'camera_path', flat)
    return found


def test_the_order_of_the_styles_does_not_matter():
    """Saved configs have their keys sorted."""
    styles = dict(long=dict(length=(30, 40)), brief=dict(length=(1, 2)))
    first, second = (
        draw(CameraMotionPrior(given, taps=(11, 11)))
        for given in (styles, dict(sorted(styles.items())))
    )
    assert torch.equal(first.offsets, second.offsets)


def test_the_same_seed_draws_the_same_motions():
    prior = build(0.2, (11, 19), object_probability=0.5, gamma=(1, 2.2))
    untouched = np.random.get_state()[1].copy()
    first, same, other = (draw(prior, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.offsets, same.offsets)
    assert torch.equal(first.gamma, same.gamma)
    assert first.offsets.shape != other.offsets.shape or not torch.equal(
        first.offsets, other.offsets
    )
    np.testing.assert_array_equal(np.random.get_state()[1], untouched)


def test_motions_differ_from_image_to_image_and_call_to_call():
    prior = build()
    torch.manual_seed(0)
    motions = [*prior(3, 64, 48).offsets, *prior(3, 64, 48).offsets]
    assert len({tuple(one[0, :, 0, 0].tolist()) for one in motions}) == 6


@pytest.mark.parametrize(
    ('size', 'grid'),
    [((64, 48), (8, 6)), ((65, 20), (9, 3)), ((8, 1), (1, 1))],
)
def test_positions_are_given_at_a_grid(size, grid):
    offsets, gamma = draw(build(), 3, *size)
    assert offsets.shape == (3, 11, 2, *grid)
    assert gamma.shape == (3,)
    assert offsets.dtype == gamma.dtype == torch.float32


def test_the_middle_of_the_exposure_is_the_image():
    prior = build(length=(20, 40), object_probability=1.0)
    offsets = draw(prior, 8).offsets
    assert offsets[:, 5].abs().max() < 1e-5
    assert (offsets[:, [0, -1]].abs().amax((1, 2, 3, 4)) > 1).all()


def test_numbers_of_taps_are_odd_within_bounds():
    prior = build(taps=(3, 9))
    found = {draw(prior, 1, seed=s).offsets.shape[1] for s in range(40)}
    assert found == {3, 5, 7, 9}


def test_lengths_of_the_centre_are_within_their_bounds(asked):
    draw(build(length=(5, 30)), 400)
    lengths = [length for length, *_ in asked]
    assert min(lengths) >= 5
    assert max(lengths) <= 30
    assert np.mean(lengths) == pytest.approx(17.5, abs=1)


def test_skew_prefers_short_paths(asked):
    draw(build(length=(4, 24), skew=3.0), 400)
    lengths = [length for length, *_ in asked]
    # the mean of uniform ** 3 is 1 / 4
    assert np.mean(lengths) == pytest.approx(4 + 20 / 4, abs=1)
    assert max(lengths) <= 24


def test_shake_and_acceleration_are_within_their_bounds(asked):
    draw(build(shake=(0.2, 0.7), acceleration=0.5), 400)
    shakes, accelerations = (
        np.array([call[place] for call in asked]) for place in (1, 2)
    )
    assert 0.2 <= shakes.min() < 0.22
    assert 0.68 < shakes.max() <= 0.7
    assert -0.5 <= accelerations.min() < -0.48
    assert 0.48 < accelerations.max() <= 0.5


def test_a_centre_moves_as_far_as_its_path_is_long(plain_paths):
    offsets = draw(build(length=(20, 20), shake=(0, 0)), 6).offsets
    steps = offsets.diff(dim=1).norm(dim=2).sum(1)
    # All but the first of the 41 steps of the path.
    torch.testing.assert_close(
        steps, torch.full_like(steps, 20 * 40 / 41), rtol=1e-4, atol=0
    )
    offsets = draw(build(length=(20, 20), shake=(1, 1)), 6).offsets
    steps = offsets.diff(dim=1).norm(dim=2).sum(1)
    assert steps.max() <= 20
    assert steps.min() > 10


def test_points_turn_and_zoom_about_a_centre_of_their_own(asked):
    offsets = array(draw(build(), 6, 64, 48).offsets)
    centres = []
    for one, (*_, path) in zip(offsets, asked, strict=True):
        x, y, angle, zoom = resample_path(path, 11).T
        angle = np.deg2rad(angle)
        by_row, by_column = np.diff(one, axis=2), np.diff(one, axis=3)
        for found, slope in (
            (by_column[:, 0], zoom),
            (by_column[:, 1], angle),
            (by_row[:, 0], -angle),
            (by_row[:, 1], zoom),
        ):
            expected = np.broadcast_to(
                GRID * slope[:, None, None], found.shape
            )
            np.testing.assert_allclose(found, expected, atol=1e-5)
        # The middle of the grid is that of the image.
        middle = one.mean(axis=(2, 3)) - np.stack([x, y], axis=1)
        basis = np.concatenate(
            [np.stack([zoom, -angle], 1), np.stack([angle, zoom], 1)]
        )
        centre, *_ = np.linalg.lstsq(basis, middle.T.ravel())
        np.testing.assert_allclose(basis @ centre, middle.T.ravel(), atol=1e-5)
        centres.append(centre)
    apart = np.abs(centres).max(axis=0)
    assert (apart <= [400.5, 250.5]).all()
    assert (apart > [100, 60]).all()


def test_still_is_how_often_nothing_moves():
    assert not draw(build(still=1, object_probability=1.0)).offsets.any()
    offsets = draw(build(still=0.25), 400).offsets
    moves = offsets.flatten(1).any(1)
    assert moves.float().mean() == pytest.approx(0.75, abs=0.07)


def test_styles_are_drawn_by_their_weights():
    prior = CameraMotionPrior(
        dict(
            common=dict(weight=3, gamma=(1.5,), length=(10, 20)),
            rare=dict(gamma=(2.5,), length=(30, 40)),
            never=dict(weight=0, gamma=(9,)),
        ),
    )
    offsets, gamma = draw(prior, 400)
    assert set(gamma.tolist()) == {1.5, 2.5}
    assert (gamma == 1.5).float().mean() == pytest.approx(0.75, abs=0.07)
    # Arguments of one style stay together.
    reach = (offsets[:, 0] - offsets[:, -1]).norm(dim=1).mean((1, 2))
    assert reach[gamma == 1.5].max() < 26
    assert reach[gamma == 2.5].median() > 28


def test_gamma_is_one_of_the_styles():
    _, gamma = draw(build(gamma=(1, 1, 2)), 400)
    assert set(gamma.tolist()) == {1.0, 2.0}
    assert (gamma == 2).float().mean() == pytest.approx(1 / 3, abs=0.07)


class TestObjects:
    def test_only_a_part_moves_besides(self):
        prior = build(
            length=(0, 0), object_probability=1.0, object_length=(10, 20)
        )
        offsets = draw(prior, 12, 128, 128).offsets
        moved = (offsets.abs() > 1e-5).flatten(1, 2).any(1)
        share = moved.float().mean((1, 2))
        assert share.max() < 1
        assert share.median() > 0
        assert share.mean() == pytest.approx(0.3, abs=0.2)
        # Its edge is smooth: some points move less than its inside.
        reach = offsets.norm(dim=2).amax(1).flatten(1)
        partly = (reach > 0.05 * reach.amax(1, True)) & (
            reach < 0.95 * reach.amax(1, True)
        )
        assert partly.any(1).float().mean() > 0.5

    def test_it_moves_along_a_path_of_its_own(self, plain_paths):
        prior = build(
            length=(0, 0),
            object_probability=1.0,
            object_length=(20, 20),
            shake=(0, 0),
        )
        offsets = draw(prior, 8, 96, 96).offsets
        inside = offsets.norm(dim=2).amax(1).flatten(1).argmax(1)
        for one, place in zip(offsets, inside, strict=True):
            if not one.any():
                continue
            # Of rank 1: one path, times how much of it a point takes.
            path = one.flatten(2)[..., place]
            share = (one.flatten(2) * path[..., None]).sum((0, 1))
            share /= path.square().sum()
            torch.testing.assert_close(
                one.flatten(2), path[..., None] * share, atol=1e-4, rtol=0
            )
            assert share.min() > -1e-6
            assert path.diff(dim=0).norm(dim=1).sum() <= 20

    def test_it_is_added_to_the_camera(self, plain_paths):
        prior = build(length=(10, 10), object_probability=1.0)
        offsets = array(draw(prior, 5, 96, 96).offsets)
        cameras, objects = plain_paths[::2], plain_paths[1::2]
        for one, camera, own in zip(offsets, cameras, objects, strict=True):
            at_grid = resample_path(camera, 11)[:, :2, None, None]
            besides = np.abs(one - at_grid).max(axis=(0, 1))
            assert besides.min() < 1e-5  # elsewhere is the camera alone
            assert besides.max() <= np.abs(own[:, :2]).max() + 1e-5
            assert besides.max() > 1

    def test_its_path_has_a_length_of_its_own(self, asked):
        prior = build(length=(0, 1), object_probability=1.0)
        draw(prior, 50)
        lengths = np.array([length for length, *_ in asked])
        assert lengths[::2].max() <= 1
        assert 4 <= lengths[1::2].min() < 7
        assert 21 < lengths[1::2].max() <= 24

    def test_how_often(self, asked):
        draw(build(length=(10, 10), object_probability=0.25), 400)
        assert len(asked) / 400 - 1 == pytest.approx(0.25, abs=0.07)


class TestRefusals:
    def test_an_unknown_argument_is_named(self):
        message = r"unknown style argument 'lenght'; expected one of \['acc"
        with pytest.raises(TypeError, match=message):
            CameraMotionPrior(dict(a={}, b=dict(lenght=(0, 1))))

    @pytest.mark.parametrize('styles', [{}, dict(a=dict(weight=0))])
    def test_there_is_a_style(self, styles):
        with pytest.raises(ValueError, match='one with a positive weight'):
            CameraMotionPrior(styles)

    @pytest.mark.parametrize('taps', [(1, 3), (4, 9), (9, 7), (3, 6)])
    def test_taps(self, taps):
        with pytest.raises(ValueError, match='taps must be two odd numbers'):
            build(taps=taps)

    @pytest.mark.parametrize('still', [-0.1, 1.1])
    def test_still(self, still):
        with pytest.raises(ValueError, match=rf'in \[0, 1\], got {still}'):
            build(still)


def test_registry_builds_it():
    prior = MODELS.build(
        dict(
            type='mmasgan.CameraMotionPrior',
            styles=dict(carried=dict(length=(0, 45)), hand={}),
            still=0.06,
        )
    )
    assert [style.length for style in prior.styles] == [(0, 45), (0.0, 45.0)]
    assert not list(prior.parameters())
    assert draw(prior).offsets.isfinite().all()
