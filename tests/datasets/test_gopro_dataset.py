import pickle
import random
import shutil
from collections import Counter
from itertools import islice
from pathlib import Path

import forks
import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from PIL import Image
from torch.utils.data import DataLoader

import mmasgan.compat  # noqa: F401  (makes MMagic importable)
from mmasgan.datasets import (
    InfiniteEpochSampler,
    LoadRGBImage,
    PairedGoProDataset,
    RandomCrop,
    UnpairedGoProDataset,
    gopro_dataset,
)
from mmasgan.io.image.reader import ImageReadError, UnusableImageError

KEYS = ['img_blur', 'img_sharp']
PATHS = [f'{key}_path' for key in KEYS]
META = [*PATHS, *(f'{key}_channel_order' for key in KEYS)]
RED = (200, 30, 100)
calls = []


def remember(root):
    calls.append(root)


def draw(results):
    results['drawn'] = (
        random.random(),
        float(np.random.rand()),
        float(torch.rand(1)),
    )
    return results


@pytest.fixture
def root(make_nested):
    return make_nested({'a': 2, 'b': 1}, subset='test')


@pytest.fixture(autouse=True)
def forget():
    calls.clear()


def test_draws_of_the_pipeline_belong_to_seed_and_index(root):
    dataset = PairedGoProDataset(root, pipeline=[draw], seed=1)
    first = [dataset[i]['drawn'] for i in range(6)]
    np.random.rand(10)
    assert [dataset[i]['drawn'] for i in range(6)] == first
    assert len(set(first)) == 6
    other = PairedGoProDataset(root, pipeline=[draw], seed=2)
    assert other[0]['drawn'] != first[0]


def test_reading_a_sample_leaves_the_random_states_alone(root):
    dataset = PairedGoProDataset(root, pipeline=[draw], seed=1)
    np.random.seed(0)
    expected = np.random.rand(2)
    np.random.seed(0)
    got = [np.random.rand()]
    dataset[0]
    assert [*got, np.random.rand()] == list(expected)


def test_seed_defaults_to_that_of_pytorch_when_built(root):
    torch.manual_seed(77)
    dataset = PairedGoProDataset(root)
    torch.manual_seed(78)
    assert dataset.seed == 77


def test_index_beyond_the_length_is_a_later_epoch(root):
    dataset = PairedGoProDataset(root)
    assert dataset[7]['name'] == dataset[1]['name']
    assert dataset[7]['sample_idx'] == 7
    assert dataset[np.int64(7)]['sample_idx'] == 7
    with pytest.raises(IndexError, match='must not be negative, got -1'):
        dataset[-1]


def test_iterating_ends_after_one_epoch(root):
    assert [s['sample_idx'] for s in PairedGoProDataset(root)] == [0, 1, 2]


def test_pipeline_that_returns_nothing_is_an_error(root):
    for test_mode in (False, True):
        dataset = PairedGoProDataset(
            root, pipeline=[lambda _: None], test_mode=test_mode
        )
        with pytest.raises(ValueError, match='returned None for index 2'):
            dataset[2]


def test_prepare_is_called_before_the_folder_is_looked_at(
    tmp_path, make_nested
):
    def make(root):
        calls.append(root)
        make_nested({'a': 1}, subset='test')

    dataset = PairedGoProDataset(tmp_path / 'gopro', prepare=make)
    assert len(dataset) == 1
    dataset.full_init()
    assert calls == [str(tmp_path / 'gopro')]


def test_prepare_may_be_a_dotted_name(root):
    PairedGoProDataset(root, prepare=f'{__name__}.remember')
    assert calls == [str(root)]


def test_other_processes_prepare_after_the_first(root, monkeypatch):
    monkeypatch.setattr(gopro_dataset, 'is_main_process', lambda: False)
    monkeypatch.setattr(gopro_dataset, 'barrier', lambda: calls.append('wait'))
    PairedGoProDataset(root, prepare=remember)
    assert calls == ['wait', str(root)]


def test_lazy_data_set_looks_at_nothing_until_used(root):
    dataset = PairedGoProDataset(root, prepare=remember, lazy_init=True)
    assert 'length' not in repr(dataset)
    assert calls == []
    assert dataset[0]['name'] == 'a-000000'
    assert calls == [str(root)]
    assert repr(dataset).endswith("blur_variant='blur') of length 3")


def test_it_can_be_sent_to_a_worker(root):
    dataset = PairedGoProDataset(root, pipeline=[draw], seed=1)
    assert pickle.loads(pickle.dumps(dataset))[1] == dataset[1]


def test_without_serialising_it_is_the_same(root):
    plain = PairedGoProDataset(root, serialize_data=False)
    assert [*plain] == [*PairedGoProDataset(root)]


def test_metainfo_names_the_data_set(root):
    dataset = PairedGoProDataset(root, metainfo={'note': 'x'})
    assert dataset.metainfo == {
        'dataset_type': 'gopro',
        'task_name': 'deblurring',
        'note': 'x',
    }


