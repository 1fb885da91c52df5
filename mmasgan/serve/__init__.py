"""Models behind a web page and an HTTP interface."""

from .._moved import keep_old_names

keep_old_names(__name__)
