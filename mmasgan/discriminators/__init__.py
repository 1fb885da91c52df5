"""Discriminators."""

from .in_patch_discriminator import INPatchDiscriminator

__all__ = ['INPatchDiscriminator']
