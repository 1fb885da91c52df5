import json
from collections import Counter

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmasgan.datasets import (
    InfiniteEpochSampler,
    LoadRGBImage,
    RandomCrop,
    UnpairedGoProDataset,
    gopro_split,
)
from mmasgan.registry import DATASETS

KEYS = ['img_blur', 'img_sharp']
PIPELINE = [LoadRGBImage(KEYS), RandomCrop(KEYS, 8)]
UNEQUAL = {'a': 3, 'b': 7}


def paths(dataset, epoch):
    size = len(dataset)
    samples = [dataset[epoch * size + i] for i in range(size)]
    return [(s['img_blur_path'], s['img_sharp_path']) for s in samples]


def digest(dataset, num_workers, start=0, count=12):
    sampler = InfiniteEpochSampler(dataset, seed=4, start=start)
    loader = DataLoader(
        dataset,
        batch_size=1,
        sampler=sampler,
        num_workers=num_workers,
        collate_fn=pseudo_collate,
    )
    found = []
    for batch in loader:
        images = [int(batch[k][0].astype(int).sum()) for k in KEYS]
        path, index = batch['img_blur_path'][0], batch['sample_idx'][0]
        found.append((path, index, *images))
        if len(found) == count:
            return found


def test_sample_names_its_images(make_nested):
    root = make_nested(UNEQUAL)
    sample = UnpairedGoProDataset(root, seed=0)[3]
    blur, sharp = sample['blur_sequence'], sample['sharp_sequence']
    assert sample.keys() == {
        'img_blur_path',
        'img_sharp_path',
        'blur_sequence',
        'sharp_sequence',
        'sample_idx',
    }
    assert {blur, sharp} == {'a', 'b'}
    assert sample['img_blur_path'].startswith(f'{root}/train/{blur}/blur/0')
    assert sample['img_sharp_path'].startswith(f'{root}/train/{sharp}/sharp/0')
    assert sample['sample_idx'] == 3


def test_domains_are_disjoint_by_default(make_nested):
    dataset = UnpairedGoProDataset(make_nested(dict.fromkeys('abcd', 2)))
    samples = [*dataset]
    blur = {s['blur_sequence'] for s in samples}
    sharp = {s['sharp_sequence'] for s in samples}
    assert len(blur) == len(sharp) == 2
    assert blur | sharp == set('abcd')


def test_shuffled_uses_all_images_in_both_domains(make_nested):
    dataset = UnpairedGoProDataset(
        make_nested(UNEQUAL), split='shuffled', seed=0
    )
    pairs = paths(dataset, 0)
    assert dataset.num_blur == dataset.num_sharp == len(pairs) == 10
    assert len({b for b, _ in pairs}) == len({s for _, s in pairs}) == 10
    true_pairs = [b.replace('/blur/', '/sharp/') == s for b, s in pairs]
    assert sum(true_pairs) < 5


def test_length_is_that_of_the_larger_domain(make_nested):
    dataset = UnpairedGoProDataset(make_nested(UNEQUAL))
    assert sorted([dataset.num_blur, dataset.num_sharp]) == [3, 7]
    assert len(dataset) == 7


@pytest.mark.parametrize('epochs', [1, 2, 3, 5, 9])
def test_images_are_used_as_evenly_as_possible(make_nested, epochs):
    dataset = UnpairedGoProDataset(make_nested(UNEQUAL), seed=1)
    pairs = [pair for e in range(epochs) for pair in paths(dataset, e)]
    for domain, size in enumerate((dataset.num_blur, dataset.num_sharp)):
        uses = Counter(pair[domain] for pair in pairs)
        assert len(uses) == size
        assert max(uses.values()) - min(uses.values()) <= 1


def test_pairing_changes_with_epoch_and_seed_only(make_nested):
    root = make_nested(UNEQUAL)
    dataset = UnpairedGoProDataset(root, seed=1)
    later = paths(dataset, 2)
    assert paths(UnpairedGoProDataset(root, seed=1), 2) == later
    assert set(later) != set(paths(dataset, 1))
    assert set(later) != set(paths(UnpairedGoProDataset(root, seed=2), 2))


