import re
import shutil
from collections import Counter

import cv2
import numpy as np
import pytest

from mmasgan.datasets.prepare.report import (
    checks,
    spread,
    tile,
    write_data_report,
)
from mmasgan.datasets.prepare.survey import Sample, Survey
from mmasgan.semantic import DiskPrior, compute_maps


@pytest.fixture
def data(two_sequences):
    return two_sequences


@pytest.mark.runner
def test_page_needs_no_other_file(data):
    path = write_data_report(data, notes=['<b>told</b>'])
    assert path == data / 'report' / 'index.html'
    page = path.read_text(encoding='utf-8')
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) == 1 + 6 + 3  # histogram, tiles, synthetic blur
    assert all(source.startswith('data:image/') for source in sources)
    assert '<script' not in page
    assert 'http' not in page
    assert '&lt;b&gt;told&lt;/b&gt;' in page
    for text in ('train/a', 'test/t', 'a/blur/0.png', '100.0% of all pairs'):
        assert text in page
    assert [p.name for p in path.parent.iterdir()] == ['index.html']


@pytest.mark.runner
def test_page_is_the_same_for_the_same_data(data):
    first = write_data_report(data).read_bytes()
    assert write_data_report(data).read_bytes() == first


@pytest.mark.runner
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
    assert page.count('alt="train/b/sharp/') == 3 + 3 + 2
    shutil.rmtree(store.folder / 'train')
    page = write_data_report(data).read_text(encoding='utf-8')
    assert page.count('there is no map ') == 4


@pytest.mark.runner
def test_page_shows_near_duplicates(data):
    shutil.copy(
        data / 'train' / 'a' / 'sharp' / '1.png',
        data / 'train' / 'b' / 'sharp' / '9.png',
    )
    page = write_data_report(data).read_text(encoding='utf-8')
    assert 'alt="train/a/blur/1.png | train/b/sharp/9.png: 0 of' in page


@pytest.mark.runner
def test_page_of_one_domain_and_broken_files(data):
    for path in (data / 'train' / 'b' / 'sharp').iterdir():
        path.write_bytes(b'no')
    page = write_data_report(data).read_text(encoding='utf-8')
    assert page.count('>Not readable<') == 3
    assert '<h2>Sharpness</h2>' not in page


@pytest.mark.parametrize(('count', 'most'), [(0, 6), (3, 6), (20, 6)])
def test_tiles_reach_from_end_to_end(count, most):
    scores = np.random.RandomState(0).permutation(count)
    samples = [Sample(str(s), 9, float(s), '') for s in scores]
    chosen = [sample.sharpness for sample in spread(samples, most)]
    assert len(chosen) == min(count, most)
    assert chosen == sorted(chosen)
    if count:
        assert (chosen[0], chosen[-1]) == (0, count - 1)


def stripes(size):
    coarse = np.random.RandomState(0).randint(1, 256, (9, 12, 3), np.uint8)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_NEAREST)


def test_tile_shows_the_whole_and_a_part():
    image = np.zeros((720, 1280, 3), np.uint8)
    image[500:680, 900:1220] = stripes((180, 320))
    picture = tile(image)
    assert picture.shape == (180 + 6 + 180, 320, 3)
    part = picture[-180:].astype(int)
    assert (part > 0).mean() > 0.9  # where there is something to see


def test_tile_of_a_small_image_is_not_enlarged():
    image = stripes((72, 96))
    picture = tile(image)
    assert picture.shape == (72 + 6 + 72, 320, 3)
    np.testing.assert_array_equal(picture[:72, 112:208], image)


def test_checks_are_numbers_of_the_survey():
    samples = {
        'blur': [Sample('x', 300 * 300, s, '0') for s in (1.0, 3.0)],
        'sharp': [Sample('y', 2 * 10**6, s, '0') for s in (2.0, 4.0)],
    }
    counts = {domain: Counter({'train/a': 2}) for domain in samples}
    sizes = {'train/a': Counter({(96, 300): 4})}
    found = Survey(None, counts, counts, sizes, samples=samples)
    told = dict(checks(found))
    assert told['median sharpness'] == 'blur 2.0, sharp 3.0'
    assert told['a sharp image is sharper than a blurred one'][:5] == '75.0%'
    assert told['error rate of the best threshold'] == '25.0%'
    assert told['median megapixels'] == 'blur 0.09, sharp 2.00'
    assert told['split'] == 'none'
    small = 'images smaller than the crops of the configs (256)'
    assert told[small] == 'train/a'
    assert 'pairs that look alike' not in told
