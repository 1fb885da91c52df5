"""The version, alone in its file so that building the package reads it."""

__version__ = '0.1.0'
