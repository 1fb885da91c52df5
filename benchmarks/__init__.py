"""Speed and memory, compared with MMagic: ``python -m benchmarks``.

All measured calls run in one process and take turns in rounds, so that other
work on the machine disturbs them equally.
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
