"""One page of HTML that shows a data set, and needs no other file."""

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from ...atomic_files import remove_leftovers, write_atomically
from ...datasets import MotionBlur, read_rgb_image
from ...datasets.prepare.files import progress, shown_size
from ...datasets.prepare.finish import SPLIT_FILE
from ...datasets.prepare.picture import busiest_place, draw_shake
from ...priors import MapError, MapStore, overlay
from ...priors.overlay import group_colours
from ...priors.store import FOLDER as MAPS
from ...version import __version__
from .figures import draw_histogram, encode_jpeg, encode_png, tile
from .survey import Folder, Sample, Survey, survey
from .words import findings, opening

__all__ = ['write_data_report']

FILE = Path('report', 'index.html')
TILES = 6
BLURS = 4
OVERLAYS = 4
TWINS = 4
ROWS = 60
# Crop, margin and all else as in configs/_base_/gopro_synthetic.py.
BLUR_CROP, BLUR_MARGIN = 288, 16


def write_data_report(
    root: str | os.PathLike[str],
    blur_variant: str = 'blur',
    notes: Sequence[str] = (),
    most: int = 150,
) -> Path:
    """Write ``<root>/report/index.html``, a look at the data.

    Counts are of all images; sharpness, tiles and near-duplicates of an
    evenly spaced sample, one image in memory at a time. The same data give
    the same page.

    Args:
        root: Folder that holds ``train``, with ``split.json`` and
            ``semantic`` where there are any.
        blur_variant: ``blur`` or ``blur_gamma``.
        notes: What the preparation told.
        most: How many images of each domain are measured at most.

    Returns:
        Path of the page.

    Raises:
        FileNotFoundError: If there are no data at ``root``.
        ValueError: If they have another layout, or the split does not fit.
    """
    root = Path(root)
    found = survey(root, root / SPLIT_FILE, blur_variant, most)
    environment = Environment(
        loader=PackageLoader(__package__),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template('data.html.j2').render(
        _content(found, notes)
    )
    remove_leftovers((root / FILE).parent)
    write_atomically(root / FILE, page.encode())
    return root / FILE


def spread(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Take samples from the least sharp one to the sharpest.

    Args:
        samples: Any number of them.
        most: How many to take at most, the two ends among them.
    """
    ranked = sorted(samples, key=lambda sample: (sample.sharpness, sample))
    if len(ranked) <= most:
        return ranked
    places = np.linspace(0, len(ranked) - 1, most).round().astype(int)
    return [ranked[place] for place in places]


def _content(found: Survey, notes: Sequence[str]) -> dict[str, Any]:
    samples = found.samples
    return {
        'root': str(found.root),
        'opening': opening(found),
        'findings': findings(found),
        'notes': list(notes),
        'rows': [_row(folder) for folder in found.folders[:ROWS]],
        'num_more': max(0, len(found.folders) - ROWS),
        'histogram': _histogram(found),
        'tiles_of': {
            domain: _tiles(found.root, spread(samples[domain], TILES), domain)
            for domain in ('blur', 'sharp')
        },
        'blurs': _blurs(found),
        'overlays': _overlays(found),
        'twins': _twins(found),
        'facts': {
            'written by': f'mmasgan {__version__}',
            'measured': f'{len(samples["blur"])} blurred and '
            f'{len(samples["sharp"])} sharp images, evenly spaced',
            'split file': str(found.root / SPLIT_FILE)
            if found.split
            else 'none',
        },
    }


def _histogram(found: Survey) -> str | None:
    scores = {
        domain: [sample.sharpness for sample in samples]
        for domain, samples in found.samples.items()
    }
    if not all(scores.values()):
        return None
    return _data_url(draw_histogram(scores['blur'], scores['sharp']))


def _row(folder: Folder) -> list[str]:
    sizes = [f'{width}x{height}' for width, height in folder.sizes]
    more = f' and {len(sizes) - 2} more' if len(sizes) > 2 else ''
    return [
        f'{folder.subset}/{folder.name}',
        *(
            f'{count:,}' if count else ''
            for count in (
                folder.num_blur,
                folder.num_sharp,
                folder.used_blur,
                folder.used_sharp,
            )
        ),
        ', '.join(sizes[:2]) + more,
        shown_size(folder.num_bytes),
    ]


def _tiles(
    root: Path, samples: Sequence[Sample], domain: str
) -> list[dict[str, str]]:
    what = {'blur': 'blurred', 'sharp': 'sharp'}[domain]
    return [
        {
            'name': sample.name.removeprefix('train/'),
            'text': f'sharpness {sample.sharpness:.1f}',
            'image': _jpeg(tile(read_rgb_image(str(root / sample.name)))),
        }
        for sample in progress(samples, f'Drawing {what} images')
    ]


def _blurs(found: Survey) -> list[dict[str, str]]:
    """Blur crops of sharp images as a training with made blur would."""
    chosen = _of_many_sequences(found.samples['sharp'], BLURS)
    blurs = []
    for number, sample in enumerate(progress(chosen, 'Blurring crops')):
        image = read_rgb_image(str(found.root / sample.name))
        top, left, height, width = busiest_place(image, (BLUR_CROP, BLUR_CROP))
        crop = image[top : top + height, left : left + width]
        if min(height, width) < 4 * BLUR_MARGIN:
            continue
        blur = MotionBlur('sharp', 'blur')
        random = np.random.RandomState(number)
        shot = blur.shoot(crop, random)
        inner = slice(BLUR_MARGIN, -BLUR_MARGIN)
        picture = draw_shake(
            crop[inner, inner], shot.image[inner, inner], shot.path
        )
        name = sample.name.removeprefix('train/')
        url = _data_url(encode_png(picture))
        blurs.append({'name': name, 'image': url})
    return blurs


def _of_many_sequences(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Take the sharpest of each sequence, then the next ones."""
    by_sequence: dict[str, list[Sample]] = {}
    for sample in samples:
        sequence = sample.name.rpartition('/')[0]
        by_sequence.setdefault(sequence, []).append(sample)
    turns = [
        (turn, sample)
        for members in by_sequence.values()
        for turn, sample in enumerate(reversed(spread(members, most)))
    ]
    turns.sort(key=lambda pair: (pair[0], -pair[1].sharpness, pair[1].name))
    return [sample for _, sample in turns[:most]]


def _overlays(found: Survey) -> list[dict[str, Any]]:
    """Show the maps of some images, of each source that there is."""
    half = OVERLAYS // 2
    chosen = [
        sample
        for domain in ('blur', 'sharp')
        for sample in spread(found.samples[domain], half)
    ]
    sources = []
    for folder in sorted((found.root / MAPS).glob('*/source.json')):
        store = MapStore(folder.parent)
        pictures, problems = [], []
        groups = store.source()['groups']
        for sample in progress(chosen, 'Drawing semantic maps'):
            try:
                maps = store.read(sample.name)
            except MapError as error:
                problems.append(str(error))
                continue
            image = read_rgb_image(str(found.root / sample.name))
            name = sample.name.removeprefix('train/')
            url = _jpeg(tile(overlay(image, maps, groups)))
            pictures.append({'name': name, 'image': url})
        colours = group_colours(groups).round().astype(int).tolist()
        sources.append(
            {
                'name': store.folder.name,
                'pictures': pictures,
                'problems': problems,
                'legend': list(zip(groups, colours, strict=True)),
            }
        )
    return sources


def _twins(found: Survey) -> list[dict[str, str]]:
    root = found.root
    twins = []
    for pair in (found.alike or ())[:TWINS]:
        both = [
            tile(read_rgb_image(str(root / name)))
            for name in (pair.blur, pair.sharp)
        ]
        tall = max(len(part) for part in both)
        padded = [
            np.pad(
                part,
                ((0, tall - len(part)), (0, 0), (0, 0)),
                constant_values=255,
            )
            for part in both
        ]
        twins.append(
            {
                'name': f'{pair.blur} | {pair.sharp}',
                'text': f'{pair.bits} of 64 bits differ',
                'image': _jpeg(np.hstack(padded)),
            }
        )
    return twins


def _jpeg(image: np.ndarray) -> str:
    return _data_url(encode_jpeg(image), 'jpeg')


def _data_url(content: bytes, kind: str = 'png') -> str:
    return f'data:image/{kind};base64,{base64.b64encode(content).decode()}'
