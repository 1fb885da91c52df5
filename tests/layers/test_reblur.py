import numpy as np
import pytest
import torch
from numpy_reference import array, assert_close
from torch.autograd import gradcheck
from torch.nn.functional import interpolate

from mmasgan.layers.reblur import (
    MotionReblur,
    canonical_field,
    field_of_canonical,
    field_of_offsets,
    reblur_along_field,
    reblur_along_offsets,
)
from mmasgan.registry import MODELS

SIZE = 7, 9
# What keeps a gradient where nothing moves moves a path of a pixel or more by
# less than this, in pixels.
ROUNDED = 2e-6


def sample(image, x, y):
    """Read (C, H, W) at one place, between pixels, beyond them the edge."""
    _, height, width = image.shape
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = int(x), int(y)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    upper, lower = (
        (left + 1 - x) * image[:, row, left]
        + (x - left) * image[:, row, right]
        for row in (top, bottom)
    )
    return (top + 1 - y) * upper + (y - top) * lower


def path_integral(image, positions, gamma=1.0, margin=0):
    """Average (C, H, W) along positions (T, 2, H, W)."""
    _, height, width = image.shape
    out = np.empty_like(image)
    for row in range(height):
        for column in range(width):
            reads = [
                sample(image**gamma, column + x, row + y)
                for x, y in positions[:, :, row, column]
            ]
            out[:, row, column] = np.mean(reads, axis=0) ** (1 / gamma)
    return out[:, margin : height - margin, margin : width - margin]


def positions_of(field, taps):
    times = np.linspace(-1, 1, taps) if taps > 1 else np.zeros(1)
    times = times[:, None, None, None]
    return times * field[:2] + times**2 * field[2:]


def upsample(image, size):
    """Interpolate (C, h, w) between the centres of its pixels."""
    _, rows, columns = image.shape
    ys, xs = (
        (np.arange(side) + 0.5) * small / side - 0.5
        for side, small in zip(size, (rows, columns), strict=True)
    )
    # Beyond the outer centres is their value.
    return np.stack(
        [np.stack([sample(image, x, y) for x in xs], axis=1) for y in ys],
        axis=1,
    )


def doubled(field):
    """Give the angle of d, of (4, h, w), twice its size."""
    length, angle = np.hypot(*field[:2]), np.arctan2(field[1], field[0])
    along = [length * np.cos(2 * angle), length * np.sin(2 * angle)]
    return np.concatenate([along, field[2:]])


def halved(field):
    length, angle = np.hypot(*field[:2]), np.arctan2(field[1], field[0]) / 2
    along = [length * np.cos(angle), length * np.sin(angle)]
    return np.concatenate([along, field[2:]])


def images(count=2, size=SIZE):
    return torch.rand(count, 2, *size, dtype=torch.float64)


def fields(count=2, size=SIZE, scale=2.0):
    return scale * torch.randn(count, 4, *size, dtype=torch.float64)


def reversed_at_random(field):
    """Turn the direction of time at about half of the points."""
    flipped = torch.rand(field[:, :1].shape) < 0.5
    along = torch.where(flipped, -field[:, :2], field[:, :2])
    assert not torch.equal(along, field[:, :2])
    return torch.cat([along, field[:, 2:]], dim=1)


