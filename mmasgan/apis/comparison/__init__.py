"""Rows of a table, trained and tested under one protocol, and a report."""

from ... import compat  # noqa: F401  before anything of MMagic
from .budget import Budget, parse_budget
from .plan import Job, plan_jobs
from .report import write_report
from .rows import TABLE_1, ComparisonError, Row, find_rows
from .runs import Failure, run_jobs

__all__ = [
    'TABLE_1',
    'Budget',
    'ComparisonError',
    'Failure',
    'Job',
    'Row',
    'find_rows',
    'parse_budget',
    'plan_jobs',
    'run_jobs',
    'write_report',
]
