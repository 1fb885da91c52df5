"""``get_config('mmasgan::ascyclegan_gopro.py')`` is refused by MMEngine.

Upstream: ``mmengine/config/utils.py`` has a table of OpenMMLab's packages, and
requires configs to be in a subfolder of ``configs/``. Inferencers that load
models by name use the same table.
"""

from importlib import import_module
from types import ModuleType

from ._imports import rebind

MODULES = ('mmengine.config.utils',)

_ADDRESS = ('mmasgan', 'a_config.py')


def is_present() -> bool:
    """Whether upstream refuses a config of ``mmasgan``."""
    utils = import_module(MODULES[0])
    try:
        found = utils._get_package_and_cfg_path('::'.join(_ADDRESS))
    except (AssertionError, ValueError):
        return True
    return found != _ADDRESS


def repair(module: ModuleType) -> None:
    """Add ``mmasgan`` to the table, and accept its configs."""
    module.MODULE2PACKAGE['mmasgan'] = 'mmasgan'
    upstream = module._get_package_and_cfg_path

    def package_and_cfg_path(address: str) -> tuple[str, str]:
        package, _, name = address.partition('::')
        if package == 'mmasgan' and name:
            return package, name
        return upstream(address)

    rebind(upstream, package_and_cfg_path)
