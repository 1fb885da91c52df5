"""Base class of sources with a PyTorch model."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .prior import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Classes,
    Prior,
    checked_size,
    normalized,
)

__all__ = ['TorchPrior']


class TorchPrior(Prior):
    """Source of semantic maps with a PyTorch model.

    Args:
        model: Module with input (1, 3, H, W), ImageNet-normalised RGB.
        classes: Class table, see :class:`Prior`.
        size: Height and width to which images are resized. None keeps their
            size.
        device: Device of the model.
    """

    def __init__(
        self,
        model: nn.Module,
        classes: Classes,
        size: Sequence[int] | None,
        device: str,
    ) -> None:
        super().__init__(classes)
        self.size = checked_size(size)
        self.device = torch.device(device)
        self.model = model.to(self.device).eval()

    def logits(self, images: Tensor) -> Tensor:
        """Run the model.

        Args:
            images: Normalised image, (1, 3, H, W).

        Returns:
            Logits, (1, C, h, w).
        """
        return self.model(images)

    @torch.inference_mode()
    def segment(self, image: np.ndarray, name: str) -> np.ndarray:
        """Compute class probabilities; see :class:`Prior`."""
        inputs = normalized(image, IMAGENET_MEAN, IMAGENET_STD, self.size)
        logits = self.logits(torch.from_numpy(inputs).to(self.device))
        return logits[0].float().softmax(0).cpu().numpy()

    def config(self) -> dict[str, Any]:
        """Return the size; see :class:`Prior`."""
        return {'size': self.size}

    def weights_hash(self) -> str:
        """Return a digest of the parameters and buffers of the model."""
        digest = hashlib.sha256()
        for name, value in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()
