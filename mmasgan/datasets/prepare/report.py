"""HTML report on a data set, in one file."""

import base64
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure
from PIL import Image

from ... import __version__
from ...io.image.rgb import read_rgb_image
from ...semantic.overlay import legend, overlay
from ...semantic.store import FOLDER as MAPS
from ...semantic.store import MapError, MapStore
from ...utils.atomic_files import remove_leftovers, write_atomically
from ...utils.console import progress, shown_size
from ..transforms.motion_blur import MotionBlur
from .picture import busiest_place, draw_shake
from .survey import DOMAINS, Sample, Survey, separation, survey

__all__ = ['write_data_report']

FILE = Path('report', 'index.html')
TILES = 6
BLURS = 4
TWINS = 4
SHOWN = 60  # lines of a list
CROP = 256  # of the configs
# Crop and margin as in configs/_base_/gopro_synthetic.py.
BLUR_CROP, BLUR_MARGIN = 288, 16
WIDTH, DETAIL = 320, 180  # pixels of a tile, and height of its lower part
COLOURS = {'blur': '#E69F00', 'sharp': '#0072B2'}


class Shown(NamedTuple):
    """A picture of the page: data URL and caption."""

    image: str
    caption: str


def write_data_report(
    root: str | os.PathLike[str],
    blur_variant: str = 'blur',
    notes: Sequence[str] = (),
    most: int = 150,
) -> Path:
    """Write the report ``<root>/report/index.html``, and return its path.

    Counts include all images; sharpness, tiles and near-duplicates use an
    evenly spaced sample. The same data give the same page.

    Raises:
        FileNotFoundError: If there are no data at ``root``.
        ValueError: If the layout is unknown, or the split does not match.
    """
    root = Path(root)
    found = survey(root, blur_variant, most)
    environment = Environment(
        loader=PackageLoader(__package__),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
    )
    page = environment.get_template('report.html.j2').render(
        root=root,
        version=__version__,
        notes=notes,
        checks=checks(found),
        rows=[_row(found, name) for name in list(found.sizes)],
        shown=SHOWN,
        sections=list(_sections(root, found)),
    )
    remove_leftovers((root / FILE).parent)
    write_atomically(root / FILE, page.encode())
    return root / FILE


def checks(found: Survey) -> list[tuple[str, Any]]:
    """Return the checks of the data, each with a title."""
    split, samples = found.split, found.samples
    lines: list[tuple[str, Any]] = [
        ('Not readable', text) for text in found.unreadable.values()
    ][:SHOWN]
    for domain in DOMAINS:
        images, used = found.images[domain], found.used[domain]
        test = sum(n for key, n in images.items() if key.startswith('test/'))
        text = f'{images.total() - test} images to train, {test} to test'
        if split:
            text += f'; {used.total()} of {len(used)} sequences in the split'
        lines.append((domain, text))
    lines.append(('split', split.mode if split else 'none'))
    if all(samples.values()):
        scores = [[s.sharpness for s in samples[d]] for d in DOMAINS]
        low, high = map(median, scores)
        above, wrong = separation(*scores)
        lines += [
            ('median sharpness', f'blur {low:.1f}, sharp {high:.1f}'),
            (
                'a sharp image is sharper than a blurred one',
                f'{above:.1%} of all pairs (below 80 %: check the folders)',
            ),
            ('error rate of the best threshold', f'{wrong:.1%}'),
        ]
        sizes = [median(s.pixels for s in samples[d]) for d in DOMAINS]
        text = f'blur {sizes[0] / 1e6:.2f}, sharp {sizes[1] / 1e6:.2f}'
        lines.append(('median megapixels', text))
    if found.alike is not None:
        text = f'{len(found.alike)} of a blurred and a sharp image'
        lines.append(('pairs that look alike', text))
    small = [
        name
        for name, sizes in found.sizes.items()
        if any(min(size) < CROP for size in sizes)
    ]
    if small:
        title = f'images smaller than the crops of the configs ({CROP})'
        lines.append((title, ', '.join(small[:SHOWN])))
    lines.append(('files', shown_size(found.num_bytes.total())))
    return lines


