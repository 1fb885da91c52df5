import struct
from fractions import Fraction

import pytest
from clips import write_clip

from mmasgan.io.video.mp4 import shown_until


@pytest.mark.parametrize('suffix', ['.mp4', '.mov'])
def test_each_track_says_when_it_ends(tmp_path, suffix):
    path = write_clip(tmp_path / f'a{suffix}', count=30, sound=['aac'])
    picture, sound = shown_until(path)
    assert picture == 1
    assert float(sound) == pytest.approx(1, abs=0.05)


def test_boxes_of_64_bits_are_read(tmp_path):
    def box(name, content):
        return struct.pack('>I4s', 8 + len(content), name) + content

    movie = box(b'mvhd', b'\1\0\0\0' + struct.pack('>QQIQ', 0, 0, 600, 900))
    track = struct.pack('>QQIIQ', 0, 0, 1, 0, 2**33)
    track = box(b'trak', box(b'tkhd', b'\1\0\0\0' + track))
    data = struct.pack('>I4sQ', 1, b'mdat', 16 + 100) + bytes(100)
    path = tmp_path / 'a.mp4'
    path.write_bytes(data + box(b'moov', movie + track))
    assert shown_until(path) == [Fraction(2**33, 600)]


def test_of_what_is_damaged_nothing_is_said(tmp_path):
    path = write_clip(tmp_path / 'a.mp4')
    content = path.read_bytes()
    place = content.index(b'mvhd')
    path.write_bytes(content[: place + 6])
    assert shown_until(path) == []
    path.write_bytes(b'no video')
    assert shown_until(path) == []
