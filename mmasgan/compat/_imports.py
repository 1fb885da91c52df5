"""Patch modules of MMEngine and MMagic when they are first imported.

No module is imported in order to patch it. A finder at the start of
``sys.meta_path`` knows the names of the modules with bugs. When one of them is
imported, the finder lets the other finders find it, and the patches execute
it. A module that is already imported is patched in place.
"""

import ast
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Any, Protocol

__all__ = [
    'Fault',
    'PatchingFinder',
    'assigns',
    'execute_partly',
    'load_on_demand',
    'name_of',
    'rebind',
]


class Fault(Protocol):
    """Interface of the modules of this package that describe a bug.

    The docstring describes the bug, and ``MODULES`` are the upstream modules
    that have it. Most have ``repair(module)``, which is called after such a
    module was executed, if the bug is present. Others execute the module
    themselves: ``patch(module, execute)`` returns whether it had the bug.
    ``execute`` does nothing if the module is already imported.
    """

    MODULES: tuple[str, ...]

    def is_present(self) -> bool:
        """Whether the installed version has the bug, unpatched."""


def name_of(fault: Fault) -> str:
    """Return the name of a bug, that of its file."""
    return fault.__name__.rpartition('.')[2]  # type: ignore[attr-defined]


def rebind(old: object, new: object) -> None:
    """Replace a function in all upstream modules that imported it."""
    for name, module in list(sys.modules.items()):
        if name.partition('.')[0] in ('mmengine', 'mmcv', 'mmagic'):
            # `sys.modules` may contain None for blocked modules.
            for key, value in list(getattr(module, '__dict__', {}).items()):
                if value is old:
                    setattr(module, key, new)


def execute_partly(
    module: ModuleType,
    execute: Callable[[], None],
    is_left_out: Callable[[ast.stmt], bool],
) -> list[ast.stmt]:
    """Execute a new module without some of its statements.

    Args:
        module: Module to fill.
        execute: Function that executes all of the module's code. It is called
            if there is nothing to leave out, or no source file.
        is_left_out: Whether to leave out a statement.

    Returns:
        The statements that were left out.
    """
    loader = module.__loader__
    if isinstance(loader, SourceFileLoader):
        tree = ast.parse(loader.get_source(module.__name__) or '')
        left_out = [node for node in tree.body if is_left_out(node)]
        if left_out:
            tree.body = [node for node in tree.body if node not in left_out]
            exec(compile(tree, loader.path, 'exec'), vars(module))
            return left_out
    execute()
    return []


def assigns(statement: ast.stmt, name: str) -> bool:
    """Return whether a statement assigns to a name, also within a tuple."""
    return isinstance(statement, ast.Assign) and any(
        isinstance(node, ast.Name) and node.id == name
        for target in statement.targets
        for node in ast.walk(target)
    )


def load_on_demand(registry: Any, load: Callable[[str], bool]) -> None:
    """Let a registry load what it does not find, and search again.

    Args:
        registry: Registry of MMEngine or MMagic.
        load: Function called with the name of a class that is missing.
            Returns whether it has registered any class.
    """
    original = registry.get

    @wraps(original)
    def get(key: str) -> Any:
        found = original(key)
        scope, _, name = key.rpartition('.')
        if found is None and scope in ('', registry.scope) and load(name):
            found = original(key)
        return found

    registry.get = get


class PatchingFinder(MetaPathFinder):
    """Finder that executes modules through their patches."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = faults
        self.patched: dict[str, bool] = {}
        self._names = {name for fault in faults for name in fault.MODULES}

    def install(self) -> None:
        """Patch modules that are already imported, and all later imports."""
        sys.meta_path.insert(0, self)
        for name in sorted(self._names):
            module = sys.modules.get(name)
            if module is not None:
                self.execute(module, lambda: None)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find a module by the other finders, and wrap its loader."""
        if fullname not in self._names:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _PatchingLoader(spec.loader, self)
                return spec
        return None

    def execute(self, module: ModuleType, run: Callable[[], None]) -> None:
        """Execute a module through its patches."""
        for fault in reversed(self.faults):
            if module.__name__ in fault.MODULES:
                run = self._through(fault, module, run)
        run()

    def _through(
        self, fault: Any, module: ModuleType, run: Callable[[], None]
    ) -> Callable[[], None]:
        def execute() -> None:
            if hasattr(fault, 'repair'):
                run()
                patched = fault.is_present()
                if patched:
                    fault.repair(module)
            else:
                patched = fault.patch(module, run)
            name = name_of(fault)
            self.patched[name] = self.patched.get(name, False) or patched

        return execute


class _PatchingLoader(Loader):
    """Loader of a module that executes it through its patches."""

    def __init__(self, loader: Loader, finder: PatchingFinder) -> None:
        self.loader = loader
        self.finder = finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # Restore the original loader, which `inspect.getsource`, pickling and
        # reloading rely on.
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.finder.execute(module, lambda: self.loader.exec_module(module))
