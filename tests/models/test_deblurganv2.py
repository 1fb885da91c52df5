import copy
import warnings

import pytest
import torch
from mmengine import MessageHub
from mmengine.config import Config
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.registry import MODELS
from tiny import narrow_discriminators
from torch import nn
from torch.utils import model_zoo
from torchvision.models.vgg import cfgs, make_layers

from mmasgan.models import DeblurGANv2

pytestmark = pytest.mark.filterwarnings('ignore:.*upsample')

SIZE = (64, 64)
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError('downloads')

    monkeypatch.setattr(model_zoo, 'load_url', fail)
    monkeypatch.setattr(torch.hub, 'load_state_dict_from_url', fail)
    monkeypatch.setattr(torch.hub, 'download_url_to_file', fail)


@pytest.fixture
def build(root):
    """Build the row's model, with a small MobileNet in place of Inception."""

    def build(generator=None, **changes):
        cfg = Config.fromfile(root / 'configs' / 'deblurganv2_gopro.py')
        model = cfg.model
        model.generator.update(
            backbone='FPNMobileNet', num_filter=4, num_filter_fpn=8
        )
        model.generator.update(generator or {})
        model.content_loss.weights = None
        model.update(backbone_weights=None, warmup_iters=0)
        model.update(changes)
        with narrow_discriminators(), warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of random weights
            return MODELS.build(model)

    return build


@pytest.fixture
def at(monkeypatch):
    """Say which iteration it is."""

    def at(iteration):
        hub = MessageHub.get_current_instance()
        monkeypatch.setitem(hub.runtime_info, 'iter', iteration)

    return at


def adam(model):
    return OptimWrapperDict(
        **{
            name: OptimWrapper(
                torch.optim.Adam(part.parameters(), 1e-2, weight_decay=0.1)
            )
            for name, part in (
                ('generators', model.generator),
                ('discriminators', model.discriminator),
            )
        }
    )


def real(data, domain):
    images = [inputs[f'img_{domain}'] for inputs in data['inputs']]
    return torch.stack(images).float() / 127.5 - 1


def weights(module):
    return [weight.detach().clone() for weight in module.parameters()]


def same(before, module):
    return all(
        torch.equal(a, b)
        for a, b in zip(before, module.parameters(), strict=True)
    )


def ragan_ls(higher, lower):
    return (
        (higher - lower.mean() - 1).square().mean()
        + (lower - higher.mean() + 1).square().mean()
    ) / 2


def normalized(images):
    return ((images + 1) / 2 - MEAN) / STD


@pytest.mark.parametrize('count', [1, 2])
def test_terms_are_those_of_the_authors(build, optimizers, batch, count):
    model, data = build(), batch(SIZE, count)
    blur, sharp = real(data, 'blur'), real(data, 'sharp')
    full, patch = model.discriminator.full_gan, model.discriminator.patch_gan
    vgg = make_layers(cfgs['E'], batch_norm=False)[:15]
    vgg.load_state_dict(
        model.content_losses['content'].features.features.state_dict()
    )
    with torch.no_grad():
        fake = model.generator(blur)
        features = [vgg(normalized(images)) for images in (fake, sharp)]
        pixels = normalized(fake) - normalized(sharp)
        expected = {
            'loss_disc_deblur': sum(
                ragan_ls(judge(sharp), judge(fake)) for judge in (full, patch)
            )
            / 2,
            'loss_gan_deblur': 0.001
            * sum(
                ragan_ls(judge(fake), judge(sharp)) for judge in (full, patch)
            )
            / 2,
            'loss_content_deblur': 0.006
            * (features[0] - features[1]).square().mean(),
            'loss_pixel_deblur': 0.5 * pixels.square().mean(),
        }
    losses = model.train_step(data, optimizers(model, 0, 0))
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, msg=name)


@pytest.mark.parametrize('side', ['generator', 'discriminator'])
def test_a_step_of_one_side_leaves_the_other(build, optimizers, batch, side):
    model = build()
    (moved,) = {'generator', 'discriminator'} - {side}
    before = weights(getattr(model, side)), weights(getattr(model, moved))
    rates = dict(gen_lr=0) if side == 'generator' else dict(disc_lr=0)
    model.train_step(batch(SIZE), optimizers(model, **rates))
    assert same(before[0], getattr(model, side))
    assert not same(before[1], getattr(model, moved))


@pytest.mark.runner
def test_the_backbone_trains_after_the_warm_up(build, batch, at):
    model = build(warmup_iters=2)
    backbone = nn.ParameterList(model.backbone.parameters())
    start = weights(backbone)
    wrappers = adam(model)
    optimizer = wrappers['generators'].optimizer
    for iteration in (0, 1):
        others = weights(model.generator.final)
        at(iteration)
        model.train_step(batch(SIZE), wrappers)
        assert same(start, backbone)
        assert not same(others, model.generator.final)
        # Adam would bring what it learned in the warm-up to the first step.
        assert not any(weight in optimizer.state for weight in backbone)
    for iteration in (2, 3):
        before = weights(backbone)
        at(iteration)
        model.train_step(batch(SIZE), wrappers)
        assert not any(
            torch.equal(a, b) for a, b in zip(before, backbone, strict=True)
        )
    # A training resumed later does not go back to the warm-up.
    resumed = build(warmup_iters=2)
    before = weights(nn.ParameterList(resumed.backbone.parameters()))
    at(7)
    resumed.train_step(batch(SIZE), adam(resumed))
    after = nn.ParameterList(resumed.backbone.parameters())
    assert not same(before, after)


