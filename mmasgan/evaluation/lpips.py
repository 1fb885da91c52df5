"""LPIPS, the perceptual distance of Zhang et al., CVPR 2018."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..registry import METRICS
from ..utils.tensor_file import read_tensors
from ._rgb_metric import RGBMetric

__all__ = ['LPIPS']

BACKBONES = {'alex': 'AlexNet_Weights', 'vgg': 'VGG16_Weights'}
"""Names of the ``lpips`` package, and torchvision's of their weights."""


@METRICS.register_module()
class LPIPS(RGBMetric):
    """Mean LPIPS (version 0.1) over the images; less is better.

    The linear weights come with the ``lpips`` package, which MMagic installs.
    The backbone's are torchvision's of ImageNet, and are read when the first
    image is scored.

    Config: ``dict(type='mmasgan.LPIPS', weights='alexnet.pth')``

    Args:
        backbone: ``'alex'``, which evaluations use, or ``'vgg'`` (VGG-16).
        weights: The backbone's: ``'torchvision'``, which downloads them once,
            or the path of a local file with torchvision's key names.
        **kwargs: As the other metrics: ``pred_key``, ``prefix``, ``device``.

    Shape:
        Images (3, H, W), BGR in [0, 255], H and W at least 32.

    Raises:
        ValueError: If there is no such backbone.
    """

    metric = 'LPIPS'

    def __init__(
        self,
        backbone: str = 'alex',
        weights: str = 'torchvision',
        **kwargs: Any,
    ) -> None:
        if backbone not in BACKBONES:
            raise ValueError(
                f'backbone must be one of {sorted(BACKBONES)}, got '
                f'{backbone!r}'
            )
        super().__init__(**kwargs)
        self.backbone = backbone
        self.weights = weights
        self.network: nn.Module | None = None

    @torch.no_grad()
    def score(self, pred: np.ndarray, gt: np.ndarray) -> float:
        """Return the distance of two images, (H, W, 3), RGB in [0, 255].

        Raises:
            OSError: If the backbone's weights cannot be downloaded or read.
            ValueError: If the file does not hold them.
        """
        if self.network is None:
            self.network = self._build_network()
        return float(self.network(self._tensor(pred), self._tensor(gt)))

    def _tensor(self, image: np.ndarray) -> Tensor:
        """(H, W, 3) in [0, 255] to (1, 3, H, W) in [-1, 1]."""
        tensor = torch.from_numpy(image.astype(np.float32) / 127.5 - 1)
        return tensor.permute(2, 0, 1)[None].to(self.device)

    def _build_network(self) -> nn.Module:
        import lpips

        state_dict = _state_dict(self.backbone, self.weights)
        # A random backbone, since lpips itself can only download one.
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # it asks in torchvision's old way
            network = lpips.LPIPS(
                net=self.backbone, pnet_rand=True, verbose=False
            )
        features = {
            # slice2.5.weight is torchvision's features.5.weight
            f'net.{name}': f'features.{name.partition(".")[2]}'
            for name in network.net.state_dict()
        }
        own = network.state_dict()
        for name, source in features.items():
            found = state_dict.get(source)
            if not isinstance(found, Tensor) or (
                found.shape != own[name].shape
            ):
                raise ValueError(
                    f'weights={self.weights!r} does not hold the weights of '
                    f"{self.backbone!r} under torchvision's names: {source} "
                    f'should be a tensor {tuple(own[name].shape)}'
                )
            own[name] = found
        network.load_state_dict(own)
        return network.to(self.device)


def _state_dict(backbone: str, weights: str) -> Mapping[str, Any]:
    if weights == 'torchvision':
        from torchvision import models

        source = getattr(models, BACKBONES[backbone]).IMAGENET1K_V1
        try:
            return source.get_state_dict(progress=False, check_hash=True)
        except OSError as error:
            raise OSError(
                f'LPIPS needs {source.url}, which could not be downloaded '
                f'({error}). Download it elsewhere and give the file as '
                'weights=<path>'
            ) from error
    if not Path(weights).is_file():
        raise FileNotFoundError(
            f"weights={weights!r}: no such file; give 'torchvision' or a path"
        )
    return read_tensors(weights)
