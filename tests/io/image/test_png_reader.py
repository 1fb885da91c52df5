"""PNG files whose chunks are written by hand."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from samples import (
    ALPHA,
    DEEP,
    DEEP_ALPHA,
    RGB,
    SRGB,
    XMP,
    chunk,
    exif,
    gray,
    png,
    png_chunks,
)

from mmasgan.io.image.encoder import encode_photo
from mmasgan.io.image.reader import ImageReadError, read_photo

CHROMATICITIES = struct.pack('>8I', *range(30000, 30008))
COLOUR = {
    b'gAMA': struct.pack('>I', 100000),
    b'cHRM': CHROMATICITIES,
    b'sRGB': b'\0',
    b'cICP': bytes([12, 13, 0, 1]),
    b'mDCV': bytes(24),
    b'cLLI': bytes(8),
}
TEXTS = [
    (b'tEXt', b'Title\0x'),
    (b'zTXt', b'Author\0\0' + zlib.compress(b'somebody')),
    (b'iTXt', b'Copyright\0\0\0de\0\0' + 'für alle'.encode()),
]


@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('kind', COLOUR)
def test_how_colours_are_meant_is_kept(kind, bits):
    samples = RGB if bits == 8 else DEEP
    photo = read_photo(png(samples, (kind, COLOUR[kind])))
    found = png_chunks(encode_photo(photo, '.png'))
    assert (kind, COLOUR[kind]) in found
    assert found[-2][0] == b'IDAT'
    assert photo.notes == ()


def test_texts_are_kept_wherever_they_are():
    photo = read_photo(png(RGB, *TEXTS[:2], after=TEXTS[2:]))
    found = png_chunks(encode_photo(photo, '.png'))
    assert [one for one in found if one[0].endswith((b'Xt', b'XT'))] == TEXTS


@pytest.mark.parametrize('size', [3_000_000, 20_000_000])
def test_texts_and_profiles_may_be_long(size):
    profile = SRGB + bytes(size)
    photo = read_photo(
        png(
            RGB,
            (b'iCCP', b'x\0\0' + zlib.compress(profile)),
            (b'zTXt', b'history\0\0' + zlib.compress(bytes(size))),
            (b'tEXt', b'history\0' + b'x' * size),
        )
    )
    assert photo.icc_profile == profile
    after = read_photo(encode_photo(photo, '.png'))
    assert after.icc_profile == profile
    assert after.png_chunks == photo.png_chunks
    assert photo.notes == ()


def test_a_bomb_is_left_out_with_a_note():
    bomb = zlib.compress(bytes(70_000_000))
    photo = read_photo(png(RGB, (b'iCCP', b'x\0\0' + bomb)))
    assert photo.icc_profile is None
    assert photo.notes == ('its colour profile is damaged and left out',)


@pytest.mark.parametrize('packed', [False, True])
def test_xmp_data(packed):
    text = zlib.compress(XMP) if packed else XMP
    head = b'XML:com.adobe.xmp\0' + bytes([packed, 0]) + b'\0\0'
    photo = read_photo(png(RGB, (b'iTXt', head + text)))
    upright = XMP.replace(b'"6"', b'"1"')
    assert photo.xmp == upright
    assert photo.png_chunks == ()
    assert read_photo(encode_photo(photo, '.png')).xmp == upright


@pytest.mark.parametrize('kind', [b'eXIf', b'tEXt', b'zTXt'])
def test_exif_data_of_three_kinds_turn_the_image(kind):
    data = exif(orientation=6)
    if kind == b'eXIf':
        content = data[6:]
    else:
        text = b'\nexif\n%8d\n%s\n' % (len(data), data.hex().encode())
        content = b'Raw profile type exif\0'
        content += b'\0' + zlib.compress(text) if kind == b'zTXt' else text
    photo = read_photo(png(RGB, (kind, content)))
    np.testing.assert_array_equal(photo.pixels, np.rot90(RGB, -1))
    assert b'Maker' in photo.exif
    assert photo.png_chunks == ()


@pytest.mark.parametrize(
    ('kind', 'content'),
    [(b'tEXt', b'\nexif\n 4\nno digits\n'), (b'zTXt', b'\0not compressed')],
)
def test_damaged_exif_data_are_noted(kind, content):
    name = b'Raw profile type exif\0'
    photo = read_photo(png(RGB, (kind, name + content)))
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert photo.notes == ('its EXIF data are damaged and left out',)


def test_a_file_without_pixels_is_refused():
    content = png()[:8] + chunk(b'IEND', b'')
    with pytest.raises(ImageReadError, match='a PNG file without pixels'):
        read_photo(content)


@pytest.mark.parametrize(
    ('samples', 'options', 'alpha'),
    [
        (gray(RGB[..., 0])[..., 0], {}, None),
        (DEEP[..., 0], {}, None),
        (np.dstack([RGB[..., 0], ALPHA]), {}, ALPHA),
        (np.dstack([DEEP[..., 0], DEEP_ALPHA]), {}, DEEP_ALPHA),
        (np.dstack([RGB, ALPHA]), {}, ALPHA),
        (np.dstack([DEEP, DEEP_ALPHA]), {}, DEEP_ALPHA),
        (RGB[..., 0] >> 4, {'bits': 4}, None),
        (RGB[..., 0] >> 6, {'bits': 2}, None),
        (RGB[..., 0] >> 7, {'bits': 1}, None),
    ],
)
def test_pixels(samples, options, alpha):
    photo = read_photo(png(samples, **options))
    scale = 255 // (2 ** options.get('bits', 8) - 1)
    first = samples if samples.ndim == 2 else samples[..., 0]
    np.testing.assert_array_equal(photo.pixels[..., 0], first * scale)
    assert photo.pixels.dtype == samples.dtype
    if alpha is None:
        assert photo.alpha is None
    else:
        np.testing.assert_array_equal(photo.alpha, alpha)


@pytest.mark.parametrize('bits', [1, 2, 4, 8, 16])
def test_a_grey_key_is_transparent_at_each_depth(bits):
    values = (DEEP[..., 0] >> (16 - bits)).astype('u2' if bits > 8 else 'u1')
    key = int(values[3, 4])
    content = png(values, (b'tRNS', struct.pack('>H', key)), bits=bits)
    photo = read_photo(content)
    high = np.iinfo(photo.alpha.dtype).max
    np.testing.assert_array_equal(photo.alpha, (values != key) * high)


@pytest.mark.parametrize('samples', [RGB, DEEP])
def test_a_colour_key_is_transparent(samples):
    key = samples[3, 4]
    content = png(samples, (b'tRNS', key.astype('>u2').tobytes()))
    photo = read_photo(content)
    is_clear = (samples == key).all(axis=2)
    assert is_clear.sum() == 1
    np.testing.assert_array_equal(photo.alpha == 0, is_clear)
    np.testing.assert_array_equal(photo.pixels, samples)


def test_a_palette_with_transparency():
    palette = RGB.reshape(-1, 3)[:16]
    indices = RGB[..., 1] >> 4
    content = png(indices, bits=4, colour=3, palette=palette.tobytes())
    np.testing.assert_array_equal(read_photo(content).pixels, palette[indices])


def test_interlaced_files_of_16_bits():
    for size in ((18, 21), (1, 1), (3, 2), (5, 9)):
        samples = DEEP[: size[0], : size[1]]
        flags = [cv2.IMWRITE_PNG_COMPRESSION, 1]
        content = cv2.imencode('.png', samples[..., ::-1], flags)[1].tobytes()
        np.testing.assert_array_equal(read_photo(content).pixels, samples)
        content = interlaced(samples)
        np.testing.assert_array_equal(read_photo(content).pixels, samples)
        cut = dict(png_chunks(content))
        cut[b'IDAT'] = zlib.compress(zlib.decompress(cut[b'IDAT'])[:-1])
        with pytest.raises(ImageReadError, match='Not enough image data'):
            read_photo(content[:8] + b''.join(map(chunk, cut, cut.values())))


def interlaced(samples):
    lines = b''
    for y, x, down, right in (
        (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4),
        (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1),
    ):  # fmt: skip
        part = samples[y::down, x::right].astype('>u2')
        if part.size:
            lines += b''.join(b'\0' + row.tobytes() for row in part)
    height, width = samples.shape[:2]
    header = struct.pack('>IIBBBBB', width, height, 16, 2, 0, 0, 1)
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        chunk(*one)
        for one in (
            (b'IHDR', header),
            (b'IDAT', zlib.compress(lines)),
            (b'IEND', b''),
        )
    )


def with_wrong_checksum(content, kind):
    place = content.index(kind) - 4
    (size,) = struct.unpack('>I', content[place : place + 4])
    content = bytearray(content)
    content[place + 8 + size] ^= 1
    return bytes(content)


@pytest.mark.parametrize('kind', [b'tEXt', b'gAMA', b'pHYs', b'iCCP'])
def test_a_wrong_checksum_beside_the_picture_is_noted(kind):
    contents = {
        b'tEXt': b'Title\0x',
        b'gAMA': struct.pack('>I', 45455),
        b'pHYs': struct.pack('>IIB', 9, 9, 1),
        b'iCCP': b'x\0\0' + zlib.compress(SRGB),
    }
    content = with_wrong_checksum(png(RGB, (kind, contents[kind])), kind)
    photo = read_photo(content)
    np.testing.assert_array_equal(photo.pixels, RGB)
    name = kind.decode()
    assert photo.notes == (
        f'the checksum of its chunk {name} is wrong; the chunk is left out',
    )


@pytest.mark.parametrize('kind', [b'IHDR', b'IDAT', b'tRNS'])
def test_a_wrong_checksum_of_the_picture_is_refused(kind):
    content = png(RGB, (b'tRNS', bytes(6)))
    with pytest.raises(
        ImageReadError, match=f'chunk {kind.decode()} is wrong'
    ):
        read_photo(with_wrong_checksum(content, kind))


def test_an_end_that_is_missing_is_noted():
    photo = read_photo(png(DEEP)[:-12])
    np.testing.assert_array_equal(photo.pixels, DEEP)
    assert photo.notes == ('it is truncated after its last pixel',)


@pytest.mark.parametrize('samples', [RGB, DEEP])
def test_pixels_that_are_missing_are_refused(samples):
    chunks = dict(png_chunks(png(samples)))
    lines = zlib.decompress(chunks[b'IDAT'])
    chunks[b'IDAT'] = zlib.compress(lines[: len(lines) // 2])
    content = png()[:8] + b''.join(map(chunk, chunks, chunks.values()))
    with pytest.raises(ImageReadError, match='is damaged or truncated'):
        read_photo(content)


def test_what_is_of_a_special_kind_is_named():
    with pytest.raises(ImageReadError, match=r'unsupported chunk \(CgBI\)'):
        read_photo(png(RGB, (b'CgBI', bytes(4))))
    with pytest.raises(ImageReadError, match='contains 3 frames'):
        read_photo(png(RGB, (b'acTL', struct.pack('>II', 3, 0))))


def test_parts_that_are_not_known_are_copied_where_they_may_be():
    photo = read_photo(png(RGB, (b'prVt', b'a'), (b'prVT', b'b')))
    assert photo.png_chunks == ((b'prVt', b'a'),)
    (note,) = photo.notes
    assert note.startswith('its chunk prVT, which may describe the original')


def test_pixels_that_are_not_square_are_noted():
    photo = read_photo(png(RGB, (b'pHYs', struct.pack('>IIB', 2, 1, 0))))
    assert photo.notes == ('its pixel aspect ratio is left out',)
