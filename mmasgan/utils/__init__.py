"""What every floor may use."""


def register_all_modules(init_default_scope: bool = True) -> None:
    """Do nothing: the registries name the modules that they import.

    MMEngine calls this function of any package that has ``utils``, where a
    registry names none.

    Args:
        init_default_scope: Ignored; a part of MMEngine's interface.
    """
