import base64
import json
import re
from html.parser import HTMLParser
from io import BytesIO
from statistics import fmean, stdev

import pytest
from PIL import Image

from mmasgan.apis.comparison import ComparisonError, Failure, write_report

CYCLEGAN, RESNET = 'cyclegan_gopro', 'ascyclegan_resnet_gopro'


@pytest.fixture(scope='module')
def folder(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp('out') / 'report'
    assert write_report(finished.plan(), folder) == folder / 'report.html'
    return folder


class Page(HTMLParser):
    """What a page holds; fails where a tag is closed that is not open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.cells = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in ('meta', 'img', 'br'):
            self.open.append(tag)
        if tag in ('td', 'th'):
            self.cells.append('')

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ('td', 'th'):
            self.cells[-1] += data


@pytest.fixture(scope='module')
def page(folder):
    return Page((folder / 'report.html').read_text())


def markdown_rows(folder):
    lines = (folder / 'report.md').read_text().splitlines()
    rows = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in lines
        if line.startswith('|') and not line.startswith('|---')
    ]
    return [row for row in rows if len(row) == 16]


def results(comparison, row):
    return [
        json.loads((comparison.folder(row, seed) / 'result.json').read_text())
        for seed in (0, 1)
    ]


def test_the_page_needs_nothing_else(folder, page):
    text = (folder / 'report.html').read_text()
    used = re.findall(r'(?:src|href)="(.{14})|url\(|@import', text)
    assert set(used) == {'data:image/png'}
    assert '://' not in text
    assert '<script' not in text
    assert 'prefers-color-scheme: dark' in text


def test_the_page_holds_all_pictures(folder, page):
    sources = [v for t, k, v in page.attributes if (t, k) == ('img', 'src')]
    files = [
        'curves.png',
        'scatter.png',
        *sorted(path.name for path in folder.glob('picture_*.png')),
    ]
    assert len(files) == len(sources) == 5
    for file, source in zip(files, sources, strict=True):
        content = base64.b64decode(source.partition('base64,')[2])
        assert content == (folder / file).read_bytes()
        Image.open(BytesIO(content)).verify()


def test_markdown_names_the_pictures_beside_it(folder):
    text = (folder / 'report.md').read_text()
    files = re.findall(r'!\[.*?\]\((.*?)\)', text)
    assert len(files) == 5
    assert all((folder / file).is_file() for file in files)
    assert (folder / 'table.png').is_file()


def test_cells_are_the_numbers_of_the_results(finished, folder, page):
    header, first, *rows = markdown_rows(folder)
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
        above = sum(
            image['PSNR'] > image['input/PSNR']
            for r in found
            for image in r['images']
        )
        assert cell['images above'] == f'{above} of 12'
        assert (cell['iterations'], cell['seeds']) == ('2', '2')
        assert {*cells} - {cells[1]} <= {*page.cells}  # the page says so too
    assert dict(zip(header, rows[1], strict=True))['paper: PSNR'] == '27.6'
    metrics = results(finished, CYCLEGAN)[0]['metrics']
    assert first[0] == 'do nothing: the blurred input'
    assert first[header.index('PSNR')] == f'{metrics["input/PSNR"]:.2f}'


def test_it_opens_with_the_budget_and_says_what_is_below(finished, folder):
    text = (folder / 'report.md').read_text()
    assert text.split('\n\n')[1].startswith('**Far below the budget of the ')
    for row in markdown_rows(folder)[2:]:
        gain = float(row[6].split()[0])
        assert ('below doing nothing' in row[7]) == (gain < 0)


def set_psnr(comparison, row, seed, change):
    path = comparison.folder(row, seed) / 'result.json'
    result = json.loads(path.read_text())
    result['metrics']['PSNR'] = result['metrics']['input/PSNR'] + change
    path.write_text(json.dumps(result))


@pytest.mark.parametrize(('change', 'said'), [(-0.5, True), (0.5, False)])
def test_below_doing_nothing_is_marked(comparison, change, said):
    for row in (CYCLEGAN, RESNET):
        for seed in (0, 1):
            set_psnr(comparison, row, seed, change)
    path = write_report(comparison.plan(), comparison.work_dir / 'report')
    page = path.read_text()
    assert page.count('<tr class="below">') == (2 if said else 0)
    assert (
        '<strong>Below doing nothing:</strong> CycleGAN (-0.50 dB)' in page
    ) == said
    assert ('No row is below doing nothing in PSNR.' in page) != said


def test_what_lacks_and_what_failed_is_told(comparison, tmp_path):
    (comparison.folder(CYCLEGAN, 0) / 'result.json').unlink()
    (comparison.folder(CYCLEGAN, 1) / 'result.json').unlink()
    failure = Failure('cyclegan_gopro seed 0', 'Error: <b>', tmp_path / 'log')
    path = write_report(comparison.plan(), tmp_path / 'report', [failure])
    page = path.read_text()
    assert 'cyclegan_gopro seed 0: Error: &lt;b&gt;' in page
    assert '<strong>Not tested:</strong> CycleGAN, seeds 0, 1.' in page
    assert markdown_rows(tmp_path / 'report')[2][7] == 'not tested'


def test_a_report_of_nothing_is_an_error(fresh):
    with pytest.raises(ComparisonError, match='nothing has been tested yet'):
        write_report(fresh.plan(), fresh.work_dir / 'report')


def test_a_report_of_another_budget_is_refused(comparison):
    with pytest.raises(ComparisonError, match='asked for is 3'):
        write_report(comparison.plan(budget='3'), comparison.work_dir / 'r')
    assert not (comparison.work_dir / 'r').exists()
