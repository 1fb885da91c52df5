"""Models behind a web page and an HTTP interface."""

from .limits import Limits, RefusedError
from .server import build_app, run_server
from .service import DeblurService, Served

__all__ = [
    'DeblurService',
    'Limits',
    'RefusedError',
    'Served',
    'build_app',
    'run_server',
]
