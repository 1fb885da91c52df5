import json
from hashlib import sha256

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmasgan.datasets import (
    LoadRGBImage,
    PairedGoProDataset,
    UnpairedGoProDataset,
    prepare_sample_dataset,
    sample_dataset,
)

KEYS = ['img_blur', 'img_sharp']


@pytest.fixture(scope='session')
def sample_root(tmp_path_factory):
    return prepare_sample_dataset(tmp_path_factory.mktemp('data') / 'sample')


def hashes(root):
    return {
        str(path.relative_to(root)): sha256(
            np.asarray(Image.open(path)).tobytes()
        ).hexdigest()
        for path in sorted(root.rglob('*.png'))
    }


def psnr(sample):
    error = sample['img_blur'].astype(float) - sample['img_sharp']
    return 10 * np.log10(255**2 / np.mean(error**2))


def leftovers(folder):
    return [p.name for p in folder.iterdir() if p.name.startswith('.')]


def test_it_reads_as_gopro(sample_root):
    train = UnpairedGoProDataset(sample_root, seed=0)
    assert train.num_blur == train.num_sharp == 24
    test = PairedGoProDataset(sample_root)
    assert len(test) == 10
    assert {s['sequence'] for s in test} == {'chelsea', 'coffee'}
    assert len({s['blur_sequence'] for s in train}) == 4


def test_no_photograph_is_in_both_subsets(sample_root):
    names = [
        {p.name for p in (sample_root / subset).iterdir()}
        for subset in ('train', 'test')
    ]
    assert names[0].isdisjoint(names[1])


def test_blur_is_as_strong_as_in_gopro(sample_root):
    pipeline = [LoadRGBImage(KEYS, same_size=True)]
    values = [
        psnr(s) for s in PairedGoProDataset(sample_root, pipeline=pipeline)
    ]
    assert 23 < np.mean(values) < 26
    assert min(values) > 17
    assert max(values) < 32


def test_truth_is_sharper_than_blur_in_every_pair(sample_root):
    pipeline = [LoadRGBImage(KEYS)]
    for subset in ('train', 'test'):
        for sample in PairedGoProDataset(
            sample_root, subset, pipeline=pipeline
        ):
            blur, sharp = (
                np.abs(np.diff(sample[key].astype(float), axis=1)).mean()
                for key in KEYS
            )
            assert blur < 0.95 * sharp


def test_second_make_gives_the_same_pixels(sample_root, tmp_path):
    again = prepare_sample_dataset(tmp_path / 'again')
    assert len(hashes(again)) == 2 * (8 * 6 + 2 * 5)
    assert hashes(again) == hashes(sample_root)
    size = sum(p.stat().st_size for p in again.rglob('*') if p.is_file())
    assert size < 20e6


def test_second_call_changes_nothing(tiny_sample, tmp_path):
    root = prepare_sample_dataset(str(tmp_path / 'a' / 'sample'))
    before = {p: p.stat().st_mtime_ns for p in root.rglob('*')}
    assert prepare_sample_dataset(root) == root
    assert {p: p.stat().st_mtime_ns for p in root.rglob('*')} == before
    assert leftovers(root.parent) == []
    assert json.loads((root / 'manifest.json').read_text()) == tiny_sample


def test_older_version_is_made_again(tiny_sample, tmp_path, monkeypatch):
    root = prepare_sample_dataset(tmp_path / 'sample')
    (root / 'train' / 'old.txt').touch()
    newer = {**tiny_sample, 'version': tiny_sample['version'] + 1}
    monkeypatch.setattr(sample_dataset, 'RECIPE', newer)
    prepare_sample_dataset(root)
    assert not (root / 'train' / 'old.txt').exists()
    assert json.loads((root / 'manifest.json').read_text()) == newer
    assert leftovers(tmp_path) == []


def test_empty_folder_is_filled(tiny_sample, tmp_path):
    (tmp_path / 'sample').mkdir()
    prepare_sample_dataset(tmp_path / 'sample')
    assert (tmp_path / 'sample' / 'train' / 'rocket' / 'blur').is_dir()


@pytest.mark.parametrize(
    'content', [None, '{"made_by": "someone else"}', 'no json', '[]']
)
def test_foreign_folder_is_refused_and_left_alone(
    tiny_sample, tmp_path, content
):
    root = tmp_path / 'sample'
    (root / 'train').mkdir(parents=True)
    if content is not None:
        (root / 'manifest.json').write_text(content)
    with pytest.raises(
        FileExistsError, match=r"sample' exists and is not the"
    ):
        prepare_sample_dataset(root)
    assert (root / 'train').is_dir()
    assert leftovers(tmp_path) == []


def test_file_in_its_place_is_refused(tiny_sample, tmp_path):
    (tmp_path / 'sample').write_text('mine')
    with pytest.raises(FileExistsError, match='set data_root to another f'):
        prepare_sample_dataset(tmp_path / 'sample')


def test_interrupted_making_leaves_nothing(tiny_sample, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sample_dataset, '_shoot_somewhere', stop)
    with pytest.raises(KeyboardInterrupt):
        prepare_sample_dataset(tmp_path / 'sample')
    assert list(tmp_path.iterdir()) == []


def test_slower_process_takes_what_the_faster_made(
    tiny_sample, tmp_path, monkeypatch
):
    root = tmp_path / 'sample'
    make = sample_dataset._make

    def make_while_another_does(folder):
        make(folder)
        if not root.exists():
            root.mkdir()
            make(root)
            (root / 'first').touch()

    monkeypatch.setattr(sample_dataset, '_make', make_while_another_does)
    assert prepare_sample_dataset(root) == root
    assert (root / 'first').exists()
    assert leftovers(tmp_path) == []


def test_missing_photograph_is_named(tiny_sample, tmp_path, monkeypatch):
    tiny_sample['photographs'] = {'train': ['gone.png']}
    with pytest.raises(FileNotFoundError, match=r"gone.png', which"):
        prepare_sample_dataset(tmp_path / 'sample')


CONFIG = """
from mmasgan.datasets import PairedGoProDataset, prepare_sample_dataset

dataset = dict(
    type=PairedGoProDataset, data_root={root!r}, prepare=prepare_sample_dataset
)
"""


@pytest.mark.parametrize('dumped', [False, True])
def test_config_makes_it_on_first_use(tiny_sample, tmp_path, dumped):
    from mmengine.registry import DATASETS

    path = tmp_path / 'config.py'
    path.write_text(CONFIG.format(root=str(tmp_path / 'sample')))
    config = Config.fromfile(path, lazy_import=True)
    if dumped:
        config.dump(tmp_path / 'dumped.py')
        config = Config.fromfile(tmp_path / 'dumped.py')
    dataset = DATASETS.build(config.dataset)
    assert [s['name'] for s in dataset] == ['chelsea-000000']


def test_each_photograph_fits_its_pictures():
    # A photograph too small for the longest path would fail at some draw.
    recipe = sample_dataset.RECIPE
    need = recipe['size'] + 2 * (recipe['path_length'][1] + 2)
    for names in recipe['photographs'].values():
        for name in names:
            with Image.open(sample_dataset._photograph_path(name)) as image:
                assert min(image.size) >= need
