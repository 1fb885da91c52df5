import numpy as np
import pytest

from mmasgan.evaluation import CWSSIM
from mmasgan.evaluation.functional import cw_ssim

from .metrics import evaluate, identity, sample, to_tensor

CONFIG = dict(type='mmasgan.CWSSIM')


@pytest.fixture
def triples():
    """Prediction, input and truth of three images."""
    return np.random.randint(0, 256, (3, 3, 24, 20, 3), np.uint8)


def test_scores_the_model_and_the_input(triples):
    samples = [sample(*triple) for triple in triples]
    found = evaluate([identity(CONFIG), CONFIG], [samples[:2], samples[2:]])
    pred, blur, gt = (list(images) for images in zip(*triples, strict=True))
    expected = {
        'CW_SSIM': np.mean(list(map(cw_ssim, pred, gt))),
        'input/CW_SSIM': np.mean(list(map(cw_ssim, blur, gt))),
    }
    assert found == pytest.approx(expected, abs=1e-12)


def test_takes_bgr_tensors_and_arrays(triples):
    pred, _, gt = triples[0]
    tensors = to_tensor(gt), to_tensor(pred)
    arrays = [tensor.numpy() for tensor in tensors]
    expected = cw_ssim(pred, gt)
    for images in (tensors, arrays):
        score = CWSSIM().process_image(*images, mask=None)
        assert score == pytest.approx(expected, abs=1e-12)
