import json
import os
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from mmasgan.datasets import UnpairedGoProDataset, read_rgb_image
from mmasgan.datasets.image_store import ImageStore
from mmasgan.datasets.prepare.photos import encode_png, prepare_photos

SIZE = (40, 48)
SETTINGS = {'min_side': 32}


@pytest.fixture
def folders(tmp_path, scenes):
    """Photographs of all kinds, in folders as people have them."""
    blur, sharp = tmp_path / 'blurred ones', tmp_path / 'schärfe'
    places = {
        blur: ['a.png', 'Ferien 2019/été.jpg', 'b/b/a.webp', 'b/A.TIFF'],
        sharp: ['x y.png', 'a.png', 'Süd/a.jpeg'],
    }
    seed = 0
    for folder, names in places.items():
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(scenes(seed, SIZE)).save(path)
            seed += 1
    return blur, sharp


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out'


def images(out):
    return sorted((out / 'train').rglob('*.png'))


def test_folders_become_data(folders, out):
    done = prepare_photos(*folders, out, **SETTINGS)
    assert (done.num_blur, done.num_sharp, done.notes) == (4, 3, ())
    dataset = UnpairedGoProDataset(out, split_file=done.split_file, seed=0)
    assert (dataset.num_blur, dataset.num_sharp) == (4, 3)
    store = ImageStore(done.store)
    for sample in dataset:
        assert '/blur/' in sample['img_blur_path']
        assert '/sharp/' in sample['img_sharp_path']
        assert store.read(sample['img_sharp_path']).shape == (*SIZE, 3)
    assert prepare_photos(*folders, out, **SETTINGS) == done


def test_pixels_are_those_of_the_photographs(folders, out):
    prepare_photos(*folders, out, **SETTINGS)
    for source in (folders[0] / 'Ferien 2019/été.jpg', folders[1] / 'x y.png'):
        stem = source.stem.replace(' ', '_')
        (made,) = (p for p in images(out) if p.name.startswith(f'{stem}-'))
        np.testing.assert_array_equal(
            read_rgb_image(str(made)), read_rgb_image(str(source))
        )


def test_photographs_are_turned_upright(folders, out, scenes):
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(scenes(50, SIZE)).save(folders[0] / 'r.jpg', exif=exif)
    prepare_photos(*folders, out, **SETTINGS)
    (made,) = (path for path in images(out) if path.name.startswith('r-'))
    assert read_rgb_image(str(made)).shape == (48, 40, 3)


def test_large_photographs_are_scaled_down(folders, out):
    prepare_photos(*folders, out, min_side=8, max_side=24, use_store=False)
    shapes = {read_rgb_image(str(path)).shape for path in images(out)}
    assert shapes == {(20, 24, 3)}
    assert not (out / 'store').exists()


def test_what_cannot_be_used_is_listed(folders, out, scenes):
    (folders[0] / 'broken.png').write_bytes(b'no')
    Image.fromarray(scenes(60, (20, 20))).save(folders[1] / 'small.png')
    message = (
        r"(?s)2 photographs.*broken.png' is not an image.*small.png' gives "
        r'20x20 pixels.*--skip-unreadable'
    )
    with pytest.raises(ValueError, match=message):
        prepare_photos(*folders, out, **SETTINGS)
    assert not out.exists()
    done = prepare_photos(*folders, out, skip_unreadable=True, **SETTINGS)
    assert (done.num_blur, done.num_sharp) == (4, 3)
    assert [note[:8] for note in done.notes] == ['skipped:'] * 2


def test_files_of_other_kinds_are_counted(folders, out):
    for name in ('a.HEIC', 'b.heic', 'readme', '.hidden.jpg', '@eaDir/x.jpg'):
        (folders[0] / name).parent.mkdir(exist_ok=True)
        (folders[0] / name).touch()
    (note,) = prepare_photos(*folders, out, **SETTINGS).notes
    assert note.startswith('3 files of other kinds left out: ')