def test_what_requires_gradients_gets_them_in_the_warm_up(build, batch, at):
    """As a distributed wrapper expects of each that it saw."""
    model, got = build(warmup_iters=1), set()
    for name, weight in model.generator.named_parameters():
        if weight.requires_grad:
            weight.register_hook(lambda _, name=name: got.add(name))
    at(0)
    model.train_step(batch(SIZE), adam(model))
    assert got == {
        name
        for name, weight in model.generator.named_parameters()
        if weight.requires_grad
    }


@pytest.mark.parametrize('size', [(64, 64), (40, 70), (96, 33)])
def test_images_are_reflected_to_a_multiple_of_32(build, size):
    model = build().eval()
    seen = []
    forward = model.generator.forward
    model.generator.forward = lambda x: seen.append(x) or forward(x)
    image = torch.rand(1, 3, *size) * 2 - 1
    assert model(image).shape == image.shape
    (padded,) = seen
    height, width = size
    assert padded.shape[2:] == (
        max(64, -(-height // 32) * 32),
        96 - 32 * (width in (64, 33)),
    )
    assert torch.equal(padded[..., :height, :width], image)
    if width < padded.shape[3]:
        mirrored = image[..., width - 2]
        assert torch.equal(padded[..., :height, width], mirrored)


def test_too_small_images_are_refused(build, optimizers, batch):
    model = build()
    with pytest.raises(ValueError, match=r'more than 32 pixels .* got 32'):
        model(torch.rand(1, 3, 32, 64))
    for size in ((32, 64), (64, 72)):
        with pytest.raises(ValueError, match=r'multiple of 32, got \(\d+, '):
            model.train_step(batch(size), optimizers(model))


def test_images_are_seen_by_their_own_statistics(build, batch):
    model = build().train()
    data = batch(SIZE, count=2)
    with torch.no_grad():
        each = [model.generator(x) for x in real(data, 'blur').split(1)]
    before = {name: v.clone() for name, v in model.state_dict().items()}
    modes = {name: m.training for name, m in model.named_modules()}
    samples = model.val_step(copy.deepcopy(data))
    for sample, x in zip(samples, each, strict=True):
        expected = ((x[0] + 1) * 127.5).round()
        found = sample.output.pred_img.flip(0).float()
        torch.testing.assert_close(found, expected, atol=1, rtol=0)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(v, after[name]) for name, v in before.items())
    assert modes == {name: m.training for name, m in model.named_modules()}
    norm = model.generator.fpn.td1[1]
    assert norm.track_running_stats


def test_running_statistics_are_an_option(build):
    image = torch.rand(1, 3, *SIZE)
    own, running = build().eval(), build(norm_statistics='running').eval()
    running.load_state_dict(own.state_dict())
    with torch.no_grad():
        assert torch.equal(running(image), running.generator(image))
        assert not torch.equal(running(image), own(image))
    with pytest.raises(ValueError, match="'image' or 'running', got 'x'"):
        build(norm_statistics='x')


def test_weights_of_the_backbone_are_loaded_on_demand(build, tmp_path):
    source = build()
    path = tmp_path / 'backbone.pth'
    expected = {
        f'features.{name}': value + 1
        for name, value in source.generator.fpn.features.state_dict().items()
    }
    torch.save(expected, path)
    model = build(backbone_weights=str(path))
    found = model.generator.fpn.features[0][0].weight
    assert not torch.equal(found, expected['features.0.0.weight'])
    model.init_weights()
    assert torch.equal(found, expected['features.0.0.weight'])
    with pytest.warns(UserWarning, match='backbone has random weights'):
        source.init_weights()


@pytest.mark.runner
@pytest.mark.filterwarnings('ignore:weights=None')
def test_the_row_builds_and_trains_without_a_network(root, optimizers, batch):
    cfg = Config.fromfile(root / 'configs' / 'deblurganv2_gopro.py')
    cfg.model.content_loss.weights = None
    model = MODELS.build(cfg.model)
    assert type(model) is DeblurGANv2
    assert type(model.generator).__name__ == 'FPNInception'
    assert model.backbone_weights == 'timm'
    assert model.warmup_iters == 3 * 2103
    before = weights(model.generator.final)
    losses = model.train_step(batch((128, 128)), optimizers(model))
    assert all(torch.isfinite(value) for value in losses.values())
    assert not same(before, model.generator.final)
    (sample,) = model.val_step(batch((100, 130)))
    assert sample.output.pred_img.shape == (3, 100, 130)


def test_a_module_does_for_a_config(build, batch):
    whole = build()
    model = DeblurGANv2(
        whole.generator,
        whole.discriminator,
        whole.adversarial_loss,
        data_preprocessor=whole.data_preprocessor,
    )
    (sample,) = model.test_step(batch((40, 48)))
    assert sample.output.pred_img.shape == (3, 40, 48)
    with pytest.raises(TypeError, match='got Identity'):
        DeblurGANv2(nn.Identity(), None, None)
