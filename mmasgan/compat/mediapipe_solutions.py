"""``import mmagic.apis`` fails: mediapipe no longer has ``solutions``.

Upstream: ``controlnet_aux/mediapipe_face/mediapipe_face_common.py`` (0.0.10)
uses ``mediapipe.solutions`` at import, and MMagic's ControlNet inferencer
imports ``controlnet_aux``, although only for its HED detector.
"""

import sys
import warnings
from collections.abc import Callable
from types import ModuleType

MODULES = ('controlnet_aux.mediapipe_face.mediapipe_face_common',)


def is_present() -> bool:
    """Whether mediapipe is installed, but without ``solutions``."""
    try:
        import mediapipe
    except ImportError:
        return False  # controlnet_aux handles this
    return not hasattr(mediapipe, 'solutions')


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Hide mediapipe from controlnet_aux.

    This disables its face detector, which MMagic does not use.

    Returns whether mediapipe lacks ``solutions``.
    """
    if not is_present():
        execute()
        return False
    mediapipe = sys.modules['mediapipe']
    sys.modules['mediapipe'] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings('ignore', message='.*mediapipe.*')
            execute()
    finally:
        sys.modules['mediapipe'] = mediapipe
    return True
