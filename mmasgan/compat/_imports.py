"""Patch a module of MMEngine or MMagic at the moment it is first imported.

Nothing upstream is imported for the sake of patching it. A finder at the head
of ``sys.meta_path`` knows the names of the faulty modules; when one of them
is imported, by whomever, the finder lets the ordinary machinery find it and
hands its execution to the faults that live in it. A module that was imported
before is patched where it stands.
"""

import ast
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Any, Protocol

__all__ = [
    'Fault',
    'PatchingFinder',
    'execute_leniently',
    'name_of',
    'rebind',
]


class Fault(Protocol):
    """What each module of this package that describes a fault holds.

    Its docstring names the fault, its ``MODULES`` the upstream modules in
    which the fault lives.
    """

    MODULES: tuple[str, ...]

    def is_present(self) -> bool:
        """Whether the fault is in what is installed here, unpatched."""

    def patch(self, module: ModuleType, execute: Callable[[], None]) -> bool:
        """Execute an upstream module so that the fault does not show.

        Args:
            module: The module, new and empty, or imported long ago.
            execute: Runs the module's own code; does nothing where that has
                already happened.

        Returns:
            Whether there was anything to patch.
        """


def name_of(fault: Fault) -> str:
    """Return the short name of a fault: that of the file describing it."""
    return fault.__name__.rpartition('.')[2]  # type: ignore[attr-defined]


def rebind(old: object, new: object) -> None:
    """Replace a function wherever upstream has imported it by name.

    Args:
        old: The function as upstream defined it.
        new: What stands in for it.
    """
    for name, module in list(sys.modules.items()):
        if name.partition('.')[0] in ('mmengine', 'mmcv', 'mmagic'):
            # `sys.modules` may hold None for what must not be imported.
            for key, value in list(getattr(module, '__dict__', {}).items()):
                if value is old:
                    setattr(module, key, new)


def execute_leniently(
    module: ModuleType, skip: Callable[[ast.stmt, Exception], None]
) -> bool:
    """Execute the statements of a module one by one, past those that fail.

    Args:
        module: A new module with a source file. Of its ``__all__`` the names
            that there are remain.
        skip: Called with each statement that fails and what it raised; raises
            in its turn if the statement must not fail.

    Returns:
        Whether it was executed, which needs the source.
    """
    loader = module.__loader__
    if not isinstance(loader, SourceFileLoader):
        return False
    source = loader.get_source(module.__name__) or ''
    for statement in ast.parse(source).body:
        code = compile(ast.Module([statement], []), loader.path, 'exec')
        try:
            exec(code, vars(module))
        except Exception as error:  # whatever it may be
            skip(statement, error)
    vars(module)['__all__'] = [
        name for name in dict.fromkeys(module.__all__) if hasattr(module, name)
    ]
    return True


class PatchingFinder(MetaPathFinder):
    """Finder that lets faults take part in the execution of their module.

    Args:
        faults: The faults to patch, in this order where two share a module.

    Attributes:
        patched: For each fault whose module was executed, by short name,
            whether there was anything to patch.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = faults
        self.patched: dict[str, bool] = {}
        self._names = {name for fault in faults for name in fault.MODULES}

    def install(self) -> None:
        """Patch what is imported already, and from now on what will be."""
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
        """Find a faulty module as usual, and wrap its loader.

        Args:
            fullname: Absolute name of the module.
            path: Where to search, as the import system says.
            target: The module to reload, if any.
        """
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
        """Execute a module through the faults that live in it.

        Args:
            module: The module to fill.
            run: Runs the module's own code.
        """
        for fault in reversed(self.faults):
            if module.__name__ in fault.MODULES:
                run = self._through(fault, module, run)
        run()

    def _through(
        self, fault: Fault, module: ModuleType, run: Callable[[], None]
    ) -> Callable[[], None]:
        def execute() -> None:
            patched = fault.patch(module, run)
            name = name_of(fault)
            self.patched[name] = self.patched.get(name, False) or patched

        return execute


class _PatchingLoader(Loader):
    """The module's own loader, with the faults around its execution."""

    def __init__(self, loader: Loader, finder: PatchingFinder) -> None:
        self.loader = loader
        self.finder = finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # From here on the module looks as if we had not been there, which
        # `inspect.getsource`, pickling and reloading rely on.
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.finder.execute(module, lambda: self.loader.exec_module(module))
