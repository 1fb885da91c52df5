"""One report of a comparison, as HTML, as Markdown, and its pictures."""

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

from ...atomic_files import write_atomically
from .figures import (
    draw_curves,
    draw_pictures,
    draw_scatter,
    draw_table,
    worst_place,
)
from .plan import Job
from .runs import Failure
from .summary import Line, Value, summarise, verdict
from .words import UNDER_TABLE, facts, findings, opening

__all__ = ['write_report']

COLUMNS = (
    'row',
    'config',
    'paper: PSNR',
    'paper: SSIM',
    'paper: s',
    'PSNR',
    'gain',
    'verdict',
    'SSIM wang_rgb',
    'SSIM matlab3d',
    'SSIM CW',
    'images above',
    's/image',
    'parameters',
    'iterations',
    'seeds',
)
IN_PICTURE = (0, 2, 5, 6, 8, 9, 10, 11, 12, 14, 15)
GAIN = 3  # its place in the picture
NONE = '\u2013'  # en dash


def write_report(
    jobs: Sequence[Job],
    folder: str | os.PathLike[str],
    failures: Sequence[Failure] = (),
) -> Path:
    """Write ``report.html``, ``report.md`` and their pictures.

    The HTML file holds the pictures and needs no other file.

    Args:
        jobs: What it is of. Jobs that are not done are said to lack.
        folder: Where to write; made if need be.
        failures: Jobs that failed, to be told.

    Returns:
        Path of the HTML file.

    Raises:
        ComparisonError: If nothing is done, or results do not belong
            together.
    """
    lines = summarise(jobs)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cells = [_cells(line) for line in lines]
    data = lines[0].results[0]['data']['name']
    content = {
        'title': f'Table 1 on {data}, budget {jobs[0].cfg.comparison.budget}',
        'opening': opening(lines),
        'findings': findings(lines),
        'failures': failures,
        'columns': COLUMNS,
        'lines': [
            {'cells': text, 'is_below': line.is_below, 'is_input': not number}
            for number, (line, text) in enumerate(
                zip(lines, cells, strict=True)
            )
        ],
        'note': UNDER_TABLE,
        'figures': _figures(lines, cells, folder),
        'facts': facts(lines),
    }
    environment = Environment(
        loader=PackageLoader(__package__),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(marked=_marked, embedded=_embedded(folder))
    for suffix, is_html in (('md', False), ('html', True)):
        environment.autoescape = is_html
        template = environment.get_template(f'report.{suffix}.j2')
        text = template.render(content)
        write_atomically(folder / f'report.{suffix}', text.encode())
    return folder / 'report.html'


def _cells(line: Line) -> list[str]:
    """Return the texts of a line of the table."""
    label = line.label
    if line.row is None:
        scores = [_text(line.score(metric), 3) for metric in _SSIMS]
        psnr = _text(line.score('PSNR'), 2)
        return [label, *[NONE] * 4, psnr, *[NONE] * 2, *scores, *[NONE] * 5]
    paper = [NONE] * 3
    if line.row.paper is not None:
        numbers = line.row.paper
        paper = [
            f'{numbers.psnr:.1f}',
            f'{numbers.ssim:.3f}',
            f'{numbers.seconds:.2f}',
        ]
    start = [label, line.row.name, *paper]
    if not line.results:
        return [*start, *[NONE] * 2, 'not tested', *[NONE] * 8]
    above, images = line.images_above()
    steps = sorted({result['iterations'] for result in line.results})
    return [
        *start,
        _text(line.score('PSNR'), 2),
        _text(line.gain('PSNR'), 2, '+'),
        verdict(line),
        *(_text(line.score(metric), 3) for metric in _SSIMS),
        f'{above} of {images}',
        f'{line.value("seconds_per_image").mean:.3f}',
        f'{line.results[0]["parameters"] / 1e6:.2f} M',
        ' to '.join(
            f'{step:,}'
            for step in dict.fromkeys(steps[:: len(steps) - 1 or 1])
        ),
        str(len(line.results)),
    ]


_SSIMS = ('SSIM', 'SSIM_matlab3d', 'CW_SSIM')


def _text(value: Value, digits: int, sign: str = '') -> str:
    text = f'{value.mean:{sign}.{digits}f}'
    if value.spread is None:
        return text
    return f'{text} ± {value.spread:.{digits}f}'


def _figures(
    lines: Sequence[Line], cells: Sequence[Sequence[str]], folder: Path
) -> list[dict[str, str]]:
    """Draw all figures; return file, title and caption of each."""
    tested = [line for line in lines if line.row and line.results]
    draw_table(
        [COLUMNS[place] for place in IN_PICTURE],
        [[line[place] for place in IN_PICTURE] for line in cells],
        [(i, GAIN) for i, line in enumerate(lines, 1) if line.is_below],
        folder / 'table.png',
    )
    curves = {x.label: [r['curve'] for r in x.results] for x in tested}
    points = [p for seeds in curves.values() for seed in seeds for p in seed]
    identity = points[0][2] if points else lines[0].score('PSNR').mean
    draw_curves(curves, identity, folder / 'curves.png')
    draw_scatter({x.label: _gains(x) for x in tested}, folder / 'scatter.png')
    figures = [
        ('curves.png', 'Training', _CURVES),
        ('scatter.png', 'Each image', _SCATTER),
    ]
    for stale in folder.glob('picture_*.png'):
        stale.unlink()
    for number, name in enumerate(lines[0].results[0]['pictures'], start=1):
        file = f'picture_{number}_{name}.png'
        place = _draw_pair(name, tested, folder / file)
        figures.append((file, f'Picture {number}: {name}', _place(place)))
    return [
        {'file': file, 'title': title, 'caption': caption}
        for file, title, caption in figures
    ]


_CURVES = (
    'PSNR of validations on test pairs, mean over the seeds; bands reach from '
    'the worst seed to the best. Dashed: the blurred input.'
)
_SCATTER = (
    "Gain of each image (and seed) over its blurred input, by the input's "
    'PSNR. In the red area, the output is worse than the input.'
)


def _place(place: tuple[int, int, int]) -> str:
    top, left, side = place
    return (
        f'Whole, and the {side}x{side} pixels at row {top}, column {left}, '
        'enlarged. PSNR is of the whole image.'
    )


def _gains(line: Line) -> list[tuple[float, float]]:
    return [
        (image['input/PSNR'], image['PSNR'] - image['input/PSNR'])
        for result in line.results
        for image in result['images']
    ]


def _draw_pair(
    name: str, lines: Sequence[Line], path: Path
) -> tuple[int, int, int]:
    """Draw a pair with the first seed of each row."""
    images: dict[str, np.ndarray] = {}
    for line in lines:
        result = line.results[0]
        pictures = Path(result['folder'], 'pictures')
        scores = next(i for i in result['images'] if i['name'] == name)
        before, after = scores['input/PSNR'], scores['PSNR']
        if not images:
            images[f'blurred input\n{before:.2f} dB'] = _read(
                pictures / f'{name}.input.png'
            )
            truth = _read(pictures / f'{name}.truth.png')
        seed = f', seed {result["seed"]}' if len(line.results) > 1 else ''
        images[
            f'{line.label}{seed}\n{after:.2f} dB ({after - before:+.2f})'
        ] = _read(pictures / f'{name}.output.png')
    place = worst_place(next(iter(images.values())), truth)
    draw_pictures({**images, 'truth': truth}, place, path)
    return place


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert('RGB'))


def _marked(text: str) -> Markup:
    """Turn Markdown's ``**`` and backticks into HTML."""
    html = re.sub(r'\*\*(.+?)\*\*', r'<strong>\1</strong>', str(escape(text)))
    return Markup(re.sub('`(.+?)`', r'<code>\1</code>', html))


def _embedded(folder: Path) -> Any:
    def embedded(file: str) -> str:
        content = base64.b64encode((folder / file).read_bytes()).decode()
        return f'data:image/png;base64,{content}'

    return embedded
