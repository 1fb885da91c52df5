"""Content of GoPro, and a check that a copy is complete."""

import re
from pathlib import Path

from ..gopro_layout import GoProImage, GoProSubset

__all__ = ['TEST', 'TRAIN', 'census']

# First and last frame, without gaps. Source: the list of training pairs of
# SRN-Deblur (Tao et al., CVPR 2018).
TRAIN = {
    'GOPR0372_07_00': (47, 146),
    'GOPR0372_07_01': (601, 675),
    'GOPR0374_11_00': (1, 150),
    'GOPR0374_11_01': (203, 282),
    'GOPR0374_11_02': (541, 640),
    'GOPR0374_11_03': (2481, 2528),
    'GOPR0378_13_00': (41, 150),
    'GOPR0379_11_00': (188, 287),
    'GOPR0380_11_00': (134, 193),
    'GOPR0384_11_01': (951, 1050),
    'GOPR0384_11_02': (1301, 1400),
    'GOPR0384_11_03': (2101, 2200),
    'GOPR0384_11_04': (2801, 2900),
    'GOPR0385_11_00': (101, 200),
    'GOPR0386_11_00': (247, 346),
    'GOPR0477_11_00': (1, 80),
    'GOPR0857_11_00': (1, 100),
    'GOPR0868_11_01': (221, 320),
    'GOPR0868_11_02': (681, 780),
    'GOPR0871_11_01': (181, 280),
    'GOPR0881_11_00': (1, 100),
    'GOPR0884_11_00': (186, 285),
}
# Number of pairs, as counted by users of DeblurGAN.
TEST = {
    'GOPR0384_11_00': 100,
    'GOPR0384_11_05': 100,
    'GOPR0385_11_01': 100,
    'GOPR0396_11_00': 100,
    'GOPR0410_11_00': 134,
    'GOPR0854_11_00': 100,
    'GOPR0862_11_00': 77,
    'GOPR0868_11_00': 100,
    'GOPR0869_11_00': 100,
    'GOPR0871_11_00': 100,
    'GOPR0881_11_01': 100,
}
PNG_END = b'\x00\x00\x00\x00IEND\xaeB`\x82'


def census(root: Path, blur_variant: str = 'blur') -> list[str]:
    """Compare a copy of GoPro with the published data set.

    Images are counted and paired by their names. The ends of the files are
    checked; pixels are not decoded.

    Returns:
        Descriptions of missing, additional and truncated files.
    """
    problems = []
    expected: dict[str, dict[str, int]] = {
        'train': {name: b - a + 1 for name, (a, b) in TRAIN.items()},
        'test': TEST,
    }
    for subset, counts in expected.items():
        try:
            data = GoProSubset(root, subset)
        except (FileNotFoundError, ValueError) as error:
            problems.append(f'{subset}: {error}')
            continue
        for name, count in counts.items():
            if name in data.sequences:
                problems += _compare(data, name, count, blur_variant)
            else:
                problems.append(
                    f"sequence '{subset}/{name}' is missing ({count} pairs)"
                )
        for name in sorted(set(data.sequences) - set(counts)):
            problems.append(f"sequence '{subset}/{name}' is not of GoPro")
    return problems


def _compare(
    data: GoProSubset, sequence: str, count: int, blur_variant: str
) -> list[str]:
    place = f"sequence '{data.subset}/{sequence}'"
    images: dict[str, dict[str, GoProImage]] = {}
    problems = []
    for variant in (blur_variant, 'sharp'):
        try:
            found = data.images(variant, [sequence])
        except ValueError as error:
            return [f'{place}: {error}']
        images[variant] = {image.stem: image for image in found}
        problems += [
            f"'{image.path}' and '{images[variant][image.stem].path}' differ "
            'only in their suffix'
            for image in found
            if images[variant][image.stem] != image
        ]
    blur, sharp = images[blur_variant], images['sharp']
    problems += [
        f"'{(blur.get(stem) or sharp[stem]).path}' has no "
        f'{"sharp" if stem in blur else blur_variant} image'
        for stem in sorted(blur.keys() ^ sharp.keys())
    ]
    both = blur.keys() & sharp.keys()
    if len(both) != count:
        text = f'{place} has {len(both)} of {count} pairs'
        missing = _missing(sequence, both) if data.subset == 'train' else ''
        problems.append(text + missing)
    problems += [
        f"'{image.path}' is truncated"
        for image in (*blur.values(), *sharp.values())
        if _is_truncated(data.root / image.path)
    ]
    return problems


def _missing(sequence: str, stems: set[str]) -> str:
    numbers = {int(m[1]) for s in stems if (m := re.search(r'(\d+)$', s))}
    first, last = TRAIN[sequence]
    gone = [n for n in range(first, last + 1) if n not in numbers]
    runs: list[list[int]] = []
    for number in gone:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    texts = [f'{a:06}' if a == b else f'{a:06}-{b:06}' for a, b in runs]
    if not texts:
        return ''
    more = f' and {len(texts) - 6} more gaps' if len(texts) > 6 else ''
    return f'; it lacks {", ".join(texts[:6])}{more}'


def _is_truncated(path: Path) -> bool:
    with path.open('rb') as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(PNG_END)))
        end = file.read()
    return size == 0 or (path.suffix.lower() == '.png' and end != PNG_END)
