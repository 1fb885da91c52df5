"""Reproduction of the results of the paper; run it from a clone."""
