"""What the paired and the unpaired GoPro data set have in common."""

from collections.abc import Callable, Iterator, Sequence
from logging import INFO
from operator import index as as_index
from os import PathLike, fspath
from pkgutil import resolve_name
from typing import Any

from mmengine.dataset import BaseDataset
from mmengine.dist import barrier, is_main_process
from mmengine.logging import print_log

from ..io.image.reader import UnusableImageError
from .gopro_layout import BLUR_VARIANTS, GoProSubset
from .pipeline_steps import complete_steps
from .seeding import checked_seed, random_state, seeded
from .skipped_files import SkippedFiles

__all__ = ['GoProDataset']

SUBSTITUTE_STREAM = 3  # 1 and 2 pair the domains


class GoProDataset(BaseDataset):
    """Base of the GoPro data sets: arguments, checks and seeded pipeline.

    An index may lie beyond the length: ``index // len(self)`` is its epoch.
    The random numbers of the pipeline are a function of ``seed`` and index,
    so that a sample is the same in any process and worker, whatever was
    drawn before it. A pipeline that returns None is an error and not, as in
    MMEngine, a reason to draw another sample.

    An image that cannot be used ends the run, unless ``max_skipped`` allows
    for it: the file is named in a warning once, and another sample of the
    same epoch takes its place, which one being a function of seed and index
    too. The numbers drawn, and ``sample_idx``, stay those of the index.

    Args:
        data_root: Folder that holds the subsets.
        subset: Name of the subset's folder.
        blur_variant: ``blur`` (linear mean of frames) or ``blur_gamma``.
        pipeline: Transforms, or their configs; a list, or a dict of them by
            any name, so that a config that inherits it can change one, or
            leave it out by None.
        crop_size: Side of the crops that are trained on: ``crop_size`` of
            each transform that takes one and does not set it itself. What a
            transform needs beyond it is its own ``margin``.
        store: Folder of an :class:`~mmasgan.datasets.ImageStore`: ``store``
            of each transform that takes one and does not set it itself.
        semantic: Config of the transform that loads semantic maps,
            :class:`~mmasgan.semantic.LoadSemantic`. It runs before the last
            step, which packs the maps besides.
        seed: Seed of pipeline and pairing. None takes
            ``torch.initial_seed()`` when the data set is built, which the
            runner sets from ``randomness.seed``.
        prepare: Called with ``data_root`` before it is looked at, to make
            the data on first use; or its dotted name, which is what a
            dumped config holds. Every process calls it, the first one alone
            at first, so it must do nothing where the data exist.
        indices: Which images to keep, as in MMEngine: the first ones, the
            last ones (negative), or a list of positions.
        max_skipped: How many different image files may be skipped since they
            are damaged, too small for the crop or, in pairs, differ in size.
            All workers of a loader count together, each process of a
            distributed training on its own. Past it the run stops and lists
            them. Not for tests, whose scores must count every image.
        test_mode: Test mode, as in MMEngine.
        lazy_init: Whether to load the list later, as in MMEngine.
        serialize_data: Whether to serialise the list, as in MMEngine.
        metainfo: Meta information, as in MMEngine.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If an argument or the data has a wrong value, or more than
            ``max_skipped`` image files cannot be used.
        UnusableImageError: If one cannot, and none may be skipped.
        FileNotFoundError: If ``data_root`` or the subset does not exist.
    """

    METAINFO: dict = {'dataset_type': 'gopro', 'task_name': 'deblurring'}

    def __init__(
        self,
        data_root: str | PathLike[str],
        subset: str,
        blur_variant: str = 'blur',
        pipeline: Sequence[dict | Callable | None] | dict = (),
        crop_size: int | Sequence[int] | None = None,
        store: str | PathLike[str] | None = None,
        semantic: dict | None = None,
        seed: int | None = None,
        prepare: Callable[[str], object] | str | None = None,
        indices: int | Sequence[int] | None = None,
        max_skipped: int = 0,
        test_mode: bool = False,
        lazy_init: bool = False,
        serialize_data: bool = True,
        metainfo: dict | None = None,
    ) -> None:
        if blur_variant not in BLUR_VARIANTS:
            raise ValueError(
                f'blur_variant must be one of {BLUR_VARIANTS}, '
                f'got {blur_variant!r}'
            )
        if test_mode and max_skipped:
            raise ValueError(
                'max_skipped must be 0 in test_mode, where every image '
                f'counts, got {max_skipped}'
            )
        self.skipped = SkippedFiles(max_skipped)
        self.subset = subset
        self.blur_variant = blur_variant
        # In a worker, torch.initial_seed() would be the worker's own.
        self.seed = checked_seed(seed)
        self.prepare = prepare
        super().__init__(
            metainfo=metainfo,
            data_root=fspath(data_root),
            data_prefix={},
            indices=indices,
            serialize_data=serialize_data,
            pipeline=complete_steps(
                pipeline, semantic, crop_size=crop_size, store=store
            ),
            test_mode=test_mode,
            lazy_init=lazy_init,
        )

    def full_init(self) -> None:
        """Make the data if asked to, then list them, once."""
        if self._fully_initialized:
            return
        if self.prepare is not None:
            self._prepare(self.prepare)
        super().full_init()
        print_log(f'{self}', logger='current', level=INFO)

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on a sample, or on another where it is skipped.

        Args:
            idx: Index of the sample, not negative.
        """
        for source in self._sources(idx):
            info = {**self.get_data_info(source), 'sample_idx': idx}
            try:
                with seeded(self.seed, idx):
                    return self.pipeline(info)
            except UnusableImageError as error:
                if not self.skipped.limit:
                    raise
                self.skipped.add(error)
        raise ValueError(
            f'no sample of {self} can be used:\n'
            + '\n'.join(self.skipped.causes().values())
        )

    def __getitem__(self, idx: int) -> Any:
        idx = as_index(idx)
        if idx < 0:
            raise IndexError(f'index must not be negative, got {idx}')
        if not self._fully_initialized:
            self.full_init()
        data = self.prepare_data(idx)
        if data is None:
            raise ValueError(
                f'the pipeline of {type(self).__name__} returned None for '
                f'index {idx}; a transform must return the sample or raise'
            )
        return data

    def __iter__(self) -> Iterator[Any]:
        # Python's own protocol waits for an IndexError that never comes.
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        text = (
            f'{type(self).__name__}(data_root={self.data_root!r}, '
            f'subset={self.subset!r}, blur_variant={self.blur_variant!r})'
        )
        # Looking at a data set must not be what lists its files.
        return (
            f'{text} of length {len(self)}'
            if self._fully_initialized
            else text
        )

    def scan(self) -> GoProSubset:
        """Look at the folders of the subset."""
        return GoProSubset(self.data_root, self.subset)

    def _sources(self, idx: int) -> Iterator[int]:
        """Yield the index itself, then those of its epoch in random order."""
        yield idx
        first = idx - idx % len(self)
        order = random_state(self.seed, idx, SUBSTITUTE_STREAM)
        for item in order.permutation(len(self)):
            if first + item != idx:
                yield first + int(item)

    def _prepare(self, prepare: Callable[[str], object] | str) -> None:
        function = (
            resolve_name(prepare) if isinstance(prepare, str) else prepare
        )
        # The others follow, since each machine may have its own disk.
        if is_main_process():
            function(self.data_root)
        barrier()
        if not is_main_process():
            function(self.data_root)
