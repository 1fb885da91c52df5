"""Report of a comparison, as Markdown and HTML, with figures."""

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from markdown_it import MarkdownIt
from PIL import Image

from mmasgan.utils.atomic_files import write_atomically

from .figures import (
    draw_curves,
    draw_pictures,
    draw_scatter,
    worst_place,
)
from .plan import Job
from .rows import ComparisonError, Row
from .runs import Failure

__all__ = ['write_report']

METRICS = ('PSNR', 'SSIM', 'SSIM_matlab3d', 'CW_SSIM')
COLUMNS = (
    *('row', 'config', 'paper: PSNR', 'paper: SSIM', 'paper: s', 'PSNR'),
    *('gain', 'verdict', 'SSIM wang_rgb', 'SSIM matlab3d', 'SSIM CW'),
    *('images above', 's/image', 'parameters', 'iterations', 'seeds'),
)
INPUT = 'do nothing: the blurred input'
TIE = 0.005  # dB, half of the last digit printed
TOLERANCE = 1e-4  # of the input's scores, between two devices
FACTS = (
    *('row', 'seed', 'iterations', 'planned_iterations', 'config_iterations'),
    *('seconds_per_iteration', 'has_semantic_maps', 'trained_by', 'commit'),
    *('date', 'changes', 'machine'),
)
NONE = '\u2013'  # en dash

NOTES = """\
± is the sample standard deviation over the seeds. "paper" is the value in the
paper, for its training, data and machine; it does not define its SSIM.
docs/evaluation.md describes PSNR and SSIM. The last checkpoint of each
training is tested. Curves show the PSNR of validations on test pairs, with a
band from the worst to the best seed. Pictures show the pairs at the 10th, 50th
and 90th percentile of the input's PSNR, and the square where the input
differs most from the ground truth. For reference: DMPHN (1-2-4-8, CVPR 2019),
trained on the pairs of all of GoPro, gains 4.6 dB there."""
SHORT = """\
**Trained for less than half of the iterations of the configs.** The numbers
show that all rows run, not how well the methods work."""
STYLE = """\
:root { color-scheme: light dark; }
body { margin: 2rem auto; padding: 0 1rem; max-width: 1560px; }
body { font: 16px/1.5 system-ui; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
td, th { padding: .4rem; border-bottom: 1px solid #8888; font-size: .875rem; }
td strong { color: #d03050; }
img { max-width: 100%; background: #fff; }"""

Result = dict[str, Any]
Line = tuple[Row, list[Result]]  # one result per tested seed


def write_report(
    jobs: Sequence[Job],
    folder: str | os.PathLike[str],
    failures: Sequence[Failure] = (),
) -> Path:
    """Write ``report.html``, ``report.md`` and their pictures.

    The HTML file, whose path is returned, includes the figures. Unfinished
    jobs are listed.

    Raises:
        ComparisonError: If there is no result, or results are of different
            test images.
    """
    lines, missing = _collect(jobs)
    results = [result for _, found in lines for result in found]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cells = [_input_cells(results[0]), *(_cells(line) for line in lines)]
    figures = _draw([line for line in lines if line[1]], folder)
    data, budget = results[0]['data'], results[0]['budget']
    share = min(r['iterations'] / r['config_iterations'] for r in results)
    size = 'x'.join(map(str, data['size']))
    parts = [
        f'# Table 1 on {data["name"]}, budget {budget}',
        *([SHORT] if share < 0.5 else []),
        '\n'.join(
            [f'- Not tested: {job.name}' for job in missing]
            + [f'- **Failed:** {f.job}: `{f.error}`' for f in failures]
        ),
        _table(COLUMNS, cells),
        NOTES,
        *(f'## {title}\n\n![{title}]({file})' for file, title in figures),
        '## Settings',
        f'{data["train_files"]} training images (names and sizes '
        f'{data["train"]}), {data["pairs"]} test pairs of {size} '
        f'({data["test"]}).',
        _table(FACTS, [[str(r[key]) for key in FACTS] for r in results]),
    ]
    text = '\n\n'.join(filter(None, parts)) + '\n'
    write_atomically(folder / 'report.md', text.encode())
    page = MarkdownIt('commonmark', {'html': False}).enable('table')
    body = re.sub(
        r'src="([\w.-]+)"',
        lambda match: f'src="{_embedded(folder / match[1])}"',
        page.render(text),
    )
    html = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<title>Table 1</title><style>{STYLE}</style></head>\n'
        f'<body>{body}</body></html>\n'
    )
    write_atomically(folder / 'report.html', html.encode())
    return folder / 'report.html'