class TestAlongField:
    @pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
    @pytest.mark.parametrize(
        ('taps', 'gamma', 'margin'),
        [(1, 1.0, 0), (3, 2.2, 2), (5, 1.0, 3), (15, 1.0, 0), (7, 2.2, 0)],
    )
    def test_equals_numpy(self, device, dtype, taps, gamma, margin):
        sharp, field = images(), fields()
        actual = reblur_along_field(
            *(t.to(device, dtype) for t in (sharp, field)), taps, gamma, margin
        )
        expected = [
            path_integral(one, positions_of(m, taps), gamma, margin)
            for one, m in zip(array(sharp), array(field), strict=True)
        ]
        assert_close(actual, expected)

    def test_each_image_has_its_own_gamma(self):
        sharp, field = images(3), fields(3)
        gammas = [1.0, 2.2, 1.8]
        actual = reblur_along_field(sharp, field, 5, torch.tensor(gammas))
        expected = [
            path_integral(one, positions_of(m, 5), gamma)
            for one, m, gamma in zip(
                array(sharp), array(field), gammas, strict=True
            )
        ]
        # gammas are of single precision
        np.testing.assert_allclose(actual, expected, atol=1e-6, rtol=0)

    @pytest.mark.parametrize('small', [(3, 4), (2, 9), (1, 1)])
    def test_a_smaller_field_is_interpolated_by_doubled_angles(self, small):
        sharp, field = images(1), fields(1, small, 3.0)
        actual = reblur_along_field(sharp, field, 5)
        large = halved(upsample(doubled(array(field)[0]), SIZE))
        expected = path_integral(array(sharp)[0], positions_of(large, 5))
        np.testing.assert_allclose(actual[0], expected, atol=1e-5, rtol=0)

    @pytest.mark.parametrize('size', [SIZE, (5, 5)])
    def test_a_path_and_its_reverse_blur_alike(self, size):
        sharp, field = images(), fields(size=size)
        mirrored = torch.cat([-field[:, :2], field[:, 2:]], dim=1)
        torch.testing.assert_close(
            reblur_along_field(sharp, mirrored),
            reblur_along_field(sharp, field),
            atol=1e-12,
            rtol=0,
        )

    def test_time_may_turn_between_neighbours(self):
        sharp = images(size=(16, 20))
        # Slowly changing motion, as in a photograph.
        coarse = torch.tensor([[4.0, 2, 1, 0], [2, -4, 0, 1]]).double()
        bend = torch.linspace(0.5, 1.5, 20).reshape(4, 5)
        field = coarse[..., None, None] * bend
        turned = reversed_at_random(field)
        expected = reblur_along_field(sharp, field)
        torch.testing.assert_close(
            reblur_along_field(sharp, turned), expected, atol=1e-12, rtol=0
        )
        naive = interpolate(turned, (16, 20), mode='bilinear')
        wrong = reblur_along_field(sharp, naive)
        assert (wrong - expected).abs().max() > 0.1

    def test_without_motion_an_image_stays(self):
        sharp = images()
        torch.testing.assert_close(
            reblur_along_field(sharp, torch.zeros(2, 4, *SIZE)),
            sharp,
            atol=1e-12,
            rtol=0,
        )
        # The least motion that an interpolated field holds: 0.001 pixels.
        torch.testing.assert_close(
            reblur_along_field(sharp, torch.zeros(2, 4, 2, 3)),
            sharp,
            atol=2e-3,
            rtol=0,
        )

    def test_one_tap_is_the_image(self):
        sharp = images()
        out = reblur_along_field(sharp, fields(), taps=1)
        torch.testing.assert_close(out, sharp, atol=1e-12, rtol=0)

    def test_margin_cuts_off_what_is_read_beyond_the_image(self):
        sharp, field = images(size=(16, 16)), fields(size=(16, 16), scale=1.0)
        field = field.clamp(-1.4, 1.4)  # paths that end within 3 pixels
        inner = reblur_along_field(sharp, field, margin=3)
        whole = reblur_along_field(sharp, field)
        assert torch.equal(inner, whole[..., 3:-3, 3:-3])
        wider = torch.nn.functional.pad(sharp, [4] * 4, value=9.0)
        wide_field = torch.nn.functional.pad(field, [4] * 4)
        torch.testing.assert_close(
            reblur_along_field(wider, wide_field, margin=7),
            inner,
            atol=1e-12,
            rtol=0,
        )

    def test_white_stays_white_and_black_black_in_linear_light(self):
        field = fields()
        for value in (0.0, 1.0):
            even = torch.full((2, 2, *SIZE), value).double()
            out = reblur_along_field(even, field, gamma=2.2)
            assert (out - even).abs().max() * 255 < 0.5

    @pytest.mark.parametrize('size', [(4, 5), (2, 3)])
    @pytest.mark.parametrize('gamma', [1.0, 2.2])
    def test_gradient(self, size, gamma):
        sharp = (0.2 + 0.6 * images(1, (4, 5))).requires_grad_()
        field = fields(1, size).requires_grad_()

        def blur(sharp, field):
            return reblur_along_field(sharp, field, 5, gamma)

        assert gradcheck(blur, (sharp, field))

    def test_gradient_is_finite_where_nothing_moves_or_shines(self):
        sharp = torch.zeros(1, 2, 8, 8).requires_grad_()
        field = torch.zeros(1, 4, 2, 2).requires_grad_()
        reblur_along_field(sharp, field, gamma=2.2).sum().backward()
        assert sharp.grad.isfinite().all()
        assert field.grad.isfinite().all()

    @pytest.mark.parametrize('taps', [0, 2, -3])
    def test_taps_are_odd(self, taps):
        with pytest.raises(ValueError, match=f'taps must be odd.*got {taps}'):
            reblur_along_field(images(), fields(), taps)


