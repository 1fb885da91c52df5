"""Evaluation protocol of all models."""

from collections.abc import Callable, Iterator, Mapping

import torch
from mmagic.structures import DataSample
from mmengine.model import BaseModel
from torch import Tensor

from .batch import Images, Maps, split_inputs
from .steps import evaluation_mode

__all__ = ['predict']

Deblur = Callable[[Images, Maps], Tensor]


@torch.no_grad()
def predict(
    model: BaseModel,
    data: dict,
    deblur: Deblur,
    others: Mapping[str, Deblur] | None = None,
) -> list[DataSample]:
    """Deblur a batch in evaluation mode, then restore the mode.

    Images of different sizes are deblurred one by one: MMagic would pad them
    to one size, which would change their scores.

    Args:
        model: Model whose ``data_preprocessor`` gives RGB in [-1, 1].
        data: Batch whose ``inputs`` are ``img_blur``, (N, 3, H, W), RGB in
            [0, 255], and optionally the ground truth ``img_sharp``.
        deblur: Function of the images, (N, 3, H, W), in [-1, 1], and of a
            semantic map or None, both by domain, that returns sharp images of
            the same shape.
        others: More functions like ``deblur``, by the key of their output.

    Returns:
        One sample per image, with ``output.pred_img``, ``output.input_img``,
        one image for each key of ``others``, and ``gt_img`` if known. Images
        are (3, H, W), BGR, uint8, as MMagic's metrics and visualizers expect.

    Raises:
        ValueError: If ``img_blur`` is missing.
    """
    if _sizes_differ(data):
        ones = (predict(model, one, deblur, others) for one in _ones_of(data))
        return [sample for samples in ones for sample in samples]
    data = model.data_preprocessor(data, training=False)
    images, semantic = split_inputs(data['inputs'], required=('blur',))
    samples = data['data_samples']
    if isinstance(samples, DataSample):
        samples = samples.split(allow_nonseq_value=True)
    outputs = {'input_img': images['blur']}
    with evaluation_mode(model):
        for key, run in {'pred_img': deblur, **(others or {})}.items():
            outputs[key] = run(images, semantic)
    shown = {
        key: _to_uint8(model, out, samples) for key, out in outputs.items()
    }
    for index, sample in enumerate(samples):
        sample.output = DataSample()
        sample.output.set_tensor_data(
            {key: out[index] for key, out in shown.items()}
        )
    if 'sharp' in images:
        sharp = _to_uint8(model, images['sharp'], samples)
        for index, sample in enumerate(samples):
            sample.set_tensor_data({'gt_img': sharp[index]})
    return samples


def _sizes_differ(data: dict) -> bool:
    inputs = data['inputs']
    if isinstance(inputs, dict):
        batches = list(inputs.values())
    else:  # one dict for each image
        batches = [[one[key] for one in inputs] for key in inputs[0]]
    return any(len({each.shape for each in batch}) > 1 for batch in batches)


def _ones_of(data: dict) -> Iterator[dict]:
    """Split a batch into batches of one image."""
    inputs, samples = data['inputs'], data['data_samples']
    for index in range(len(samples)):
        part = slice(index, index + 1)
        one = (
            {key: batch[part] for key, batch in inputs.items()}
            if isinstance(inputs, dict)
            else inputs[part]
        )
        yield {**data, 'inputs': one, 'data_samples': samples[part]}


def _to_uint8(
    model: BaseModel, images: Tensor, samples: list[DataSample]
) -> Tensor:
    restored = model.data_preprocessor.destruct(
        images.float(), samples, 'img_blur'
    )
    return restored.round().to(torch.uint8).cpu()
