import shutil

import pytest

from mmasgan.apis.data_report.survey import survey
from mmasgan.datasets import read_rgb_image
from mmasgan.datasets.gopro_split import GoProSplit, write_split
from mmasgan.datasets.prepare.sharpness import gradient_ratio


def look(data, **kwargs):
    return survey(data, data / 'split.json', **kwargs)


def test_everything_is_counted(data):
    a, b, t = look(data).folders
    assert (a.subset, a.name, a.num_blur, a.num_sharp) == ('train', 'a', 3, 3)
    assert (a.used_blur, a.used_sharp) == (3, 0)
    assert (b.used_blur, b.used_sharp) == (0, 3)
    assert (t.subset, t.used_blur, t.used_sharp) == ('test', 0, 0)
    assert a.sizes == ((96, 72),)
    files = (data / 'train' / 'a').rglob('*.png')
    assert a.num_bytes == sum(path.stat().st_size for path in files)


def test_samples_are_measured_as_the_split_says(data):
    samples = look(data).samples
    assert [s.name for s in samples['blur']] == [
        f'train/a/blur/{n}.png' for n in range(3)
    ]
    assert {s.name.split('/')[1] for s in samples['sharp']} == {'b'}
    first = samples['sharp'][0]
    image = read_rgb_image(str(data / first.name))
    assert first.sharpness == gradient_ratio(image)
    assert (first.width, first.height) == (96, 72)


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
    assert found.folders[0].used_blur == 0


def test_a_scene_in_both_domains_is_found(data):
    assert look(data).alike == ()
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
    assert [f.used_blur for f in found.folders] == [3, 3, 0]


def test_images_that_cannot_be_read_are_named_once(data):
    (data / 'train' / 'a' / 'blur' / '1.png').write_bytes(b'no')
    found = look(data)
    (text,) = found.unreadable
    assert 'train/a/blur/1.png' in text
    assert len(found.samples['blur']) == 2


def test_a_sequence_may_have_one_domain(data):
    shutil.rmtree(data / 'train' / 'a' / 'sharp')
    assert look(data).folders[0].num_sharp == 0


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match='is not a folder'):
        look(tmp_path / 'no')
