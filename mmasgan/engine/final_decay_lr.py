"""A learning rate that ends with the training, however long it is."""

from typing import Any

from mmengine.optim import LinearLR

from ..registry import PARAM_SCHEDULERS

__all__ = ['FinalDecayLR']

ENDLESS = int(1e9)  # MMEngine's


@PARAM_SCHEDULERS.register_module()
class FinalDecayLR(LinearLR):
    """Constant learning rate, then linear to 0 over the last part of a run.

    MMEngine gives ``end`` where a config does not, ``train_cfg.max_iters``.
    So one number shortens a training and its schedule.

    Config::

        param_scheduler = [
            dict(type=FinalDecayLR, portion=0.5, by_epoch=False)
        ]

    Args:
        optimizer: The optimizer, or its wrapper.
        portion: Part of the run in which the rate falls, in (0, 1].
        begin: Step at which the fall begins. None derives it from
            ``portion`` and ``end``.
        end: Step at which the rate is 0.
        by_epoch: Whether steps are epochs.
        last_step: Step that is continued from, as in MMEngine.
        verbose: Whether each rate is printed.

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
            # Two steps at least: the rate falls from one to the other.
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
