"""Initial weights of convolutions.

``mmengine.model`` has the same, but its import takes more than a second.
"""

from typing import Literal

from torch import nn

__all__ = ['init_kaiming', 'init_normal']


def init_normal(network: nn.Module, std: float = 0.02) -> None:
    """Draw the weights of all convolutions from N(0, std), as CycleGAN.

    Args:
        network: Its convolutions are initialised in place; biases become 0.
        std: Standard deviation.
    """
    for convolution in _convolutions(network):
        nn.init.normal_(convolution.weight, 0, std)


def init_kaiming(
    network: nn.Module, mode: Literal['fan_in', 'fan_out'] = 'fan_in'
) -> None:
    """Draw the weights of all convolutions as He et al., ICCV 2015.

    Args:
        network: Its convolutions are initialised in place; biases become 0.
        mode: Which variance is kept: of activations, or of gradients.
    """
    for convolution in _convolutions(network):
        nn.init.kaiming_normal_(
            convolution.weight, mode=mode, nonlinearity='relu'
        )


def _convolutions(
    network: nn.Module,
) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    """Return the convolutions of a network, with biases of 0."""
    found = [
        module
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    ]
    for convolution in found:
        if convolution.bias is not None:
            nn.init.zeros_(convolution.bias)
    return found
