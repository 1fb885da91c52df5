"""LPIPS, a perceptual distance."""

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
    """Mean LPIPS (version 0.1) over the images; lower is better.

    The linear weights are those of the ``lpips`` package, which MMagic
    installs. The ImageNet weights of the backbone are loaded when the first
    image is scored.

    Source: Zhang et al., The Unreasonable Effectiveness of Deep Features as a
    Perceptual Metric, CVPR 2018, Eq. (1).

    Config: ``dict(type='mmasgan.LPIPS', weights='alexnet.pth')``

    Args:
        backbone: ``'alex'``, which most evaluations use, or ``'vgg'``
            (VGG-16).
        weights: Weights of the backbone: ``'torchvision'`` to download them
            once, or the path of a local file with torchvision's key names.
        **kwargs: Arguments of all metrics, such as ``pred_key``, ``prefix``
            and ``device``.

    Shape:
        Images (3, H, W), BGR in [0, 255], H and W at least 32.

    Raises:
        ValueError: If ``backbone`` is unknown.
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
        """Return the distance of two images.

        Args:
            pred: Image to score, (H, W, 3), RGB in [0, 255].
            gt: Ground truth, (H, W, 3), RGB in [0, 255].

        Raises:
            OSError: If the weights cannot be downloaded or read.
            ValueError: If the file does not contain the weights.
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
        # A random backbone: lpips itself always downloads pre-trained ones.
        with warnings.catch_warnings():
            warnings.simplefilter(
                'ignore'
            )  # it uses deprecated arguments of torchvision
            network = lpips.LPIPS(
                net=self.backbone, pnet_rand=True, verbose=False
            )
        features = {
            # slice2.5.weight is features.5.weight in torchvision
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
                    f'weights={self.weights!r} does not contain the weights '
                    f"of {self.backbone!r} with torchvision's names: {source} "
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
                f'({error}). Download it on another machine and set '
                'weights=<path>'
            ) from error
    if not Path(weights).is_file():
        raise FileNotFoundError(
            f"weights={weights!r}: no such file; give 'torchvision' or a path"
        )
    return read_tensors(weights)
