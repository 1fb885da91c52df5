import os
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFile

from mmasgan.io.image.reader import (
    ImageReadError,
    content_size,
    photo_size,
    read_photo,
)

RGB = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)


def encoded(kind='PNG', image=RGB, **options):
    file = BytesIO()
    Image.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def test_a_file_and_its_content_are_the_same(tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(encoded())
    for source in (path, str(path), encoded()):
        np.testing.assert_array_equal(read_photo(source).pixels, RGB)


def test_the_name_tells_nothing_of_the_format(tmp_path):
    path = tmp_path / 'a.jpg'
    path.write_bytes(encoded('PNG'))
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert photo.suffix == '.png'


@pytest.mark.parametrize(
    ('content', 'problem'),
    [
        (b'', r'is empty \(0 bytes\)'),
        (b'<html>404</html>', 'is a web page, not an image'),
        (b'something else', 'is not an image of a supported format'),
        (encoded()[:2000], 'is damaged or truncated'),
        (
            encoded(save_all=True, append_images=[Image.new('RGB', (9, 9))]),
            'contains 2 frames',
        ),
    ],
)
def test_content_that_is_no_photograph_is_named(tmp_path, content, problem):
    with pytest.raises(ImageReadError, match=f"^'image' {problem}"):
        read_photo(content)
    with pytest.raises(ImageReadError, match=f"^'upload 1' {problem}"):
        read_photo(content, 'upload 1')
    path = tmp_path / 'a.png'
    path.write_bytes(content)
    with pytest.raises(ImageReadError, match=f"^'{path}' {problem}") as caught:
        read_photo(path)
    assert caught.value.path == str(path)


def test_files_that_cannot_be_opened_are_named(tmp_path, monkeypatch):
    with pytest.raises(ImageReadError, match=r"no\.png' does not exist$"):
        read_photo(tmp_path / 'no.png')
    with pytest.raises(ImageReadError, match=r'cannot be read: .*directory'):
        read_photo(tmp_path)
    path = tmp_path / 'a.png'
    path.write_bytes(encoded())

    def deny(self):
        raise PermissionError(13, 'Permission denied', str(self))

    monkeypatch.setattr(type(path), 'read_bytes', deny)
    with pytest.raises(ImageReadError, match='permission denied; allow this'):
        read_photo(path)


@pytest.mark.skipif(os.geteuid() == 0, reason='root may read everything')
def test_a_file_without_permission_is_named(tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(encoded())
    path.chmod(0)
    with pytest.raises(ImageReadError, match='permission denied; allow this'):
        read_photo(path)


def test_too_many_pixels_are_refused(monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 1000)
    with pytest.raises(ImageReadError, match=r'too many pixels.*3072 pixels'):
        read_photo(encoded())


def test_others_cannot_make_it_take_half_a_photograph(monkeypatch):
    monkeypatch.setattr(ImageFile, 'LOAD_TRUNCATED_IMAGES', True)
    with pytest.raises(ImageReadError, match='damaged or truncated'):
        read_photo(encoded('JPEG')[:-400])
    assert ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.process
def test_it_needs_no_pytorch():
    code = (
        'import sys, mmasgan.io.image\n'
        "assert not {'torch', 'mmengine', 'mmagic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, '-c', code], check=True)


def test_sizes_are_read_from_the_header(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 1000)  # is no matter
    for kind in ('PNG', 'JPEG', 'TIFF', 'WEBP', 'BMP', 'PPM'):
        content = encoded(kind)
        path = tmp_path / f'a.{kind}'
        path.write_bytes(content)
        if kind in ('PNG', 'TIFF'):
            assert photo_size(path) == (48, 64)
            assert content_size(content, 'a') == (48, 64)
        else:  # Pillow refuses it
            with pytest.raises(ImageReadError):
                photo_size(path)
    monkeypatch.undo()
    assert photo_size(path) == (48, 64)
    with pytest.raises(ImageReadError, match="'a' is empty"):
        content_size(b'', 'a')


def test_a_pipe_has_no_size(tmp_path):
    os.mkfifo(tmp_path / 'a.png')
    with pytest.raises(ImageReadError, match='is a pipe or device'):
        photo_size(tmp_path / 'a.png')


def test_large_images_are_no_warning(monkeypatch, recwarn):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 2000)
    for kind in ('PNG', 'JPEG', 'WEBP', 'BMP'):
        assert read_photo(encoded(kind)).pixels.shape == RGB.shape
    assert list(recwarn) == []
