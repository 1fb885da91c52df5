import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import avg_pool2d

from mmasgan.generators import MotionReblurGenerator
from mmasgan.layers import CameraMotionPrior, MotionNetwork
from mmasgan.layers.camera_motion_prior import Motion
from mmasgan.layers.reblur import reblur_along_field, reblur_along_offsets
from mmasgan.registry import MODELS

SIZE = 24, 32
GREY = 255  # levels


class Reader(nn.Module):
    """Read a field from the colours of an image, as some network does."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.weight = nn.Parameter(3 * torch.randn(4, 3))
        self.dropout = nn.Dropout(dropout)
        self.seen = []

    def forward(self, blurred):
        self.seen.append(blurred)
        colours = self.dropout(avg_pool2d(blurred, 4))
        return torch.einsum('fc,nchw->nfhw', self.weight, colours)


class Drawer(nn.Module):
    """Draw motions that are known, the first of which is none."""

    def __init__(self, gamma=1.0):
        super().__init__()
        self.offsets = 3 * torch.randn(4, 5, 2, 3, 4)
        self.offsets[0] = 0
        self.gamma = torch.full((4,), gamma)
        self.asked = []

    def forward(self, count, height, width):
        self.asked.append((count, height, width))
        return Motion(self.offsets[:count], self.gamma[:count])


def build(reader=True, prior=None, **changes):
    reader = Reader() if reader is True else reader
    return MotionReblurGenerator(reader, prior, **changes)


def images(count=2, size=SIZE):
    return torch.rand(count, 3, *size) * 2 - 1


def transferred(generator, sharp, blurred):
    with torch.no_grad():
        field = generator.motion_network.eval()(blurred)
    out = reblur_along_field(
        (sharp + 1) / 2, field, generator.reblur.taps, margin=generator.margin
    )
    return 2 * out - 1


def drawn(sharp, motion, margin=0):
    out = reblur_along_offsets((sharp + 1) / 2, *motion, margin)
    return 2 * out.clamp(0, 1) - 1


def assert_same(actual, expected):
    torch.testing.assert_close(actual, expected, atol=1e-6, rtol=0)


class TestEvaluation:
    @pytest.mark.parametrize('prior', [None, Drawer()])
    @pytest.mark.parametrize(('taps', 'margin'), [(15, 0), (5, 4)])
    def test_all_images_take_the_motion_of_a_blurred_one(
        self, device, prior, taps, margin
    ):
        generator = build(
            True, prior, taps=taps, margin=margin, noise=50, highlights=3.0
        )
        generator.to(device).eval()
        sharp, blurred = images().to(device), images().to(device)
        out = generator(sharp, None, blurred)
        assert out.shape == (2, 3, 24 - 2 * margin, 32 - 2 * margin)
        assert_same(out, transferred(generator, sharp, blurred))
        inner = sharp[..., margin : 24 - margin, margin : 32 - margin]
        assert (out - inner).abs().mean() > 0.1

    def test_blurred_images_may_be_of_another_size(self):
        generator = build().eval()
        sharp, blurred = images(), images(size=(40, 16))
        assert_same(
            generator(sharp, blurred=blurred),
            transferred(generator, sharp, blurred),
        )

    def test_a_semantic_map_changes_nothing(self):
        generator = build().eval()
        sharp, blurred = images(), images()
        outs = [
            generator(sharp, semantic, blurred)
            for semantic in (None, torch.rand(2, 8, *SIZE))
        ]
        assert torch.equal(*outs)

    @pytest.mark.parametrize('prior', [None, Drawer()])
    def test_a_blurred_image_is_needed(self, prior):
        with pytest.raises(ValueError, match='blurred is None, but'):
            build(True, prior).eval()(images())

    def test_a_motion_network_is_needed(self):
        generator = build(None, Drawer()).eval()
        with pytest.raises(ValueError, match='needs a motion_network'):
            generator(images(), None, images())


class TestTraining:
    def test_with_a_transfer_of_1_all_motions_are_read(self):
        prior = Drawer()
        generator = build(True, prior, transfer=1.0, margin=2)
        sharp, blurred = images(), images()
        assert_same(
            generator(sharp, None, blurred),
            transferred(generator, sharp, blurred),
        )
        assert not prior.asked

    def test_with_a_transfer_of_0_all_motions_are_drawn(self):
        reader, prior = Reader(), Drawer(2.2)
        generator = build(reader, prior, transfer=0.0, margin=2)
        sharp = images(3)
        expected = drawn(sharp, prior(3, *SIZE), 2)
        assert_same(generator(sharp), expected)
        assert not reader.seen
        assert prior.asked == [(3, *SIZE)] * 2

    def test_in_between_each_image_is_one_or_the_other(self):
        reader = Reader()
        prior = CameraMotionPrior(
            dict(any=dict(length=(10, 20), gamma=(1, 2.2)))
        )
        generator = build(reader, prior, margin=3)
        sharp, blurred = images(8), images(8)
        torch.manual_seed(1)
        read = torch.rand(8) < 0.5
        motion = prior(int((~read).sum()), *SIZE)
        assert 0 < read.sum() < 8
        expected = torch.empty(8, 3, 18, 26)
        expected[read] = transferred(generator, sharp[read], blurred[read])
        expected[~read] = drawn(sharp[~read], motion, 3)
        reader.seen.clear()
        torch.manual_seed(1)
        assert_same(generator(sharp, None, blurred), expected)
        # No motion is read in vain.
        assert torch.equal(reader.seen[0], blurred[read])

    def test_how_many_motions_are_read(self):
        reader = Reader()
        generator = build(reader, Drawer(), transfer=0.25)
        for _ in range(100):
            generator(images(4, (8, 8)), None, images(4, (8, 8)))
        share = sum(map(len, reader.seen)) / 400
        assert share == pytest.approx(0.25, abs=0.07)

    def test_a_blurred_image_is_needed_where_a_motion_is_read(self):
        generator = build(True, Drawer(), transfer=1.0)
        with pytest.raises(ValueError, match='blurred is None, but'):
            generator(images())

    def test_without_the_one_the_other_is_used(self):
        assert build(None, Drawer(), transfer=0.5).transfer == 0
        assert build(True, None, transfer=0.5).transfer == 1
        sharp, blurred = images(), images()
        generator = build(True, None)
        assert_same(
            generator(sharp, None, blurred),
            transferred(generator, sharp, blurred),
        )
        generator = build(None, Drawer())
        assert_same(generator(sharp), drawn(sharp, generator.prior(2, *SIZE)))

    @pytest.mark.parametrize('training', [False, True])
    def test_margin_leaves_something(self, training):
        generator = build(True, Drawer(), margin=13).train(training)
        with pytest.raises(ValueError, match='margin must be less than half'):
            generator(images(), None, images())


class TestGradient:
    @pytest.mark.parametrize('training', [False, True])
    @pytest.mark.parametrize('frozen', [False, True])
    def test_it_reaches_the_sharp_image_and_what_is_not_frozen(
        self, frozen, training
    ):
        generator = build(True, Drawer(), transfer=1.0, frozen=frozen)
        sharp = images().requires_grad_()
        out = generator.train(training)(sharp, None, images())
        out.square().sum().backward()
        assert sharp.grad.abs().max() > 0
        weight = generator.motion_network.weight
        assert weight.requires_grad != frozen
        if frozen:
            assert weight.grad is None
        else:
            assert weight.grad.abs().max() > 0

    def test_a_frozen_network_keeps_no_graph(self):
        blurred = images().requires_grad_()
        generator = build(True, None)
        assert not generator(images(), None, blurred).requires_grad
        assert generator.train(False)(images(), None, blurred).grad_fn is None

    def test_it_passes_drawn_motions(self):
        generator = build(None, Drawer(2.2), noise=3, highlights=1.5)
        sharp = images().requires_grad_()
        generator(sharp).square().sum().backward()
        for gradient in sharp.grad:
            assert gradient.isfinite().all()
            assert gradient.abs().max() > 0

    def test_a_frozen_network_has_no_dropout(self):
        sharp, blurred = images(), images()
        frozen = build(Reader(0.5), None).train()
        outs = [frozen(sharp, None, blurred) for _ in range(2)]
        assert torch.equal(*outs)
        assert frozen.training
        learning = build(Reader(0.5), None, frozen=False).train()
        outs = [learning(sharp, None, blurred) for _ in range(2)]
        assert not torch.equal(*outs)


class TestNoise:
    def test_where_nothing_moves_there_is_none(self):
        generator = build(None, Drawer(), noise=20)
        grey = torch.zeros(4, 3, *SIZE)
        grain = generator(grey) / 2  # of a range of 1
        assert_same(grain[0], torch.zeros_like(grain[0]))
        deviations = grain[1:].std((1, 2, 3)) * GREY
        assert (deviations > 0).all()
        assert (deviations < 20 * 1.1).all()
        assert deviations.unique().numel() == 3  # drawn for each image
        # It is white: neighbours have nothing in common.
        pairs = grain[1:, :, :, 1:] * grain[1:, :, :, :-1]
        shared = pairs.mean((1, 2, 3)) / grain[1:].var((1, 2, 3))
        assert shared.abs().max() < 0.15

    def test_its_deviation_is_drawn_evenly(self):
        generator = build(None, Drawer(), noise=20)
        deviations = [
            generator(torch.zeros(4, 3, 16, 16))[1:].std((1, 2, 3))
            for _ in range(100)
        ]
        deviations = torch.cat(deviations) * GREY / 2
        assert deviations.mean() == pytest.approx(10, abs=1.5)
        assert 18 < deviations.max() < 22

    def test_it_comes_upon_motions_that_are_read(self):
        generator = build(True, Drawer(), transfer=1.0, noise=20)
        grey, blurred = torch.zeros(2, 3, *SIZE), images()
        assert (generator(grey, None, blurred).std((1, 2, 3)) > 0).all()
        generator.eval()
        assert_same(generator(grey, None, blurred), grey)

    def test_what_comes_out_is_an_image(self):
        generator = build(True, Drawer(2.2), noise=100, highlights=3.0)
        sharp = images(4).sign()  # black and white
        out = generator(sharp, None, images(4))
        assert out.min() == -1
        assert out.max() == 1


class TestHighlights:
    def test_bright_spots_may_be_brighter_than_white(self):
        prior = Drawer(2.2)
        generator = build(None, prior, transfer=0.0, highlights=3.0)
        sharp = -torch.ones(4, 3, *SIZE)
        sharp[..., ::5, ::5] = 1.0
        sharp[..., 2::5, 2::5] = 2 * 0.96 - 1  # just not bright
        torch.manual_seed(2)
        torch.rand(4)  # which motions are read
        bright = 1 + 2 * torch.rand(4).reshape(-1, 1, 1, 1)
        bright[0] = 1  # where nothing moves
        light = (sharp + 1) / 2
        light = torch.where(light > 0.97, light * bright, light)
        expected = drawn(2 * light - 1, prior(4, *SIZE))
        torch.manual_seed(2)
        out = generator(sharp)
        assert_same(out, expected)
        plain = drawn(sharp, prior(4, *SIZE))
        assert (out[1:] - plain[1:]).max() > 0.1
        assert (out - plain).min() > -1e-6

    def test_they_do_not_where_frames_are_averaged_as_they_are(self):
        prior = Drawer()
        prior.gamma[1] = 2.2
        generator = build(None, prior, transfer=0.0, highlights=3.0)
        sharp = torch.ones(4, 3, *SIZE)
        sharp[..., ::2] = 0
        out, plain = generator(sharp), drawn(sharp, prior(4, *SIZE))
        for index in (2, 3):
            assert_same(out[index], plain[index])
        assert (out[1] - plain[1]).max() > 0.1


class TestWeights:
    SMALL = dict(
        type='mmasgan.MotionNetwork',
        channels=(4, 4, 4),
        blocks=(1, 1, 1),
        up_blocks=(1, 1),
    )

    def build(self, frozen=True, **changes):
        return MODELS.build(
            dict(
                type='mmasgan.MotionReblurGenerator',
                motion_network=self.SMALL | changes,
                frozen=frozen,
            )
        )

    def test_those_of_the_motion_network_are_loaded(self, tmp_path):
        path = tmp_path / 'motion.safetensors'
        stored = self.build().motion_network.state_dict()
        save_file(stored, path)
        generator = self.build(weights=str(path))
        generator.init_weights()
        loaded = generator.motion_network.state_dict()
        for name, value in stored.items():
            assert torch.equal(loaded[name], value), name

    def test_frozen_without_weights_it_reads_nothing(self):
        message = 'motion_network is frozen and has no weights: set'
        with pytest.raises(ValueError, match=message):
            self.build().init_weights()
        self.build(frozen=False).init_weights()

    def test_another_network_has_its_own(self):
        build(Reader()).init_weights()
        build(None, Drawer()).init_weights()

    def test_parts_are_built_from_configs(self):
        generator = MODELS.build(
            dict(
                type='mmasgan.MotionReblurGenerator',
                motion_network=self.SMALL,
                prior=dict(
                    type='mmasgan.CameraMotionPrior', styles=dict(any={})
                ),
            )
        )
        assert isinstance(generator.motion_network, MotionNetwork)
        assert isinstance(generator.prior, CameraMotionPrior)
        assert generator.needs_motion
        out = generator(images(4, (40, 36)), None, images(4, (40, 36)))
        assert out.shape == (4, 3, 40, 36)
        assert out.isfinite().all()


def test_it_needs_a_source_of_motions():
    with pytest.raises(ValueError, match='needs motion_network or prior'):
        MotionReblurGenerator()


@pytest.mark.parametrize('transfer', [-0.1, 1.5])
def test_transfer_is_a_share(transfer):
    with pytest.raises(ValueError, match=rf'in \[0, 1\], got {transfer}'):
        build(transfer=transfer)
