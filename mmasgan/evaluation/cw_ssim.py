"""The SSIM of DeblurGAN's evaluation."""

import numpy as np

from ..registry import METRICS
from ._rgb_metric import RGBMetric
from .functional import cw_ssim

__all__ = ['CWSSIM']


@METRICS.register_module()
class CWSSIM(RGBMetric):
    """Mean of :func:`.functional.cw_ssim` over the images.

    The first arguments are those of MMagic's ``SSIM``, up to ``prefix``.

    Source: pyssim, as in the evaluation of DeblurGAN and DeblurGANv2.

    Config: ``dict(type='mmasgan.CWSSIM')``, and for the blurred input
    ``dict(..., pred_key='input_img', prefix='input')``

    Shape:
        Images (3, H, W), BGR in [0, 255], of at least 300 pixels.
    """

    metric = 'CW_SSIM'

    def score(self, pred: np.ndarray, gt: np.ndarray) -> float:
        """Return the CW-SSIM of images (H, W, 3), RGB in [0, 255]."""
        return cw_ssim(pred, gt)
