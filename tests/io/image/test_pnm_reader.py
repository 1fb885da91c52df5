"""PNM files of all six kinds and of any depth."""

import numpy as np
import pytest
from samples import DEEP, RGB, gray

from mmasgan.io.image.encoder import encode_photo
from mmasgan.io.image.reader import ImageReadError, read_photo

HEIGHT, WIDTH = RGB.shape[:2]


def pnm(values, kind, most, plain=False):
    head = b'P%d # a comment\n%d %d\n' % (kind, WIDTH, HEIGHT)
    if most:
        head += b'#another\n%d\n' % most
    if plain:
        return head + b'\n'.join(b'%d' % v for v in values.flat) + b'\n'
    return head + values.astype('u1' if most < 256 else '>u2').tobytes()


@pytest.mark.parametrize('most', [1, 15, 100, 255, 256, 1023, 4095, 65535])
@pytest.mark.parametrize('colours', [False, True])
@pytest.mark.parametrize('plain', [False, True])
def test_values_of_any_range(plain, colours, most):
    values = DEEP.astype(int) % (most + 1)
    values = values if colours else values[..., 0]
    kind = 2 + colours + 3 * (not plain)
    photo = read_photo(pnm(values, kind, most, plain))
    high = 255 if most < 256 else 65535
    expected = np.floor(values * high / most + 0.5)
    expected = expected if colours else gray(expected)
    np.testing.assert_array_equal(photo.pixels, expected)
    assert photo.pixels.dtype == (np.uint8 if most < 256 else np.uint16)
    assert photo.is_gray is not colours
    assert bool(photo.notes) is (255 < most < 65535)
    after = read_photo(encode_photo(photo, '.ppm')).pixels
    back = np.rint(after / high * most)
    first = values[..., 0] if colours else values
    np.testing.assert_array_equal(back[..., 0], first)


@pytest.mark.parametrize('plain', [False, True])
def test_bitmaps_are_black_where_they_are_one(plain):
    bits = RGB[..., 0] > 99
    head = b'P%d %d %d\n' % (1 if plain else 4, WIDTH, HEIGHT)
    if plain:
        content = head + b''.join(b'%d' % bit for bit in bits.flat)
    else:
        content = head + np.packbits(bits, axis=1).tobytes()
    photo = read_photo(content)
    np.testing.assert_array_equal(photo.pixels, gray(255 * ~bits))


@pytest.mark.parametrize(
    ('content', 'problem'),
    [
        (b'P6\n3 x 255\n', 'is damaged: its header'),
        (b'P6\n3 0 255\n', 'its header has 3x0 pixels'),
        (b'P6\n3 3 70000\n', 'values up to 70000'),
        (b'P6\n3 3 255\n' + bytes(26), 'is truncated: it has 26 of 27'),
        (b'P5\n3 3 1000\n' + bytes(17), 'is truncated: it has 17 of 18'),
        (b'P4\n9 3\n' + bytes(5), 'is truncated: it has 5 of 6'),
        (b'P5\n2 2 9\n' + b'\x0a' * 4, 'it has values above 9'),
        (b'P2\n2 2 9\n1 2 3', 'is truncated: it has 3 of 4'),
        (b'P2\n2 2 9\n1 2 3 x', 'a value is not a number'),
        (b'P2\n2 2 9\n1 2 3 -1', 'a value is not a number|above 9'),
        (b'P5\n2 1 99\n12\nP5\n2 1 9\n12', 'contains several pictures'),
        (b'P6\n999999 999999 255\n', 'has too many pixels'),
    ],
)
def test_what_is_wrong_is_said(content, problem):
    with pytest.raises(ImageReadError, match=problem):
        read_photo(content)


def test_a_last_value_that_may_be_cut_is_noted():
    photo = read_photo(b'P2 2 1 99\n12 13')
    assert 'its last value may be truncated' in photo.notes[0]
    assert read_photo(b'P2 2 1 99\n12 13\n').notes == ()


@pytest.mark.parametrize('end', [b'\n', b'\r\n', b' '])
def test_the_header_may_end_in_several_ways(end):
    content = b'P6%s21 18%s255%s' % (end, end, end) + RGB.tobytes()
    photo = read_photo(content)
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert photo.notes == ()


def test_what_follows_is_noted():
    photo = read_photo(b'P5\n2 1 99\n12something')
    assert photo.notes == ('bytes after its pixels are left out',)
