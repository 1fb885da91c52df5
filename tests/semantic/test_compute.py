import json
import os
import signal
import time

import forks
import numpy as np
import pytest

from mmasgan.semantic import compute_maps
from mmasgan.semantic.compute import _images

SLOW = """
import sys, time
import numpy as np
from mmasgan.semantic import Prior, compute_maps

class Slow(Prior):
    def segment(self, image, name):
        time.sleep(0.2)
        maps = np.zeros((8, 6, 10), np.float32)
        maps[0] = 1
        return maps

compute_maps(sys.argv[1], Slow('outdoor'), 'slow')
"""


def names(store):
    return sorted(
        path.relative_to(store.folder).as_posix()
        for path in store.folder.rglob('*.npz')
    )


def test_each_image_gets_its_map(data, counting):
    prior = counting()
    store = compute_maps(data, prior, 'net', options=['--source', 'x'])
    assert len(names(store)) == 8
    assert 'train/a/blur/000001.png.npz' in names(store)
    assert store.folder.parent == data / 'semantic'
    assert store.folder.name.startswith('net-')
    maps = store.read('train/b/sharp/000002.png')
    assert maps.shape == (8, 6, 10)  # a quarter of 24x40
    np.testing.assert_allclose(maps.sum(0), 1, atol=1e-6)
    source = store.source()
    assert source['num_groups'] == 8
    assert source['options'] == ['--source', 'x']
    assert source['classes']['1 sky'] == 'sky'
    assert json.loads((store.folder / 'source.json').read_text()) == source


def test_the_folder_tells_what_made_it(data, counting):
    first = compute_maps(data, counting(), 'net').folder
    assert compute_maps(data, counting(), 'net').folder == first
    assert compute_maps(data, counting(), 'net', stride=8).folder != first
    other = counting(dict.fromkeys('abc', 'all'))
    assert compute_maps(data, other, 'net').folder != first
    other = counting()
    other.weights_hash = lambda: 'x'
    assert compute_maps(data, other, 'net').folder != first


def test_an_interrupted_call_goes_on(data, counting):
    prior = counting(stop_at=3)
    with pytest.raises(KeyboardInterrupt):
        compute_maps(data, prior, 'net')
    again = counting()
    store = compute_maps(data, again, 'net')
    assert len(names(store)) == 8
    assert len(again.names) == 5
    assert not set(again.names) & set(prior.names)
    third = counting()
    compute_maps(data, third, 'net')
    assert third.names == []


def test_damaged_maps_are_made_again(data, counting):
    store = compute_maps(data, counting(), 'net')
    store.path('train/a/blur/000001.png').write_bytes(b'x')
    again = counting()
    compute_maps(data, again, 'net')
    assert again.names == ['train/a/blur/000001.png']
    store.read('train/a/blur/000001.png')


@pytest.mark.process
def test_a_killed_process_leaves_whole_maps_only(data, tmp_path):
    log = tmp_path / 'log'

    def start():
        with log.open('w') as file:
            return forks.start(['-c', SLOW, data], data, os.environ, file)

    process = start()
    deadline = time.time() + 60
    while len(list(data.rglob('*.npz'))) < 2 and time.time() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    found = sorted(data.rglob('*.npz'))
    assert 2 <= len(found) < 8
    before = {path: path.stat().st_mtime_ns for path in found}
    for path in found:
        with np.load(path) as content:
            assert content['map'].shape == (8, 6, 10)
    process = start()
    assert process.wait(60) == 0, log.read_text()
    assert len(list(data.rglob('*.npz'))) == 8
    for path, written in before.items():
        assert path.stat().st_mtime_ns == written


def test_overlays_are_written_beside(data, counting):
    prior = counting()
    store = compute_maps(data, prior, 'net')
    again = counting()
    compute_maps(data, again, 'net', overlays=True)
    assert again.names == []  # the maps are there
    pictures = list((store.folder / 'overlays').rglob('*.jpg'))
    assert len(pictures) == 8
    assert (store.folder / 'legend.png').is_file()


def test_a_folder_without_images_is_refused(tmp_path, counting):
    with pytest.raises(FileNotFoundError, match='there is no image in'):
        compute_maps(tmp_path, counting(), 'net')


def test_folders_that_hold_themselves_end(tmp_path):
    (tmp_path / 'a').mkdir()
    for name in 'xy':
        (tmp_path / 'a' / name).symlink_to(tmp_path)
    for name in ('a/1.png', '2.png'):
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / 'pipe.png')
    (tmp_path / 'zero.png').symlink_to('/dev/zero')
    assert sorted(_images(tmp_path)) == ['2.png', 'a/1.png']
