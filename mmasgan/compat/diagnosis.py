"""Diagnosis of the installation, for ``mmasgan doctor``.

Any package, torch included, may be missing or broken.
"""

import platform
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from . import FAULTS, patched
from .editors import skipped_editors

__all__ = [
    'SMALL',
    'Check',
    'Finding',
    'devices',
    'faults',
    'imports',
    'is_left_out',
    'is_small',
    'loaded_editors',
    'packages',
]

SMALL = (
    'click',
    'imagecodecs',
    'numpy',
    'onnxruntime',
    'pillow',
    'pyyaml',
    'rich',
    'safetensors',
    'simplejpeg',
    'tifffile',
)
"""Distributions for deblurring without PyTorch, see docs/deblur.md."""

TRAINING = ('torch', 'torchvision', 'mmengine', 'mmcv-lite', 'mmagic')
"""Distributions that a small installation does not have."""

FORKS = {
    'mmengine': ('onedl-mmengine',),
    'mmcv-lite': ('mmcv', 'mmcv-full', 'onedl-mmcv'),
}
"""Distributions that provide the same module."""

DISTRIBUTIONS = {
    'PIL': 'pillow',
    'cv2': 'opencv-python',
    'mmcv': 'mmcv-lite',
    'skimage': 'scikit-image',
    'yaml': 'pyyaml',
}
"""Distribution of each module with a different name."""

HOST = (
    'torch',
    'torchvision',
    'mmengine.runner',
    'mmcv',
    'mmagic.models',
    'mmagic.datasets.transforms',
    'mmagic.evaluation',
    'mmagic.engine',
    'mmagic.visualization',
    'mmagic.apis',
)
"""Modules that training imports, dependencies first."""


@dataclass(frozen=True)
class Check:
    """Result of one check.

    Args:
        name: Name of the checked package or module.
        found: Installed version, or another result.
        problem: Description of the problem; empty if there is none.
        remedy: Command that solves the problem; empty if unknown.
    """

    name: str
    found: str
    problem: str = ''
    remedy: str = ''


@dataclass(frozen=True)
class Finding:
    """Status of one upstream bug.

    Args:
        name: Name of its file in ``mmasgan/compat``.
        status: ``patched``, ``present``, ``not present here`` or ``unknown``.
        summary: Description in one sentence.
    """

    name: str
    status: str
    summary: str


def packages() -> list[Check]:
    """Check the version of each package that ``mmasgan`` requires."""
    try:
        requirements = _requirements()
    except metadata.PackageNotFoundError:
        problem = 'not installed, so its requirements are unknown'
        return [Check('mmasgan', 'none', problem, 'pip install -e .')]
    except ImportError:
        return [Check('packaging', 'none', 'missing', 'pip install packaging')]
    if is_small():
        requirements |= _requirements(extras=True)
        requirements = {name: requirements[name] for name in SMALL}
    return [_check(requirement) for requirement in requirements.values()]


def is_small() -> bool:
    """Return whether this is an installation for deblurring only."""
    return bool(_installed('onnxruntime')) and not any(
        _installed(name) for name in TRAINING
    )


def is_left_out(module: str) -> bool:
    """Return whether a module is not part of a small installation."""
    top = module.partition('.')[0]
    name = DISTRIBUTIONS.get(top, top)
    return name not in SMALL and name.partition('.')[0] != 'mmasgan'


def imports() -> list[Check]:
    """Check that the modules needed for training can be imported."""
    checks = []
    for name in () if is_small() else HOST:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                import_module(name)
        except Exception as error:  # of a broken package
            problem = f'{type(error).__name__}: {error}'
            checks.append(Check(name, 'fails', problem, _remedy(name, error)))
        else:
            checks.append(Check(name, 'imports'))
    return checks


def faults() -> list[Finding]:
    """Return the status of every bug; call :func:`imports` first.

    All editors are loaded, since some of the bugs are in them.
    """
    skipped_editors()
    findings = []
    for name, fault in FAULTS.items():
        try:
            if name in patched():
                present, status = patched()[name], 'patched'
            else:
                present, status = fault.is_present(), 'present'
        except Exception as error:  # its module cannot be imported
            present, status = True, f'unknown ({type(error).__name__})'
        summary = (fault.__doc__ or '').partition('\n')[0].replace('``', '')
        findings.append(
            Finding(name, status if present else 'not present here', summary)
        )
    return findings


def loaded_editors() -> int:
    """Load all editors of MMagic, and count those that do not fail."""
    skipped_editors()
    editors = sys.modules.get('mmagic.models.editors')
    if editors is None:
        return 0
    return sum(
        getattr(module, '__path__', None) is not None
        and f'{editors.__name__}.{name}' in sys.modules
        for name, module in vars(editors).items()
    )


def devices() -> list[str]:
    """Return the devices that PyTorch or ONNX Runtime can use."""
    if is_small():
        return [f'cpu ({platform.machine()}), by ONNX Runtime']
    try:
        import torch

        names = [
            f'cuda:{index} {torch.cuda.get_device_name(index)}'
            for index in range(torch.cuda.device_count())
        ]
        return [f'cpu ({platform.machine()})', *names]
    except Exception as error:  # a torch that is missing or broken
        return [f'unknown ({type(error).__name__})']


def _requirements(extras: bool = False) -> dict[str, Any]:
    """Return the requirements of ``mmasgan``, by name of the distribution."""
    from packaging.requirements import Requirement

    required = map(Requirement, metadata.requires('mmasgan') or [])
    return {
        requirement.name: requirement
        for requirement in required
        if extras
        or requirement.marker is None
        or requirement.marker.evaluate()
    }


def _check(requirement: Any) -> Check:
    remedy = f'pip install "{requirement}"'
    installed = _installed(requirement.name)
    if not installed:
        return Check(requirement.name, 'none', 'missing', remedy)
    if len(installed) > 1:
        names = list(installed)
        return Check(
            names[0],
            ', '.join(f'{n} {version}' for n, version in installed.items()),
            f'{" and ".join(names)} overwrite each other: same module',
            f'pip uninstall -y {" ".join(names)} && {remedy}',
        )
    ((name, version),) = installed.items()
    if requirement.specifier.contains(version, prereleases=True):
        return Check(name, version)
    if name != requirement.name:  # another distribution of the module
        remedy = f'pip uninstall -y {name} && {remedy}'
    return Check(name, version, f'must be {requirement.specifier}', remedy)


def _installed(name: str) -> dict[str, str]:
    """Return the versions of a distribution and its alternatives."""
    found = {}
    for candidate in (name, *FORKS.get(name, ())):
        with suppress(metadata.PackageNotFoundError):
            found[candidate] = metadata.version(candidate)
    return found


def _remedy(name: str, error: Exception) -> str:
    """Return the command that most likely repairs a failing import."""
    command = str(error).partition('Run: ')[2]  # of errors in this package
    if command:
        return command
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition('.')[0]
        if package != error.name:
            return ''  # a wrong version, see packages
        package = DISTRIBUTIONS.get(package, package)
        with suppress(ImportError):  # of our own metadata, or packaging
            if package in (requirements := _requirements()):
                package = f'"{requirements[package]}"'
        return f'pip install {package}'
    if name in ('torch', 'torchvision'):
        # Their versions match if they are installed together.
        return 'pip install --force-reinstall torch torchvision'
    return ''
