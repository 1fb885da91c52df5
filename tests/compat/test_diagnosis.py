import sys
from importlib import metadata
from pathlib import Path

import pytest

from mmasgan.compat import FAULTS, diagnosis


@pytest.fixture
def versions(monkeypatch):
    """Pretend that these distributions, and no others, are installed."""

    def pretend(**installed):
        installed = {k.replace('_', '-'): v for k, v in installed.items()}

        def version(name):
            if name not in installed:
                raise metadata.PackageNotFoundError(name)
            return installed[name]

        monkeypatch.setattr(metadata, 'version', version)
        return {check.name: check for check in diagnosis.packages()}

    return pretend


def test_all_is_well_here():
    checks = diagnosis.packages()
    names = {check.name.replace('onedl-', '') for check in checks}
    assert {'torch', 'mmengine', 'mmagic', 'albumentations'} <= names
    assert 'pytest' not in names  # of an extra
    assert [check for check in checks if check.problem] == []


def test_missing_package(versions):
    check = versions()['albumentations']
    assert check.problem == 'missing'
    assert check.remedy == 'pip install "albumentations>=1.4"'


def test_version_out_of_range(versions):
    check = versions(torch='2.1.0')['torch']
    assert check.found == '2.1.0'
    assert check.problem == 'must be >=2.6'
    assert check.remedy == 'pip install "torch>=2.6"'


def test_local_version_is_in_range(versions):
    assert versions(torch='2.8.0+cpu')['torch'].problem == ''


def test_fork_of_mmengine_counts(versions):
    checks = versions(onedl_mmengine='0.10.12')
    assert checks['onedl-mmengine'].problem == ''
    assert 'mmengine' not in checks


@pytest.mark.parametrize(
    ('version', 'remedy'),
    [
        ('2.1.0', ''),
        (
            '2.2.0',
            'pip uninstall -y mmcv && pip install "mmcv-lite<2.2,>=2.1.0"',
        ),
    ],
)
def test_full_mmcv_counts(versions, version, remedy):
    assert versions(mmcv=version)['mmcv'].remedy == remedy


def test_two_distributions_of_one_module_are_named(versions):
    check = versions(mmengine='0.10.7', onedl_mmengine='0.10.12')['mmengine']
    assert check.found == 'mmengine 0.10.7, onedl-mmengine 0.10.12'
    assert 'overwrite each other' in check.problem
    assert check.remedy == (
        'pip uninstall -y mmengine onedl-mmengine && '
        'pip install "mmengine<0.11,>=0.10.4"'
    )


def test_not_installed_ourselves(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, 'requires', requires)
    (check,) = diagnosis.packages()
    assert check.name == 'mmasgan'
    assert check.remedy == 'pip install -e .'


@pytest.mark.parametrize(
    ('error', 'remedy'),
    [
        (ImportError('x. Run: pip install "y"'), 'pip install "y"'),
        (ModuleNotFoundError('', name='lpips'), 'pip install lpips'),
        (
            ModuleNotFoundError('', name='mmcv'),
            'pip install "mmcv-lite<2.2,>=2.1.0"',
        ),
        (
            ModuleNotFoundError('', name='skimage'),
            'pip install "scikit-image>=0.22"',
        ),
        (
            ModuleNotFoundError('', name='mmagic'),
            'pip install "mmagic<1.3,>=1.2.0"',
        ),
        (ModuleNotFoundError('', name='mmcv._ext'), ''),
        (RuntimeError('operator torchvision::nms does not exist'), ''),
    ],
)
def test_remedy(error, remedy):
    assert diagnosis._remedy('mmagic.models', error) == remedy


def test_remedy_of_mismatched_torch():
    error = RuntimeError('operator torchvision::nms does not exist')
    assert diagnosis._remedy('torchvision', error) == (
        'pip install --force-reinstall torch torchvision'
    )


def test_imports_and_faults():
    assert {check.found for check in diagnosis.imports()} == {'imports'}
    findings = {finding.name: finding for finding in diagnosis.faults()}
    assert list(findings) == list(FAULTS)
    assert findings['generation_init'].status == 'patched'
    assert findings['mmcv_version'].status == 'not present here'
    assert findings['editors'].summary.startswith(
        'import mmagic.models imports'
    )


def test_broken_module_is_reported(monkeypatch):
    monkeypatch.setattr(diagnosis, 'HOST', ('json', 'broken_toy'))
    monkeypatch.setitem(sys.modules, 'broken_toy', None)
    json, broken = diagnosis.imports()
    assert json.problem == ''
    assert broken.found == 'fails'
    assert broken.remedy == 'pip install broken_toy'


def test_fault_in_a_broken_module_is_unknown(monkeypatch):
    def fail():
        raise RuntimeError('broken')

    monkeypatch.setattr(diagnosis, 'patched', dict)
    monkeypatch.setattr(FAULTS['generation_init'], 'is_present', fail)
    status = {f.name: f.status for f in diagnosis.faults()}
    assert status['generation_init'] == 'unknown (RuntimeError)'
    assert status['albumentations_missing'] == 'not present here'


def test_loaded_editors():
    import mmagic.models  # noqa: F401

    assert diagnosis.loaded_editors() >= 50


def test_devices():
    assert diagnosis.devices()[0].startswith('cpu')


def test_the_page_installs_what_deblurs_and_no_more():
    """No further package is imported: tests/cli/test_export.py."""
    page = Path(__file__).parents[2] / 'docs' / 'deblur.md'
    _, _, line = page.read_text().partition('.venv/bin/pip install ')
    packages, _, rest = line.partition(' && ')
    assert tuple(packages.split()) == diagnosis.SMALL
    assert rest.startswith('.venv/bin/pip install --no-deps .\n')


def test_what_is_left_out_is_known_by_its_module():
    assert diagnosis.is_left_out('torch.nn')
    assert diagnosis.is_left_out('cv2')
    for module in ('PIL', 'yaml', 'numpy.linalg', 'mmasgan.gone'):
        assert not diagnosis.is_left_out(module)


def test_an_installation_is_small_without_what_trains(monkeypatch):
    there = {'onnxruntime'}
    monkeypatch.setattr(
        diagnosis,
        '_installed',
        lambda name: {name: '9'} if name in there else {},
    )
    assert diagnosis.is_small()
    assert diagnosis.imports() == []
    assert diagnosis.devices()[0].endswith('by ONNX Runtime')
    checks = diagnosis.packages()
    assert [check.name for check in checks] == list(diagnosis.SMALL)
    remedies = {check.name: check.remedy for check in checks if check.problem}
    assert remedies['tifffile'] == 'pip install "tifffile>=2025.5.10"'
    there.add('torch')
    assert not diagnosis.is_small()
