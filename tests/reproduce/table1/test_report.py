import base64
import json
import re
from io import BytesIO
from pathlib import Path
from statistics import fmean, stdev

import pytest
from PIL import Image

from reproduce.table1.report import verdict, write_report
from reproduce.table1.rows import ComparisonError
from reproduce.table1.runs import Failure

CYCLEGAN, RESNET = 'cyclegan_gopro', 'ascyclegan_resnet_gopro'


@pytest.fixture(scope='module')
def folder(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp('out') / 'report'
    assert write_report(finished.plan(), folder) == folder / 'report.html'
    return folder


def markdown_rows(folder):
    lines = (folder / 'report.md').read_text().splitlines()
    rows = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in lines
        if line.startswith('|') and not line.startswith('| ---')
    ]
    return [row for row in rows if len(row) == 16]


def results(comparison, row):
    return [
        json.loads((comparison.folder(row, seed) / 'result.json').read_text())
        for seed in (0, 1)
    ]


def test_the_page_holds_all_pictures_and_needs_nothing_else(folder):
    page = (folder / 'report.html').read_text()
    markdown = (folder / 'report.md').read_text()
    files = re.findall(r'!\[.*?\]\((.*?)\)', markdown)
    sources = re.findall(r'(?:src|href)="(.*?)"', page)
    assert len(files) == len(sources) == 5
    for file, source in zip(files, sources, strict=True):
        kind, _, content = source.partition(',')
        assert kind == 'data:image/png;base64'
        content = base64.b64decode(content)
        assert content == (folder / file).read_bytes()
        Image.open(BytesIO(content)).verify()
    assert not re.search(r'://|<script|url\(|@import', page)


def test_cells_are_the_numbers_of_the_results(finished, folder):
    header, first, *rows = markdown_rows(folder)
    page = (folder / 'report.html').read_text()
    assert [row[1] for row in rows] == [CYCLEGAN, RESNET]
    for cells in rows:
        found = results(finished, cells[1])
        cell = dict(zip(header, cells, strict=True))

        def over_seeds(key, digits, found=found):
            values = [r['metrics'][key] for r in found]
            return f'{fmean(values):.{digits}f} ± {stdev(values):.{digits}f}'

        assert cell['PSNR'] == over_seeds('PSNR', 2)
        assert cell['SSIM wang_rgb'] == over_seeds('SSIM', 3)
        assert cell['SSIM matlab3d'] == over_seeds('SSIM_matlab3d', 3)
        assert cell['SSIM CW'] == over_seeds('CW_SSIM', 3)
        gains = [
            r['metrics']['PSNR'] - r['metrics']['input/PSNR'] for r in found
        ]
        assert cell['gain'] == f'{fmean(gains):+.2f} ± {stdev(gains):.2f}'
        assert ('below' in cell['verdict']) == (fmean(gains) < 0)
        above = sum(
            image['PSNR'] > image['input/PSNR']
            for r in found
            for image in r['images']
        )
        assert cell['images above'] == f'{above} of 12'
        assert (cell['iterations'], cell['seeds']) == ('2', '2')
        for text in (cell['PSNR'], cell['gain'], cell['SSIM CW']):
            assert f'<td>{text}</td>' in page
    assert dict(zip(header, rows[1], strict=True))['paper: PSNR'] == '27.6'
    metrics = results(finished, CYCLEGAN)[0]['metrics']
    assert first[0] == 'do nothing: the blurred input'
    assert first[header.index('PSNR')] == f'{metrics["input/PSNR"]:.2f}'


def test_it_says_how_the_numbers_came_about(finished, folder):
    text = (folder / 'report.md').read_text()
    assert 'less than half of the iterations' in text
    for row in (CYCLEGAN, RESNET):
        for result in results(finished, row):
            data = result['data']
            assert f'{data["train"]}), {data["pairs"]} test pairs' in text
            start = f'| {row} | {result["seed"]} | 2 | 2 | 300000 | '
            (line,) = (x for x in text.splitlines() if x.startswith(start))
            assert result['commit'] in line
            assert result['machine']['torch'] in line
            assert 'model.generator.base_channels = 4' in line
    assert str(Path.cwd()) not in text


@pytest.mark.parametrize(
    ('psnrs', 'text'),
    [
        ([24], '**below doing nothing**'),
        ([26], 'above doing nothing'),
        ([24.996], 'the same as doing nothing'),
        ([22, 26], '**below doing nothing**'),
    ],
)
def test_verdicts(psnrs, text):
    found = [{'metrics': {'PSNR': x, 'input/PSNR': 25.0}} for x in psnrs]
    assert verdict(found) == text


def test_what_lacks_and_what_failed_is_listed(comparison, tmp_path):
    for seed in (0, 1):
        (comparison.folder(CYCLEGAN, seed) / 'result.json').unlink()
    failure = Failure('cyclegan_gopro seed 0', 'Error: <b>')
    path = write_report(comparison.plan(), tmp_path / 'report', [failure])
    page = path.read_text()
    assert 'cyclegan_gopro seed 0: <code>Error: &lt;b&gt;</code>' in page
    assert '<li>Not tested: cyclegan_gopro seed 1</li>' in page
    assert markdown_rows(tmp_path / 'report')[2][7] == 'not tested'


def test_two_inputs_are_an_error(comparison):
    path = comparison.folder(seed=1) / 'result.json'
    changed = json.loads(path.read_text())
    changed['metrics']['input/SSIM'] += 0.01
    path.write_text(json.dumps(changed))
    with pytest.raises(ComparisonError, match='input/SSIM is'):
        write_report(comparison.plan(), comparison.work_dir / 'r')


def test_a_report_of_nothing_is_refused(fresh):
    with pytest.raises(ComparisonError, match='nothing has been tested yet'):
        write_report(fresh.plan(), fresh.work_dir / 'report')


def test_a_report_of_another_budget_is_refused(comparison):
    with pytest.raises(ComparisonError, match='not 3'):
        write_report(comparison.plan(budget='3'), comparison.work_dir / 'r')
    assert not (comparison.work_dir / 'r').exists()
