"""Names of a package that are imported on first use."""

import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

__all__ = ['give_late_names']


def give_late_names(
    package: str, homes: Mapping[str, str], are_old: bool = False
) -> None:
    """Add names to a package without importing the modules that define them.

    Args:
        package: ``__name__`` of the package, which is being imported.
        homes: Names, separated by spaces, by the module that defines them,
            relative to the package: ``{'.sft': 'SFTLayer'}``. ``'old=new'``
            gives the object ``new`` the name ``old``.
        are_old: Whether each use warns that the name is deprecated.
    """
    module = sys.modules[package]
    found = {}
    for home, names in homes.items():
        for name in names.split():
            old, _, new = name.partition('=')
            found[old] = home, new or old
    before = vars(module).get('__getattr__')

    def look_up(name: str) -> Any:
        if name not in found:
            if before is not None:
                return before(name)
            raise AttributeError(
                f'module {package!r} has no attribute {name!r}', name=name
            )
        path, current = found[name]
        home = import_module(path, package)
        if are_old:
            warnings.warn(
                f'{package}.{name} is deprecated and will be removed in the '
                f'next release; use {home.__name__}.{current}',
                DeprecationWarning,
                stacklevel=2,
            )
        return getattr(home, current)

    vars(module)['__getattr__'] = look_up
    if not are_old:
        vars(module)['__dir__'] = lambda: sorted({*vars(module), *found})
