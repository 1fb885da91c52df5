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
    """Build a config; return a module, or None, as it is."""
    return MODELS.build(part) if isinstance(part, dict) else part


def unwrapped(module: Any) -> Any:
    """Return what a distributed wrapper holds, or the module itself."""
    return module.module if is_model_wrapper(module) else module


def refuse_other_modes(mode: str) -> None:
    """Raise ValueError unless ``forward`` is called for its output alone."""
    if mode != 'tensor':
        raise ValueError(
            f"mode must be 'tensor', got {mode!r}: call train_step, "
            'val_step or test_step'
        )


class DomainNetworks(nn.ModuleDict):
    """One network a target domain, behind one forward.

    A distributed wrapper reduces gradients only of what its ``forward`` was
    called for, so training calls networks through this one.
    """

    def forward(self, domain: str, *inputs: Tensor | None) -> Tensor:
        """Call the network of ``domain``."""
        return self[domain](*inputs)