def spread(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Choose evenly spaced samples from the least to the most sharp."""
    ranked = sorted(samples, key=lambda sample: (sample.sharpness, sample))
    places = np.linspace(0, len(ranked) - 1, min(most, len(ranked)))
    return [ranked[place] for place in places.round().astype(int)]


def tile(image: np.ndarray) -> np.ndarray:
    """Draw an image scaled down, with its most detailed part below.

    Args:
        image: RGB image, (H, W, 3), uint8.

    Returns:
        RGB picture, (h, 320, 3), uint8. A yellow frame marks the part.
    """
    height, width = image.shape[:2]
    top, left, tall, wide = busiest_place(image, (DETAIL, WIDTH))
    scale = min(1, WIDTH / width, 1.25 * WIDTH / height)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if (tall, wide) != (height, width):
        frame = np.array([left, top, wide, tall]) * scale
        cv2.rectangle(small, frame.round().astype(int), (255, 212, 0), 2)
    canvas = np.full((size[1] + 6 + tall, WIDTH, 3), 255, np.uint8)
    detail = image[top : top + tall, left : left + wide]
    for y, part in ((0, small), (size[1] + 6, detail)):
        x = (WIDTH - part.shape[1]) // 2
        canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    return canvas


def _row(found: Survey, name: str) -> list[str]:
    sizes = [f'{w}x{h}' for (w, h), _ in found.sizes[name].most_common()]
    return [
        name,
        *(str(found.images[domain][name] or '') for domain in DOMAINS),
        *(str(found.used[domain][name] or '') for domain in DOMAINS),
        ', '.join(sizes[:2]) + (' ...' if len(sizes) > 2 else ''),
        shown_size(found.num_bytes[name]),
    ]


def _sections(
    root: Path, found: Survey
) -> Iterator[tuple[str, Iterable[Shown]]]:
    """Yield the sections: titles with pictures."""
    if all(found.samples.values()):
        yield 'Sharpness', [Shown(_histogram(found), '')]
    twins = (found.alike or [])[:TWINS]
    yield 'Images that look alike', [_twins(root, *pair) for pair in twins]
    for domain, samples in found.samples.items():
        tiles = []
        for sample in progress(spread(samples, TILES), f'Drawing {domain}'):
            image = tile(read_rgb_image(str(root / sample.name)))
            text = f'{sample.name}: sharpness {sample.sharpness:.1f}'
            tiles.append(Shown(_address(image), text))
        title = f'{domain}: from the least to the most sharp image'
        yield title, tiles
    title = 'Synthetic blur of sharp images by MotionBlur'
    yield title, _blurs(root, found.samples['sharp'])
    for folder in sorted((root / MAPS).glob('*/source.json')):
        store = MapStore(folder.parent)
        title = f'Semantic maps: {store.folder.name}'
        yield title, _overlays(root, found, store)


def _histogram(found: Survey) -> str:
    """Draw the histograms of the sharpness of both domains."""
    scores = {d: [s.sharpness for s in found.samples[d]] for d in DOMAINS}
    figure = Figure((9.5, 3.4), dpi=150, layout='constrained')
    axes = figure.add_subplot()
    every = np.concatenate(list(scores.values()))
    edges = np.geomspace(0.98 * every.min(), 1.02 * every.max(), 29)
    for domain, values in scores.items():
        colour = COLOURS[domain]
        weights = np.full(len(values), 100 / len(values))
        label = f'{domain} ({len(values)} images)'
        style: Any = dict(color=colour, alpha=0.55, label=label)
        axes.hist(values, edges.tolist(), weights=weights, **style)
        axes.axvline(median(values), color=colour, ls='--')
    axes.set(
        xscale='log',
        xlabel='sharpness: ratio of the energy of fine to coarse gradients',
        ylabel='% of the domain',
    )
    axes.xaxis.set_major_formatter('{x:g}')
    axes.xaxis.set_minor_formatter('{x:g}')
    axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, metadata={'Software': None})
    return _address(buffer.getvalue())


def _twins(root: Path, blur: str, sharp: str, bits: int) -> Shown:
    tiles = [tile(read_rgb_image(str(root / name))) for name in (blur, sharp)]
    size = max(map(len, tiles)), 2 * WIDTH, 3
    both = np.full(size, 255, np.uint8)
    for place, part in enumerate(tiles):
        both[: len(part), place * WIDTH : (place + 1) * WIDTH] = part
    text = f'{blur} | {sharp}: {bits} of 64 bits differ'
    return Shown(_address(both), text)


def _blurs(root: Path, samples: Sequence[Sample]) -> Iterator[Shown]:
    """Blur crops of the sharpest images of several sequences."""
    taken: Counter[str] = Counter()
    order = []
    for sample in sorted(samples, key=lambda sample: -sample.sharpness):
        sequence = sample.name.rpartition('/')[0]
        order.append((taken[sequence], -sample.sharpness, sample))
        taken[sequence] += 1
    chosen = [sample for *_, sample in sorted(order)[:BLURS]]
    for number, sample in enumerate(progress(chosen, 'Blurring crops')):
        image = read_rgb_image(str(root / sample.name))
        top, left, height, width = busiest_place(image, (BLUR_CROP, BLUR_CROP))
        if min(height, width) < 4 * BLUR_MARGIN:
            continue
        crop = image[top : top + height, left : left + width]
        random = np.random.RandomState(number)
        shot = MotionBlur('sharp', 'blur').shoot(crop, random)
        inner = slice(BLUR_MARGIN, -BLUR_MARGIN)
        both = crop[inner, inner], shot.image[inner, inner]
        yield Shown(_address(draw_shake(*both, shot.path)), sample.name)


def _overlays(root: Path, found: Survey, store: MapStore) -> Iterator[Shown]:
    """Draw the maps of some images, and a legend."""
    groups = store.source()['groups']
    yield Shown(_address(legend(groups)), 'groups')
    chosen = [s for d in DOMAINS for s in spread(found.samples[d], 2)]
    for sample in progress(chosen, 'Drawing semantic maps'):
        try:
            maps = store.read(sample.name)
        except MapError as error:
            yield Shown('', str(error))
            continue
        image = read_rgb_image(str(root / sample.name))
        picture = tile(overlay(image, maps, groups))
        yield Shown(_address(picture), sample.name)


def _address(image: np.ndarray | bytes) -> str:
    """Return the data URL of an RGB picture or PNG file."""
    if isinstance(image, bytes):
        kind, content = 'png', image
    else:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, 'JPEG', quality=88)
        kind, content = 'jpeg', buffer.getvalue()
    return f'data:image/{kind};base64,{base64.b64encode(content).decode()}'
