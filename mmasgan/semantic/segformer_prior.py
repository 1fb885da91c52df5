"""Semantic maps of SegFormer, from Hugging Face transformers."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from ..registry import PRIORS
from .prior import Classes
from .torch_prior import TorchPrior

__all__ = ['SegFormerPrior']


@PRIORS.register_module()
class SegFormerPrior(TorchPrior):
    """Compute semantic maps with SegFormer (Xie et al., NeurIPS 2021).

    Config::

        dict(
            type='SegFormerPrior',
            path_or_name='nvidia/segformer-b0-finetuned-ade-512-512',
            classes='ade20k',
        )

    Args:
        path_or_name: Folder written by ``save_pretrained``, or name of a
            model that transformers downloads once.
        classes: Class table, see :class:`Prior`.
        size: Input size, see :class:`TorchPrior`.
        device: Device of the model, see :class:`TorchPrior`.

    Raises:
        ImportError: If transformers is missing.
        OSError: If the model does not exist.
    """

    def __init__(
        self,
        path_or_name: str,
        classes: Classes = 'ade20k',
        size: Sequence[int] | None = None,
        device: str = 'cpu',
    ) -> None:
        try:
            from transformers import SegformerForSemanticSegmentation
        except ImportError as error:
            raise ImportError(
                'SegFormer needs transformers, a requirement of MMagic: '
                f'pip install transformers ({error})'
            ) from error
        model = SegformerForSemanticSegmentation.from_pretrained(
            str(path_or_name)
        )
        super().__init__(model, classes, size, device)
        self.path_or_name = str(path_or_name)

    def logits(self, images: Tensor) -> Tensor:
        """Run the model; see :class:`TorchPrior`."""
        return self.model(images).logits

    def config(self) -> dict[str, Any]:
        """Return name and size; see :class:`Prior`."""
        return {'path_or_name': self.path_or_name, **super().config()}
