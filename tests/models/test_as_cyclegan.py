import copy

import pytest
import torch
from mmagic.evaluation import PSNR, SSIM
from mmagic.models.editors.cyclegan import CycleGAN
from mmengine.optim import OptimWrapperDict
from mmengine.registry import MODELS
from safetensors.torch import save_file
from torch import nn

from mmasgan.engine import BFloat16OptimWrapper, bfloat16_optim_wrapper
from mmasgan.losses.vgg_features import VGGFeatures
from mmasgan.models import ASCycleGAN

NORM = 127.5  # [0, 255] to [-1, 1]


def state(module):
    return copy.deepcopy(module.state_dict())


def same(before, module):
    after = module.state_dict()
    return all(
        torch.equal(value, after[name]) for name, value in before.items()
    )


def real(data, domain):
    images = [inputs[f'img_{domain}'] for inputs in data['inputs']]
    return torch.stack(images).float() / NORM - 1


def accuracy_of(real, fake):
    right = torch.cat(
        [real.flatten() > fake.mean(), fake.flatten() < real.mean()]
    )
    return right.float().mean()


def ragan_ls(higher, lower):
    return (
        (higher - lower.mean() - 1).square().mean()
        + (lower - higher.mean() + 1).square().mean()
    ) / 2


@pytest.mark.parametrize('count', [1, 2])
def test_terms_are_those_of_the_paper(build_model, optimizers, batch, count):
    model = build_model(gradient_penalty=None)
    data = batch(count=count, semantic=True)
    deblur, reblur = model.generators['sharp'], model.generators['blur']
    judge = {
        d: copy.deepcopy(model.discriminators[d]) for d in ('sharp', 'blur')
    }
    blur, sharp = real(data, 'blur'), real(data, 'sharp')
    map_blur = torch.stack([i['semantic_blur'] for i in data['inputs']])
    map_sharp = torch.stack([i['semantic_sharp'] for i in data['inputs']])
    with torch.no_grad():
        fake_sharp = deblur(blur, map_blur)
        fake_blur = reblur(sharp, map_sharp)
        expected = {
            'loss_disc_deblur': ragan_ls(
                judge['sharp'](sharp), judge['sharp'](fake_sharp)
            ),
            'loss_disc_reblur': ragan_ls(
                judge['blur'](blur), judge['blur'](fake_blur)
            ),
            'discriminator_accuracy_deblur': accuracy_of(
                judge['sharp'](sharp), judge['sharp'](fake_sharp)
            ),
            'discriminator_accuracy_reblur': accuracy_of(
                judge['blur'](blur), judge['blur'](fake_blur)
            ),
            'loss_gan_deblur': ragan_ls(
                judge['sharp'](fake_sharp), judge['sharp'](sharp)
            ),
            'loss_gan_reblur': ragan_ls(
                judge['blur'](fake_blur), judge['blur'](blur)
            ),
            # Each loop is named after its first half.
            'loss_cycle_deblur': 3
            * (reblur(fake_sharp, map_blur) - blur).abs().mean(),
            'loss_cycle_reblur': 3
            * (deblur(fake_blur, map_sharp) - sharp).abs().mean(),
            'loss_identity_deblur': 0.5
            * (deblur(sharp, map_sharp) - sharp).abs().mean(),
            'loss_identity_reblur': 0.5
            * (reblur(blur, map_blur) - blur).abs().mean(),
        }
    # A rate of zero keeps the discriminators as they are for the generators.
    losses = model.train_step(data, optimizers(model, disc_lr=0))
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, msg=name)


def test_optional_terms_appear_and_disappear(build_model, optimizers, batch):
    model = build_model(
        identity_loss=None,
        pixel_cycle_loss=dict(type='mmasgan.PixelCycleLoss', loss_weight=6),
    )
    losses = model.train_step(batch(), optimizers(model))
    assert set(losses) == {
        f'{term}_{direction}'
        for term in (
            *(f'loss_{t}' for t in ('disc', 'penalty', 'gan', 'cycle')),
            *('loss_pixel', 'discriminator_accuracy'),
        )
        for direction in ('deblur', 'reblur')
    }
    for direction in ('deblur', 'reblur'):  # weights 6 and 3
        torch.testing.assert_close(
            losses[f'loss_pixel_{direction}'],
            2 * losses[f'loss_cycle_{direction}'],
        )