def test_other_seed_keeps_the_split(make_nested):
    root = make_nested(dict.fromkeys('abcdef', 1))
    domains = [
        {s['blur_sequence'] for s in UnpairedGoProDataset(root, **kwargs)}
        for kwargs in ({'seed': 1}, {'seed': 2}, {'split_seed': 1})
    ]
    assert domains[0] == domains[1] != domains[2]


@pytest.mark.process
def test_samples_are_the_same_in_any_worker(make_nested):
    root = make_nested(UNEQUAL)
    dataset = UnpairedGoProDataset(root, pipeline=PIPELINE, seed=2)
    alone = digest(dataset, 0)
    assert digest(dataset, 2) == alone
    np.random.rand()
    torch.rand(1)
    assert digest(dataset, 2, start=5, count=7) == alone[5:]
    assert len(set(alone)) == 12


def test_crops_of_an_image_change_from_epoch_to_epoch(make_nested):
    root = make_nested({'a': 1, 'b': 1})
    dataset = UnpairedGoProDataset(root, pipeline=PIPELINE, seed=2)
    crops = {dataset[i]['img_blur_crop'] for i in range(20)}
    assert len(crops) > 5


def test_split_file_is_written_and_used_again(make_nested, tmp_path):
    root = make_nested(dict.fromkeys('abcd', 1))
    path = tmp_path / 'work' / 'split.json'
    first = [*UnpairedGoProDataset(root, split_file=path, seed=0)]
    names = json.loads(path.read_text())
    assert {f'train/{s["blur_sequence"]}' for s in first} == set(names['blur'])
    assert [*UnpairedGoProDataset(root, split_file=path, seed=0)] == first


def test_sequences_outside_a_split_file_are_reported(
    make_nested, tmp_path, monkeypatch
):
    lines = []
    monkeypatch.setattr(
        gopro_split, 'print_log', lambda text, **_: lines.append(text)
    )
    path = tmp_path / 's.json'
    split = {'mode': 'disjoint', 'subset': 'train'}
    split |= {'blur': ['train/c'], 'sharp': ['train/a']}
    path.write_text(json.dumps(split))
    root = make_nested(dict.fromkeys('abcd', 1))
    dataset = UnpairedGoProDataset(root, split_file=path)
    assert [s['blur_sequence'] for s in dataset] == ['c']
    assert lines == ["2 sequences are unused in the split, such as 'b'."]


@pytest.mark.parametrize(
    ('indices', 'sizes'),
    [(2, (2, 2)), (5, (3, 5)), (-1, (1, 1)), ([0, 2], (2, 2))],
)
def test_indices_select_in_each_domain(make_nested, indices, sizes):
    dataset = UnpairedGoProDataset(make_nested(UNEQUAL), indices=indices)
    found = tuple(sorted([dataset.num_blur, dataset.num_sharp]))
    assert found == sizes
    assert len(dataset) == max(sizes)


def test_excluded_sequences_are_in_no_domain_and_the_split_stays(make_nested):
    root = make_nested(dict.fromkeys('abcdef', 2))
    whole = UnpairedGoProDataset(root, seed=0)
    gone = {whole[0]['blur_sequence'], whole[0]['sharp_sequence']}
    rest = UnpairedGoProDataset(root, seed=0, exclude=sorted(gone))
    for domain in ('blur', 'sharp'):
        before, after = (
            {dataset[i][f'{domain}_sequence'] for i in range(len(dataset))}
            for dataset in (whole, rest)
        )
        assert after == before - gone


def test_what_cannot_be_excluded_is_named(make_nested):
    root = make_nested(UNEQUAL)
    with pytest.raises(ValueError, match="has no sequence 'x'; it has"):
        len(UnpairedGoProDataset(root, exclude=['x']))
    with pytest.raises(ValueError, match='leaves a domain empty'):
        len(UnpairedGoProDataset(root, exclude=['a']))


