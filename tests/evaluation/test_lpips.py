import warnings
from urllib.error import URLError

import lpips
import numpy as np
import pytest
import torch
import torchvision
from torch.nn.functional import normalize

from mmasgan.evaluation import LPIPS

from .metrics import evaluate, identity, sample

LAYERS = {
    'alex': [1, 4, 7, 9, 11],
    'vgg': [3, 8, 15, 22, 29],
}  # the ReLUs compared
SHIFT = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
SCALE = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)


@pytest.fixture(scope='module', params=LAYERS)
def backbone(request, tmp_path_factory):
    """A name, torchvision's network with random weights, and their file."""
    torch.manual_seed(0)
    if request.param == 'alex':
        network = torchvision.models.alexnet(weights=None)
    else:
        network = torchvision.models.vgg16(weights=None)
    path = tmp_path_factory.mktemp('weights') / 'backbone.pth'
    state_dict = network.features.state_dict(prefix='features.')
    torch.save(state_dict, path)
    return request.param, network.features.eval(), str(path)


@pytest.fixture
def images():
    """Three images, (32, 48, 3), RGB; 32 is the smallest."""
    return np.random.randint(0, 256, (3, 32, 48, 3), np.uint8)


@torch.no_grad()
def definition(name, features, pred, gt):
    """Zhang et al., Eq. (1), on torchvision's network."""
    folder = lpips.__path__[0]
    weights = torch.load(
        f'{folder}/weights/v0.1/{name}.pth',
        map_location='cpu',
        weights_only=True,
    )
    activations = []
    for image in (pred, gt):
        x = torch.from_numpy(image / 127.5 - 1).float().permute(2, 0, 1)
        x = ((x - SHIFT) / SCALE)[None]
        found = []
        for index, layer in enumerate(features[: LAYERS[name][-1] + 1]):
            x = layer(x)
            if index in LAYERS[name]:
                found.append(normalize(x.clone(), dim=1, eps=1e-10))
        activations.append(found)
    total = 0.0
    for index, (a, b) in enumerate(zip(*activations, strict=True)):
        weight = weights[f'lin{index}.model.1.weight']
        total += ((a - b) ** 2 * weight).sum(1).mean().item()
    return total


def test_equals_its_definition(backbone, images):
    name, features, path = backbone
    metric = LPIPS(backbone=name, weights=path)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        score = metric.score(images[0], images[1])
    expected = definition(name, features, images[0], images[1])
    assert expected > 1e-4
    assert score == pytest.approx(expected, rel=1e-4)
    assert metric.score(images[1], images[0]) == pytest.approx(score, rel=1e-5)
    assert metric.score(images[0], images[0]) == 0


def test_scores_the_model_and_the_input(backbone, images):
    name, features, path = backbone
    config = dict(type='mmasgan.LPIPS', backbone=name, weights=path)
    found = evaluate([identity(config), config], [[sample(*images)]])
    pred, blur, gt = images
    assert found == pytest.approx(
        {
            'input/LPIPS': definition(name, features, blur, gt),
            'LPIPS': definition(name, features, pred, gt),
        },
        rel=1e-4,
    )


def test_weights_are_read_once_and_when_needed(backbone, images, tmp_path):
    name, _, path = backbone
    metric = LPIPS(backbone=name, weights=str(tmp_path / 'later.pth'))
    (tmp_path / 'later.pth').symlink_to(path)
    score = metric.score(*images[:2])
    (tmp_path / 'later.pth').unlink()
    assert metric.score(*images[:2]) == score


def test_says_when_weights_cannot_be_downloaded(images, monkeypatch):
    def refuse(*args, **kwargs):
        raise URLError('no network')

    monkeypatch.setattr(
        'torchvision.models._api.load_state_dict_from_url', refuse
    )
    metric = LPIPS()
    with pytest.raises(OSError, match=r'alexnet.*\.pth.*weights=<path>'):
        metric.score(*images[:2])


def test_takes_torchvisions_weights(backbone, images, monkeypatch):
    name, features, path = backbone
    monkeypatch.setattr(
        'torchvision.models._api.load_state_dict_from_url',
        lambda *args, **kwargs: torch.load(path, weights_only=True),
    )
    score = LPIPS(backbone=name).score(*images[:2])
    expected = definition(name, features, *images[:2])
    assert score == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({'features.0.weight': torch.zeros(1)}, r'features\.0\.weight should'),
        ({}, r'features\.0\.weight should be a tensor \(64, 3, 11, 11\)'),
        ([1], 'contains a list, expected a dict'),
        (b'no tensors', 'cannot be read as a file of tensors'),
    ],
)
def test_refuses_other_files(images, tmp_path, content, message):
    path = tmp_path / 'other.pth'
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(ValueError, match=message):
        LPIPS(weights=str(path)).score(*images[:2])


def test_refuses_what_is_not_there(images):
    with pytest.raises(FileNotFoundError, match=r"'nowhere\.pth': no such"):
        LPIPS(weights='nowhere.pth').score(*images[:2])
    with pytest.raises(ValueError, match=r"one of \['alex', 'vgg'\], got 'x'"):
        LPIPS(backbone='x')
