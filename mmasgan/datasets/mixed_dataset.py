"""Mix of several data sets in a fixed ratio."""

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
    """Alternate between data sets: ``ratio[0]`` samples of the first, etc.

    Indices may exceed the length, and then belong to a later epoch, as in
    ``GoProDataset``; MMEngine's ``ConcatDataset`` refuses them. Each data set
    is read in order, through its own epochs, so all of its samples are used
    equally often for any ratio. A sample depends only on index and seed.

    The length is that of an epoch in which each data set is read at least
    once. Use it with :class:`InfiniteEpochSampler`.

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
        ratio: Number of samples of each data set per round. None means one
            of each.
        data_root: Root folder of all data sets given as configs, in place of
            theirs. None keeps theirs.
        crop_size: Side of the crops of all data sets given as configs. None
            keeps theirs.
        seed: Seed for data sets given as configs without a seed. The data set
            at position i gets ``seed + i``, so that their crops differ. None
            means ``torch.initial_seed()``, as in ``GoProDataset``.

    Raises:
        ValueError: If there is no data set, one is empty, or ``ratio`` does
            not contain a positive integer for each.
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
                'ratio must contain a positive integer for each data set, got '
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
        # Data set, and index of its sample, of each position in a round.
        self.turns = [
            (number, nth)
            for number, count in enumerate(ratio)
            for nth in range(count)
        ]

    @property
    def metainfo(self) -> dict:
        """Meta information of the first data set."""
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
        # Python's default iteration would wait for an IndexError.
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        parts = ', '.join(
            f'{count} of {dataset}'
            for dataset, count in zip(self.datasets, self.ratio, strict=True)
        )
        return f'{type(self).__name__}({parts})'
