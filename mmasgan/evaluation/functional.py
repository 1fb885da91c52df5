"""PSNR and the three SSIMs, :mod:`mmasgan.measures`, among what uses them."""

from ..measures import cw_ssim, psnr, ssim_matlab3d, ssim_wang_rgb

__all__ = ['cw_ssim', 'psnr', 'ssim_matlab3d', 'ssim_wang_rgb']
