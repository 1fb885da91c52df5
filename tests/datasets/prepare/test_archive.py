import zipfile

import pytest

from mmasgan.datasets.prepare.archive import LARGEST, unpack_gopro


@pytest.fixture
def archive(small_gopro, tmp_path):
    path = tmp_path / 'GOPRO_Large.zip'
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as opened:
        for image in sorted(small_gopro.rglob('*.png')):
            opened.write(image, image.relative_to(tmp_path))
        opened.writestr('GOPRO_Large/readme.txt', 'hello')
        opened.writestr('__MACOSX/train/a/blur/._000001.png', 'rubbish')
    return path


def add(archive, name, content=b'x', attributes=None):
    info = zipfile.ZipInfo(name)
    if attributes:
        info.external_attr = attributes
    with zipfile.ZipFile(archive, 'a') as opened:
        opened.writestr(info, content)


def add_zeros(archive, name, count):
    with (
        zipfile.ZipFile(archive, 'a', zipfile.ZIP_DEFLATED) as opened,
        opened.open(name, 'w', force_zip64=True) as file,
    ):
        for start in range(0, count, 1 << 20):
            file.write(bytes(min(1 << 20, count - start)))


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file()
    }


def test_images_are_unpacked_and_nothing_else(archive, small_gopro, tmp_path):
    assert unpack_gopro(archive, tmp_path / 'out') == 14
    assert contents(tmp_path / 'out') == contents(small_gopro)
    assert unpack_gopro(archive, tmp_path / 'out') == 0


@pytest.mark.parametrize('harm', [b'', b'short', None])
def test_what_is_not_the_archives_is_unpacked_again(
    archive, small_gopro, tmp_path, harm
):
    out = tmp_path / 'out'
    unpack_gopro(archive, out)
    path = out / 'train' / 'a' / 'blur' / '000001.png'
    path.write_bytes(path.read_bytes()[::-1] if harm is None else harm)
    assert unpack_gopro(archive, out) == 1
    assert contents(out) == contents(small_gopro)


def test_flat_layout_and_no_common_folder_are_fine(tmp_path):
    path = tmp_path / 'x.zip'
    add(path, 'train/input/GOPR0372_07_00-000047.png')
    assert unpack_gopro(path, tmp_path / 'out') == 1
    assert contents(tmp_path / 'out').keys() == {
        'train/input/GOPR0372_07_00-000047.png'
    }


@pytest.mark.parametrize(
    ('name', 'attributes', 'message'),
    [
        ('GOPRO_Large/train/../../../x.png', None, 'points out'),
        ('/train/a/blur/x.png', None, 'points out'),
        ('train/a/blur/..\\..\\x.png', None, 'points out'),
        ('C:/train/a/blur/x.png', None, 'points out'),
        ('../evil.txt', None, 'points out'),
        ('train/a/blur/x.png', 0o120777 << 16, 'is a link'),
    ],
)
def test_archive_that_points_elsewhere_is_refused(
    archive, tmp_path, name, attributes, message
):
    add(archive, name, attributes=attributes)
    with pytest.raises(ValueError, match=f'{message}.*nothing was unpacked'):
        unpack_gopro(archive, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
    assert not list(tmp_path.rglob('*evil*'))


@pytest.mark.parametrize('name', ['../{}', 'train/a/blur/{}\n.png'])
def test_a_long_name_is_shortened_in_the_message(archive, tmp_path, name):
    add(archive, name.format('a' * 5000))
    with pytest.raises(ValueError, match=r'a\.\.\.a.*nothing was') as caught:
        unpack_gopro(archive, tmp_path / 'out')
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize('keep', [0, 10, 0.5, 0.99])
def test_truncated_archive_is_named(archive, tmp_path, keep):
    content = archive.read_bytes()
    size = keep if isinstance(keep, int) else int(keep * len(content))
    archive.write_bytes(content[:size])
    with pytest.raises(
        ValueError, match=r"zip' is not a complete zip archive"
    ):
        unpack_gopro(archive, tmp_path / 'out')


def test_damaged_member_is_named_and_the_rest_kept(archive, tmp_path):
    name = 'GOPRO_Large/train/b/sharp/000005.png'
    with zipfile.ZipFile(archive) as opened:
        offset = opened.getinfo(name).header_offset + len(name) + 200
    content = bytearray(archive.read_bytes())
    content[offset] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(ValueError, match=f"'{name}' in .* is damaged"):
        unpack_gopro(archive, tmp_path / 'out')
    found = contents(tmp_path / 'out')
    assert len(found) >= 4
    assert 'train/b/sharp/000005.png' not in found


def test_two_members_of_one_name_are_refused(archive, tmp_path):
    add(archive, 'other/train/a/blur/000001.png')
    with pytest.raises(
        ValueError, match=r"contains 'train/a/blur/000001.png' t"
    ):
        unpack_gopro(archive, tmp_path / 'out')


def test_another_archive_is_refused(tmp_path):
    add(tmp_path / 'x.zip', 'photos/1.png')
    with pytest.raises(ValueError, match=r"x.zip' is not GoPro's archive"):
        unpack_gopro(tmp_path / 'x.zip', tmp_path / 'out')


def test_encrypted_archive_is_named(archive, tmp_path):
    content = bytearray(archive.read_bytes())
    for mark, offset in ((b'PK\x01\x02', 8), (b'PK\x03\x04', 6)):
        content[content.index(mark) + offset] |= 1
    archive.write_bytes(content)
    with pytest.raises(ValueError, match='cannot be unpacked'):
        unpack_gopro(archive, tmp_path / 'out')


def test_full_disk_is_told_before(archive, tmp_path, full_disk):
    with pytest.raises(OSError, match=r"unpacking 'GOPRO_Large.zip' in"):
        unpack_gopro(archive, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_a_member_that_fills_memory_is_refused(archive, tmp_path):
    add_zeros(archive, 'train/a/blur/9.png', LARGEST + 1)
    assert archive.stat().st_size < 200_000
    with pytest.raises(ValueError, match=r"blur/9\.png' of 100\.0 MB"):
        unpack_gopro(archive, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_members_that_fill_the_disk_are_refused(archive, tmp_path):
    for number in range(3):
        add_zeros(archive, f'train/a/blur/x{number}.png', 50_000_000)
    with pytest.raises(ValueError, match=r'unpacks to 150\.\d MB, too much'):
        unpack_gopro(archive, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    'name', ['train/a/BLUR/000001.png', 'train/A/blur/000001.PNG']
)
def test_names_that_differ_in_case_are_refused(archive, tmp_path, name):
    add(archive, f'GOPRO_Large/{name}')
    if 'BLUR' in name:  # no folder of GoPro's
        unpack_gopro(archive, tmp_path / 'out')
        return
    with pytest.raises(ValueError, match='twice'):
        unpack_gopro(archive, tmp_path / 'out')


def test_control_characters_in_names_are_refused(archive, tmp_path):
    add(archive, 'train/a/blur/\x1b]0;owned\x07.png')
    with pytest.raises(ValueError, match='unprintable') as caught:
        unpack_gopro(archive, tmp_path / 'out')
    assert str(caught.value).isprintable()
    assert not (tmp_path / 'out').exists()
