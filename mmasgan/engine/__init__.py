"""Hooks, a training loop, optimizers and schedulers."""

from .all_ranks_checkpoint_hook import AllRanksCheckpointHook
from .bfloat16_optim_wrapper import BFloat16OptimWrapper
from .checkpoint_fit_hook import CheckpointFitHook
from .evaluation_table_hook import EvaluationTableHook
from .final_decay_lr import FinalDecayLR
from .iteration_seed_hook import IterationSeedHook
from .muon import Muon
from .picture_hook import PictureHook
from .progress_hook import ProgressHook
from .resumed_settings_hook import ResumedSettingsHook
from .resuming_train_loop import ResumingTrainLoop
from .stop_signal_hook import StopSignalHook

__all__ = [
    'AllRanksCheckpointHook',
    'BFloat16OptimWrapper',
    'CheckpointFitHook',
    'EvaluationTableHook',
    'FinalDecayLR',
    'IterationSeedHook',
    'Muon',
    'PictureHook',
    'ProgressHook',
    'ResumedSettingsHook',
    'ResumingTrainLoop',
    'StopSignalHook',
]