STYLES = dict(straight=dict(length=(6, 12), shake=(0, 0)))
REVERSE_LOOP = dict(
    reblur_generator=dict(
        type='mmasgan.MotionReblurGenerator',
        prior=dict(type='mmasgan.CameraMotionPrior', styles=STYLES),
        margin=4,
    ),
    discriminator=None,
    adversarial_loss=None,
    gradient_penalty=None,
    cycle_loss=dict(type='mmasgan.PixelCycleLoss', loss_weight=7),
    identity_loss=None,
    loops=['reblur'],
)
READER = dict(
    type='mmasgan.MotionNetwork',
    channels=(4, 4),
    blocks=(1, 1),
    up_blocks=(1,),
)


def test_the_reverse_loop_restores_images_blurred_along_the_prior(
    build_model, optimizers, batch
):
    model = build_model(**REVERSE_LOOP)
    data = batch(count=2)
    sharp = real(data, 'sharp')
    reblur = model.generators['blur']
    with torch.no_grad():
        torch.manual_seed(3)
        blurred = reblur.train()(sharp)
        restored = model.generators['sharp'](blurred)
    expected = 7 * (restored - sharp[..., 4:-4, 4:-4]).abs().mean()
    torch.manual_seed(3)
    losses = model.train_step(data, optimizers(model))
    assert list(losses) == ['loss_cycle_reblur']
    torch.testing.assert_close(losses['loss_cycle_reblur'], expected)


def test_parts_that_no_loss_uses_are_not_built_or_read(
    build_model, optimizers, batch
):
    model = build_model(**REVERSE_LOOP)
    assert model.discriminators is None
    assert model.taught == ['sharp']
    deblur = state(model.generators['sharp'])
    data = batch()
    for inputs in data['inputs']:
        del inputs['img_blur']  # the prior needs none
    model.train_step(data, optimizers(model))
    assert not same(deblur, model.generators['sharp'])


def with_reader(transfer=1.0, **kwargs):
    reblur = REVERSE_LOOP['reblur_generator'] | dict(
        motion_network=READER, transfer=transfer, **kwargs
    )
    return REVERSE_LOOP | dict(reblur_generator=reblur)


def test_the_motion_of_blurred_images_is_read(build_model, optimizers, batch):
    model = build_model(**with_reader())
    data = batch(count=2)
    reblur = model.generators['blur']
    with torch.no_grad():
        blurred = reblur(real(data, 'sharp'), None, real(data, 'blur'))
        restored = model.generators['sharp'](blurred)
    expected = 7 * (restored - real(data, 'sharp')[..., 4:-4, 4:-4]).abs()
    before = state(reblur)
    losses = model.train_step(data, optimizers(model))
    torch.testing.assert_close(losses['loss_cycle_reblur'], expected.mean())
    assert same(before, reblur)  # it is frozen
    for inputs in data['inputs']:
        del inputs['img_blur']
    with pytest.raises(ValueError, match=r"inputs lack \['img_blur'\]"):
        model.train_step(data, optimizers(model))


def test_the_forward_loop_blurs_along_the_motion_of_its_own_image(
    build_model, optimizers, batch
):
    model = build_model(**with_reader() | dict(loops=['deblur']))
    data = batch(count=2)
    blur = real(data, 'blur')
    reblur = model.generators['blur']
    with torch.no_grad():
        again = reblur(model.generators['sharp'](blur), None, blur)
    expected = 7 * (again - blur[..., 4:-4, 4:-4]).abs().mean()
    losses = model.train_step(data, optimizers(model))
    assert list(losses) == ['loss_cycle_deblur']
    torch.testing.assert_close(losses['loss_cycle_deblur'], expected)


def test_a_motion_network_that_is_not_frozen_learns_in_the_loops(
    build_model, optimizers, batch
):
    model = build_model(**with_reader(frozen=False))
    before = state(model.generators['blur'])
    assert model.taught == ['sharp', 'blur']
    model.train_step(batch(), optimizers(model))
    assert not same(before, model.generators['blur'])