@pytest.mark.parametrize('hidden', [True, False])
def test_folder_without_permission_is_named(folders, out, monkeypatch, hidden):
    locked = folders[0] / ('.Trash' if hidden else 'locked')
    locked.mkdir()
    scandir = os.scandir

    def deny(path):
        if os.fspath(path) == str(locked):
            raise PermissionError(13, 'Permission denied', str(path))
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', deny)
    if hidden:
        assert prepare_photos(*folders, out, **SETTINGS).num_blur == 4
        return
    message = f"folder '{locked}' cannot be read: Permission denied; all"
    with pytest.raises(PermissionError, match=message):
        prepare_photos(*folders, out, **SETTINGS)


def test_duplicate_across_domains_is_refused_by_name(folders, out):
    image = read_rgb_image(str(folders[1] / 'x y.png'))
    twin = folders[0] / 'b' / 'twin.jpg'
    Image.fromarray(cv2.blur(image, (5, 1))).resize((72, 60)).save(twin)
    message = r"(?s)1 pair .*b/twin.jpg' and '.*x y.png' \(\d of 64"
    with pytest.raises(ValueError, match=message):
        prepare_photos(*folders, out, **SETTINGS)
    assert not out.exists()
    allowed = prepare_photos(*folders, out, allow_duplicates=True, **SETTINGS)
    assert 'twin.jpg' in allowed.notes[0]
    shutil.rmtree(out)


def test_duplicate_that_was_removed_is_forgotten(folders, out):
    twin = folders[0] / 'twin.png'
    shutil.copy(folders[1] / 'x y.png', twin)
    with pytest.raises(ValueError, match='look alike'):
        prepare_photos(*folders, out, **SETTINGS)
    twin.unlink()
    done = prepare_photos(*folders, out, **SETTINGS)
    assert done.num_blur == 4
    assert len(images(out)) == 7


@pytest.mark.parametrize('is_after', [False, True])
def test_killed_at_any_rename_it_goes_on(folders, out, killed, is_after):
    def run():
        prepare_photos(*folders, out, **SETTINGS)

    number, expected = 0, None
    while killed(run, number := number + 1, is_after):
        done = prepare_photos(*folders, out, **SETTINGS)
        assert (done.num_blur, done.num_sharp) == (4, 3)
        found = sorted(p.relative_to(out) for p in out.rglob('*'))
        assert found == (expected := expected or found)
        json.loads((out / 'prepared.json').read_text())
        shutil.rmtree(out)
    assert number > 7 + 7


def test_folders_must_be_apart(folders, tmp_path, out):
    blur, sharp = folders
    with pytest.raises(ValueError, match='is inside of'):
        prepare_photos(blur, blur, out)
    with pytest.raises(ValueError, match='is inside of'):
        prepare_photos(blur, blur / 'b', out)
    with pytest.raises(ValueError, match='is inside of'):
        prepare_photos(blur, sharp, sharp / 'out')
    with pytest.raises(FileNotFoundError, match=r"nowhere' is not a folder"):
        prepare_photos(blur, tmp_path / 'nowhere', out)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(ValueError, match=r"no photograph in '.*empty'"):
        prepare_photos(blur, tmp_path / 'empty', out)


def test_encoded_image_is_the_image(scenes, tmp_path):
    image = scenes(0)
    (tmp_path / 'x.png').write_bytes(encode_png(image))
    decoded = read_rgb_image(str(tmp_path / 'x.png'))
    np.testing.assert_array_equal(decoded, image)


def test_what_was_left_out_of_a_photograph_is_noted(folders, out):
    path = folders[1] / 'x y.png'
    path.write_bytes(path.read_bytes()[:-12])
    (note,) = prepare_photos(*folders, out, **SETTINGS).notes
    assert note == f"'{path}': it is truncated after its last pixel"


def test_a_pipe_is_named(folders, out):
    os.mkfifo(folders[0] / 'pipe.png')
    with pytest.raises(ValueError, match=r"pipe\.png' is a pipe or device"):
        prepare_photos(*folders, out, **SETTINGS)
