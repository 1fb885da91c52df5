"""Train and test the rows of a table with one protocol, and report."""

from mmasgan import compat  # noqa: F401  before anything of MMagic
from mmasgan._moved import keep_old_names

keep_old_names(__name__)