def test_a_generator_that_does_not_learn_has_no_discriminator(
    build_model, optimizers, batch
):
    model = build_model(reblur_generator=REVERSE_LOOP['reblur_generator'])
    assert list(model.discriminators) == ['sharp']
    losses = model.train_step(batch(), optimizers(model))
    assert set(losses) == {
        *(f'loss_{t}_deblur' for t in ('disc', 'penalty', 'gan', 'identity')),
        *(
            'loss_cycle_deblur',
            'loss_cycle_reblur',
            'discriminator_accuracy_deblur',
        ),
    }


def test_loops_must_be_known(build_model):
    with pytest.raises(
        ValueError, match=r"loops must be some of .* got .'forward'"
    ):
        build_model(loops=['forward'])


def test_it_starts_from_published_weights_and_shows_them(
    build_model, optimizers, batch, tmp_path
):
    trained = build_model(**REVERSE_LOOP).generators['sharp']
    path = tmp_path / 'deblur.safetensors'
    save_file(trained.state_dict(), path)
    model = build_model(**REVERSE_LOOP, weights=str(path), show_start=True)
    assert not same(state(trained), model.generators['sharp'])
    model.init_weights()
    assert same(state(trained), model.generators['sharp'])
    names = set(model.state_dict())
    model.train_step(batch(), optimizers(model))
    (sample,) = model.val_step(batch())
    assert set(sample.output.keys()) >= {'pred_img', 'published_img'}
    apart = sample.output.pred_img.int() - sample.output.published_img.int()
    assert apart.abs().max() > 0
    assert set(model.state_dict()) == names  # nothing of it is saved
    with pytest.raises(ValueError, match='show_start needs weights'):
        build_model(**REVERSE_LOOP, show_start=True)


def test_published_weights_of_another_size_are_refused(build_model, tmp_path):
    path = tmp_path / 'other.safetensors'
    save_file({'x': torch.zeros(2)}, path)
    model = build_model(**REVERSE_LOOP, weights=str(path))
    with pytest.raises(ValueError, match='do not fit ResNetV2SFTGenerator'):
        model.init_weights()


class LossWithWeights(nn.Module):
    loaded = False

    def init_weights(self):
        self.loaded = True


@pytest.mark.parametrize('term', ['cycle', 'pixel_cycle', 'identity'])
def test_any_loss_on_images_may_load_weights(build_model, term):
    loss = LossWithWeights()
    build_model(**{f'{term}_loss': loss}).init_weights()
    assert loss.loaded


@pytest.mark.parametrize('loss', ['RaGANLSLoss', 'WGANLoss', 'LSGANLoss'])
def test_every_objective_trains(build_model, optimizers, batch, loss):
    model = build_model(adversarial_loss=dict(type=f'mmasgan.{loss}'))
    generators, discriminators = (
        state(model.generators),
        state(model.discriminators),
    )
    losses = model.train_step(batch(), optimizers(model))
    assert all(torch.isfinite(value) for value in losses.values())
    assert not any(value.requires_grad for value in losses.values())
    assert not same(generators, model.generators)
    assert not same(discriminators, model.discriminators)


@pytest.mark.parametrize('side', ['generators', 'discriminators'])
def test_a_step_of_one_side_leaves_the_other(
    build_model, optimizers, batch, side
):
    model = build_model()
    before = state(getattr(model, side))
    rates = dict(gen_lr=0) if side == 'generators' else dict(disc_lr=0)
    model.train_step(batch(), optimizers(model, **rates))
    assert same(before, getattr(model, side))
    for weight in model.discriminators.parameters():
        # Nothing of the generators' step is left for the next one.
        assert weight.requires_grad
        assert weight.grad is None or not weight.grad.any()


def test_generators_wait_for_their_turn(build_model, optimizers, batch):
    model = build_model(discriminator_steps=2)
    before = state(model.generators)
    losses = model.train_step(batch(), optimizers(model))
    assert same(before, model.generators)
    assert not any('gan' in name or 'cycle' in name for name in losses)


def test_weights_of_discriminators_are_clipped(build_model, optimizers, batch):
    model = build_model(weight_clip=0.01)
    generators = torch.cat(
        [w.flatten() for w in model.generators.parameters()]
    )
    model.train_step(batch(), optimizers(model))
    weights = torch.cat(
        [w.flatten() for w in model.discriminators.parameters()]
    )
    assert weights.abs().max() <= 0.01
    assert generators.abs().max() > 0.01