def test_unknown_variant_is_refused(root):
    with pytest.raises(ValueError, match=r"blur_variant must be .* got 'x'"):
        PairedGoProDataset(root, blur_variant='x')


@pytest.mark.process
def test_data_sets_need_neither_mmagic_nor_scikit_image():
    code = (
        'import sys, mmasgan.datasets; '
        "print([m for m in ('mmagic', 'skimage') if m in sys.modules])"
    )
    done = forks.run('-c', code, modules=forks.BARE)
    assert (done.stdout, done.stderr) == ('[]\n', '')


@pytest.fixture
def preprocess():
    pytest.importorskip('mmagic')
    from mmagic.models.data_preprocessors import DataPreprocessor

    def preprocess(dataset, order, training=True):
        host = DataPreprocessor(
            mean=127.5, std=127.5, output_channel_order=order, data_keys=None
        )
        batch = pseudo_collate([dataset[0], dataset[1]])
        return host(batch, training)

    return preprocess


def normalised(pixels):
    chw = torch.from_numpy(pixels.transpose(2, 0, 1).copy())
    return chw.float() / 127.5 - 1


@pytest.mark.parametrize('order', [None, 'RGB'])
def test_network_sees_rgb_between_minus_one_and_one(
    make_nested, write_image, preprocess, order
):
    from mmagic.datasets.transforms import PackInputs

    root = make_nested({'a': 2}, subset='test')
    pixels = np.full((12, 16, 3), RED, np.uint8)
    pixels[:, 8:] = 255, 0, 0
    write_image(root / 'test/a/blur/000000.png', pixels)
    pipeline = [LoadRGBImage(KEYS), PackInputs(KEYS, [*META, 'name'])]
    batch = preprocess(PairedGoProDataset(root, pipeline=pipeline), order)
    image = batch['inputs']['img_blur']
    assert image.shape == (2, 3, 12, 16)
    torch.testing.assert_close(image[0], normalised(pixels))
    assert image[0, :, 0, 15].tolist() == [1, -1, -1]
    names = batch['data_samples'].metainfo['name']
    assert names == ['a-000000', 'a-000001']


def test_training_pipeline_flips_the_domains_apart(make_nested, preprocess):
    from mmagic.datasets.transforms import Flip, PackInputs

    root = make_nested({'a': 3, 'b': 3})
    load, crop = LoadRGBImage(KEYS), RandomCrop(KEYS, 8)
    flips = [Flip(keys=[key], flip_ratio=0.5) for key in KEYS]
    pack = PackInputs(KEYS, [*META, 'flip_infos'])
    dataset = UnpairedGoProDataset(
        root, pipeline=[load, crop, *flips, pack], seed=1
    )
    plain = UnpairedGoProDataset(root, pipeline=[load, crop], seed=1)
    flipped = set()
    for index in range(24):
        sample, unflipped = dataset[index], plain[index]
        infos = sample['data_samples'].metainfo['flip_infos']
        flipped.add(tuple(info['flip'] for info in infos))
        for key, info in zip(KEYS, infos, strict=True):
            expected = unflipped[key]
            if info['flip']:
                expected = expected[:, ::-1]
            np.testing.assert_array_equal(
                sample['inputs'][key].numpy(), expected.transpose(2, 0, 1)
            )
    assert len(flipped) == 4
    batch = preprocess(dataset, 'RGB')
    for key in KEYS:
        assert batch['inputs'][key].shape == (2, 3, 8, 8)
        assert batch['inputs'][key].abs().max() <= 1
    assert len(batch['data_samples'].metainfo['img_blur_path']) == 2


@pytest.fixture
def damaged(make_nested):
    """Twelve images of each domain, of which three files are damaged."""
    root = make_nested({'a': 6, 'b': 6})
    files = [
        root / 'train' / sequence / kind / f'{number:06}.png'
        for sequence, number in (('a', 1), ('b', 4))
        for kind in ('blur', 'sharp')
    ]
    files[0].write_bytes(files[0].read_bytes()[:-200])
    files[1].write_bytes(b'')
    Image.new('RGB', (1, 1)).save(files[2])
    Image.new('RGB', (1, 1)).save(files[3])
    return root, {str(file) for file in files}


def unpaired(root, **kwargs):
    pipeline = [LoadRGBImage(KEYS), RandomCrop(KEYS, 8), draw]
    return UnpairedGoProDataset(root, pipeline=pipeline, seed=1, **kwargs)


def paired(root, **kwargs):
    pipeline = [
        LoadRGBImage(KEYS, same_size=True),
        RandomCrop(KEYS, 8, together=True),
        draw,
    ]
    return PairedGoProDataset(
        root, 'train', pipeline=pipeline, seed=1, **kwargs
    )


def brief(sample):
    """Return what tells a sample from others."""
    corners = tuple(sample[f'{key}_crop'] for key in KEYS)
    paths = tuple(sample[path] for path in PATHS)
    return sample['sample_idx'], paths, corners, sample['drawn']


