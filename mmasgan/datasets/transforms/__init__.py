"""Transforms of the data pipelines."""

from ..._moved import keep_old_names

keep_old_names(__name__)
