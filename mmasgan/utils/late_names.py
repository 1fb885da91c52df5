"""Names of a package that are imported when they are asked for."""

import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

__all__ = ['give_late_names']


def give_late_names(
    package: str, homes: Mapping[str, str], are_old: bool = False
) -> None:
    """Give a package names without importing the modules that have them.

    Args:
        package: Its ``__name__``; it is being imported.
        homes: Names, with spaces between them, by the module that has them,
            relative to the package: ``{'.sft': 'SFTLayer'}``.
        are_old: Whether to warn that the names are elsewhere now.
    """
    module = sys.modules[package]
    found = {
        name: home for home, names in homes.items() for name in names.split()
    }
    before = vars(module).get('__getattr__')

    def look_up(name: str) -> Any:
        if name not in found:
            if before is not None:
                return before(name)
            raise AttributeError(
                f'module {package!r} has no attribute {name!r}', name=name
            )
        home = import_module(found[name], package)
        if are_old:
            warnings.warn(
                f'{name} is in {home.__name__} now; {package}.{name} goes '
                'with the next release',
                DeprecationWarning,
                stacklevel=2,
            )
        return getattr(home, name)

    vars(module)['__getattr__'] = look_up
    if not are_old:
        vars(module)['__dir__'] = lambda: sorted({*vars(module), *found})