def test_selection_that_leaves_nothing_is_refused(make_nested):
    with pytest.raises(ValueError, match='indices=0 leaves a domain empty'):
        UnpairedGoProDataset(make_nested(UNEQUAL), indices=0)


def test_subsets_after_the_fact_are_refused(make_nested):
    dataset = UnpairedGoProDataset(make_nested(UNEQUAL))
    for method in (dataset.get_subset, dataset.get_subset_):
        with pytest.raises(TypeError, match='use the argument indices'):
            method(2)


def test_gamma_variant_is_read(make_nested):
    kinds = ('blur', 'blur_gamma', 'sharp')
    root = make_nested({'a': 1, 'b': 1}, kinds=kinds)
    dataset = UnpairedGoProDataset(root, blur_variant='blur_gamma')
    assert '/blur_gamma/' in dataset[0]['img_blur_path']


@pytest.mark.parametrize('lacks', ['blur', 'sharp'])
def test_sequence_that_lacks_a_domain_is_named(make_nested, lacks):
    root = make_nested({'a': 1, 'b': 1})
    (root / 'train' / 'b' / lacks).rename(root / 'train' / 'b' / 'other')
    with pytest.raises(ValueError, match=f"train/b' has no folder '{lacks}'"):
        UnpairedGoProDataset(root)


def test_split_file_may_join_sequences_of_one_domain_each(
    make_nested, tmp_path
):
    make_nested({'a': 2}, kinds=['blur'])
    root = make_nested({'b': 1}, kinds=['sharp'])
    with pytest.raises(ValueError, match=r"train/b' has no folder 'blur'"):
        UnpairedGoProDataset(root)
    path = tmp_path / 's.json'
    split = {'mode': 'disjoint', 'subset': 'train'}
    split |= {'blur': ['train/a'], 'sharp': ['train/b']}
    path.write_text(json.dumps(split))
    dataset = UnpairedGoProDataset(root, split_file=path)
    assert (dataset.num_blur, dataset.num_sharp) == (2, 1)


def test_flat_layout_is_read(make_flat):
    names = ['GOPR0001_01_00-1.png', 'GOPR0002_01_00-2.png']
    sample = UnpairedGoProDataset(make_flat(names))[0]
    assert '/input/' in sample['img_blur_path']
    assert '/target/' in sample['img_sharp_path']
    assert sample['blur_sequence'] != sample['sharp_sequence']


def test_registry_and_runner_build_it(make_nested):
    root = make_nested(UNEQUAL)
    config = {'type': 'mmasgan.UnpairedGoProDataset', 'data_root': str(root)}
    assert len(DATASETS.build(config)) == 7
    loader = Runner.build_dataloader(
        {
            'dataset': config,
            'sampler': {'type': 'mmasgan.InfiniteEpochSampler'},
            'batch_size': 2,
            'num_workers': 0,
        },
        seed=3,
    )
    batch = next(iter(loader))
    assert len(batch['img_blur_path']) == 2
    assert loader.sampler.seed == 3


def test_real_frames_come_from_different_sequences(real_root):
    keys = KEYS
    pipeline = [LoadRGBImage(keys), RandomCrop(keys, 256)]
    dataset = UnpairedGoProDataset(real_root, pipeline=pipeline, seed=0)
    assert sorted([dataset.num_blur, dataset.num_sharp]) == [6, 42]
    assert len(dataset) == 42
    for index in (0, 41, 42):
        sample = dataset[index]
        sequences = {sample['blur_sequence'], sample['sharp_sequence']}
        assert sequences == {'GOPR0372_07_00', 'REDS_020'}
        for key in keys:
            assert sample[key].shape == (256, 256, 3)
            assert sample[f'ori_{key}_shape'] == (720, 1280, 3)
            assert 5 < sample[key].std() < 120
