import hashlib
import json
import shutil
import zipfile

import pytest

from mmasgan.datasets import UnpairedGoProDataset
from mmasgan.datasets.image_store import ImageStore
from mmasgan.datasets.prepare import gopro
from mmasgan.datasets.prepare.gopro import prepare_gopro


@pytest.fixture
def archive(small_gopro, tmp_path):
    path = tmp_path / 'GOPRO_Large.zip'
    with zipfile.ZipFile(path, 'w') as opened:
        for image in sorted(small_gopro.rglob('*.png')):
            opened.write(image, image.relative_to(tmp_path))
    shutil.rmtree(small_gopro)
    return path


def is_ready(done):
    dataset = UnpairedGoProDataset(done.root, split_file=done.split_file)
    assert (dataset.num_blur, dataset.num_sharp) == (
        done.num_blur,
        done.num_sharp,
    )
    store = ImageStore(done.store)
    for sample in dataset:
        for key in ('img_blur_path', 'img_sharp_path'):
            assert store.read(sample[key]).shape == (40, 48, 3)
    return True


def test_archive_becomes_data(archive, tmp_path):
    done = prepare_gopro(archive, tmp_path / 'data' / 'gopro')
    assert done.notes == ()
    assert {p.name for p in done.root.iterdir()} == {
        'train',
        'test',
        'store',
        'split.json',
    }
    assert not (tmp_path / 'data' / 'gopro.part').exists()
    assert is_ready(done)
    assert prepare_gopro(archive, tmp_path / 'data' / 'gopro') == done


def test_a_part_that_is_a_link_is_not_followed(archive, tmp_path):
    elsewhere = tmp_path / 'elsewhere'
    elsewhere.mkdir()
    (tmp_path / 'gopro.part').symlink_to(elsewhere)
    with pytest.raises(OSError, match=r"gopro\.part' is a link"):
        prepare_gopro(archive, tmp_path / 'gopro')
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize('inner', ['', 'GOPRO_Large'])
def test_folder_is_used_where_it_is(small_gopro, tmp_path, inner):
    path = small_gopro if inner == '' else small_gopro.parent
    done = prepare_gopro(path, tmp_path / 'unused')
    assert done.root == small_gopro
    assert is_ready(done)
    assert not (tmp_path / 'unused').exists()


def test_split_is_the_one_a_data_set_would_draw(small_gopro):
    done = prepare_gopro(small_gopro, use_store=False)
    assert done.store is None
    own = UnpairedGoProDataset(small_gopro, seed=0)
    other = UnpairedGoProDataset(
        small_gopro, split_file=done.split_file, seed=0
    )
    assert [*own] == [*other]


def test_shuffled_split_stores_everything(small_gopro):
    done = prepare_gopro(small_gopro, split='shuffled')
    assert (done.num_blur, done.num_sharp) == (5, 5)
    assert json.loads(done.split_file.read_text())['mode'] == 'shuffled'


def test_missing_pair_is_refused_unless_allowed(archive, tmp_path):
    with zipfile.ZipFile(archive) as opened:
        members = {n: opened.read(n) for n in opened.namelist()}
    with zipfile.ZipFile(archive, 'w') as opened:
        for name, content in members.items():
            if not name.endswith('train/b/blur/000006.png'):
                opened.writestr(name, content)
    out = tmp_path / 'gopro'
    message = r"(?s)'train/b/sharp/000006.png' has no blur.*--allow-partial"
    with pytest.raises(ValueError, match=message):
        prepare_gopro(archive, out)
    assert not out.exists()
    done = prepare_gopro(archive, out, allow_partial=True)
    assert done.notes[0] == "'train/b/sharp/000006.png' has no blur image"
    assert len(done.notes) == 2


def test_sequences_that_came_later_are_told(small_gopro, tmp_path):
    (small_gopro / 'train' / 'c').rename(tmp_path / 'c')
    prepare_gopro(small_gopro, allow_partial=True)
    (tmp_path / 'c').rename(small_gopro / 'train' / 'c')
    (note,) = prepare_gopro(small_gopro).notes
    assert "does not use 1 sequences, such as 'train/c'" in note


def test_scenes_that_look_alike_are_told(small_gopro):
    for name in 'ac':
        for kind in ('blur', 'sharp'):
            shutil.copy(
                small_gopro / 'train' / 'b' / kind / '000005.png',
                small_gopro / 'train' / name / kind / '000001.png',
            )
    (note,) = prepare_gopro(small_gopro).notes
    assert 'look alike' in note


@pytest.mark.parametrize('is_after', [False, True])
def test_killed_at_any_rename_it_goes_on(archive, tmp_path, killed, is_after):
    out = tmp_path / 'gopro'

    def run():
        prepare_gopro(archive, out)

    number, expected = 0, None
    while killed(run, number := number + 1, is_after):
        # Nothing that is half there can be trained on.
        if not (out / 'train').exists():
            with pytest.raises(FileNotFoundError, match='is not a folder'):
                len(UnpairedGoProDataset(out))
        done = prepare_gopro(archive, out)
        assert is_ready(done)
        found = sorted(p.relative_to(out) for p in out.rglob('*'))
        assert found == (expected := expected or found)
        shutil.rmtree(out)
    assert number >= 14 + 1 + 5 + 2  # images, folder, store, split


def test_archive_is_downloaded_and_checked(archive, tmp_path, monkeypatch):
    def fetch(url, path):
        assert url == 'http://x'
        shutil.copy(archive, path)

    monkeypatch.setattr(gopro, 'download', fetch)
    path = tmp_path / 'fetched.zip'
    with pytest.raises(ValueError, match='has the SHA-256'):
        prepare_gopro(path, tmp_path / 'out', url='http://x', sha256='0' * 64)
    assert not (tmp_path / 'out').exists()
    said = []
    monkeypatch.setattr(
        gopro, 'print_log', lambda line, **_: said.append(line)
    )
    assert is_ready(prepare_gopro(path, tmp_path / 'out', url='http://x'))
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f'has the SHA-256 {expected}' in said[0]


def test_other_places_are_refused(archive, tmp_path):
    with pytest.raises(FileNotFoundError, match='add --download URL'):
        prepare_gopro(tmp_path / 'nowhere')
    (tmp_path / 'mine' / 'x').mkdir(parents=True)
    with pytest.raises(ValueError, match=r"neither 'train'.*but \['x'\]"):
        prepare_gopro(tmp_path / 'mine')
    with pytest.raises(ValueError, match=r"mine' exists and is not GoPro"):
        prepare_gopro(archive, tmp_path / 'mine')
    (tmp_path / 'empty').mkdir()
    assert is_ready(prepare_gopro(archive, tmp_path / 'empty'))


def test_real_frames_become_a_store(real_root, tmp_path):
    for kind in ('blur', 'sharp'):
        for sequence in ('GOPR0372_07_00', 'REDS_020'):
            folder = tmp_path / 'g' / 'train' / sequence / kind
            source = real_root / 'train' / sequence / kind
            folder.mkdir(parents=True)
            for path in sorted(source.iterdir())[::20]:
                shutil.copy(path, folder)
    done = prepare_gopro(tmp_path / 'g', allow_partial=True)
    assert sorted([done.num_blur, done.num_sharp]) == [1, 3]
    assert not any('look alike' in note for note in done.notes)