def test_the_discriminator_sees_the_pool(build_model, optimizers, batch):
    model = build_model()
    old = torch.rand(1, 3, 32, 32)
    model.pools['sharp'].forward = lambda images: old
    losses = model.train_step(data := batch(), optimizers(model, disc_lr=0))
    judge = model.discriminators['sharp']
    with torch.no_grad():
        expected = ragan_ls(judge(real(data, 'sharp')), judge(old))
    torch.testing.assert_close(losses['loss_disc_deblur'], expected)


def test_pools_are_part_of_the_checkpoint(build_model, optimizers, batch):
    model, other = build_model(), build_model()
    model.train_step(batch(), optimizers(model))
    other.load_state_dict(model.state_dict())
    for domain, pool in other.pools.items():
        (image,) = pool.get_extra_state()
        assert torch.equal(image, model.pools[domain].images[0])


@pytest.mark.parametrize('part', ['discriminators', 'generators'])
def test_a_non_finite_term_stops_training(
    build_model, optimizers, batch, part
):
    model = build_model(gradient_penalty=None)
    with torch.no_grad():
        next(getattr(model, part)['sharp'].parameters()).fill_(float('nan'))
    before = state(model.generators), state(model.discriminators)
    with pytest.raises(FloatingPointError) as caught:
        model.train_step(batch(), optimizers(model))
    message = str(caught.value)
    assert 'iteration 0' in message
    assert 'loss_disc_deblur' in message
    assert 'loss_disc_reblur' not in message
    assert 'blur/0.png' in message
    assert 'sharp/0.png' in message
    for old, module in zip(
        before, (model.generators, model.discriminators), strict=True
    ):
        now = module.state_dict()
        assert all(
            torch.equal(now[k].nan_to_num(7), v.nan_to_num(7))
            for k, v in old.items()
        )


def test_a_bad_step_leaves_no_broken_image_behind(
    build_model, optimizers, batch
):
    model = build_model(max_nonfinite_steps=2)
    before = state(model.generators), state(model.discriminators)
    data = batch()
    data['inputs'][0]['img_blur'] = torch.full((3, 32, 32), float('nan'))
    losses = model.train_step(data, optimizers(model))
    assert not torch.isfinite(losses['loss_gan_deblur'])
    for old, module in zip(
        before, (model.generators, model.discriminators), strict=True
    ):
        assert all(
            torch.equal(module.state_dict()[k], v) for k, v in old.items()
        )
    for pool in model.pools.values():
        assert all(torch.isfinite(image).all() for image in pool.images)
    losses = model.train_step(batch(), optimizers(model))
    assert all(torch.isfinite(value) for value in losses.values())


def test_bfloat16_losses_are_float32_and_close(
    build_model, batch, monkeypatch
):
    monkeypatch.setattr(
        bfloat16_optim_wrapper, 'has_instructions', lambda name: True
    )
    model = build_model()
    wrappers = OptimWrapperDict(
        **{
            name: BFloat16OptimWrapper(
                torch.optim.SGD(getattr(model, name).parameters(), 0.0)
            )
            for name in ('generators', 'discriminators')
        }
    )
    data = batch()
    half = model.train_step(copy.deepcopy(data), wrappers)
    assert all(value.dtype == torch.float32 for value in half.values())
    full_model = build_model()
    full_model.load_state_dict(model.state_dict())
    assert half['loss_cycle_deblur'] > 0
    blur = real(data, 'blur')
    with torch.no_grad():
        rec = full_model.generators['blur'](
            full_model.generators['sharp'](blur)
        )
    expected = 3 * (rec - blur).abs().mean()
    torch.testing.assert_close(
        half['loss_cycle_deblur'], expected, rtol=0.05, atol=0.01
    )