class TestModule:
    def test_it_is_the_function(self):
        sharp, field = images(), fields(size=(3, 4))
        module = MODELS.build(
            dict(type='mmasgan.MotionReblur', taps=5, gamma=2.2, margin=1)
        )
        expected = reblur_along_field(sharp, field, 5, 2.2, 1)
        assert torch.equal(module(sharp, field), expected)
        assert not module.state_dict()

    def test_its_defaults_are_the_functions(self):
        sharp, field = images(), fields()
        assert torch.equal(
            MotionReblur()(sharp, field), reblur_along_field(sharp, field)
        )

    def test_it_refuses_what_the_function_does(self):
        with pytest.raises(ValueError, match=r'taps must be odd.*got 4'):
            MotionReblur(4)(images(), fields())


class TestAlongOffsets:
    @pytest.mark.parametrize(
        ('taps', 'gamma', 'margin'), [(1, 1.0, 0), (4, 2.2, 0), (7, 1.0, 2)]
    )
    def test_equals_numpy(self, device, taps, gamma, margin):
        sharp = images()
        offsets = 2 * torch.randn(2, taps, 2, *SIZE, dtype=torch.float64)
        actual = reblur_along_offsets(
            sharp.to(device), offsets.to(device), gamma, margin
        )
        expected = [
            path_integral(one, path, gamma, margin)
            for one, path in zip(array(sharp), array(offsets), strict=True)
        ]
        assert_close(actual, expected)

    def test_offsets_of_another_size_are_interpolated(self):
        sharp = images(1)
        offsets = 2 * torch.randn(1, 3, 2, 3, 4, dtype=torch.float64)
        large = [upsample(one, SIZE) for one in array(offsets)[0]]
        expected = path_integral(array(sharp)[0], np.stack(large))
        assert_close(reblur_along_offsets(sharp, offsets)[0], expected)

    def test_of_a_quadratic_it_is_the_blur_along_the_field(self):
        sharp, field = images(), fields()
        offsets = torch.stack(
            [torch.from_numpy(positions_of(m, 9)) for m in array(field)]
        )
        torch.testing.assert_close(
            reblur_along_offsets(sharp, offsets, 2.2, 1),
            reblur_along_field(sharp, field, 9, 2.2, 1),
        )

    def test_gradient(self):
        sharp = images(1, (4, 5)).requires_grad_()
        offsets = torch.randn(1, 3, 2, 4, 5, dtype=torch.float64)
        assert gradcheck(
            reblur_along_offsets, (sharp, offsets.requires_grad_())
        )


class TestCanonicalForm:
    def test_it_is_the_doubled_angle(self):
        field = fields(1, (6, 7), 5.0)
        np.testing.assert_allclose(
            canonical_field(field)[0],
            doubled(array(field)[0]),
            atol=ROUNDED,
            rtol=0,
        )

    def test_a_path_and_its_reverse_share_it(self):
        field = fields(3)
        assert torch.equal(
            canonical_field(field), canonical_field(reversed_at_random(field))
        )

    def test_a_field_comes_back_or_its_reverse(self):
        field = fields(3, scale=5.0)
        field[0, :2, :2] = torch.tensor([[-4.0, 0], [0, -4]])[..., None]
        back = field_of_canonical(canonical_field(field))
        same_way = (back[:, :2] * field[:, :2]).sum(1, keepdim=True).sign()
        expected = torch.cat([same_way * field[:, :2], field[:, 2:]], dim=1)
        torch.testing.assert_close(back, expected, atol=5e-5, rtol=0)

    def test_the_form_of_a_field_of_it_is_itself(self):
        form = fields(3, scale=5.0)
        form[0, :2, :2] = torch.tensor([[-4.0, 0], [0, -4]])[..., None]
        torch.testing.assert_close(
            canonical_field(field_of_canonical(form)), form, atol=5e-5, rtol=0
        )

    def test_it_does_not_jump_anywhere(self):
        angle = torch.linspace(0, 2 * torch.pi, 721).double()
        zero = torch.zeros_like(angle)
        around = torch.stack([angle.cos(), angle.sin(), zero, zero])
        form = canonical_field(around[None, :, :, None])[0, :, :, 0]
        # Half a degree of direction is one of the form.
        step = form.diff(dim=1).norm(dim=0)
        torch.testing.assert_close(
            step, torch.full_like(step, torch.pi / 360 * 2), rtol=1e-4, atol=0
        )

    def test_the_changes_pass_as_they_are(self):
        field = fields()
        for convert in (canonical_field, field_of_canonical):
            assert torch.equal(convert(field)[:, 2:], field[:, 2:])

    @pytest.mark.parametrize('convert', [canonical_field, field_of_canonical])
    def test_gradient(self, convert):
        assert gradcheck(convert, fields(1, (3, 3)).requires_grad_())
        still = torch.zeros(1, 4, 2, 2).requires_grad_()
        convert(still).sum().backward()
        assert still.grad.isfinite().all()


