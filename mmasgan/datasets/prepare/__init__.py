"""Preparation of training data, for ``mmasgan prepare``."""

from ..._moved import keep_old_names

keep_old_names(__name__)
