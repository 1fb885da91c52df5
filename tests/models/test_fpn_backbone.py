import sys

import pytest
import timm
import torch
import torchvision
from mmagic.models.editors import DeblurGanV2Generator
from mmagic.models.editors.deblurganv2 import deblurganv2_generator
from torch import nn
from torch.utils import model_zoo
from torchvision.models import MobileNet_V2_Weights

from mmasgan.models.fpn_backbone import FPNBackbone, without_download

INCEPTION = [
    *('conv2d_1a', 'conv2d_2a', 'conv2d_2b', 'maxpool_3a', 'conv2d_3b'),
    *('conv2d_4a', 'maxpool_5a', 'mixed_5b', 'repeat', 'mixed_6a'),
    *('repeat_1', 'mixed_7a'),
]
LEVELS = ('enc0', 'enc1', 'enc2', 'enc3', 'enc4')
SIDES = {'FPNInception': 128, 'FPNMobileNet': 64}
FILTERS = dict(num_filter=4, num_filter_fpn=8)


pytestmark = pytest.mark.filterwarnings('ignore:.*upsample')


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError('downloads')

    monkeypatch.setattr(model_zoo, 'load_url', fail)
    monkeypatch.setattr(torch.hub, 'load_state_dict_from_url', fail)
    monkeypatch.setattr(torch.hub, 'download_url_to_file', fail)


def make(name):
    with without_download():
        return DeblurGanV2Generator(name, norm_layer='instance', **FILTERS)


@pytest.fixture(scope='module')
def inception():
    return make('FPNInception')


@pytest.fixture
def mobilenet():
    return make('FPNMobileNet')


