"""How MMagic's loops score images."""

from types import SimpleNamespace

import torch
from mmagic.evaluation import Evaluator
from mmagic.structures import DataSample
from mmengine.registry import METRICS


def to_tensor(image):
    """(H, W, 3), RGB, to (3, H, W), BGR, as the model's samples hold it."""
    return torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)


def sample(pred, blur, gt):
    output = DataSample()
    output.set_tensor_data(
        {'pred_img': to_tensor(pred), 'input_img': to_tensor(blur)}
    )
    result = DataSample()
    result.output = output
    result.set_tensor_data({'gt_img': to_tensor(gt)})
    return result


def evaluate(metrics, batches):
    """Return the scores of batches of samples."""
    evaluator = Evaluator([METRICS.build(metric) for metric in metrics])
    size = sum(len(batch) for batch in batches)
    evaluator.prepare_metrics(
        SimpleNamespace(data_preprocessor=None),
        SimpleNamespace(dataset=range(size)),
    )
    for batch in batches:
        evaluator.process(batch, None, evaluator.metrics)
    return evaluator.evaluate()


def identity(metric):
    """Return the config of a metric that scores the blurred input."""
    return metric | dict(pred_key='input_img', prefix='input')
