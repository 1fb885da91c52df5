"""Semantic maps of torchvision's segmentation models."""

from collections.abc import Sequence
from os import PathLike
from typing import Any
from urllib.error import URLError

from torch import Tensor

from ..registry import PRIORS
from ..utils.tensor_file import read_tensors
from .prior import Classes
from .torch_prior import TorchPrior

__all__ = ['TorchvisionPrior']


@PRIORS.register_module()
class TorchvisionPrior(TorchPrior):
    """Compute semantic maps with a segmentation model of torchvision.

    The published weights have the 21 classes of Pascal VOC, of which only
    plants and animals belong to outdoor groups; all others are background.
    Use your own weights, or another source, for streets and landscapes.

    Config: ``dict(type='TorchvisionPrior', weights='DEFAULT')``

    Args:
        name: Name of the model in ``torchvision.models.segmentation``.
        weights: ``'DEFAULT'`` for the published weights, which torchvision
            downloads once; the path of a state dict; or None for random
            weights, for tests.
        classes: Class table with the classes of the weights, see
            :class:`Prior`.
        size: Input size, see :class:`TorchPrior`.
        device: Device of the model, see :class:`TorchPrior`.

    Raises:
        ValueError: If the model is unknown, or the weights do not match.
        OSError: If the weights do not exist or cannot be downloaded.
    """

    def __init__(
        self,
        name: str = 'lraspp_mobilenet_v3_large',
        weights: str | PathLike[str] | None = 'DEFAULT',
        classes: Classes = 'voc',
        size: Sequence[int] | None = None,
        device: str = 'cpu',
    ) -> None:
        from torchvision import models

        known = models.list_models(module=models.segmentation)
        if name not in known:
            raise ValueError(
                f'torchvision has no segmentation model {name!r}, only '
                f'{", ".join(known)}'
            )
        published = weights == 'DEFAULT'
        state: dict[str, Tensor] | None = None
        if weights is not None and not published:
            state = dict(read_tensors(str(weights)))
        arguments: dict[str, Any] = {}
        if not published:
            arguments = {
                'weights_backbone': None,
                'num_classes': _count_classes(state) or 21,
            }
        # Published weights of DeepLab and FCN have an auxiliary head.
        auxiliary = any(key.startswith('aux_') for key in state or ())
        if auxiliary:
            arguments['aux_loss'] = True
        try:
            model = models.get_model(
                name, weights='DEFAULT' if published else None, **arguments
            )
        except URLError as error:
            raise OSError(
                f"torchvision's weights of {name} cannot be downloaded "
                f'({error.reason}): download them yourself, and use the path '
                'as weights'
            ) from error
        if state is not None:
            try:
                model.load_state_dict(state)
            except RuntimeError as error:
                raise ValueError(
                    f"'{weights}' does not match {name}: {error}"
                ) from error
        super().__init__(model, classes, size, device)
        self.name = name

    def logits(self, images: Tensor) -> Tensor:
        """Run the model; see :class:`TorchPrior`."""
        return self.model(images)['out']

    def config(self) -> dict[str, Any]:
        """Return model and size; see :class:`Prior`."""
        return {'name': self.name, **super().config()}


def _count_classes(state: dict[str, Tensor] | None) -> int | None:
    """Return the number of channels of the last layer, or None."""
    for key, value in (state or {}).items():
        if key in ('classifier.4.bias', 'classifier.high_classifier.bias'):
            return len(value)
    return None
