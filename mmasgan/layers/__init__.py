"""Layers: feature modulation by a semantic map, and the residual blocks."""

from .condition_network import ConditionNetwork
from .residual import PreActResidualBlock, ResidualBlock
from .sft import SFTLayer

__all__ = [
    'ConditionNetwork',
    'PreActResidualBlock',
    'ResidualBlock',
    'SFTLayer',
]
