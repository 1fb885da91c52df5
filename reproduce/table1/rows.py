"""Rows of a comparison: those of the paper's Table 1, and any config."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

CONFIGS = Path(__file__).parents[2] / 'configs'

TABLE_1 = {
    'cyclegan_gopro': ('CycleGAN', (23.8, 0.928, 1.73)),
    'ascyclegan_resnet_gopro': ('AS-CycleGAN, ResNet', (27.6, 0.935, 0.92)),
    'ascyclegan_resnetv2_gopro': (
        'AS-CycleGAN, ResNetv2',
        (28.3, 0.935, 0.96),
    ),
    'ascyclegan_gopro': ('AS-CycleGAN, ResNetv2 + SFT', (28.8, 0.938, 1.04)),
    'deblurgan_wild_gopro': ('DeblurGAN (Wild)', (27.2, 0.954, 0.85)),
    'deblurgan_comb_gopro': ('DeblurGAN (Comb)', (28.7, 0.958, 0.87)),
    'deblurganv2_gopro': ('DeblurGANv2', (29.5, 0.934, 0.35)),
}
"""Label, and the paper's PSNR, SSIM and seconds per image, by config."""

GROUPS = {
    'all': tuple(TABLE_1),
    'unpaired': tuple(TABLE_1)[:4],
    'paired': tuple(TABLE_1)[4:],
}


class ComparisonError(ValueError):
    """The rows cannot be compared; the message gives the reason."""


@dataclass(frozen=True)
class Row:
    """A config with its label, and its numbers in the paper, if any."""

    name: str
    label: str
    config: Path
    paper: tuple[float, float, float] | None = None


def find_rows(names: Sequence[str], folder: Path = CONFIGS) -> list[Row]:
    """Return the rows of the names, in their order, each once.

    A name is ``all``, ``unpaired`` or ``paired``; that of a config or an
    ablation, with or without ``_gopro``; or the path of a config file.
    """
    files = [*folder.glob('*_gopro.py'), *folder.glob('ablation/*.py')]
    known = {path.stem: path for path in sorted(files)}
    rows: dict[str, Row] = {}
    for asked in names:
        for name in GROUPS.get(asked, (asked,)):
            path = _config(name, known)
            stem = path.stem
            label, paper = stem, None
            if known.get(stem, path).resolve() == path.resolve():
                label, paper = TABLE_1.get(stem, (stem, None))
            other = rows.setdefault(stem, Row(stem, label, path, paper))
            if other.config.resolve() != path.resolve():
                raise ComparisonError(
                    f"'{other.config}' and '{path}' have the same name, "
                    'which names the folder and the row; rename one'
                )
    return list(rows.values())


def _config(name: str, known: dict[str, Path]) -> Path:
    if name.endswith('.py'):
        if not Path(name).is_file():
            raise ComparisonError(f"no config file '{name}'")
        return Path(name)
    for stem in (name, f'{name}_gopro'):
        if stem in known:
            return known[stem]
    names = [*GROUPS, *known]
    close = get_close_matches(name, names, n=1)
    hint = f'did you mean {close[0]!r}? ' if close else ''
    raise ComparisonError(
        f'unknown row {name!r}; {hint}Rows are {", ".join(names)}, or the '
        'path of a config file'
    )
