import os
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from mmengine import fileio
from PIL import Image, ImageFile

from mmasgan.datasets import LoadRGBImage, read_rgb_image
from mmasgan.io.image.photo import ImageWarning
from mmasgan.io.image.reader import ImageReadError

RGB = np.random.RandomState(0).randint(0, 256, (6, 4, 3), dtype=np.uint8)
GRAY = RGB[..., 0]
DEEP = np.random.RandomState(1).randint(0, 65536, (6, 4, 3), dtype=np.uint16)
DEEP[0, 0] = 0, 128, 65535  # 128 / 257 is just below a half


def rounded(deep):
    return np.rint(deep.astype(np.float64) * 255 / 65535).astype(np.uint8)


def cut(path, keep):
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: int(len(content) * keep)])


def as_rgb(gray):
    return np.repeat(gray[..., None], 3, axis=2)


@pytest.fixture
def save(tmp_path):
    def save(image, name='x.png', **kwargs):
        path = tmp_path / name
        if isinstance(image, np.ndarray):
            image = Image.fromarray(image)
        image.save(path, **kwargs)
        return str(path)

    return save


@pytest.fixture
def save_deep(tmp_path):
    def save(pixels, name):
        path = tmp_path / name
        if pixels.ndim == 3:
            pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
        cv2.imwrite(str(path), pixels)
        return str(path)

    return save


@pytest.mark.parametrize('name', ['x.png', 'x.bmp', 'x.tif', 'x.ppm'])
def test_lossless_rgb_is_read_as_it_is(save, name):
    image = read_rgb_image(save(RGB, name))
    np.testing.assert_array_equal(image, RGB)
    assert image.dtype == np.uint8
    assert image.flags.writeable
    assert image.flags.c_contiguous


def test_jpeg_and_webp_are_read(save):
    smooth = np.tile(
        np.arange(0, 160, 10, dtype=np.uint8)[:, None, None], (1, 16, 3)
    )
    for name in ('x.jpg', 'x.webp'):
        image = read_rgb_image(save(smooth, name, quality=95)).astype(int)
        assert np.abs(image - smooth).max() <= 6


@pytest.mark.parametrize('size', [(1, 1), (1, 70), (37, 1), (13, 7)])
def test_any_size_is_read(save, size):
    pixels = np.resize(RGB, (*size, 3))
    np.testing.assert_array_equal(read_rgb_image(save(pixels)), pixels)


@pytest.mark.parametrize(
    'name', [' a  b.png', 'a\nb.png', 'ä模糊.png', os.fsdecode(b'\xff.png')]
)
def test_any_name_is_read_and_told(save, name):
    path = save(RGB, name)
    np.testing.assert_array_equal(read_rgb_image(path), RGB)
    cut(path, 0.5)
    with pytest.raises(ImageReadError) as caught:
        read_rgb_image(path)
    assert str(caught.value).startswith(f"'{path}' is damaged")
    assert caught.value.path == path


def test_grey_becomes_rgb(save):
    np.testing.assert_array_equal(read_rgb_image(save(GRAY)), as_rgb(GRAY))


def test_bilevel_becomes_rgb(save):
    image = read_rgb_image(save(Image.fromarray(GRAY > 99)))
    np.testing.assert_array_equal(image, as_rgb((GRAY > 99) * np.uint8(255)))


def test_palette_becomes_rgb(save):
    image = Image.fromarray(RGB).quantize(256)
    np.testing.assert_array_equal(
        read_rgb_image(save(image)), np.array(image.convert('RGB'))
    )


def test_cmyk_becomes_rgb(save):
    path = save(Image.new('CMYK', (4, 6), (0, 255, 255, 0)), 'x.tif')
    np.testing.assert_array_equal(
        read_rgb_image(path), np.full((6, 4, 3), (255, 0, 0))
    )


