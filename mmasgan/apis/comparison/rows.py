"""The rows of a comparison: those of the paper's Table 1, and any config."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

__all__ = ['TABLE_1', 'ComparisonError', 'Paper', 'Row', 'find_rows']

CONFIGS = Path(__file__).parents[2] / 'configs'


class ComparisonError(ValueError):
    """What was asked for cannot be compared; the message says why."""


class Paper(NamedTuple):
    """What the paper prints of a row.

    Attributes:
        psnr: In decibels.
        ssim: By a convention that the paper does not name.
        seconds: Per image, on hardware of its own.
    """

    psnr: float
    ssim: float
    seconds: float


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: Stem of the config file, and name of the row's folder.
        label: Name to show.
        config: The config file.
        paper: The paper's numbers; None for a row of its own.
    """

    name: str
    label: str
    config: Path
    paper: Paper | None = None


UNPAIRED = {
    'cyclegan_gopro': ('CycleGAN', Paper(23.8, 0.928, 1.73)),
    'ascyclegan_resnet_gopro': (
        'AS-CycleGAN, ResNet',
        Paper(27.6, 0.935, 0.92),
    ),
    'ascyclegan_resnetv2_gopro': (
        'AS-CycleGAN, ResNetv2',
        Paper(28.3, 0.935, 0.96),
    ),
    'ascyclegan_gopro': (
        'AS-CycleGAN, ResNetv2 + SFT',
        Paper(28.8, 0.938, 1.04),
    ),
}
PAIRED = {
    'deblurgan_wild_gopro': ('DeblurGAN (Wild)', Paper(27.2, 0.954, 0.85)),
    'deblurgan_comb_gopro': ('DeblurGAN (Comb)', Paper(28.7, 0.958, 0.87)),
    'deblurganv2_gopro': ('DeblurGANv2', Paper(29.5, 0.934, 0.35)),
}
TABLE_1 = UNPAIRED | PAIRED
"""Label and numbers of the paper's Table 1, by config, in its order."""

GROUPS = {
    'all': tuple(TABLE_1),
    'unpaired': tuple(UNPAIRED),
    'paired': tuple(PAIRED),
}


def find_rows(names: Sequence[str], folder: Path = CONFIGS) -> list[Row]:
    """Find the rows that names ask for, in their order, each once.

    Args:
        names: ``all``, ``unpaired`` or ``paired``; names of configs, of
            ablations too, with or without ``_gopro``; paths of config files.
        folder: Where the named configs are.

    Raises:
        ComparisonError: If a name is unknown, or two files have one name.
    """
    known = {
        path.stem: path
        for pattern in ('*_gopro.py', 'ablation/*.py')
        for path in sorted(folder.glob(pattern))
    }
    rows: dict[str, Row] = {}
    for asked in names:
        for name in GROUPS.get(asked, (asked,)):
            row = _row(name, known)
            other = rows.setdefault(row.name, row)
            if other.config.resolve() != row.config.resolve():
                raise ComparisonError(
                    f"'{other.config}' and '{row.config}' have the same name, "
                    'which is that of their folder and row; rename one'
                )
    return list(rows.values())


def _row(name: str, known: dict[str, Path]) -> Row:
    if name.endswith('.py'):
        path = Path(name)
        if not path.is_file():
            raise ComparisonError(f"there is no config file '{name}'")
    else:
        stem = name if name in known else f'{name}_gopro'
        if stem not in known:
            raise ComparisonError(_unknown(name, known))
        path = known[stem]
    label, paper = path.stem, None
    if known.get(path.stem, path).resolve() == path.resolve():
        label, paper = TABLE_1.get(path.stem, (path.stem, None))
    return Row(path.stem, label, path, paper)


def _unknown(name: str, known: Iterable[str]) -> str:
    names = [*GROUPS, *known]
    close = get_close_matches(name, names, n=1)
    hint = f'did you mean {close[0]!r}? ' if close else ''
    return (
        f'unknown row {name!r}; {hint}Rows are {", ".join(names)}, or the '
        'path of a config file'
    )
