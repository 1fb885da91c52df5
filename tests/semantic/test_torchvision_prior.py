from urllib.error import URLError

import numpy as np
import pytest
import torch
from torchvision.models.segmentation import (
    deeplabv3_mobilenet_v3_large,
    lraspp_mobilenet_v3_large,
)

from mmasgan.semantic import TorchvisionPrior


def test_random_weights_give_probabilities(image):
    prior = TorchvisionPrior(weights=None)
    found = prior(image)
    assert found.shape == (8, 33, 47)
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-5)
    assert prior.config()['name'] == 'lraspp_mobilenet_v3_large'


@pytest.mark.parametrize('auxiliary', [False, True])
def test_weights_come_from_a_file(tmp_path, image, auxiliary):
    if auxiliary:
        name = 'deeplabv3_mobilenet_v3_large'
        model = deeplabv3_mobilenet_v3_large(
            weights_backbone=None, num_classes=19, aux_loss=True
        )
    else:
        name = 'lraspp_mobilenet_v3_large'
        model = lraspp_mobilenet_v3_large(
            weights_backbone=None, num_classes=19
        )
    torch.save(model.state_dict(), tmp_path / 'a.pth')
    prior = TorchvisionPrior(name, tmp_path / 'a.pth', classes='cityscapes')
    assert prior(image, 'x').shape == (8, 33, 47)
    state, loaded = model.state_dict(), prior.model.state_dict()
    assert all(torch.equal(state[key], loaded[key]) for key in state)


def test_wrong_weights_are_refused(tmp_path):
    torch.save({'a': torch.zeros(1)}, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match='does not match lraspp_mobilenet'):
        TorchvisionPrior(weights=tmp_path / 'a.pth')


def test_unknown_models_are_refused():
    with pytest.raises(ValueError, match='no segmentation model'):
        TorchvisionPrior('resnet18')


def test_a_failed_download_tells_the_way_without(monkeypatch):
    def fail(*args, **kwargs):
        raise URLError('no network')

    monkeypatch.setattr('torchvision.models.get_model', fail)
    with pytest.raises(OSError, match=r'\(no network\): download them'):
        TorchvisionPrior()
