"""Infinite sampler whose order depends only on seed and position."""

from collections.abc import Iterator, Sized

from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from ..registry import DATA_SAMPLERS
from .seeding import permutation

__all__ = ['InfiniteEpochSampler']


@DATA_SAMPLERS.register_module()
class InfiniteEpochSampler(Sampler[int]):
    """Infinite stream of indices for iteration-based training.

    Position ``p`` belongs to epoch ``e = p // size`` and yields
    ``e * size + order(seed, e)[p % size]``, so that the data set gets the
    epoch from the index. Rank ``r`` of ``w`` has the positions
    ``start + r, start + r + w, ...``. There is no state: a resumed training
    can start at any position, while MMEngine's ``InfiniteSampler`` has to
    replay all earlier draws.

    The runner adds the arguments ``dataset`` and ``seed``. The data set must
    accept indices beyond its length, as those of this package.

    Config: ``sampler=dict(type=InfiniteEpochSampler)``

    Args:
        dataset: Data set to sample from.
        shuffle: Whether each epoch has a random order.
        seed: Seed of the order. None means one that all ranks share.
        start: First position of the stream of all ranks: iteration times
            batch size times number of ranks.

    Raises:
        ValueError: If the data set is empty, or ``start`` or ``seed`` is
            negative.
    """

    def __init__(
        self,
        dataset: Sized,
        shuffle: bool = True,
        seed: int | None = None,
        start: int = 0,
    ) -> None:
        self.size = len(dataset)
        if self.size == 0:
            raise ValueError('dataset must not be empty')
        if start < 0:
            raise ValueError(f'start must not be negative, got {start}')
        if seed is not None and seed < 0:
            raise ValueError(f'seed must not be negative, got {seed}')
        self.rank, self.world_size = get_dist_info()
        self.seed = sync_random_seed() if seed is None else seed
        self.shuffle = shuffle
        self.start = start

    def index_at(self, position: int) -> int:
        """Return the index at a position of the stream over all ranks.

        Args:
            position: Position, not negative.
        """
        epoch, item = divmod(position, self.size)
        if self.shuffle:
            item = int(permutation(self.size, self.seed, epoch)[item])
        return epoch * self.size + item

    def __iter__(self) -> Iterator[int]:
        position = self.start + self.rank
        while True:
            yield self.index_at(position)
            position += self.world_size

    def __len__(self) -> int:
        """Return the length of the data set, as MMEngine's sampler does."""
        return self.size

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: the epoch follows from the position.

        Args:
            epoch: Ignored; part of MMEngine's interface.
        """
