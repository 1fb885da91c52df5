"""What a report says in words: what was done, and what it shows."""

from collections.abc import Iterable, Sequence
from typing import Any

from .budget import RANDOM_VGG
from .data import GOPRO_PAIRS, GOPRO_SIZE
from .rows import UNPAIRED
from .summary import Line, Result, Value

__all__ = ['UNDER_TABLE', 'facts', 'findings', 'opening']

UNDER_TABLE = (
    '± is the sample standard deviation over the seeds. "paper" is what the '
    'paper prints, for its own training, data and machine. **Its SSIM names '
    'no convention**, is probably CW, and can be compared with neither of the '
    'other two.'
)

FAR_BELOW = 0.5  # of the iterations of the config
NOTES = {
    'PSNR, gain': 'per image over R, G, B of the output rounded to 8 bits, '
    'then the mean over the images, then over the seeds. The gain is over '
    'the blurred input, scored by the same code in the same run.',
    'SSIM': 'by three conventions, which differ by more than models do: '
    '`wang_rgb` (MMagic, BasicSR), `matlab3d` (MPRNet to NAFNet), `CW` '
    '(DeblurGAN, DeblurGANv2).',
    'seconds': 'median per image of one direction, from main memory to main '
    "memory; the paper's are from a machine of its own.",
    'checkpoint': 'the last one of each training is tested. Curves are scores '
    'of test pairs along the way; nothing was chosen by them.',
    'pictures': 'the pairs at the 10th, 50th and 90th percentile of the '
    "input's PSNR, and in each the square where the input is farthest from "
    'the truth. No output of a model has a part in either choice. Enlarged '
    'without interpolation.',
}


def opening(lines: Sequence[Line]) -> str:
    """Say how much was trained on what, and what that is worth."""
    results = _results(lines)
    first = results[0]
    shares = [r['iterations'] / r['config_iterations'] for r in results]
    data, pairs = first['data'], first['data']['pairs']
    width, height = data['size']
    is_gopro = pairs == GOPRO_PAIRS and (width, height) == GOPRO_SIZE
    tested = f'tested on {pairs} pairs of {width}x{height}'
    if not is_gopro:
        tested += (
            f' from {data["name"]!r} (GoPro has {GOPRO_PAIRS} of '
            f'{GOPRO_SIZE[0]}x{GOPRO_SIZE[1]})'
        )
    trained = (
        f'trained for {_span(r["iterations"] for r in results)} of the '
        f'{_span(r["config_iterations"] for r in results)} iterations of '
        f'their configs ({_percent(shares)})'
    )
    changed = any(r['changes'] for r in results)
    if changed:
        trained += ', with the changes listed at the end'
    text = f'The rows were {trained}, and {tested}.'
    if min(shares) < FAR_BELOW:
        return (
            f'**Far below the budget of the paper.** {text} This shows that '
            'the rows run, under one protocol and at what cost, and not what '
            'the methods can do.'
        )
    if changed or not is_gopro:
        return f"**Not the paper's experiment.** {text}"
    return text


def findings(lines: Sequence[Line]) -> list[str]:
    """Say which rows are below doing nothing, and what else to know."""
    tested = [line for line in lines if line.row and line.results]
    ties = [line for line in tested if line.is_tie]
    below = [x for x in tested if x.is_below and x not in ties]
    above = [x for x in tested if not x.is_below and x not in ties]
    texts = []
    if below:
        texts.append(f'**Below doing nothing:** {_gains(below, "PSNR")}.')
    else:
        texts.append('No row is below doing nothing in PSNR.')
    if above:
        texts.append(f'Above doing nothing: {_gains(above, "PSNR")}.')
    if ties:
        texts.append(f'The same as doing nothing: {_gains(ties, "PSNR")}.')
    worse = [line for line in above if line.gain('SSIM').mean < 0]
    if worse:
        texts.append(
            '**Above in PSNR, but below doing nothing in SSIM (wang_rgb):** '
            f'{_gains(worse, "SSIM")}.'
        )
    texts += _about_seeds(tested) + _about_order(tested)
    texts += _about_what_lacked(tested)
    for line in lines:
        if line.lacking:
            seeds = ', '.join(map(str, line.lacking))
            texts.append(f'**Not tested:** {line.label}, seeds {seeds}.')
    for result in _results(lines):
        if result['iterations'] < result['planned_iterations']:
            texts.append(
                f'**Not trained to the end:** {result["row"]} seed '
                f'{result["seed"]}, {result["iterations"]:,} of '
                f'{result["planned_iterations"]:,} iterations.'
            )
    return texts


