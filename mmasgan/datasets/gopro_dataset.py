"""Base class of the GoPro data sets."""

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
    """Base class of the GoPro data sets.

    Indices may exceed the length: ``index // len(self)`` is the epoch. The
    random numbers of the pipeline depend only on ``seed`` and index, so a
    sample is the same in any process and worker. A pipeline that returns None
    is an error; MMEngine would draw another sample.

    An image that cannot be used stops the run, unless ``max_skipped`` is set.
    Then a warning names the file once, and another sample of the same epoch
    replaces it, which also depends only on seed and index. ``sample_idx`` and
    the random numbers remain those of the index.

    Args:
        data_root: Folder of the subsets.
        subset: Name of the subset's folder.
        blur_variant: ``blur`` (linear mean of frames) or ``blur_gamma``.
        pipeline: Transforms or their configs, as a list, or as a dict with
            any keys, so that an inheriting config can change one transform,
            or remove it by None. Of a dict, ``load`` runs first, ``pack``
            last, and the others in the order of their names.
        crop_size: Side of the training crops, passed to each transform that
            has the argument ``crop_size`` and does not set it. The ``margin``
            of a transform is added to it.
        store: Folder of an image store, passed to each transform that has the
            argument ``store`` and does not set it.
        semantic: Config of the transform that loads semantic maps,
            :class:`~mmasgan.semantic.LoadSemantic`. It runs before the last
            transform, which also packs the maps.
        seed: Seed of pipeline and pairing. None means
            ``torch.initial_seed()`` when the data set is built, which the
            runner sets from ``randomness.seed``.
        prepare: Function of ``data_root`` that creates the data on first use,
            or its dotted name, as in a dumped config. Every process calls it,
            the main process first, so it must do nothing if the data exist.
        indices: Images to keep, as in MMEngine: n for the first n images, -n
            for the last n, or a list of positions.
        max_skipped: Largest number of image files to skip because they are
            damaged, too small for the crop or, in pairs, of different sizes.
            All workers of a loader share the count; each process of a
            distributed training has its own. If there are more, the run stops
            and lists them. Must be 0 in tests.
        test_mode: Test mode, as in MMEngine.
        lazy_init: Whether to load the list later, as in MMEngine.
        serialize_data: Whether to serialise the list, as in MMEngine.
        metainfo: Meta information, as in MMEngine.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If an argument is invalid, or more than ``max_skipped``
            image files cannot be used.
        UnusableImageError: If an image cannot be used and ``max_skipped`` is
            0.
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
                'max_skipped must be 0 in test_mode, because scores need all '
                f'images, got {max_skipped}'
            )
        self.skipped = SkippedFiles(max_skipped)
        self.subset = subset
        self.blur_variant = blur_variant
        # In a worker, torch.initial_seed() differs.
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
        """Create the data if needed, and list them once."""
        if self._fully_initialized:
            return
        if self.prepare is not None:
            self._prepare(self.prepare)
        super().full_init()
        print_log(f'{self}', logger='current', level=INFO)

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on a sample, or on another if it is skipped."""
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
        # Python's default iteration would wait for an IndexError.
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        text = (
            f'{type(self).__name__}(data_root={self.data_root!r}, '
            f'subset={self.subset!r}, blur_variant={self.blur_variant!r})'
        )
        # The representation must not list the files.
        return (
            f'{text} of length {len(self)}'
            if self._fully_initialized
            else text
        )

    def scan(self) -> GoProSubset:
        """Scan the folders of the subset."""
        return GoProSubset(self.data_root, self.subset)

    def _sources(self, idx: int) -> Iterator[int]:
        """Yield the index, then the others of its epoch in random order."""
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
        # Other processes follow, because machines may have their own disks.
        if is_main_process():
            function(self.data_root)
        barrier()
        if not is_main_process():
            function(self.data_root)
