"""What our metrics share."""

from abc import abstractmethod
from typing import Any

import numpy as np
from mmagic.evaluation.metrics.base_sample_wise_metric import (
    BaseSampleWiseMetric,
)
from torch import Tensor

__all__ = ['RGBMetric']


class RGBMetric(BaseSampleWiseMetric):
    """Mean over the images of a score of two RGB images.

    Args:
        gt_key: Name of the truth in a data sample.
        pred_key: Name of the image to score in the sample's ``output``.
        collect_device: As in :class:`mmengine.evaluator.BaseMetric`.
        prefix: As in :class:`mmengine.evaluator.BaseMetric`.
        device: Where the images are scored.
    """

    def __init__(
        self,
        gt_key: str = 'gt_img',
        pred_key: str = 'pred_img',
        collect_device: str = 'cpu',
        prefix: str | None = None,
        device: str = 'cpu',
    ) -> None:
        super().__init__(
            gt_key=gt_key,
            pred_key=pred_key,
            device=device,
            collect_device=collect_device,
            prefix=prefix,
        )

    def process_image(self, gt: Any, pred: Any, mask: Any) -> float:
        """Score one image.

        Args:
            gt: The truth, (3, H, W), BGR in [0, 255], tensor or array.
            pred: Same for the image to score.
            mask: Not used.
        """
        return self.score(_hwc_rgb(pred), _hwc_rgb(gt))

    @abstractmethod
    def score(self, pred: np.ndarray, gt: np.ndarray) -> float:
        """Score one image.

        Args:
            pred: The image to score, (H, W, 3), RGB in [0, 255].
            gt: Same for the truth.
        """


def _hwc_rgb(image: Tensor | np.ndarray) -> np.ndarray:
    if isinstance(image, Tensor):
        image = image.cpu().numpy()
    return image[::-1].transpose(1, 2, 0)
