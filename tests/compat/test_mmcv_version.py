import mmcv
import pytest

from mmasgan.compat import mmcv_version


def test_fault(symptoms):
    error = symptoms.without['mmcv_version']['error']
    assert error.startswith('AssertionError')


def test_mend(symptoms):
    error = symptoms.patched['mmcv_version']['error']
    assert error.startswith('ImportError: MMagic needs mmcv 2.0 or 2.1')
    assert error.endswith('Run: pip install "mmcv-lite<2.2,>=2.1.0"')


@pytest.mark.parametrize(
    ('version', 'refused'),
    [
        ('1.7.2', True),
        ('2.0.0rc4', False),
        ('2.1.0', False),
        ('2.2.0', True),
        ('2.3.6', True),
        ('3.0.0', True),
    ],
)
def test_is_present(monkeypatch, version, refused):
    monkeypatch.setattr(mmcv, '__version__', version)
    assert mmcv_version.is_present() is refused


def test_other_errors_pass():
    def fail():
        raise AssertionError('mmengine')

    with pytest.raises(AssertionError, match='mmengine'):
        mmcv_version.patch(None, fail)


def test_sound_here():
    assert not mmcv_version.is_present()
