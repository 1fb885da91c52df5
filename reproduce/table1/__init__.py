"""Rows of a table, trained and tested under one protocol, and a report."""

from mmasgan import compat  # noqa: F401  before anything of MMagic
from mmasgan._moved import keep_old_names

keep_old_names(__name__)