def shaken(model):
    """Give norms numbers at which no mix-up goes unseen."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value in (module.weight, module.running_var):
                nn.init.uniform_(value, 0.5, 1.5)
            for value in (module.bias, module.running_mean):
                nn.init.normal_(value, std=0.1)
    return model.eval()


def encode(generator, x):
    """Return what the backbone gives the pyramid."""
    levels = []
    generator.fpn.eval()
    for level in LEVELS:
        x = generator.fpn.get_submodule(level)(x)
        levels.append(x)
    return levels


def save(path, state_dict):
    torch.save(state_dict, path)
    return str(path)


@pytest.mark.runner
def test_upstream_would_download(monkeypatch):
    asked = []

    def ask(url):
        asked.append(url)
        raise OSError('no route to host')

    monkeypatch.setattr(model_zoo, 'load_url', ask)
    with pytest.raises(OSError, match='no route'):
        DeblurGanV2Generator('FPNInception', norm_layer='instance')
    assert len(asked) == 1
    original = deblurganv2_generator.inceptionresnetv2
    with pytest.raises(KeyError), without_download():
        raise KeyError
    assert deblurganv2_generator.inceptionresnetv2 is original


@pytest.mark.parametrize(
    'name',
    [pytest.param('FPNInception', marks=pytest.mark.runner), 'FPNMobileNet'],
)
def test_what_is_used_requires_gradients(name):
    generator = make(name)
    frozen = {n for n, w in generator.named_parameters() if w.requires_grad}
    assert not any('enc' in name or 'inception' in name for name in frozen)
    backbone = FPNBackbone(generator)
    side = backbone.smallest_side
    assert side == SIDES[name]
    generator(torch.rand(1, 3, side, side)).sum().backward()
    for key, weight in generator.named_parameters():
        assert weight.requires_grad == (weight.grad is not None), key
    inside = {id(weight) for weight in backbone.parameters()}
    assert inside == {
        id(weight)
        for level in LEVELS
        for weight in generator.fpn.get_submodule(level).parameters()
    }


def test_smaller_images_do_not_pass(inception, mobilenet):
    for generator, side in ((inception, 96), (mobilenet, 32)):
        with pytest.raises(ValueError, match='more than 1'):
            generator.train()(torch.rand(1, 3, side, side))


@pytest.mark.parametrize('cadene', [False, True])
def test_inception_from_a_file(inception, tmp_path, cadene):
    theirs = shaken(timm.create_model('inception_resnet_v2'))
    state_dict = theirs.state_dict()
    if cadene:  # another name, and a class for the background
        del state_dict['classif.weight'], state_dict['classif.bias']
        state_dict['last_linear.weight'] = torch.zeros(1001, 1536)
    path = save(tmp_path / 'weights.pth', state_dict)
    FPNBackbone(inception).load_weights(path)
    x = torch.rand(1, 3, 128, 128) * 2 - 1
    with torch.no_grad():
        found = encode(inception, x)[-1]
        for name in INCEPTION:
            x = theirs.get_submodule(name)(x)
    assert x.std() > 0
    torch.testing.assert_close(found, x)


@pytest.mark.parametrize('source', ['torchvision', 'timm', 'mmagic'])
def test_mobilenet_from_a_file(mobilenet, tmp_path, source):
    if source == 'torchvision':
        theirs = shaken(torchvision.models.mobilenet_v2())
    elif source == 'timm':
        theirs = shaken(timm.create_model('mobilenetv2_100'))
    else:
        theirs = shaken(deblurganv2_generator.MobileNetV2())
    path = save(tmp_path / 'weights.pth', theirs.state_dict())
    FPNBackbone(mobilenet).load_weights(path)
    x = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        found = encode(mobilenet, x)[-1]
        if source == 'timm':
            x = theirs.blocks[:5](theirs.bn1(theirs.conv_stem(x)))
            # Upstream ends one block early within the sixth stage.
            expected = theirs.blocks[5][:2](x)
        else:
            expected = theirs.features[:16](x)
    torch.testing.assert_close(found, expected)


def test_timm_is_asked_for_its_weights(inception, monkeypatch):
    create_model, theirs = timm.create_model, []

    def create(name, pretrained):
        assert pretrained
        theirs.append(shaken(create_model(name)))
        return theirs[0]

    monkeypatch.setattr(timm, 'create_model', create)
    FPNBackbone(inception).load_weights('timm')
    expected = theirs[0].state_dict()
    for name in ('conv2d_1a.bn.running_mean', 'repeat.9.conv2d.weight'):
        ours = inception.fpn.inception.state_dict()[name]
        assert torch.equal(ours, expected[name])


def test_torchvision_is_asked_for_its_weights(mobilenet, monkeypatch):
    theirs = shaken(torchvision.models.mobilenet_v2()).state_dict()
    asked = []

    def get_state_dict(member, *args, **kwargs):
        asked.append(member)
        return theirs

    monkeypatch.setattr(MobileNet_V2_Weights, 'get_state_dict', get_state_dict)
    FPNBackbone(mobilenet).load_weights('torchvision')
    assert asked == [MobileNet_V2_Weights.IMAGENET1K_V1]
    weight = mobilenet.fpn.features[0][0].weight
    assert torch.equal(weight, theirs['features.0.0.weight'])


def test_failed_downloads_say_what_to_do(inception, mobilenet, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError('no route to host')

    def fail_too(*args, **kwargs):
        raise OSError('no route to host')

    monkeypatch.setattr(timm, 'create_model', fail)
    monkeypatch.setattr(MobileNet_V2_Weights, 'get_state_dict', fail_too)
    message = r'no route to host.*backbone_weights=<path>'
    for generator, source in ((inception, 'timm'), (mobilenet, 'torchvision')):
        with pytest.raises(OSError, match=message):
            FPNBackbone(generator).load_weights(source)
    monkeypatch.setitem(sys.modules, 'timm', None)
    with pytest.raises(ImportError, match='pip install timm'):
        FPNBackbone(inception).load_weights('timm')


def test_each_backbone_has_its_source(inception, mobilenet):
    with pytest.raises(ValueError, match="use 'timm'"):
        FPNBackbone(inception).load_weights('torchvision')
    with pytest.raises(ValueError, match="use 'torchvision'"):
        FPNBackbone(mobilenet).load_weights('timm')


def test_other_weights_are_refused(inception, mobilenet, tmp_path):
    theirs = torchvision.models.mobilenet_v2().state_dict()
    before = {n: v.clone() for n, v in mobilenet.state_dict().items()}
    path = save(tmp_path / 'weights.pth', theirs)
    with pytest.raises(ValueError, match=r'conv2d_1a\.conv\.weight .* is mis'):
        FPNBackbone(inception).load_weights(path)
    for name, message in (
        ('features.3.conv.0.0.weight', r'conv\.0\.weight should be .* is \('),
        ('features.1.conv.1.weight', r'conv\.3\.weight should be .* is \('),
    ):
        cut = {key: value for key, value in theirs.items() if key != name}
        path = save(tmp_path / 'weights.pth', cut)
        with pytest.raises(ValueError, match=message):
            FPNBackbone(mobilenet).load_weights(path)
    few = dict(list(theirs.items())[:100])
    path = save(tmp_path / 'weights.pth', few)
    with pytest.raises(ValueError, match='is missing'):
        FPNBackbone(mobilenet).load_weights(path)
    with pytest.raises(FileNotFoundError, match='no such file'):
        FPNBackbone(mobilenet).load_weights(str(tmp_path / 'nowhere.pth'))
    after = mobilenet.state_dict()
    assert all(torch.equal(v, after[n]) for n, v in before.items())


def test_other_generators_are_refused():
    with pytest.raises(TypeError, match='DeblurGanV2Generator, got Identity'):
        FPNBackbone(nn.Identity())
