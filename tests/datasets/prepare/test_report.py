import re
import shutil

import numpy as np
import pytest

from mmasgan.apis.data_report import write_data_report
from mmasgan.apis.data_report.page import spread
from mmasgan.apis.data_report.survey import Sample
from mmasgan.priors import DiskPrior, compute_maps


def test_page_needs_no_other_file(data):
    path = write_data_report(data, notes=['<b>told</b>'])
    assert path == data / 'report' / 'index.html'
    page = path.read_text(encoding='utf-8')
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) == 1 + 6 + 3  # histogram, tiles, made blur
    assert all(source.startswith('data:image/') for source in sources)
    assert '<script' not in page
    assert 'http' not in page
    assert '&lt;b&gt;told&lt;/b&gt;' in page
    assert 'prefers-color-scheme: dark' in page
    for text in ('train/a', 'test/t', 'a/blur/0.png', 'clearly apart'):
        assert text in page
    assert [p.name for p in path.parent.iterdir()] == ['index.html']


def test_page_is_the_same_for_the_same_data(data):
    first = write_data_report(data).read_bytes()
    assert write_data_report(data).read_bytes() == first


def test_page_shows_maps_and_what_lacks(data):
    maps = data.parent / 'maps'
    for path in data.rglob('*.png'):
        array = np.full((8, 4, 4), 1 / 8, np.float32)
        place = (maps / path.relative_to(data)).with_suffix('.npy')
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, array)
    store = compute_maps(data, DiskPrior(maps), 'mine')
    page = write_data_report(data).read_text(encoding='utf-8')
    assert f'Semantic maps: {store.folder.name}' in page
    assert page.count('alt="b/sharp/') == 3 + 3 + 2
    shutil.rmtree(store.folder / 'train')
    page = write_data_report(data).read_text(encoding='utf-8')
    assert page.count('there is no map ') == 4


def test_page_shows_near_duplicates(data):
    shutil.copy(
        data / 'train' / 'a' / 'sharp' / '1.png',
        data / 'train' / 'b' / 'sharp' / '9.png',
    )
    page = write_data_report(data).read_text(encoding='utf-8')
    assert 'alt="train/a/blur/1.png | train/b/sharp/9.png"' in page


def test_page_of_one_domain_and_broken_files(data):
    for path in (data / 'train' / 'b' / 'sharp').iterdir():
        path.write_bytes(b'no')
    page = write_data_report(data).read_text(encoding='utf-8')
    assert page.count('Not readable: ') == 3
    assert 'Histograms of' not in page


@pytest.mark.parametrize(('count', 'most'), [(0, 6), (3, 6), (20, 6)])
def test_tiles_reach_from_end_to_end(count, most):
    scores = np.random.RandomState(0).permutation(count)
    samples = [Sample(str(s), 9, 9, float(s), '') for s in scores]
    chosen = [sample.sharpness for sample in spread(samples, most)]
    assert len(chosen) == min(count, most)
    assert chosen == sorted(chosen)
    if count:
        assert (chosen[0], chosen[-1]) == (0, count - 1)