class TestFieldOfOffsets:
    @pytest.mark.parametrize('taps', [3, 7, 16])
    def test_a_quadratic_is_found_exactly(self, taps):
        field = fields(size=(3, 4))
        found = [positions_of(m, taps) for m in array(field)]
        offsets = torch.from_numpy(np.stack(found))
        assert_close(field_of_offsets(offsets), array(field))

    @pytest.mark.parametrize('taps', [3, 9, 12])
    def test_another_path_is_fitted_by_least_squares(self, taps):
        offsets = torch.randn(2, taps, 2, 3, 4, dtype=torch.float64)
        times = np.linspace(-1, 1, taps)
        basis = np.stack([times, times**2], axis=1)
        # (T, N 2 h w) to (2, N 2 h w)
        known = array(offsets).swapaxes(0, 1).reshape(taps, -1)
        fit, _, rank, _ = np.linalg.lstsq(basis, known)
        assert rank == 2
        expected = fit.reshape(2, 2, 2, 3, 4).swapaxes(0, 1)
        assert_close(field_of_offsets(offsets), expected.reshape(2, 4, 3, 4))


@pytest.mark.parametrize(
    ('blur', 'sharp', 'motion', 'margin', 'message'),
    [
        ('field', (3, 7, 9), (1, 4, 7, 9), 0, r'sharp must be .*\(3, 7, 9\)'),
        ('field', (2, 3, 7, 9), (2, 3, 7, 9), 0, r'motion must be .*2 images'),
        ('field', (2, 3, 7, 9), (1, 4, 7, 9), 0, r'got \(1, 4, 7, 9\)'),
        ('field', (2, 3, 7, 9), (4, 7, 9), 0, r'got \(4, 7, 9\)'),
        ('field', (2, 3, 7, 9), (2, 3, 2, 7, 9), 0, r'got \(2, 3, 2, 7, 9\)'),
        (
            'field',
            (2, 3, 7, 9),
            (2, 4, 7, 9),
            4,
            r'margin must.*\(7, 9\), got 4',
        ),
        ('field', (2, 3, 7, 9), (2, 4, 7, 9), -1, 'margin must.*got -1'),
        ('offsets', (3, 7, 9), (1, 3, 2, 7, 9), 0, 'sharp must be'),
        ('offsets', (2, 3, 7, 9), (2, 4, 7, 9), 0, r'got \(2, 4, 7, 9\)'),
        ('offsets', (2, 3, 7, 9), (2, 0, 2, 7, 9), 0, r'got \(2, 0, 2, 7, 9'),
        ('offsets', (2, 3, 7, 9), (2, 5, 3, 7, 9), 0, r'got \(2, 5, 3, 7, 9'),
        ('offsets', (2, 3, 7, 9), (3, 5, 2, 7, 9), 0, r'got \(3, 5, 2, 7, 9'),
        ('offsets', (2, 3, 7, 9), (2, 5, 2, 7, 9), 5, 'margin must.*got 5'),
    ],
)
def test_refuses_what_does_not_fit(blur, sharp, motion, margin, message):
    call = dict(field=reblur_along_field, offsets=reblur_along_offsets)[blur]
    with pytest.raises(ValueError, match=message):
        call(torch.zeros(sharp), torch.zeros(motion), margin=margin)
