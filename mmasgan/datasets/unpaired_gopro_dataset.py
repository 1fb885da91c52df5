"""Blurred and sharp images of GoPro, without their pairs."""

from collections.abc import Sequence
from logging import INFO
from os import PathLike
from os.path import join
from typing import Any, NoReturn

from mmengine.dataset import force_full_init
from mmengine.logging import print_log

from ..registry import DATASETS
from .gopro_dataset import GoProDataset
from .gopro_layout import GoProImage, GoProSubset
from .gopro_split import obtain_split, split_images, warn_of_unused
from .seeding import permutation

__all__ = ['UnpairedGoProDataset']

BLUR_STREAM, SHARP_STREAM = 1, 2


@DATASETS.register_module()
class UnpairedGoProDataset(GoProDataset):
    """GoPro for training without pairs.

    A sample contains ``img_blur_path``, ``blur_sequence``,
    ``img_sharp_path``, ``sharp_sequence`` and ``sample_idx``. Both layouts are
    supported: the published one,
    ``<data_root>/<subset>/<sequence>/{blur,sharp}``, and the flat one,
    ``<data_root>/<subset>/{input,target}``.

    With ``split='disjoint'``, the blurred images come from one half of the
    sequences and the sharp images from the other, so that no scene is in both
    domains. ``'shuffled'`` uses all images in both domains, in independent
    orders.

    The length is that of the larger domain, so that an epoch contains every
    image at least once. The pairing of an epoch depends only on the seed and
    the epoch. Both domains have independent permutations, and the smaller
    domain is repeated, such that the numbers of uses of its images differ by
    at most one. Use it with :class:`InfiniteEpochSampler`; other samplers
    would repeat the pairs and crops of epoch 0.

    Config::

        dataset=dict(
            type=UnpairedGoProDataset,
            data_root='data/GoPro',
            split_file='work_dirs/split.json',
            pipeline=[...],
        )

    Args:
        data_root: Folder of the subsets.
        subset: Name of the subset's folder.
        blur_variant: ``blur`` (linear mean of frames) or ``blur_gamma``.
        split: ``disjoint`` or ``shuffled``.
        split_seed: Seed of the random halves, independent of ``seed``, so
            that runs with different seeds have the same domains.
        split_file: JSON file of the split, which is read if it exists and
            written otherwise. It lists sequences (or images) relative to
            ``data_root``, and may be written by hand. It is refused if it
            leaks or contains missing entries. None means no file.
        exclude: Names of sequences to exclude from both domains, such as
            those for validation. It does not change the split.
        indices: Images of each domain to keep: n for the first n images, -n
            for the last n, or a list of positions.
        **kwargs: Other arguments of :class:`GoProDataset`, such as
            ``pipeline``, ``seed`` and ``prepare``.
    """

    def __init__(
        self,
        data_root: str | PathLike[str],
        subset: str = 'train',
        blur_variant: str = 'blur',
        split: str = 'disjoint',
        split_seed: int = 0,
        split_file: str | PathLike[str] | None = None,
        exclude: Sequence[str] = (),
        indices: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.split = split
        self.split_seed = split_seed
        self.split_file = split_file
        self.exclude = tuple(exclude)
        self.num_blur = self.num_sharp = 0
        self._domain_indices = indices
        super().__init__(data_root, subset, blur_variant, **kwargs)

    def load_data_list(self) -> list[dict]:
        """List the blurred images, then the sharp ones.

        The base class serialises this list, so that all workers share about
        20 MB for 100 000 files.
        """
        subset = self.scan()
        split = obtain_split(
            subset,
            self.split,
            self.split_seed,
            self.split_file,
            variants=(self.blur_variant, 'sharp'),
        )
        blur, sharp = split_images(subset, split, self.blur_variant)
        warn_of_unused(subset, blur + sharp)
        blur, sharp = self._without(subset, blur), self._without(subset, sharp)
        blur, sharp = self._keep(blur), self._keep(sharp)
        self.num_blur, self.num_sharp = len(blur), len(sharp)
        print_log(
            f'{self.split} split of {subset.folder}: {len(blur)} blurred and '
            f'{len(sharp)} sharp images.',
            logger='current',
            level=INFO,
        )
        return [
            {'path': join(self.data_root, image.path), 'in': image.sequence}
            for image in blur + sharp
        ]

    def get_data_info(self, idx: int) -> dict:
        """Return paths and sequences of a sample.

        Args:
            idx: Index of the sample, not negative; beyond the length it
                belongs to a later epoch.
        """
        size = len(self)
        epoch, item = divmod(idx, size)
        picks = []
        for stream, count, first in (
            (BLUR_STREAM, self.num_blur, 0),
            (SHARP_STREAM, self.num_sharp, self.num_blur),
        ):
            order = permutation(size, self.seed, epoch, stream)
            # Continuing where the previous epoch ended uses all images
            # equally often.
            picks.append(first + (epoch * size + int(order[item])) % count)
        blur, sharp = map(super().get_data_info, picks)
        return {
            'img_blur_path': blur['path'],
            'blur_sequence': blur['in'],
            'img_sharp_path': sharp['path'],
            'sharp_sequence': sharp['in'],
            'sample_idx': idx,
        }

    @force_full_init
    def __len__(self) -> int:
        return max(self.num_blur, self.num_sharp)

    def get_subset(self, indices: Any) -> NoReturn:
        """Raise an error; use the argument ``indices``.

        Args:
            indices: Ignored.
        """
        raise TypeError('use the argument indices of UnpairedGoProDataset')

    get_subset_ = get_subset

    def _without(
        self, subset: GoProSubset, images: list[GoProImage]
    ) -> list[GoProImage]:
        unknown = sorted(set(self.exclude) - set(subset.sequences))
        if unknown:
            raise ValueError(
                f"exclude: '{subset.folder}' has no sequence {unknown[0]!r}; "
                f'it has {sorted(subset.sequences)}'
            )
        kept = [i for i in images if i.sequence not in self.exclude]
        if not kept:
            raise ValueError(
                f'exclude={list(self.exclude)} leaves a domain empty; exclude '
                'fewer sequences'
            )
        return kept

    def _keep(self, images: list[GoProImage]) -> list[GoProImage]:
        indices = self._domain_indices
        if indices is None:
            return images
        if isinstance(indices, int):
            kept = images[:indices] if indices >= 0 else images[indices:]
        else:
            kept = [images[i] for i in indices]
        if not kept:
            raise ValueError(f'indices={indices!r} leaves a domain empty')
        return kept