def _collect(jobs: Sequence[Job]) -> tuple[list[Line], list[Job]]:
    """Return the results of each row, and the jobs without a result."""
    lines: dict[str, Line] = {}
    missing: list[Job] = []
    first: Result | None = None
    for job in jobs:
        found = lines.setdefault(job.row.name, (job.row, []))[1]
        result = job.result()
        if result is None:
            missing.append(job)
            continue
        result['folder'] = job.folder
        found.append(result)
        first = first or result
        for key in (f'input/{metric}' for metric in METRICS):
            scores = first['metrics'][key], result['metrics'][key]
            if abs(scores[0] - scores[1]) > TOLERANCE:
                raise ComparisonError(
                    f'{first["row"]!r} and {result["row"]!r} were tested on '
                    f'different images: {key} is {scores[0]} and {scores[1]}; '
                    'test both again'
                )
    if first is None:
        raise ComparisonError('no report: nothing has been tested yet')
    return list(lines.values()), missing


def _gains(results: Sequence[Result]) -> list[float]:
    metrics = [result['metrics'] for result in results]
    return [scores['PSNR'] - scores['input/PSNR'] for scores in metrics]


def verdict(results: Sequence[Result]) -> str:
    """Compare the mean PSNR of a row's seeds with that of the input."""
    gain = fmean(_gains(results))
    if abs(gain) < TIE:
        return 'the same as doing nothing'
    return 'above doing nothing' if gain > 0 else '**below doing nothing**'


def _input_cells(result: Result) -> list[str]:
    psnr, *ssims = (result['metrics'][f'input/{key}'] for key in METRICS)
    ssim = [f'{value:.3f}' for value in ssims]
    return [INPUT, *[NONE] * 4, f'{psnr:.2f}', NONE, NONE, *ssim, *[NONE] * 5]


def _cells(line: Line) -> list[str]:
    row, results = line
    paper = [str(number) for number in row.paper or [NONE] * 3]
    start = [row.label, row.name, *paper]
    if not results:
        return [*start, NONE, NONE, 'not tested', *[NONE] * 8]
    psnr, *ssim = ([r['metrics'][key] for r in results] for key in METRICS)
    gains = [gain for _, gain in _image_gains(results)]
    seconds = [r['metrics']['seconds_per_image'] for r in results]
    every = {result['iterations'] for result in results}
    steps = sorted({min(every), max(every)})
    return [
        *start,
        _spread(psnr, '.2f'),
        _spread(_gains(results), '+.2f'),
        verdict(results),
        *(_spread(values, '.3f') for values in ssim),
        f'{sum(gain > 0 for gain in gains)} of {len(gains)}',
        f'{fmean(seconds):.3f}',
        f'{results[0]["parameters"] / 1e6:.2f} M',
        ' to '.join(f'{step:,}' for step in steps),
        str(len(results)),
    ]


def _spread(values: Sequence[float], form: str) -> str:
    text = f'{fmean(values):{form}}'
    if len(values) > 1:
        text += f' ± {stdev(values):{form.lstrip("+")}}'
    return text


def _image_gains(results: Sequence[Result]) -> list[tuple[float, float]]:
    return [
        (image['input/PSNR'], image['PSNR'] - image['input/PSNR'])
        for result in results
        for image in result['images']
    ]


def _table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    rows = [columns, ['---'] * len(columns), *cells]
    return '\n'.join(
        f'| {" | ".join(cell.replace("|", "/") for cell in row)} |'
        for row in rows
    )


def _draw(lines: Sequence[Line], folder: Path) -> list[tuple[str, str]]:
    """Draw all figures; return their file names and titles."""
    first = lines[0][1][0]
    curves = {row.label: [r['curve'] for r in found] for row, found in lines}
    points = [p for seeds in curves.values() for seed in seeds for p in seed]
    before = points[0][2] if points else first['metrics']['input/PSNR']
    draw_curves(curves, before, folder / 'curves.png')
    gains = {row.label: _image_gains(found) for row, found in lines}
    draw_scatter(gains, folder / 'scatter.png')
    figures = [('curves.png', 'Training'), ('scatter.png', 'Each image')]
    for stale in folder.glob('picture_*.png'):
        stale.unlink()
    for number, name in enumerate(first['pictures'], start=1):
        file = f'picture_{number}_{name}.png'
        _draw_pair(name, lines, folder / file)
        figures.append((file, f'Picture {number}: {name}'))
    return figures


def _draw_pair(name: str, lines: Sequence[Line], path: Path) -> None:
    """Draw a pair, with the first seed of each row."""

    def read(result: Result, kind: str) -> np.ndarray:
        file = result['folder'] / 'pictures' / f'{name}.{kind}.png'
        with Image.open(file, formats=['PNG']) as image:
            return np.asarray(image.convert('RGB'))

    first = lines[0][1][0]
    blur, sharp = read(first, 'input'), read(first, 'truth')
    images: dict[str, np.ndarray] = {}
    for row, (result, *_) in lines:
        scores = next(i for i in result['images'] if i['name'] == name)
        before, after = scores['input/PSNR'], scores['PSNR']
        images.setdefault(f'blurred input\n{before:.2f} dB', blur)
        caption = f'{row.label}\n{after:.2f} dB ({after - before:+.2f})'
        images[caption] = read(result, 'output')
    images['ground truth'] = sharp
    draw_pictures(images, worst_place(blur, sharp), path)


def _embedded(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode()
    return f'data:image/png;base64,{content}'
