"""Helpers that all other packages of the library may import."""


def register_all_modules(init_default_scope: bool = True) -> None:
    """Do nothing: the registries name the modules that they import.

    MMEngine calls this function of a package's ``utils`` if a registry of
    that package names no modules.

    Args:
        init_default_scope: Ignored; a part of MMEngine's interface.
    """
