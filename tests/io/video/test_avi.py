import struct

import numpy as np
import pytest
from clips import SOUND_RATE, read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video
from mmasgan.io.video.avi import StreamHeader, read_streams, write_stream

SOUND = [
    'aac', 'ac3', 'adpcm_ima_wav', 'adpcm_ms', 'eac3', 'flac', 'libmp3lame',
    'mp2', 'pcm_alaw', 'pcm_s16le', 'pcm_s24le',
]  # fmt: skip


def test_headers_are_read_and_replaced(tmp_path):
    path = write_clip(tmp_path / 'a.avi', 'mpeg4', sound=['libmp3lame'])
    content = path.read_bytes()
    picture, sound = read_streams(path)
    assert picture.header[:3] == (1, 30, 0)
    assert sound.header.scale / sound.header.rate == 1152 / SOUND_RATE
    assert sound.header.sample_size == 0
    numbers = np.frombuffer(content, '<u4', 7, content.index(b'auds') + 20)
    assert tuple(numbers) == sound.header
    assert sound.blocks[4:] == (1152).to_bytes(2, 'little')
    changed = sound._replace(
        header=StreamHeader(1, 2, 3, 4, 5, 6, 7), blocks=b'blocks'
    )
    write_stream(path, changed)
    assert read_streams(path) == [picture, changed]
    write_stream(path, sound)
    assert path.read_bytes() == content


@pytest.mark.parametrize('codec', SOUND)
def test_copied_sound_is_heard_when_it_was(tmp_path, codec):
    """Its time is that of its samples, which the header counts."""
    source = write_clip(tmp_path / 'a.avi', 'mpeg4', count=60, sound=[codec])
    target = tmp_path / 'b.avi'
    assert deblur_video(source, target, same) == (60, ())
    before, after = read_clip(source), read_clip(target)
    assert len(before.others) > 15
    assert after.others == before.others
    for one, other in zip(
        read_streams(source)[1:], read_streams(target)[1:], strict=True
    ):
        assert one[:2] == other[:2]
    # FFmpeg misreads its own E-AC-3, which no header corrects.
    end = float(before.others[-1][1])
    assert codec == 'eac3' or end == pytest.approx(2, abs=0.1)


def test_sound_of_constant_rate_keeps_its_count(tmp_path):
    """Some programs count the bytes of MP3, whose chunks are any."""
    path = write_clip(
        tmp_path / 'a.avi', 'mpeg4', count=60, sound=['libmp3lame']
    )
    sound = read_streams(path)[1]
    size = sum(len(content) for _, _, content in read_clip(path).others)
    header = sound.header._replace(
        scale=1, rate=size // 2, length=size, sample_size=1
    )
    blocks = struct.pack('<IH', size // 2, 1)
    write_stream(path, sound._replace(header=header, blocks=blocks))

    target = tmp_path / 'b.avi'
    assert deblur_video(path, target, same).frames == 60
    before, after = read_clip(path), read_clip(target)
    assert float(before.others[-1][1]) == pytest.approx(2, abs=0.1)
    assert after.others == before.others
    after = read_streams(target)[1]
    assert (after.header, after.blocks) == (header, blocks)


def test_sound_that_was_cut_off_says_its_own_length(tmp_path):
    source = write_clip(
        tmp_path / 'a.avi', 'mpeg4', count=90, sound=['libmp3lame']
    )
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    target = tmp_path / 'b.avi'
    deblur_video(source, target, same)
    length = read_streams(target)[1].header.length
    assert length < read_streams(source)[1].header.length - 20
    assert abs(length - len(read_clip(target).others)) <= 1