def first(items):
    return items[0]


def load(dataset, workers, start=0, count=36, context=None):
    """Return the first samples of a loader."""
    loader = DataLoader(
        dataset,
        sampler=InfiniteEpochSampler(dataset, seed=2, start=start),
        num_workers=workers,
        collate_fn=first,
        multiprocessing_context=context,
    )
    return [brief(sample) for sample in islice(loader, count)]


@pytest.mark.parametrize('make', [unpaired, paired])
def test_unusable_image_ends_the_run_by_default(damaged, make):
    root, bad = damaged
    with pytest.raises(UnusableImageError) as caught:
        [*make(root)]
    assert caught.value.path in bad
    assert caught.value.path in str(caught.value)


@pytest.mark.parametrize('make', [unpaired, paired])
def test_skipped_images_change_no_other_sample(damaged, make, tmp_path):
    root, bad = damaged
    whole = tmp_path / 'whole'
    shutil.copytree(root, whole)
    good = root / 'train' / 'a' / 'blur' / '000000.png'
    for path in bad:
        shutil.copy(good, whole / Path(path).relative_to(root))
    changed = 0
    for sample, before in zip(
        load(make(root, max_skipped=4), 0), load(make(whole), 0), strict=True
    ):
        expected = [str(root / Path(p).relative_to(whole)) for p in before[1]]
        assert sample[0] == before[0]
        assert sample[3] == before[3]  # the numbers stay those of the index
        if set(expected) & bad:
            changed += 1
            assert not set(sample[1]) & bad
        else:
            assert list(sample[1]) == expected
            assert sample[2] == before[2]
    assert changed > 3


@pytest.mark.process
@pytest.mark.parametrize('make', [unpaired, paired])
def test_order_is_the_same_with_any_workers_and_after_a_resume(damaged, make):
    root, _ = damaged
    alone = load(make(root, max_skipped=4), 0)
    assert load(make(root, max_skipped=4), 2) == alone
    assert load(make(root, max_skipped=4), 0, 20, 16) == alone[20:]


def test_a_substitute_follows_the_seed(damaged):
    root, _ = damaged
    pipeline = [LoadRGBImage(KEYS, same_size=True)]
    chosen = {
        PairedGoProDataset(
            root, 'train', pipeline=pipeline, seed=seed, max_skipped=4
        )[1]['name']
        for seed in range(9)
    }
    assert len(chosen) > 2
    assert 'a-000001' not in chosen


@pytest.mark.process
@pytest.mark.parametrize('context', ['fork', 'spawn'])
def test_workers_count_different_files_together(damaged, context):
    root, bad = damaged
    dataset = unpaired(root, split='shuffled', max_skipped=3)
    with pytest.raises(ValueError, match='4 image files cannot be used') as e:
        load(dataset, 2, context=context)
    causes = dataset.skipped.causes()
    assert causes.keys() == bad
    for name, cause in causes.items():
        assert f"'{name}'" in cause
        assert cause in str(e.value)


def test_each_file_is_named_once(damaged, monkeypatch):
    root, bad = damaged
    said = []
    monkeypatch.setattr(
        'mmasgan.datasets.skipped_files.print_log',
        lambda message, **_: said.append(message),
    )
    load(unpaired(root, split='shuffled', max_skipped=4), 0, count=120)
    named = Counter(path for path in bad for text in said if path in text)
    assert named == dict.fromkeys(bad, 1)
    assert len(said) == 4


def test_nothing_but_images_is_skipped(root):
    def fail(results):
        raise ValueError('a fault of ours')

    dataset = PairedGoProDataset(root, pipeline=[fail], max_skipped=9)
    with pytest.raises(ValueError, match='a fault of ours'):
        dataset[0]


def test_it_ends_where_no_image_is_left(root):
    for path in (root / 'test').rglob('*.png'):
        path.write_bytes(b'')
    dataset = PairedGoProDataset(
        root, pipeline=[LoadRGBImage(KEYS)], max_skipped=9
    )
    with pytest.raises(ValueError, match=r'no sample of .* can be') as caught:
        dataset[5]
    assert str(caught.value).count('is empty') == 3


def test_tests_skip_nothing(root):
    with pytest.raises(ValueError, match='max_skipped must be 0 in test_mode'):
        PairedGoProDataset(root, max_skipped=1, test_mode=True)
    path = root / 'test' / 'a' / 'blur' / '000000.png'
    path.write_bytes(b'')
    dataset = PairedGoProDataset(
        root, pipeline=[LoadRGBImage(KEYS)], test_mode=True
    )
    with pytest.raises(ImageReadError, match=str(path)):
        dataset[0]


@pytest.mark.parametrize('value', [-1, 1.5, True, None, '3'])
def test_wrong_max_skipped_is_refused(root, value):
    with pytest.raises(ValueError, match='max_skipped must be a non-negative'):
        PairedGoProDataset(root, max_skipped=value)
