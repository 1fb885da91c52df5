import numpy as np
import pytest
import torch
import toy_cyclegan

from mmasgan.compat import translation_output


@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    return toy_cyclegan.build()


def test_fault(symptoms):
    assert symptoms.without['translation_output']['error'] == (
        "KeyError: 'output'"
    )


def test_mend(symptoms):
    outcome = symptoms.patched['translation_output']
    assert outcome['error'] is None
    assert set(outcome['value']) == {'PSNR', 'SSIM', 'MAE'}
    assert 0 < outcome['value']['PSNR'] < 60


@pytest.mark.parametrize('step', ['val_step', 'test_step'])
def test_output_is_the_default_domain(model, step):
    with torch.no_grad():
        samples = getattr(model, step)(toy_cyclegan.batch(0))
    assert len(samples) == 2
    for sample in samples:
        assert sample.output.pred_img is sample.fake_sharp
        assert sample.output.pred_img is not sample.fake_blur
        assert 'gt_img' in sample


def test_psnr_is_that_of_the_images(model):
    with torch.no_grad():
        samples = model.val_step(toy_cyclegan.batch(0))
        score = toy_cyclegan.score(model)['PSNR']
    expected = []
    for sample in samples:
        image = sample.fake_sharp.numpy().clip(0, 255).round()
        error = image - sample.gt_img.numpy().astype(np.float64)
        expected.append(10 * np.log10(255**2 / np.mean(error**2)))
    assert score == pytest.approx(np.mean(expected), abs=1e-3)


def test_sound_afterwards():
    assert not translation_output.is_present()
