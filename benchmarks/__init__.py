"""Speed and memory, ours beside the peer's: ``python -m benchmarks``.

What is compared runs in one process, in rounds that take turns, so that a
busy machine disturbs all alike.
"""

from mmasgan import compat  # noqa: F401  before anything of MMagic

from .machine import describe_machine
from .results import Result, Row, draw, print_table, write_json
from .turns import Job, take_turns

__all__ = [
    'Job',
    'Result',
    'Row',
    'describe_machine',
    'draw',
    'print_table',
    'take_turns',
    'write_json',
]
