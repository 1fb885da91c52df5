import copy
from pathlib import Path

import pytest

from mmasgan.apis.comparison import find_rows
from mmasgan.apis.comparison.summary import Line
from mmasgan.apis.comparison.words import facts, findings, opening

RESULT = {
    'row': 'x',
    'seed': 0,
    'iterations': 300_000,
    'planned_iterations': 300_000,
    'config_iterations': 300_000,
    'changes': [],
    'settings': {},
    'has_semantic_maps': False,
    'seconds_per_iteration': 0.5,
    'budget': 'paper',
    'data': {
        'name': 'gopro',
        'pairs': 1111,
        'size': [1280, 720],
        'train_files': 4206,
        'train': 'abc',
        'test': 'def',
    },
    'metrics': {
        'PSNR': 26.0,
        'SSIM': 0.6,
        'input/PSNR': 25.0,
        'input/SSIM': 0.5,
    },
    'trained_by': '1234',
    'commit': '1234',
    'machine': {'device': 'CPU', 'torch': '2.0'},
    'date': '2026-01-01T00:00:00+00:00',
}


def line(row, *psnrs, **changes):
    results = []
    for seed, psnr in enumerate(psnrs):
        result = copy.deepcopy({**RESULT, 'row': row, 'seed': seed, **changes})
        result['metrics']['PSNR'] = psnr
        results.append(result)
    return Line(find_rows([row])[0], tuple(results))


def table(*lines):
    return [Line(None, lines[0].results[:1]), *lines]


def test_the_papers_experiment_is_told_without_excuse():
    assert opening(table(line('cyclegan', 26, 27))) == (
        'The rows were trained for 300,000 of the 300,000 iterations of '
        'their configs (100 %), and tested on 1111 pairs of 1280x720.'
    )


@pytest.mark.parametrize(
    ('changes', 'start', 'part'),
    [
        (
            {'iterations': 600},
            '**Far below the budget of the paper.** The rows were trained '
            'for 600 of the 300,000 iterations of their configs (0.2 %)',
            'not what the methods can do',
        ),
        (
            {'changes': ['crops of 96']},
            "**Not the paper's experiment.**",
            'with the changes listed at the end',
        ),
        (
            {'data': {**RESULT['data'], 'pairs': 3, 'name': 'mine'}},
            "**Not the paper's experiment.**",
            "3 pairs of 1280x720 from 'mine' (GoPro has 1111 of 1280x720)",
        ),
    ],
)
def test_anything_less_is_told_first(changes, start, part):
    text = opening(table(line('cyclegan', 26, **changes)))
    assert text.startswith(start)
    assert part in text


def test_below_doing_nothing_is_said_when_true_and_only_then():
    texts = findings(
        table(line('cyclegan', 23.5, 24.5), line('ascyclegan', 26.25, 26.25))
    )
    assert texts[0] == '**Below doing nothing:** CycleGAN (-1.00 dB).'
    assert texts[1] == (
        'Above doing nothing: AS-CycleGAN, ResNetv2 + SFT (+1.25 dB).'
    )
    texts = findings(table(line('ascyclegan', 25.001, 24.997)))
    assert texts[0] == 'No row is below doing nothing in PSNR.'
    assert texts[1].startswith('The same as doing nothing: AS-CycleGAN')
    texts = findings(table(line('ascyclegan', 26, 27)))
    assert texts[0] == 'No row is below doing nothing in PSNR.'
    assert not any('Below doing nothing' in text for text in texts)
    assert not any('One seed' in text for text in texts)


def test_above_in_psnr_alone_is_told():
    worse = {**RESULT['metrics'], 'SSIM': 0.45}
    texts = findings(table(line('cyclegan', 26, metrics=worse)))
    assert (
        '**Above in PSNR, but below doing nothing in SSIM (wang_rgb):** '
        'CycleGAN (-0.050).'
    ) in texts


def test_one_seed_is_told():
    one, two = line('cyclegan', 26), line('ascyclegan', 26, 27)
    assert any('One seed a row: there' in t for t in findings(table(one)))
    assert 'One seed only: CycleGAN.' in findings(table(one, two))


UNPAIRED = [row.name for row in find_rows(['unpaired'])]


@pytest.mark.parametrize(
    ('psnrs', 'text'),
    [
        ((26, 27, 28, 29), "rows are in the paper's order: CycleGAN < "),
        ((27, 26, 28, 29), "not in the paper's order"),
        ((24, 27, 28, 29), 'below doing nothing an order says little.'),
    ],
)
def test_the_order_of_the_unpaired_rows(psnrs, text):
    lines = [line(*pair) for pair in zip(UNPAIRED, psnrs, strict=True)]
    assert any(text in found for found in findings(table(*lines)))
    assert not any('order' in t for t in findings(table(*lines[:3])))


def test_what_lacks_is_told():
    row = find_rows(['ascyclegan'])[0]
    part = line('cyclegan', 26, iterations=100, planned_iterations=600)
    texts = findings([*table(part), Line(row, (), (0, 2))])
    assert texts[-1] == (
        '**Not trained to the end:** cyclegan seed 0, 100 of 600 iterations.'
    )
    assert '**Not tested:** AS-CycleGAN, ResNetv2 + SFT, seeds 0, 2.' in texts


def test_random_features_and_uniform_maps_are_told():
    random = ['perceptual loss on random VGG features']
    sft = {'model.generator.sft': 'True'}
    one = line('cyclegan', 26, settings={'model.generator.sft': 'False'})
    two = line('ascyclegan', 26, changes=random, settings=sft)
    texts = findings(table(one, two))
    label = 'AS-CycleGAN, ResNetv2 + SFT'
    assert texts[-2:] == [
        '**Without VGG weights:** perceptual losses compared random features '
        f'({label}).',
        f'**Without semantic maps:** SFT layers saw a uniform one ({label}).',
    ]
    for result in two.results:
        result.update(changes=[], has_semantic_maps=True)
    assert not any('Without' in text for text in findings(table(one, two)))


def test_facts_name_what_differs():
    other = line('ascyclegan', 26, commit='5678', changes=['a = 1', 'b = 2'])
    found = facts(table(line('cyclegan', 26, changes=['a = 1']), other))
    assert found['trained by commit'] == '1234'
    assert found['tested by commit'] == '1234 (cyclegan); 5678 (ascyclegan)'
    assert found['other than in the configs'] == (
        'a = 1 (all rows); b = 2 (AS-CycleGAN, ResNetv2 + SFT)'
    )
    assert 'abc' in found['data']
    assert 'def' in found['data']
    assert found['machine'] == 'device CPU, torch 2.0'
    assert 'matlab3d' in found['SSIM']
    assert found['training'] == (
        'CycleGAN: 0.50 s an iteration; '
        'AS-CycleGAN, ResNetv2 + SFT: 0.50 s an iteration'
    )


def test_no_word_is_left_of_a_path():
    texts = facts(table(line('cyclegan', 26))).values()
    assert str(Path.cwd()) not in ' '.join(texts)
