"""The SSIM that MATLAB computes for a colour image."""

import numpy as np

from ..registry import METRICS
from ._rgb_metric import RGBMetric
from .functional import ssim_matlab3d

__all__ = ['SSIMMatlab3D']


@METRICS.register_module()
class SSIMMatlab3D(RGBMetric):
    """Mean of :func:`.functional.ssim_matlab3d` over the images.

    The first arguments are those of MMagic's ``SSIM``, up to ``prefix``.

    Source: MATLAB's ``ssim``, as in the evaluation of MPRNet and NAFNet.

    Config: ``dict(type='mmasgan.SSIMMatlab3D')``, and for the blurred input
    ``dict(..., pred_key='input_img', prefix='input')``

    Shape:
        Images (3, H, W), BGR in [0, 255].
    """

    metric = 'SSIM_matlab3d'

    def score(self, pred: np.ndarray, gt: np.ndarray) -> float:
        """Return the SSIM of images (H, W, 3), RGB in [0, 255]."""
        return ssim_matlab3d(pred, gt)
