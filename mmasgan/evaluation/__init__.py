"""What measures a deblurred image, and what deblurring costs.

PSNR, and SSIM as Wang et al. defined it, are MMagic's; here is what it lacks.
"""

from .. import compat  # noqa: F401  before anything of MMagic
from .cw_ssim import CWSSIM
from .inference_cost_hook import InferenceCostHook
from .lpips import LPIPS
from .ssim_matlab3d import SSIMMatlab3D

__all__ = ['CWSSIM', 'LPIPS', 'InferenceCostHook', 'SSIMMatlab3D']
