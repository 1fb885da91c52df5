"""What the numbers of a survey mean, in words."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from ...datasets.prepare.files import shown_size
from .survey import Folder, Sample, Survey

__all__ = ['apart', 'findings', 'opening', 'wrong_side']

CROP = 256  # of the configs
CLEAR, WEAK = 0.95, 0.8


def opening(found: Survey) -> str:
    """Return how much there is, in a sentence or two."""
    parts = []
    for subset in ('train', 'test'):
        folders = [f for f in found.folders if f.subset == subset]
        if folders:
            blur = sum(folder.num_blur for folder in folders)
            sharp = sum(folder.num_sharp for folder in folders)
            parts.append(
                f'{_count(len(folders), "sequence")} to {subset} with '
                f'{blur} blurred and {sharp} sharp images'
            )
    size = sum(folder.num_bytes for folder in found.folders)
    return f'{"; ".join(parts)}. {shown_size(size)} in all.'


def findings(found: Survey) -> list[str]:
    """Return what to know before training, most important first."""
    texts = [f'Not readable: {text}' for text in found.unreadable[:5]]
    if len(found.unreadable) > 5:
        texts.append(f'and {len(found.unreadable) - 5} more are not readable')
    texts.append(_split(found))
    blur, sharp = (_scores(found.samples[key]) for key in ('blur', 'sharp'))
    if blur and sharp:
        texts.append(_sharpness(blur, sharp))
    texts += _sizes(found)
    if found.alike is not None and not found.alike and blur and sharp:
        texts.append(
            f'No blurred image looks like a sharp one, among '
            f'{len(blur)} and {len(sharp)} compared.'
        )
    elif found.alike:
        texts.append(
            f'{_count(len(found.alike), "pair")} of a blurred and a sharp '
            'image look alike, so that training would see pairs: shown below.'
        )
    return texts


def apart(blur: Sequence[float], sharp: Sequence[float]) -> float:
    """Return how often a sharp image is above a blurred one.

    Args:
        blur: Sharpness of blurred images, at least one.
        sharp: Same for the sharp domain.

    Returns:
        1 where every sharp image is sharper than every blurred one, 0.5
        where sharpness does not tell the domains apart.
    """
    high, low = np.asarray(sharp)[:, None], np.asarray(blur)[None]
    return float(np.mean((high > low) + 0.5 * (high == low)))


def wrong_side(blur: Sequence[float], sharp: Sequence[float]) -> float:
    """Return which fraction the best threshold puts on the wrong side.

    Args:
        blur: Sharpness of blurred images, at least one.
        sharp: Same for the sharp domain.

    Returns:
        Mean over both domains: 0 where they do not overlap, 0.5 at most.
    """
    low, high = np.asarray(blur), np.asarray(sharp)
    return min(
        float(np.mean(low > limit) + np.mean(high <= limit)) / 2
        for limit in (*low, *high)
    )


def _scores(samples: Sequence[Sample]) -> list[float]:
    return [sample.sharpness for sample in samples]


def _sharpness(blur: list[float], sharp: list[float]) -> str:
    area, wrong = apart(blur, sharp), wrong_side(blur, sharp)
    numbers = (
        f'A sharp image is sharper than a blurred one in {100 * area:.1f} % '
        f'of all pairings (medians {median(sharp):.1f} and '
        f'{median(blur):.1f}); the best threshold puts {100 * wrong:.0f} % '
        'of the images on the wrong side.'
    )
    if area >= CLEAR:
        return f'The domains are clearly apart. {numbers}'
    if area >= WEAK:
        return (
            f'The domains overlap. {numbers} Look at the least sharp of the '
            'sharp images and the sharpest of the blurred ones below.'
        )
    if area > 0.5:
        return (
            f'The domains are hardly apart. {numbers} A discriminator has '
            'little to tell them by except what they show: check both '
            'folders.'
        )
    return (
        f'The blurred domain is the sharper one. {numbers} Are the folders '
        'exchanged?'
    )


def _split(found: Survey) -> str:
    if found.split is None:
        return (
            'There is no split file: the numbers are of all images to train, '
            'and a training draws its own split.'
        )
    train = [f for f in found.folders if f.subset == 'train']
    blur = sum(folder.used_blur for folder in train)
    sharp = sum(folder.used_sharp for folder in train)
    unused = sum(not (f.used_blur or f.used_sharp) for f in train)
    text = (
        f'The split ({found.split.mode}) takes {blur} blurred images of '
        f'{_count(_used(train, "used_blur"), "sequence")} and {sharp} sharp '
        f'ones of {_used(train, "used_sharp")}'
    )
    text += f'; {unused} sequences are not used.' if unused else '.'
    if blur and sharp and not 1 / 3 <= blur / sharp <= 3:
        text += ' One domain is more than three times as large as the other.'
    return text


def _used(folders: Sequence[Folder], domain: str) -> int:
    return sum(bool(getattr(folder, domain)) for folder in folders)


def _sizes(found: Survey) -> list[str]:
    texts = []
    pixels = {
        domain: median(sample.width * sample.height for sample in samples)
        for domain, samples in found.samples.items()
        if samples
    }
    if len(pixels) == 2:
        ratio = max(pixels.values()) / min(pixels.values())
        if ratio > 2:
            large = max(pixels, key=lambda domain: pixels[domain])
            texts.append(
                f'The {large} domain has {ratio:.1f} times the pixels of the '
                'other (medians): scale shows in the measure of sharpness, '
                'and a discriminator sees it too.'
            )
    small = [
        f"'{folder.name}'"
        for folder in found.folders
        if any(min(size) < CROP for size in folder.sizes)
    ]
    if small:
        texts.append(
            f'{_count(len(small), "sequence")} with images of fewer than '
            f'{CROP} pixels a side, too few for the crops of the configs: '
            f'{", ".join(small[:5])}{" ..." if len(small) > 5 else ""}'
        )
    return texts


def _count(number: int, what: str) -> str:
    return f'{number} {what}{"s" * (number != 1)}'