@pytest.mark.parametrize('name', ['x.png', 'x.tif', 'x.ppm'])
def test_16_bit_colours_are_rounded(save_deep, name):
    image = read_rgb_image(save_deep(DEEP, name))
    np.testing.assert_array_equal(image, rounded(DEEP))


@pytest.mark.parametrize('name', ['x.png', 'x.tif', 'x.pgm'])
def test_16_bit_grey_is_rounded(save_deep, name):
    image = read_rgb_image(save_deep(DEEP[..., 0], name))
    np.testing.assert_array_equal(image, as_rgb(rounded(DEEP[..., 0])))


def test_opaque_alpha_is_dropped(save, save_deep):
    rgba = np.dstack([RGB, np.full((6, 4), 255, np.uint8)])
    np.testing.assert_array_equal(read_rgb_image(save(rgba)), RGB)
    deep = np.dstack([DEEP, np.full((6, 4), 65535, np.uint16)])
    path = save_deep(deep, 'deep.png')
    np.testing.assert_array_equal(read_rgb_image(path), rounded(DEEP))


def with_hole():
    return Image.fromarray(np.dstack([RGB, GRAY]))


def key_colour():
    return Image.fromarray(RGB).quantize(16)


@pytest.mark.parametrize(
    ('image', 'kwargs'),
    [
        (with_hole(), {}),
        (with_hole().convert('LA'), {}),
        (key_colour(), {'transparency': 3}),
    ],
)
def test_transparent_pixels_are_refused(save, image, kwargs):
    with pytest.raises(ImageReadError, match=r"x.png' has transparent pixels"):
        read_rgb_image(save(image, **kwargs))


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('name', ['x.png', 'x.tif'])
def test_exif_orientation_is_applied(save, name, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    upright = {
        1: RGB,
        2: RGB[:, ::-1],
        3: RGB[::-1, ::-1],
        4: RGB[::-1],
        5: RGB.swapaxes(0, 1),
        6: np.rot90(RGB, -1),
        7: np.rot90(RGB, 2).swapaxes(0, 1),
        8: np.rot90(RGB),
    }[orientation]
    image = read_rgb_image(save(RGB, name, exif=exif))
    np.testing.assert_array_equal(image, upright)


@pytest.mark.parametrize('name', ['x.gif', 'x.png', 'x.tif', 'x.webp'])
def test_several_frames_are_refused(save, name):
    more = [Image.fromarray(255 - RGB)]
    path = save(RGB, name, save_all=True, append_images=more)
    # Those of a TIFF file are not counted, which may take for ever.
    count = '2 frames or more;' if name == 'x.tif' else '2 frames;'
    with pytest.raises(ImageReadError, match=f"{name}' contains {count} save"):
        read_rgb_image(path)


def test_previews_in_camera_files_are_ignored(save):
    more = [Image.fromarray(RGB[:2, :2])]
    path = save(RGB, 'x.mpo', save_all=True, append_images=more)
    assert read_rgb_image(path).shape == (6, 4, 3)


@pytest.mark.parametrize('mode', ['F', 'I'])
def test_32_bits_are_refused(save, mode):
    path = save(Image.new(mode, (4, 6)), 'x.tif')
    with pytest.raises(
        ImageReadError, match=r"x.tif' has .*32 bits per pixel"
    ):
        read_rgb_image(path)


NOISE = np.random.RandomState(2).randint(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize('keep', [0.2, 0.5, 0.9, 0.98])
@pytest.mark.parametrize(
    'name', ['x.png', 'x.jpg', 'x.bmp', 'x.tif', 'x.webp']
)
def test_truncated_files_are_refused(save, name, keep):
    path = save(NOISE, name)
    cut(path, keep)
    with pytest.raises(
        ImageReadError, match=f"{name}' is (damaged or|not an)"
    ):
        read_rgb_image(path)


def test_truncated_deep_files_are_refused(save_deep):
    path = save_deep(NOISE.astype(np.uint16) * 257, 'x.png')
    cut(path, 0.5)
    with pytest.raises(
        ImageReadError, match=r"x.png' is damaged or truncated"
    ):
        read_rgb_image(path)


def test_truncated_files_are_refused_whatever_others_set(save, monkeypatch):
    monkeypatch.setattr(ImageFile, 'LOAD_TRUNCATED_IMAGES', True)
    path = save(NOISE, 'x.jpg')
    cut(path, 0.5)
    with pytest.raises(ImageReadError, match='damaged or truncated'):
        read_rgb_image(path)
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_damaged_pixels_are_refused(save):
    path = save(NOISE)
    content = bytearray(Path(path).read_bytes())
    content[len(content) // 2] ^= 0xFF
    Path(path).write_bytes(content)
    with pytest.raises(ImageReadError, match='damaged or truncated'):
        read_rgb_image(path)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', r'is empty \(0 bytes\); copy or download'),
        (b'<html>404</html>', 'is a web page, not an image'),
    ],
)
def test_files_that_are_no_image_are_refused(tmp_path, content, message):
    path = tmp_path / 'x.png'
    path.write_bytes(content)
    with pytest.raises(ImageReadError, match=f"x.png' {message}"):
        read_rgb_image(str(path))


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(ImageReadError, match=r"no.png' does not exist; was"):
        read_rgb_image(str(tmp_path / 'no.png'))
    os.symlink('nowhere.png', tmp_path / 'link.png')
    with pytest.raises(ImageReadError, match=r"link.png' does not exist"):
        read_rgb_image(str(tmp_path / 'link.png'))
    with pytest.raises(ImageReadError, match=r'cannot be read: .*directory'):
        read_rgb_image(str(tmp_path))


def test_missing_permission_is_named(save, monkeypatch):
    def deny(path, backend_args=None):
        raise PermissionError(13, 'Permission denied', path)

    monkeypatch.setattr(fileio, 'get', deny)
    with pytest.raises(ImageReadError, match='permission denied; allow this'):
        read_rgb_image(save(RGB))


def test_decompression_bomb_is_refused(save, monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 10)
    with pytest.raises(ImageReadError, match=r'too many pixels.*24 pixels'):
        read_rgb_image(save(RGB))


def test_storage_backend_is_used(monkeypatch):
    buffer = BytesIO()
    Image.fromarray(RGB).save(buffer, 'png')
    seen = {}

    def get(path, backend_args=None):
        seen.update(path=path, backend_args=backend_args)
        return buffer.getvalue()

    monkeypatch.setattr(fileio, 'get', get)
    args = {'backend': 'petrel'}
    image = read_rgb_image('s3://bucket/x.png', args)
    np.testing.assert_array_equal(image, RGB)
    assert seen == {'path': 's3://bucket/x.png', 'backend_args': args}


def test_what_was_left_out_is_a_warning_that_names_the_file(save):
    path = save(RGB)
    Path(path).write_bytes(Path(path).read_bytes()[:-12])
    with pytest.warns(ImageWarning, match=r"x\.png': it is truncated"):
        image = read_rgb_image(path)
    np.testing.assert_array_equal(image, RGB)


def test_a_pipe_is_named_and_not_waited_for(tmp_path):
    path = str(tmp_path / 'x.png')
    os.mkfifo(path)
    with pytest.raises(ImageReadError, match=r"x\.png' is a pipe or device"):
        read_rgb_image(path)


@pytest.mark.parametrize('deep', [False, True])
def test_tiff_files_of_separate_planes(tmp_path, deep):
    path = str(tmp_path / 'x.tif')
    pixels = DEEP if deep else RGB
    planes = np.moveaxis(pixels, 2, 0)
    tifffile.imwrite(path, planes, photometric='rgb', planarconfig='separate')
    expected = rounded(DEEP) if deep else RGB
    np.testing.assert_array_equal(read_rgb_image(path), expected)
    results = LoadRGBImage(['img']).transform({'img_path': path})
    np.testing.assert_array_equal(results['img'], expected)
