"""Several data sets as one, in a fixed ratio."""

from collections.abc import Iterator, Sequence
from operator import index as as_index
from os import PathLike, fspath
from typing import Any

from torch.utils.data import Dataset

from ..registry import DATASETS
from .seeding import checked_seed

__all__ = ['MixedDataset']


@DATASETS.register_module()
class MixedDataset(Dataset):
    """Take turns among data sets: ``ratio[0]`` samples of the first, ...

    An index may lie beyond the length, and belongs to a later epoch then, as
    in ``GoProDataset``; MMEngine's ``ConcatDataset`` refuses it. Each
    data set is asked for 0, 1, 2, ... and goes through its own epochs, so
    that all of its samples are used evenly, whatever the ratio. Nothing is
    drawn at random here: a sample is a function of index and seed.

    The length is that of an epoch in which each data set is gone through at
    least once. Use it with :class:`InfiniteEpochSampler`.

    Config::

        dataset=dict(
            type=MixedDataset,
            data_root='data/gopro',
            ratio=[1, 2],
            datasets=[dict(type=PairedGoProDataset, ...), dict(...)],
        )

    Args:
        datasets: Data sets that accept indices beyond their length, or their
            configs.
        ratio: Samples of each in a round. None takes one of each.
        data_root: Where the data sets given as configs look, whatever they
            say themselves. None leaves it to them.
        crop_size: Side of their crops, likewise.
        seed: The data sets given as configs that name no seed get this one,
            plus 1, 2, ..., so that they draw different crops. None takes
            ``torch.initial_seed()``, as ``GoProDataset``.

    Raises:
        ValueError: If there is no data set, one is empty, or ``ratio`` does
            not hold a positive integer for each.
    """

    def __init__(
        self,
        datasets: Sequence[Any],
        ratio: Sequence[int] | None = None,
        data_root: str | PathLike[str] | None = None,
        crop_size: int | None = None,
        seed: int | None = None,
    ) -> None:
        ratio = [1] * len(datasets) if ratio is None else list(ratio)
        if len(ratio) != len(datasets) or not ratio or min(ratio) < 1:
            raise ValueError(
                'ratio must hold a positive integer for each data set, got '
                f'{ratio} for {len(datasets)}'
            )
        common: dict[str, Any] = {}
        if data_root is not None:
            common['data_root'] = fspath(data_root)
        if crop_size is not None:
            common['crop_size'] = crop_size
        first_seed = checked_seed(seed)
        self.datasets = [
            DATASETS.build({'seed': first_seed + number, **dataset, **common})
            if isinstance(dataset, dict)
            else dataset
            for number, dataset in enumerate(datasets)
        ]
        self.ratio = ratio
        # Which data set, and the how manieth of its samples in a round.
        self.turns = [
            (number, nth)
            for number, count in enumerate(ratio)
            for nth in range(count)
        ]

    @property
    def metainfo(self) -> dict:
        """Of the first data set."""
        return self.datasets[0].metainfo

    def full_init(self) -> None:
        """List the files of all data sets.

        Raises:
            ValueError: If one is empty.
        """
        for dataset in self.datasets:
            if hasattr(dataset, 'full_init'):
                dataset.full_init()
            if len(dataset) == 0:
                raise ValueError(f'{dataset} is empty')

    def __len__(self) -> int:
        rounds = (
            -(-len(dataset) // count)
            for dataset, count in zip(self.datasets, self.ratio, strict=True)
        )
        return max(rounds) * len(self.turns)

    def __getitem__(self, idx: int) -> Any:
        idx = as_index(idx)
        if idx < 0:
            raise IndexError(f'index must not be negative, got {idx}')
        turn, position = divmod(idx, len(self.turns))
        number, nth = self.turns[position]
        return self.datasets[number][turn * self.ratio[number] + nth]

    def __iter__(self) -> Iterator[Any]:
        # Python's own protocol waits for an IndexError that never comes.
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        parts = ', '.join(
            f'{count} of {dataset}'
            for dataset, count in zip(self.datasets, self.ratio, strict=True)
        )
        return f'{type(self).__name__}({parts})'