@pytest.mark.parametrize('size', [(16, 16), (17, 31), (40, 64)])
def test_prediction_is_the_deblurred_image_at_its_size(
    build_model, batch, size
):
    model = build_model(generator=dict(dropout=0.5))
    data = batch(size)
    with torch.no_grad():
        model.eval()
        pred = model.generators['sharp'](real(data, 'blur'))[0]
    model.train()
    (sample,) = model.val_step(copy.deepcopy(data))
    expected = ((pred + 1) * NORM).clamp(0, 255).round()
    # The host's images are BGR.
    assert sample.output.pred_img.dtype == torch.uint8
    torch.testing.assert_close(
        sample.output.pred_img.flip(0).float(), expected, atol=1, rtol=0
    )
    inputs = data['inputs'][0]
    assert torch.equal(sample.output.input_img.flip(0), inputs['img_blur'])
    assert torch.equal(sample.gt_img.flip(0), inputs['img_sharp'])
    assert sample.name == 'scene-0'


def test_validation_and_test_share_one_path(build_model, batch):
    model = build_model(generator=dict(dropout=0.5))
    data = batch(count=2)
    first = model.val_step(copy.deepcopy(data))
    second = model.test_step(copy.deepcopy(data))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.output.pred_img, b.output.pred_img)


def test_evaluation_leaves_the_model_as_found(build_model, batch):
    model = build_model(generator=dict(dropout=0.5))
    model.generators['blur'].eval()
    modes = {name: m.training for name, m in model.named_modules()}
    before, data = state(model), batch()
    random_state = torch.get_rng_state()
    model.val_step(data)
    assert modes == {name: m.training for name, m in model.named_modules()}
    assert same(before, model)
    assert torch.equal(random_state, torch.get_rng_state())
    assert all(weight.grad is None for weight in model.parameters())


def test_a_blurred_image_alone_is_enough(build_model, batch):
    data = batch(sharp=False)
    (sample,) = build_model().test_step(data)
    assert sample.output.pred_img.shape == (3, 32, 32)
    assert 'gt_img' not in sample


@pytest.mark.parametrize('metric', [PSNR, SSIM])
def test_the_host_scores_model_and_input(build_model, batch, metric):
    model = build_model()
    samples = model.test_step(batch())
    samples[0].gt_img = samples[0].output.input_img.clone()
    samples[0].gt_img[0, 0, 0] ^= 1  # one level of one value
    scores = {}
    for key in ('pred_img', 'input_img'):
        score = metric(pred_key=key)
        score.size = 1
        score.process(None, [sample.to_dict() for sample in samples])
        (scores[key],) = score.evaluate().values()
    assert scores['input_img'] > scores['pred_img']
    if metric is PSNR:
        expected = 10 * torch.tensor(255.0**2 * 3 * 32 * 32).log10()
        assert scores['input_img'] == pytest.approx(expected.item(), abs=1e-4)


def test_training_needs_both_domains(build_model, optimizers, batch):
    model = build_model()
    with pytest.raises(ValueError, match=r"lack \['img_sharp'\]"):
        model.train_step(batch(sharp=False), optimizers(model))


@pytest.mark.parametrize('name', ['generator', 'discriminator'])
def test_networks_must_be_configs(name):
    parts = dict(generator={}, discriminator=None) | {name: nn.Identity()}
    with pytest.raises(TypeError, match=f'{name} must be a config dict'):
        ASCycleGAN(**parts, adversarial_loss=None, cycle_loss=None)


def test_losses_may_be_modules(build_model, optimizers, batch):
    class Zero(nn.Module):
        def forward(self, reconstruction, original):
            return 0 * reconstruction.mean()

    model = build_model(cycle_loss=Zero())
    losses = model.train_step(batch(), optimizers(model))
    assert losses['loss_cycle_deblur'] == 0


def test_init_weights_loads_what_the_cycle_loss_needs(build_model, tmp_path):
    torch.manual_seed(1)
    source = VGGFeatures()
    torch.save(source.state_dict(), tmp_path / 'vgg.pth')
    model = build_model(
        cycle_loss=dict(
            type='mmasgan.PerceptualLoss',
            weights=str(tmp_path / 'vgg.pth'),
        )
    )
    assert not same(source.state_dict(), model.cycle_loss.features)
    model.init_weights()
    assert same(source.state_dict(), model.cycle_loss.features)


