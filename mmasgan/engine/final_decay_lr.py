"""Learning rate schedule relative to the length of a training."""

from typing import Any

from mmengine.optim import LinearLR

from ..registry import PARAM_SCHEDULERS

__all__ = ['FinalDecayLR']

ENDLESS = int(1e9)  # MMEngine's


@PARAM_SCHEDULERS.register_module()
class FinalDecayLR(LinearLR):
    """Constant learning rate, followed by a linear decay to 0.

    MMEngine sets ``end`` to ``train_cfg.max_iters``, so this one number
    changes the length of a training and its schedule.

    Config::

        param_scheduler = [
            dict(type=FinalDecayLR, portion=0.5, by_epoch=False)
        ]

    Args:
        optimizer: Optimizer or optimizer wrapper.
        portion: Fraction of the training with decay, in (0, 1].
        begin: First step of the decay. None derives it from ``portion`` and
            ``end``.
        end: Step at which the rate is 0.
        by_epoch: Whether steps are epochs.
        last_step: Last step before a resume, as in MMEngine.
        verbose: Whether to print each rate.

    Raises:
        ValueError: If ``portion`` is not in (0, 1].
    """

    def __init__(
        self,
        optimizer: Any,
        portion: float = 0.5,
        begin: int | None = None,
        end: int = ENDLESS,
        by_epoch: bool = True,
        last_step: int = -1,
        verbose: bool = False,
    ) -> None:
        if not 0 < portion <= 1:
            raise ValueError(f'portion must be in (0, 1], got {portion}')
        if begin is None:
            # The decay needs at least two steps.
            begin = max(0, min(end - round(portion * end), end - 2))
        super().__init__(
            optimizer,
            start_factor=1.0,
            end_factor=0.0,
            begin=begin,
            end=end,
            by_epoch=by_epoch,
            last_step=last_step,
            verbose=verbose,
        )
