"""MMagic on today's stack: one file per upstream fault.

Import this package before anything of MMagic::

    import mmasgan.compat  # noqa: F401
    from mmagic.models import BaseTranslationModel

Importing it imports neither MMagic nor MMEngine. Each of their faulty modules
is mended when it is first imported, and left alone where it is sound. What is
wrong upstream, and when a file here can go, is told in ``docs/compat.md``.
"""

from . import editors, mediapipe_solutions, numpy_bool8
from ._imports import Fault, MendingFinder, name_of
from .editors import skipped_editors

__all__ = ['FAULTS', 'mended', 'skipped_editors']

FAULTS: dict[str, Fault] = {
    name_of(fault): fault
    for fault in (
        numpy_bool8,
        editors,
        mediapipe_solutions,
    )
}
"""All faults known, by the name of the file that describes each."""

_FINDER = MendingFinder(list(FAULTS.values()))
_FINDER.install()


def mended() -> dict[str, bool]:
    """Return whether a fault was mended, for each whose module is imported."""
    return dict(_FINDER.mended)