def test_a_tested_model_needs_no_discriminator(build_model, batch):
    model = build_model()
    cfg = dict(
        type='mmasgan.ASCycleGAN',
        generator=dict(
            type='mmasgan.ResNetV2SFTGenerator',
            base_channels=4,
            num_blocks=1,
        ),
        discriminator=None,
        adversarial_loss=None,
        cycle_loss=None,
        data_preprocessor=model.data_preprocessor,
    )
    bare = MODELS.build(cfg)
    bare.generators.load_state_dict(model.generators.state_dict())
    data = batch()
    first = model.test_step(copy.deepcopy(data))
    second = bare.test_step(copy.deepcopy(data))
    assert torch.equal(first[0].output.pred_img, second[0].output.pred_img)


def test_channels_last_is_a_layout_and_nothing_else(build_model):
    torch.manual_seed(0)
    plain = build_model()
    torch.manual_seed(0)
    model = build_model(channels_last=True)
    assert same(plain.state_dict(), model)
    weights = [w for w in model.generators.parameters() if w.dim() == 4]
    layout = dict(memory_format=torch.channels_last)
    assert weights
    assert all(w.is_contiguous(**layout) for w in weights)


def test_two_accumulated_batches_equal_one_of_two(
    build_model, optimizers, batch
):
    """The reading of N = 60 as gradient accumulation."""
    parts = dict(
        adversarial_loss=dict(type='mmasgan.LSGANLoss'),
        gradient_penalty=None,
        pool_size=0,
    )
    at_once = build_model(**parts)
    in_turn = build_model(**parts)
    in_turn.load_state_dict(at_once.state_dict())
    both = batch(count=2)

    # The discriminators rest: in turn, they would step between the batches.
    at_once.train_step(copy.deepcopy(both), optimizers(at_once, disc_lr=0))
    wrappers = optimizers(in_turn, disc_lr=0, accumulative_counts=2)
    before = state(in_turn.generators)
    for index in range(2):
        assert same(before, in_turn.generators)
        one = {key: values[index : index + 1] for key, values in both.items()}
        in_turn.train_step(copy.deepcopy(one), wrappers)
    for name, value in at_once.generators.state_dict().items():
        torch.testing.assert_close(
            in_turn.generators.state_dict()[name], value, msg=name
        )
    assert not same(before, in_turn.generators)


@pytest.fixture
def peer():
    """Build MMagic's CycleGAN at width 4."""
    return CycleGAN(
        generator=dict(
            type='ResnetGenerator',
            in_channels=3,
            out_channels=3,
            base_channels=4,
            num_blocks=1,
        ),
        discriminator=dict(
            type='PatchDiscriminator',
            in_channels=3,
            base_channels=4,
            num_conv=3,
            norm_cfg=dict(type='IN'),
        ),
        default_domain='sharp',
        reachable_domains=['sharp', 'blur'],
        related_domains=['sharp', 'blur'],
        loss_config=dict(cycle_loss_weight=10.0, id_loss_weight=5.0),
        data_preprocessor=MODELS.build(
            dict(
                type='mmagic.DataPreprocessor',
                mean=[127.5] * 3,
                std=[127.5] * 3,
                data_keys=[],
                stack_data_sample=False,
            )
        ),
    )


@pytest.mark.parametrize('count', [1, 3])
def test_a_step_changes_all_weights_as_mmagic_does(
    build_model, peer, optimizers, batch, count
):
    """MMagic's step is written in the plainest way."""
    ours = build_model(
        dict(block='v1', sft=False, global_residual=False),
        adversarial_loss=dict(type='mmasgan.LSGANLoss'),
        gradient_penalty=None,
        cycle_loss=dict(type='mmasgan.PixelCycleLoss', loss_weight=10),
        identity_loss=dict(type='mmasgan.IdentityLoss', loss_weight=5),
    )
    parts = ('generators', 'discriminators')
    pairs = []
    for name in parts:
        for domain in ('sharp', 'blur'):
            mine, theirs = (
                list(getattr(model, name)[domain].parameters())
                for model in (ours, peer)
            )
            pairs += zip(mine, theirs, strict=True)
    for mine, theirs in pairs:
        assert mine.shape == theirs.shape
        theirs.data.copy_(mine)
    before = [mine.clone() for mine, _ in pairs]
    data = batch(count=count)
    ours.train().train_step(copy.deepcopy(data), optimizers(ours))
    peer.train().train_step(copy.deepcopy(data), optimizers(peer))
    for start, (mine, theirs) in zip(before, pairs, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=0)
        if mine.dim() > 1:
            assert (mine - start).abs().max() > 1e-5
