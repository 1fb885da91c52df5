"""MMagic with current versions of PyTorch and NumPy: one file per bug.

Import it before MMagic::

    import mmasgan.compat  # noqa: F401
    from mmagic.models import BaseTranslationModel

Importing this package imports neither MMagic nor MMEngine. A module with a bug
is patched when it is first imported, if the installed version has the bug.
``docs/compat.md`` lists the bugs, and when each file can be removed.
"""

from .._moved import keep_old_names
from . import (
    albumentations_missing,
    checkpoint_types,
    checkpoint_writes,
    closed_inferencers,
    diffusers_import,
    editors,
    external_configs,
    frozen_stdlib,
    generation_init,
    gloo_without_gpu,
    idle_warnings,
    installed_path,
    latest_checkpoint,
    mediapipe_solutions,
    mmcv_version,
    numpy_bool8,
    repeated_formatting,
    transformers_import,
    translation_gradients,
    translation_output,
    wrapped_names,
    wrapper_class,
)
from ._imports import Fault, PatchingFinder, name_of

FAULTS: dict[str, Fault] = {
    name_of(fault): fault
    for fault in (
        installed_path,
        external_configs,
        frozen_stdlib,
        repeated_formatting,
        idle_warnings,
        checkpoint_types,
        checkpoint_writes,
        latest_checkpoint,
        wrapper_class,
        wrapped_names,
        gloo_without_gpu,
        mmcv_version,
        numpy_bool8,
        transformers_import,
        diffusers_import,
        editors,
        albumentations_missing,
        mediapipe_solutions,
        generation_init,
        translation_gradients,
        translation_output,
        closed_inferencers,
    )
}
"""All known bugs, by the name of the file that describes each."""

_FINDER = PatchingFinder(list(FAULTS.values()))
_FINDER.install()

keep_old_names(__name__)


def patched() -> dict[str, bool]:
    """Return whether each bug was patched, for imported modules."""
    return dict(_FINDER.patched)
