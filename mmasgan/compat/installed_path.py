"""``read_base()`` does not find the configs of an editable install.

Upstream: ``mmengine/utils/package_utils.py`` finds packages with
``pkg_resources``, which setuptools 82 removed. It only searches
``site-packages``, which does not contain editable installs.
"""

import os.path as osp
from importlib import import_module
from importlib.metadata import (
    PackageNotFoundError,
    distribution,
    packages_distributions,
)
from importlib.util import find_spec
from types import ModuleType

from ._imports import rebind

MODULES = ('mmengine.utils.package_utils',)

_OURS = osp.dirname(osp.dirname(osp.abspath(__file__)))


def is_present() -> bool:
    """Whether upstream needs ``pkg_resources`` or does not find mmasgan."""
    upstream = import_module(MODULES[0])
    if 'pkg_resources' in upstream.get_installed_path.__code__.co_names:
        return True
    try:
        found = upstream.get_installed_path('mmasgan')
    except Exception:  # differs between versions
        return True
    return not osp.exists(found) or not osp.samefile(found, _OURS)


def repair(module: ModuleType) -> None:
    """Find packages by the import system."""
    for patched in (is_installed, get_installed_path, package2module):
        rebind(getattr(module, patched.__name__), patched)


def is_installed(package: str) -> bool:
    """Return whether a distribution or package is installed."""
    try:
        distribution(package)
    except PackageNotFoundError:
        spec = find_spec(package)
        return spec is not None and spec.origin is not None
    return True


def get_installed_path(package: str) -> str:
    """Return the folder of a package.

    Raises:
        PackageNotFoundError: If it is not installed.
        RuntimeError: If it is a namespace package, which has no single folder.
    """
    spec = find_spec(package) or find_spec(package2module(package))
    if spec is None:
        raise PackageNotFoundError(package)
    if spec.origin is None:
        raise RuntimeError(
            f'{package} is a namespace package, which is invalid for '
            '`get_installed_path`'
        )
    return osp.dirname(spec.origin)


def package2module(package: str) -> str:
    """Return the name of the module of a distribution.

    Raises:
        PackageNotFoundError: If it is not installed.
        ValueError: If the name is unknown.
    """
    name = distribution(package).name
    for module, names in packages_distributions().items():
        if name in names and not module.startswith('_'):
            return module
    raise ValueError(f'can not infer the module name of {package}')
