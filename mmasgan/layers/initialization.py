"""Initial weights of convolutions.

``mmengine.model`` has the same functions, but takes over a second to import.
"""

from typing import Literal

from torch import nn

__all__ = ['init_kaiming', 'init_normal']


def init_normal(network: nn.Module, std: float = 0.02) -> None:
    """Initialise convolutions with N(0, std) and zero biases, as in CycleGAN.

    Args:
        network: Module whose convolutions are initialised in place.
        std: Standard deviation of the weights.
    """
    for convolution in _convolutions(network):
        nn.init.normal_(convolution.weight, 0, std)


def init_kaiming(
    network: nn.Module, mode: Literal['fan_in', 'fan_out'] = 'fan_in'
) -> None:
    """Initialise convolutions as in He et al., ICCV 2015, with zero biases.

    Args:
        network: Module whose convolutions are initialised in place.
        mode: ``'fan_in'`` preserves the variance of activations,
            ``'fan_out'`` that of gradients.
    """
    for convolution in _convolutions(network):
        nn.init.kaiming_normal_(
            convolution.weight, mode=mode, nonlinearity='relu'
        )


def _convolutions(
    network: nn.Module,
) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    """Set the biases of all convolutions to 0; return the convolutions."""
    found = [
        module
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    ]
    for convolution in found:
        if convolution.bias is not None:
            nn.init.zeros_(convolution.bias)
    return found
