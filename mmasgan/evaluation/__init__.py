"""Metrics of deblurred images, and the cost of deblurring.

These metrics complement MMagic's PSNR and SSIM. Their formulas, in
``functional``, need neither MMagic nor PyTorch.
"""

from typing import TYPE_CHECKING

from .. import compat  # noqa: F401  before MMagic
from ..utils.late_names import give_late_names

if TYPE_CHECKING:
    from .cw_ssim import CWSSIM
    from .inference_cost_hook import InferenceCostHook
    from .lpips import LPIPS
    from .ssim_matlab3d import SSIMMatlab3D

__all__ = ['CWSSIM', 'LPIPS', 'InferenceCostHook', 'SSIMMatlab3D']

give_late_names(
    __name__,
    {
        '.cw_ssim': 'CWSSIM',
        '.inference_cost_hook': 'InferenceCostHook',
        '.lpips': 'LPIPS',
        '.ssim_matlab3d': 'SSIMMatlab3D',
    },
)