def facts(lines: Sequence[Line]) -> dict[str, str]:
    """Say all that one needs to judge or repeat the numbers, by heading."""
    results = _results(lines)
    data = results[0]['data']
    found = {
        'data': f'{data["name"]}: {data["train_files"]} training images '
        f'(names and sizes {data["train"]}), {data["pairs"]} test pairs of '
        f'{data["size"][0]}x{data["size"][1]} ({data["test"]})',
        'budget': results[0]['budget'],
        'seeds': ', '.join(
            str(s) for s in sorted({r['seed'] for r in results})
        ),
        'trained by commit': _each(results, 'trained_by'),
        'tested by commit': _each(results, 'commit'),
        'machine': '; '.join(
            dict.fromkeys(
                ', '.join(f'{k} {v}' for k, v in r['machine'].items())
                for r in results
            )
        ),
        'tested on': _each(results, 'date'),
        'training': '; '.join(
            f'{line.label}: {Value.of(seconds).mean:.2f} s an iteration'
            for line in lines
            if line.row and (seconds := _seconds(line))
        ),
    }
    changes = _changes(lines)
    if changes:
        found['other than in the configs'] = changes
    return found | NOTES


def _changes(lines: Sequence[Line]) -> str:
    """List what the budget changed, each with the rows that it concerns."""
    tested = [line for line in lines if line.row and line.results]
    labels: dict[str, list[str]] = {}
    for line in tested:
        for change in line.results[0]['changes']:
            labels.setdefault(change, []).append(line.label)
    return '; '.join(
        f'{change} ({_which(rows, [line.label for line in tested])})'
        for change, rows in labels.items()
    )


def _which(labels: Sequence[str], every: Sequence[str]) -> str:
    rest = [label for label in every if label not in labels]
    if not rest:
        return 'all rows'
    if len(rest) < len(labels):
        return f'all but {" and ".join(rest)}'
    return ' and '.join(labels)


def _results(lines: Iterable[Line]) -> list[Result]:
    return [r for line in lines if line.row for r in line.results]


def _each(results: Sequence[Result], key: str) -> str:
    """Say a value once if all agree, else who has which."""
    values: dict[Any, list[str]] = {}
    for result in results:
        value = str(result[key]).partition('T')[0]
        values.setdefault(value, []).append(result['row'])
    if len(values) == 1:
        return next(iter(values))
    return '; '.join(
        f'{value} ({", ".join(dict.fromkeys(rows))})'
        for value, rows in values.items()
    )


def _gains(lines: Sequence[Line], metric: str) -> str:
    unit = ' dB' if metric == 'PSNR' else ''
    digits = 2 if metric == 'PSNR' else 3
    return '; '.join(
        f'{line.label} ({line.gain(metric).mean:+.{digits}f}{unit})'
        for line in lines
    )


def _about_seeds(lines: Sequence[Line]) -> list[str]:
    alone = [line.label for line in lines if len(line.results) == 1]
    if len(alone) < len(lines):
        return [f'One seed only: {", ".join(alone)}.'] if alone else []
    return [
        'One seed a row: there is no spread, and a difference between two '
        'rows may be chance.'
    ]


def _about_order(lines: Sequence[Line]) -> list[str]:
    rows = {line.row.name: line for line in lines if line.row}
    if not all(name in rows for name in UNPAIRED):
        return []
    order = sorted(
        (rows[name] for name in UNPAIRED), key=lambda x: x.score('PSNR').mean
    )
    here = ' < '.join(line.label for line in order)
    if [line.row.name for line in order if line.row] == list(UNPAIRED):
        text = f"The unpaired rows are in the paper's order: {here}"
    else:
        paper = ' < '.join(label for label, _ in UNPAIRED.values())
        text = (
            f"The unpaired rows are not in the paper's order ({paper}), but "
            f'{here}'
        )
    if any(line.is_below for line in order):
        text += '; among rows below doing nothing an order says little'
    return [f'{text}.']


def _about_what_lacked(lines: Sequence[Line]) -> list[str]:
    labels = [line.label for line in lines]
    random = [x.label for x in lines if RANDOM_VGG in x.results[0]['changes']]
    uniform = [
        line.label
        for line in lines
        if line.results[0]['settings'].get('model.generator.sft') == 'True'
        and not line.results[0]['has_semantic_maps']
    ]
    texts = []
    if random:
        texts.append(
            '**Without VGG weights:** perceptual losses compared random '
            f'features ({_which(random, labels)}).'
        )
    if uniform:
        texts.append(
            '**Without semantic maps:** SFT layers saw a uniform one '
            f'({_which(uniform, labels)}).'
        )
    return texts


def _seconds(line: Line) -> list[float]:
    found = [result['seconds_per_iteration'] for result in line.results]
    return [seconds for seconds in found if seconds is not None]


def _span(values: Iterable[int]) -> str:
    values = list(values)
    low, high = min(values), max(values)
    return f'{low:,}' if low == high else f'{low:,} to {high:,}'


def _percent(shares: Sequence[float]) -> str:
    low, high = (f'{100 * share:.3g}' for share in (min(shares), max(shares)))
    return f'{low} %' if low == high else f'{low} to {high} %'
