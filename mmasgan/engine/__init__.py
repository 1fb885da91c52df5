"""Hooks and optimiser wrappers that the host lacks."""

from .bfloat16_optim_wrapper import BFloat16OptimWrapper
from .evaluation_table_hook import EvaluationTableHook
from .iteration_seed_hook import IterationSeedHook
from .progress_hook import ProgressHook

__all__ = [
    'BFloat16OptimWrapper',
    'EvaluationTableHook',
    'IterationSeedHook',
    'ProgressHook',
]
