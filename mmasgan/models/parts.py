"""Parts of a model, given as configs or as modules."""

from typing import Any

from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from ..registry import MODELS

__all__ = [
    'DomainNetworks',
    'Part',
    'build_part',
    'refuse_other_modes',
    'unwrapped',
]

Part = dict | nn.Module | None


def build_part(part: Part) -> Any:
    """Build a config; return a module or None unchanged."""
    return MODELS.build(part) if isinstance(part, dict) else part


def unwrapped(module: Any) -> Any:
    """Return the module inside a distributed wrapper, or the module itself."""
    return module.module if is_model_wrapper(module) else module


def refuse_other_modes(mode: str) -> None:
    """Raise ValueError unless ``mode`` is ``'tensor'``."""
    if mode != 'tensor':
        raise ValueError(
            f"mode must be 'tensor', got {mode!r}; for other modes, call "
            'train_step, val_step or test_step'
        )


class DomainNetworks(nn.ModuleDict):
    """One network per target domain, called through one ``forward``.

    A distributed wrapper only reduces gradients of modules that its
    ``forward`` calls, so training calls the networks through this module.

    Shape:
        Inputs and output are those of the network of the domain, such as
        (N, 3, H, W) to (N, 3, H, W).
    """

    def forward(self, domain: str, *inputs: Tensor | None) -> Tensor:
        """Call the network of ``domain``."""
        return self[domain](*inputs)
