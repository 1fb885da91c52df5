"""Hooks, a loop, an optimiser and a wrapper of it that the host lacks."""

from .all_ranks_checkpoint_hook import AllRanksCheckpointHook
from .bfloat16_optim_wrapper import BFloat16OptimWrapper
from .checkpoint_fit_hook import CheckpointFitHook
from .evaluation_table_hook import EvaluationTableHook
from .iteration_seed_hook import IterationSeedHook
from .muon import Muon
from .progress_hook import ProgressHook
from .resuming_train_loop import ResumingTrainLoop
from .stop_signal_hook import StopSignalHook

__all__ = [
    'AllRanksCheckpointHook',
    'BFloat16OptimWrapper',
    'CheckpointFitHook',
    'EvaluationTableHook',
    'IterationSeedHook',
    'Muon',
    'ProgressHook',
    'ResumingTrainLoop',
    'StopSignalHook',
]
