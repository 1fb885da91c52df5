"""Blurred images of GoPro with their ground truth."""

from collections.abc import Sequence
from os import PathLike
from os.path import join
from typing import Any

from ..registry import DATASETS
from .gopro_dataset import GoProDataset
from .gopro_layout import GoProImage

__all__ = ['PairedGoProDataset']


@DATASETS.register_module()
class PairedGoProDataset(GoProDataset):
    """GoPro with pairs, for validation, tests and paired training.

    A sample contains ``img_blur_path``, ``img_sharp_path``, ``sequence``,
    ``name`` and ``sample_idx``. ``name`` is unique and valid as a file name,
    such as ``GOPR0384_11_00-000001``. The images of a pair have the same
    sequence and the same file name without suffix. Both layouts are
    supported.

    Config::

        dataset=dict(
            type=PairedGoProDataset,
            data_root='data/GoPro',
            test_mode=True,
            pipeline=[...],
        )

    Args:
        data_root: Folder of the subsets.
        subset: Name of the subset's folder.
        blur_variant: ``blur`` (linear mean of frames) or ``blur_gamma``.
        sequences: Names of the sequences to use. None means all.
        **kwargs: Other arguments of :class:`GoProDataset`, such as
            ``pipeline``, ``seed`` and ``prepare``.
    """

    def __init__(
        self,
        data_root: str | PathLike[str],
        subset: str = 'test',
        blur_variant: str = 'blur',
        sequences: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.sequences = sequences
        super().__init__(data_root, subset, blur_variant, **kwargs)

    def load_data_list(self) -> list[dict]:
        """List the pairs, sorted by sequence and file name."""
        subset = self.scan()
        if self.sequences is not None:
            missing = set(self.sequences) - set(subset.sequences)
            if missing:
                raise ValueError(
                    f"'{subset.folder}' has no sequence {min(missing)!r}; "
                    f'it has {sorted(subset.sequences)}'
                )
        blur = _by_name(subset.images(self.blur_variant, self.sequences))
        sharp = _by_name(subset.images('sharp', self.sequences))
        alone = sorted(blur.keys() ^ sharp.keys())
        if alone:
            image = blur.get(alone[0]) or sharp[alone[0]]
            other = 'sharp' if alone[0] in blur else self.blur_variant
            raise ValueError(
                f"'{join(self.data_root, image.path)}' has no {other!r} "
                f'image of the same name ({len(alone)} in total); add the '
                'missing image, or remove this one'
            )
        return [
            {
                'img_blur_path': join(self.data_root, image.path),
                'img_sharp_path': join(self.data_root, sharp[key].path),
                'sequence': image.sequence,
                # File names are unique in the flat layout.
                'name': key[1] if subset.is_flat else '-'.join(key),
            }
            for key, image in blur.items()
        ]

    def get_data_info(self, idx: int) -> dict:
        """Return paths and names of a pair.

        Args:
            idx: Index of the sample, not negative; beyond the length it
                belongs to a later epoch.
        """
        info = super().get_data_info(idx % len(self))
        info['sample_idx'] = idx
        return info


def _by_name(images: list[GoProImage]) -> dict[tuple[str, str], GoProImage]:
    named: dict[tuple[str, str], GoProImage] = {}
    for image in images:
        first = named.setdefault((image.sequence, image.stem), image)
        if first is not image:
            raise ValueError(
                f"'{first.path}' and '{image.path}' differ only in their "
                'suffix, so the pair is ambiguous; remove one'
            )
    return named
