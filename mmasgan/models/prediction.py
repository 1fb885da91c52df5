"""One evaluation protocol for all models."""

from collections.abc import Callable

import torch
from mmagic.structures import DataSample
from mmengine.model import BaseModel
from torch import Tensor

from .batch import Maps, split_inputs
from .steps import evaluation_mode

__all__ = ['predict']

Deblur = Callable[[Tensor, Maps], Tensor]


@torch.no_grad()
def predict(model: BaseModel, data: dict, deblur: Deblur) -> list[DataSample]:
    """Deblur a batch in evaluation mode and leave the model as found.

    Args:
        model: Its ``data_preprocessor`` gives RGB in [-1, 1].
        data: A batch with ``inputs`` ``img_blur`` and, where the truth is
            known, ``img_sharp``, RGB in [0, 255], of any size that ``deblur``
            takes.
        deblur: Called with blurred images, (N, 3, H, W) in [-1, 1], and the
            semantic map or None of each domain; returns sharp ones of the
            same shape.

    Returns:
        A sample for each image, with ``output.pred_img``,
        ``output.input_img`` and ``gt_img`` (where known): BGR, uint8,
        (3, H, W), as the host's metrics and visualisers expect.

    Raises:
        ValueError: If there is no ``img_blur``.
    """
    data = model.data_preprocessor(data, training=False)
    images, semantic = split_inputs(data['inputs'], required=('blur',))
    samples = data['data_samples']
    if isinstance(samples, DataSample):
        samples = samples.split(allow_nonseq_value=True)
    with evaluation_mode(model):
        pred = deblur(images['blur'], semantic)
    pred = _to_uint8(model, pred, samples)
    blur = _to_uint8(model, images['blur'], samples)
    for index, sample in enumerate(samples):
        sample.output = DataSample()
        sample.output.set_tensor_data(
            {'pred_img': pred[index], 'input_img': blur[index]}
        )
    if 'sharp' in images:
        sharp = _to_uint8(model, images['sharp'], samples)
        for index, sample in enumerate(samples):
            sample.set_tensor_data({'gt_img': sharp[index]})
    return samples


def _to_uint8(
    model: BaseModel, images: Tensor, samples: list[DataSample]
) -> Tensor:
    restored = model.data_preprocessor.destruct(
        images.float(), samples, 'img_blur'
    )
    return restored.round().to(torch.uint8).cpu()
