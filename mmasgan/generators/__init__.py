"""Generators."""

from .resnetv2_sft_generator import ResNetV2SFTGenerator

__all__ = ['ResNetV2SFTGenerator']
