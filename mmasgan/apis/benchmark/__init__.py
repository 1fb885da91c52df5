"""Speed and memory, ours beside the peer's: what ``tools/benchmark.py`` runs.

What is compared runs in one process, in rounds that take turns, so that a
busy machine disturbs all alike.
"""
