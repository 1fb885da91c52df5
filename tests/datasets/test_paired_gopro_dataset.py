import numpy as np
import pytest

from mmasgan.datasets import LoadRGBImage, PairedGoProDataset
from mmasgan.registry import DATASETS

KEYS = ['img_blur', 'img_sharp']


@pytest.fixture
def root(make_nested):
    return make_nested({'b': 2, 'a': 1}, subset='test')


def test_pairs_agree_in_sequence_and_name(root):
    assert [*PairedGoProDataset(root)] == [
        {
            'img_blur_path': f'{root}/test/{sequence}/blur/{stem}.png',
            'img_sharp_path': f'{root}/test/{sequence}/sharp/{stem}.png',
            'sequence': sequence,
            'name': f'{sequence}-{stem}',
            'sample_idx': index,
        }
        for index, (sequence, stem) in enumerate(
            [('a', '000000'), ('b', '000000'), ('b', '000001')]
        )
    ]


def test_suffixes_may_differ_within_a_pair(root, write_image):
    folder = root / 'test' / 'a' / 'sharp'
    (folder / '000000.png').unlink()
    write_image(folder / '000000.jpg')
    dataset = PairedGoProDataset(root)
    assert dataset[0]['img_sharp_path'].endswith('a/sharp/000000.jpg')


def test_flat_names_are_the_file_names(make_flat):
    root = make_flat(['GOPR0384_11_00-000001.png', 'x.png'], subset='test')
    first, second = PairedGoProDataset(root)
    assert first['name'] == 'GOPR0384_11_00-000001'
    assert second['img_sharp_path'] == f'{root}/test/target/x.png'
    assert second['sequence'] == 'unknown'


def test_flat_names_with_prefix_know_their_sequence(make_flat):
    root = make_flat(['GOPR0384_11_00-000001.png'], subset='test')
    assert PairedGoProDataset(root)[0]['sequence'] == 'GOPR0384_11_00'


@pytest.mark.parametrize(
    ('kwargs', 'names'),
    [
        ({'sequences': ['b']}, ['b-000000', 'b-000001']),
        ({'indices': 2}, ['a-000000', 'b-000000']),
        ({'indices': [2, 0]}, ['b-000001', 'a-000000']),
        ({'sequences': ['b'], 'indices': -1}, ['b-000001']),
    ],
)
def test_pairs_can_be_selected(root, kwargs, names):
    dataset = PairedGoProDataset(root, **kwargs)
    assert [s['name'] for s in dataset] == names


def test_unknown_sequence_is_refused(root):
    with pytest.raises(ValueError, match=r"no sequence 'c'; it has \['a', 'b"):
        PairedGoProDataset(root, sequences=['a', 'c'])


@pytest.mark.parametrize(
    ('lost', 'left'), [('sharp', 'blur'), ('blur', 'sharp')]
)
def test_image_without_its_partner_is_named(root, lost, left):
    (root / 'test' / 'b' / lost / '000001.png').unlink()
    message = f"test/b/{left}/000001.png' has no '{lost}' image of the same"
    with pytest.raises(ValueError, match=message):
        PairedGoProDataset(root)


def test_two_files_of_one_name_are_refused(root, write_image):
    write_image(root / 'test' / 'a' / 'blur' / '000000.jpg')
    with pytest.raises(ValueError, match='differ only in their suffix'):
        PairedGoProDataset(root)


def test_sizes_are_compared_when_read(root, write_image):
    write_image(root / 'test' / 'a' / 'sharp' / '000000.png', size=(11, 16))
    dataset = PairedGoProDataset(root, pipeline=[LoadRGBImage(KEYS, True)])
    message = (
        r"a/blur/000000.png' has 16x12 pixels, "
        r"'.*a/sharp/000000.png' has 16x11 pixels"
    )
    with pytest.raises(ValueError, match=message):
        dataset[0]
    assert dataset[1]['img_blur'].shape == (12, 16, 3)


def test_gamma_variant_and_other_subsets_are_read(make_nested):
    root = make_nested({'a': 1}, kinds=('blur_gamma', 'sharp'))
    dataset = PairedGoProDataset(
        root, subset='train', blur_variant='blur_gamma'
    )
    assert dataset[0]['img_blur_path'].endswith('a/blur_gamma/000000.png')


def test_registry_builds_it(root):
    config = {'type': 'mmasgan.PairedGoProDataset', 'data_root': str(root)}
    assert len(DATASETS.build(config)) == 3


def test_real_pairs_have_the_known_psnr(real_root):
    dataset = PairedGoProDataset(
        real_root, pipeline=[LoadRGBImage(KEYS, True)]
    )
    psnr = {}
    for sample in dataset:
        error = sample['img_blur'].astype(float) - sample['img_sharp']
        psnr[sample['name']] = 10 * np.log10(255**2 / np.mean(error**2))
    assert psnr == {
        'GOPR0384_11_00-000001': pytest.approx(24.05, abs=0.006),
        'GOPR0384_11_00-000014': pytest.approx(23.58, abs=0.006),
        'GOPR0396_11_00-frame1': pytest.approx(25.11, abs=0.006),
    }
