"""Base class of the metrics."""

from abc import abstractmethod
from typing import Any

import numpy as np
from mmagic.evaluation.metrics.base_sample_wise_metric import (
    BaseSampleWiseMetric,
)
from torch import Tensor

__all__ = ['RGBMetric']


class RGBMetric(BaseSampleWiseMetric):
    """Mean score over the images of a data set.

    Args:
        gt_key: Key of the ground truth in a data sample.
        pred_key: Key of the image to score in the sample's ``output``.
        collect_device: Device on which the results of all ranks are
            collected, see :class:`mmengine.evaluator.BaseMetric`.
        prefix: Prefix of the name of the metric.
        device: Device on which the scores are computed.

    Shape:
        Images (3, H, W), BGR in [0, 255].
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
            gt: Ground truth, (3, H, W), BGR in [0, 255], tensor or array.
            pred: Image to score, (3, H, W), BGR in [0, 255].
            mask: Ignored; part of MMagic's interface.
        """
        return self.score(_hwc_rgb(pred), _hwc_rgb(gt))

    @abstractmethod
    def score(self, pred: np.ndarray, gt: np.ndarray) -> float:
        """Score one image.

        Args:
            pred: Image to score, (H, W, 3), RGB in [0, 255].
            gt: Ground truth, (H, W, 3), RGB in [0, 255].
        """


def _hwc_rgb(image: Tensor | np.ndarray) -> np.ndarray:
    if isinstance(image, Tensor):
        image = image.cpu().numpy()
    return image[::-1].transpose(1, 2, 0)
