import os
import shutil

import numpy as np
import pytest
from PIL import Image

from mmasgan.datasets import MotionBlur, PairedGoProDataset, read_rgb_image
from mmasgan.datasets.camera_shake import blur_along, path_margin
from mmasgan.datasets.prepare import blur as blur_module
from mmasgan.datasets.prepare.blur import prepare_blur

SIZE = (60, 80)
SHORT = MotionBlur('sharp', 'blur', length=(4, 12), mask_key='mask')
SETTINGS = {'min_side': 32, 'blur': SHORT}


@pytest.fixture
def photos(tmp_path, scenes):
    folder = tmp_path / 'photos'
    for seed, name in enumerate(('a.png', 'b c/a.png', 'd.bmp')):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scenes(seed, SIZE)).save(path)
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out'


def pairs(out):
    dataset = PairedGoProDataset(out, subset='train')
    return [
        (
            sample,
            read_rgb_image(sample['img_blur_path']),
            read_rgb_image(sample['img_sharp_path']),
        )
        for sample in dataset
    ]


def test_photographs_become_pairs(photos, out):
    done = prepare_blur(photos, out, count=2, **SETTINGS)
    assert (done.num_photos, done.num_pairs, done.notes) == (3, 6, ())
    assert done.pictures is None
    found = pairs(out)
    assert len(found) == 6
    for _, blurred, sharp in found:
        assert blurred.shape == sharp.shape
        assert min(sharp.shape[:2]) >= 32
        assert abs(blurred.astype(int) - sharp).mean() > 2
    assert prepare_blur(photos, out, count=2, **SETTINGS) == done


def test_blur_is_that_of_the_path_and_nothing_is_reflected(photos, out):
    prepare_blur(photos, out, **SETTINGS)
    (motion,) = (out / 'motion').glob('d-*/000000.npy')
    path = np.load(motion)
    image = read_rgb_image(str(photos / 'd.bmp'))
    margin = path_margin(path, *SIZE)
    assert margin > 0
    inner = np.s_[margin:-margin, margin:-margin]
    place = out / 'train' / motion.parent.name
    blurred = read_rgb_image(str(place / 'blur' / '000000.png'))
    np.testing.assert_array_equal(blurred, blur_along(image, path)[inner])
    # With other pixels outside, those that are kept stay the same.
    wide = np.pad(image, ((40, 40), (40, 40), (0, 0)))
    seen = blur_along(wide, path)[40:-40, 40:-40][inner].astype(int)
    assert abs(seen - blurred).max() <= 60
    assert abs(seen - blurred).mean() < 1


def test_seed_decides_and_other_photographs_do_not(photos, out, tmp_path):
    prepare_blur(photos, out, **SETTINGS)
    prepare_blur(photos, tmp_path / 'other', seed=1, **SETTINGS)
    (photos / 'a.png').unlink()
    prepare_blur(photos, tmp_path / 'fewer', **SETTINGS)

    def motion(folder):
        (path,) = (folder / 'motion').glob('d-*/*.npy')
        return np.load(path)

    np.testing.assert_array_equal(motion(out), motion(tmp_path / 'fewer'))
    assert not np.array_equal(
        motion(out)[0, :2], motion(tmp_path / 'other')[0, :2]
    )


def test_pictures_may_be_drawn_later(photos, out):
    prepare_blur(photos, out, **SETTINGS)
    assert not (out / 'pictures').exists()
    done = prepare_blur(photos, out, draw=True, **SETTINGS)
    assert done.pictures == out / 'pictures'
    names = {p.parent.name for p in done.pictures.rglob('*.png')}
    assert names == {p.name for p in (out / 'train').iterdir()}
    assert len(pairs(out)) == 3  # pictures do not disturb the data set


def test_object_moves_where_the_mask_says(photos, out, tmp_path):
    masks = tmp_path / 'masks'
    masks.mkdir()
    mask = np.zeros(SIZE, np.uint8)
    mask[20:40, 30:50] = 255
    Image.fromarray(mask).save(masks / 'd.png')
    prepare_blur(photos, tmp_path / 'still', **SETTINGS)
    still = MotionBlur(
        'sharp', 'blur', length=0, object_length=16, mask_key='mask'
    )
    prepare_blur(photos, out, still, masks=masks, min_side=8)
    for sample, blurred, sharp in pairs(out):
        differs = abs(blurred.astype(int) - sharp).mean() > 1
        assert differs == ('/d-' in sample['img_blur_path'])
    Image.fromarray(mask[:5]).save(masks / 'd.png')
    with pytest.raises(ValueError, match=r"mask '.*d.png' has 80x5 pixels"):
        prepare_blur(photos, tmp_path / 'o', still, masks=masks, min_side=8)
    shutil.move(masks / 'd.png', masks / 'x.png')
    with pytest.raises(ValueError, match='has the name of a photograph'):
        prepare_blur(photos, tmp_path / 'o', masks=masks, **SETTINGS)


@pytest.mark.parametrize('is_after', [False, True])
def test_killed_at_any_rename_it_goes_on(photos, out, killed, is_after):
    (photos / 'a.png').unlink()

    def run():
        prepare_blur(photos, out, draw=True, **SETTINGS)

    number, expected = 0, None
    while killed(run, number := number + 1, is_after):
        assert prepare_blur(photos, out, draw=True, **SETTINGS).num_pairs == 2
        assert not out.with_name('out.part').exists()
        found = sorted(p.relative_to(out) for p in out.rglob('*'))
        assert found == (expected := expected or found)
        shutil.rmtree(out)
    assert number > 2 * 4


def test_work_that_was_done_is_not_done_again(photos, out, monkeypatch):
    make, calls = blur_module._make, []

    def stop(*args):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(args)
        make(*args)

    monkeypatch.setattr(blur_module, '_make', stop)
    with pytest.raises(KeyboardInterrupt):
        prepare_blur(photos, out, **SETTINGS)
    assert not out.exists()
    calls.pop()  # one more is allowed, and one is lacking
    assert prepare_blur(photos, out, **SETTINGS).num_pairs == 3


def test_what_cannot_be_used_is_listed(photos, out, scenes):
    (photos / 'broken.jpg').write_bytes(b'no')
    Image.fromarray(scenes(9, (34, 34))).save(photos / 'small.png')
    message = (
        r"(?s)2 photographs.*broken.jpg' is not an image.*small.png' has "
        r'34x34 pixels.* with a border of \d+.*--skip-unreadable'
    )
    with pytest.raises(ValueError, match=message):
        prepare_blur(photos, out, **SETTINGS)
    assert not out.exists()
    done = prepare_blur(photos, out, skip_unreadable=True, **SETTINGS)
    assert (done.num_pairs, len(done.notes)) == (3, 2)


def test_long_paths_in_small_photographs_are_named(photos, out):
    long = MotionBlur('sharp', 'blur', length=500, mask_key='mask')
    with pytest.raises(ValueError, match=r'too long for an image of 80'):
        prepare_blur(photos, out, long, min_side=8)


def test_places_must_be_apart(photos, out):
    with pytest.raises(ValueError, match='is inside of'):
        prepare_blur(photos, photos / 'out')
    with pytest.raises(FileNotFoundError, match='is not a folder'):
        prepare_blur(photos / 'no', out)
    with pytest.raises(FileNotFoundError, match='not a folder of masks'):
        prepare_blur(photos, out, masks=photos / 'no')
    assert os.listdir(out.parent) == ['photos']
