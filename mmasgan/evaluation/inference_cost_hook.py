"""Time and memory per deblurred image."""

import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS

__all__ = ['InferenceCostHook']


@HOOKS.register_module()
class InferenceCostHook(Hook):
    """Measure and log time and memory of each ``test_step``.

    The time of a step includes transfers, normalisation and rounding, from a
    batch in main memory to 8-bit images in main memory, for one direction. It
    excludes reading files and computing metrics. CUDA is synchronised before
    and after each step. Each process measures itself.

    Metrics, logs and message hub contain ``seconds_per_image``, the median,
    and ``peak_memory_gb`` in 10^9 bytes: on a GPU, the memory that PyTorch
    allocated during the test, including weights; on a CPU, the peak resident
    set of the whole process.

    Config: ``dict(type='mmasgan.InferenceCostHook')``

    Args:
        warmup: Number of first images that are not counted, if there are
            more.

    Raises:
        ValueError: If ``warmup`` is negative.
    """

    def __init__(self, warmup: int = 2) -> None:
        if warmup < 0:
            raise ValueError(f'warmup must be at least 0, got {warmup}')
        self.warmup = warmup
        self.device = torch.device('cpu')
        self.seconds: list[float] = []
        self.sizes: set[str] = set()

    def before_test(self, runner: Runner) -> None:
        """Wrap ``test_step`` with a timer.

        Hooks around an iteration would include the metrics.
        """
        model = runner.model
        weight = next(model.parameters(), None)
        self.device = weight.device if weight is not None else self.device
        self.seconds, self.sizes = [], set()
        if self.device.type == 'cuda':
            torch.cuda.reset_peak_memory_stats(self.device)
        test_step = type(model).test_step

        def measured(data: Any) -> Sequence[Any]:
            start = self._now()
            samples = test_step(model, data)
            self._record(self._now() - start, samples)
            return samples

        model.test_step = measured

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Log time and memory, and add them to the metrics."""
        if not self.seconds:
            return
        skipped = min(self.warmup, len(self.seconds) - 1)
        costs = {'seconds_per_image': median(self.seconds[skipped:])}
        text = (
            f'Deblurring took {costs["seconds_per_image"]:.4f} s per image '
            f'({", ".join(sorted(self.sizes))}; {self._device_name()}; median '
            f'of {len(self.seconds) - skipped} after {skipped} to warm up; '
            'one direction)'
        )
        memory, kind = self._peak_memory()
        if memory is not None:
            costs['peak_memory_gb'] = memory / 1e9
            text += f', at most {memory / 1e9:.2f} GB {kind}'
        runner.logger.info(f'{text}.')
        if metrics is not None:
            metrics.update(costs)
        for name, value in costs.items():
            runner.message_hub.update_scalar(f'test/{name}', value)

    def after_test(self, runner: Runner) -> None:
        """Remove the timer."""
        vars(runner.model).pop('test_step', None)

    def _now(self) -> float:
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def _record(self, seconds: float, samples: Sequence[Any]) -> None:
        self.seconds += [seconds / len(samples)] * len(samples)
        for sample in samples:
            height, width = sample.output.pred_img.shape[-2:]
            self.sizes.add(f'{width}x{height}')

    def _device_name(self) -> str:
        if self.device.type == 'cuda':
            return torch.cuda.get_device_name(self.device)
        return f'{self.device.type}, {torch.get_num_threads()} threads'

    def _peak_memory(self) -> tuple[int | None, str]:
        if self.device.type == 'cuda':
            allocated = torch.cuda.max_memory_allocated(self.device)
            return allocated, 'allocated on the GPU'
        try:
            import resource
        except ImportError:  # Windows
            return None, ''
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        unit = 1 if sys.platform == 'darwin' else 1024
        return peak * unit, 'resident, for the whole process'
