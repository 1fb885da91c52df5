"""What is installed here, what of it is amiss, and what patches it.

Everything is looked at with nothing taken for granted: any package, torch
included, may be missing or broken.
"""

import platform
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from . import FAULTS, patched

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
"""Distributions that deblur without PyTorch, see docs/deblur.md."""

TRAINING = ('torch', 'torchvision', 'mmengine', 'mmcv-lite', 'mmagic')
"""Distributions of which a small installation has none."""

FORKS = {
    'mmengine': ('onedl-mmengine',),
    'mmcv-lite': ('mmcv', 'mmcv-full', 'onedl-mmcv'),
}
"""Distributions that stand in for another, with the same module name."""

DISTRIBUTIONS = {
    'PIL': 'pillow',
    'cv2': 'opencv-python',
    'mmcv': 'mmcv-lite',
    'skimage': 'scikit-image',
    'yaml': 'pyyaml',
}
"""Distributions that are named otherwise than their module."""

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
"""Modules that must import, the ones others build on first."""


@dataclass(frozen=True)
class Check:
    """Outcome of one look.

    Args:
        name: What was looked at.
        found: What was found, a version for instance.
        problem: What is wrong with it; empty if nothing is.
        remedy: The command that patches it, where there is one.
    """

    name: str
    found: str
    problem: str = ''
    remedy: str = ''


@dataclass(frozen=True)
class Finding:
    """State of one upstream fault.

    Args:
        name: Short name, that of its file in ``mmasgan/compat``.
        status: ``patched``, ``present``, ``not present here`` or ``unknown``.
        summary: The fault in one sentence.
    """

    name: str
    status: str
    summary: str


def packages() -> list[Check]:
    """Compare each package that ``mmasgan`` requires with what is there."""
    try:
        requirements = _requirements()
    except metadata.PackageNotFoundError:
        problem = 'not installed, so its requirements are not known'
        return [Check('mmasgan', 'none', problem, 'pip install -e .')]
    except ImportError:
        return [Check('packaging', 'none', 'missing', 'pip install packaging')]
    if is_small():
        requirements |= _requirements(extras=True)
        requirements = {name: requirements[name] for name in SMALL}
    return [_check(requirement) for requirement in requirements.values()]


def is_small() -> bool:
    """Return whether this installation is one that only deblurs."""
    return bool(_installed('onnxruntime')) and not any(
        _installed(name) for name in TRAINING
    )


def is_left_out(module: str) -> bool:
    """Return whether a small installation lacks a module on purpose.

    Args:
        module: Its name.
    """
    top = module.partition('.')[0]
    name = DISTRIBUTIONS.get(top, top)
    return name not in SMALL and name.partition('.')[0] != 'mmasgan'


def imports() -> list[Check]:
    """Import what training needs, as training would."""
    checks = []
    for name in () if is_small() else HOST:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                import_module(name)
        except Exception as error:  # whatever a broken package may raise
            problem = f'{type(error).__name__}: {error}'
            checks.append(Check(name, 'fails', problem, _remedy(name, error)))
        else:
            checks.append(Check(name, 'imports'))
    return checks


def faults() -> list[Finding]:
    """State every fault, after :func:`imports` for what lives upstream."""
    findings = []
    for name, fault in FAULTS.items():
        try:
            if name in patched():
                present, status = patched()[name], 'patched'
            else:
                present, status = fault.is_present(), 'present'
        except Exception as error:  # its module does not import
            present, status = True, f'unknown ({type(error).__name__})'
        summary = (fault.__doc__ or '').partition('\n')[0].replace('``', '')
        findings.append(
            Finding(name, status if present else 'not present here', summary)
        )
    return findings


def loaded_editors() -> int:
    """Count the editors of MMagic that are loaded."""
    editors = sys.modules.get('mmagic.models.editors')
    if editors is None:
        return 0
    return sum(
        getattr(module, '__path__', None) is not None
        and f'{editors.__name__}.{name}' in sys.modules
        for name, module in vars(editors).items()
    )


def devices() -> list[str]:
    """Name the devices that torch can use."""
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
    """Return what ``mmasgan`` requires, by name of the distribution.

    Args:
        extras: Whether what its extras require counts.
    """
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
            f'{" and ".join(names)} write over each other: one module',
            f'pip uninstall -y {" ".join(names)} && {remedy}',
        )
    ((name, version),) = installed.items()
    if requirement.specifier.contains(version, prereleases=True):
        return Check(name, version)
    if name != requirement.name:  # two distributions of one module
        remedy = f'pip uninstall -y {name} && {remedy}'
    return Check(name, version, f'must be {requirement.specifier}', remedy)


def _installed(name: str) -> dict[str, str]:
    """Return the versions of a distribution and of what may stand in."""
    found = {}
    for candidate in (name, *FORKS.get(name, ())):
        with suppress(metadata.PackageNotFoundError):
            found[candidate] = metadata.version(candidate)
    return found


def _remedy(name: str, error: Exception) -> str:
    """Return the command that most likely patches a failing import."""
    command = str(error).partition('Run: ')[2]  # our own errors name it
    if command:
        return command
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition('.')[0]
        if package != error.name:
            return ''  # a matter of versions, see packages
        package = DISTRIBUTIONS.get(package, package)
        with suppress(ImportError):  # of our own metadata, or packaging
            if package in (requirements := _requirements()):
                package = f'"{requirements[package]}"'
        return f'pip install {package}'
    if name in ('torch', 'torchvision'):
        # They must match, and do if they are installed together.
        return 'pip install --force-reinstall torch torchvision'
    return ''
