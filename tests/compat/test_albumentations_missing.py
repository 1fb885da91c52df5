import pytest

from mmasgan.compat import albumentations_missing


def test_fault(symptoms):
    error = symptoms.without['albumentations_missing']['error']
    assert error.startswith('ModuleNotFoundError')
    assert 'pip install' not in error


def test_mend(symptoms):
    error = symptoms.patched['albumentations_missing']['error']
    assert error.startswith('ImportError')
    assert error.endswith('Run: pip install "albumentations>=1.4"')


def test_other_missing_modules_pass():
    def fail():
        raise ModuleNotFoundError('no cv2', name='cv2')

    with pytest.raises(ModuleNotFoundError, match='no cv2'):
        albumentations_missing.patch(None, fail)


def test_transforms_of_mmagic_build_with_what_is_installed():
    import numpy as np
    from mmagic.datasets.transforms import PairedAlbuTransForms

    pair = PairedAlbuTransForms(size=8, lq_key='img', gt_key='gt')
    image = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    results = pair(dict(img=image, gt=image.copy()))
    assert results['img'].shape == results['gt'].shape == (8, 8, 3)
    np.testing.assert_array_equal(results['img'], results['gt'])
