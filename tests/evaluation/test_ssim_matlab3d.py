import numpy as np
import pytest

from mmasgan.evaluation import SSIMMatlab3D
from mmasgan.evaluation.functional import ssim_matlab3d

from .metrics import evaluate, identity, sample, to_tensor

CONFIG = dict(type='mmasgan.SSIMMatlab3D')


@pytest.fixture
def triples():
    """Prediction, input and truth of three images."""
    return np.random.randint(0, 256, (3, 3, 24, 20, 3), np.uint8)


def test_scores_the_model_and_the_input(triples):
    samples = [sample(*triple) for triple in triples]
    found = evaluate([identity(CONFIG), CONFIG], [samples[:2], samples[2:]])
    pred, blur, gt = (list(images) for images in zip(*triples, strict=True))
    expected = {
        'SSIM_matlab3d': np.mean(list(map(ssim_matlab3d, pred, gt))),
        'input/SSIM_matlab3d': np.mean(list(map(ssim_matlab3d, blur, gt))),
    }
    assert found == pytest.approx(expected, abs=1e-12)


def test_takes_bgr_tensors_and_arrays(triples):
    pred, _, gt = triples[0]
    tensors = to_tensor(gt), to_tensor(pred)
    arrays = [tensor.numpy() for tensor in tensors]
    expected = ssim_matlab3d(pred, gt)
    for images in (tensors, arrays):
        score = SSIMMatlab3D().process_image(*images, mask=None)
        assert score == pytest.approx(expected, abs=1e-12)
