import shutil

import pytest

from mmasgan.datasets import read_rgb_image
from mmasgan.datasets.gopro_split import GoProSplit, write_split
from mmasgan.datasets.prepare.sharpness import gradient_ratio
from mmasgan.datasets.prepare.survey import separation, survey


@pytest.fixture
def data(two_sequences):
    return two_sequences


look = survey


def test_everything_is_counted(data):
    found = look(data)
    three = {'train/a': 3, 'train/b': 3, 'test/t': 3}
    assert found.images == {'blur': three, 'sharp': three}
    assert found.used == {'blur': {'train/a': 3}, 'sharp': {'train/b': 3}}
    assert found.sizes['train/a'] == {(96, 72): 6}
    files = (data / 'train' / 'a').rglob('*.png')
    total = sum(path.stat().st_size for path in files)
    assert found.num_bytes['train/a'] == total


@pytest.mark.parametrize(
    ('blur', 'sharp', 'area', 'wrong'),
    [
        ([1, 2], [3, 4], 1, 0),
        ([3, 4], [1, 2], 0, 0.5),
        ([1, 2], [1, 2], 0.5, 0.5),
        ([1, 3], [2, 4], 0.75, 0.25),
    ],
)
def test_separation_of_the_domains(blur, sharp, area, wrong):
    assert separation(blur, sharp) == (area, wrong)


def test_samples_are_measured_as_the_split_says(data):
    samples = look(data).samples
    assert [s.name for s in samples['blur']] == [
        f'train/a/blur/{n}.png' for n in range(3)
    ]
    assert {s.name.split('/')[1] for s in samples['sharp']} == {'b'}
    first = samples['sharp'][0]
    image = read_rgb_image(str(data / first.name))
    assert first.sharpness == gradient_ratio(image)
    assert first.pixels == 96 * 72


def test_a_sample_is_evenly_spaced(data):
    blur = look(data, most=2).samples['blur']
    assert [s.name[-5] for s in blur] == ['0', '1']
    assert look(data, most=2) == look(data, most=2)


def test_without_a_split_all_is_measured(data):
    (data / 'split.json').unlink()
    found = look(data)
    assert found.split is None
    assert found.alike is None
    assert len(found.samples['blur']) == len(found.samples['sharp']) == 6
    assert found.used == {'blur': {}, 'sharp': {}}


def test_a_scene_in_both_domains_is_found(data):
    assert look(data).alike == []
    shutil.copy(
        data / 'train' / 'a' / 'sharp' / '1.png',
        data / 'train' / 'b' / 'sharp' / '9.png',
    )
    (pair,) = look(data).alike
    assert pair[:2] == ('train/a/blur/1.png', 'train/b/sharp/9.png')


def test_scenes_are_in_both_domains_of_a_shuffled_split(data):
    names = tuple(f'train/{s}/blur/{n}.png' for s in 'ab' for n in range(3))
    sharp = tuple(name.replace('blur', 'sharp') for name in names)
    split = GoProSplit('shuffled', 0, 'train', names, sharp)
    write_split(data / 'split.json', split)
    found = look(data)
    assert found.alike is None
    assert found.used['blur'] == {'train/a': 3, 'train/b': 3}


def test_images_that_cannot_be_read_are_named_once(data):
    (data / 'train' / 'a' / 'blur' / '1.png').write_bytes(b'no')
    found = look(data)
    ((name, text),) = found.unreadable.items()
    assert name == 'train/a/blur/1.png'
    assert name in text
    assert len(found.samples['blur']) == 2


def test_a_sequence_may_have_one_domain(data):
    shutil.rmtree(data / 'train' / 'a' / 'sharp')
    assert look(data).images['sharp'] == {'train/b': 3, 'test/t': 3}


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match='is not a folder'):
        look(tmp_path / 'no')
