"""The SSIM that DeblurGAN's numbers are."""

import numpy as np

from ..registry import METRICS
from ._rgb_metric import RGBMetric
from .functional import cw_ssim

__all__ = ['CWSSIM']


@METRICS.register_module()
class CWSSIM(RGBMetric):
    """Mean of :func:`.functional.cw_ssim` over the images.

    Config: ``dict(type='mmasgan.CWSSIM')``, and for the blurred input itself
    ``dict(..., pred_key='input_img', prefix='input')``. Arguments are those
    of MMagic's ``SSIM`` up to ``prefix``.

    Shape:
        Images (3, H, W), BGR in [0, 255], of at least 300 pixels.
    """

    metric = 'CW_SSIM'

    def score(self, pred: np.ndarray, gt: np.ndarray) -> float:
        """Return the CW-SSIM of two images, (H, W, 3), RGB in [0, 255]."""
        return cw_ssim(pred, gt)
