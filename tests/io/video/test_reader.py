from pathlib import Path

import av
import numpy as np
import pytest
from clips import read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video
from mmasgan.io.video.reader import VideoReader


@pytest.fixture
def target(tmp_path):
    return tmp_path / 'out' / 'result.mp4'


def test_what_is_no_video_is_named(tmp_path, target):
    path = tmp_path / 'x.mp4'
    with pytest.raises(FileNotFoundError, match=r"x.mp4' does not exist"):
        deblur_video(path, target, same)
    path.write_bytes(b'no video at all' * 100)
    with pytest.raises(ValueError, match=r"x.mp4' is not a video that FFmp"):
        deblur_video(path, target, same)
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('aac', rate=48000)
        container.mux(stream.encode(None))
    with pytest.raises(ValueError, match=r"x.mp4' (has no readable|is not a)"):
        deblur_video(path, target, same)
    whole = write_clip(tmp_path / 'whole.mp4')
    path.write_bytes(whole.read_bytes()[:-500])  # without its index
    with pytest.raises(ValueError, match=r"x.mp4'.*; copy it again"):
        deblur_video(path, target, same)
    assert not target.parent.exists()


def test_pyavs_log_is_off_when_decoders_close(tmp_path):
    """With it, as torchvision 0.21 turns it on, one might never close."""
    path = write_clip(tmp_path / 'a.mp4')
    av.logging.set_level(av.logging.ERROR)
    with VideoReader(path):
        assert av.logging.get_level() is None


@pytest.mark.parametrize(
    ('name', 'encoder', 'options'),
    [
        ('a.mp4', 'libx264', {'movflags': 'faststart'}),
        ('a.mkv', 'libx264', {}),
        ('a.avi', 'mpeg4', {}),
    ],
)
def test_what_is_left_of_a_video_that_was_cut_off_is_deblurred(
    tmp_path, name, encoder, options
):
    frames = list(np.random.randint(0, 256, (60, 48, 64, 3), np.uint8))
    source = write_clip(
        tmp_path / name, encoder, frames=frames, muxer_options=options
    )
    content = source.read_bytes()
    source.write_bytes(content[: len(content) * 6 // 10])
    target = tmp_path / f'b{source.suffix}'
    result = deblur_video(source, target, same)
    assert 25 < result.frames < 45
    assert len(read_clip(target).frames) == result.frames
    assert any(
        'is truncated or damaged at its end' in note
        and f'{result.frames} frames' in note
        and 'of 2.0 s' in note
        for note in result.notes
    )


def test_damage_before_the_end_is_told_with_its_place(tmp_path, target):
    frames = list(np.random.randint(0, 256, (60, 48, 64, 3), np.uint8))
    source = write_clip(
        tmp_path / 'a.mp4', 'mpeg4', frames=frames, options={'g': '1'}
    )
    with av.open(str(source)) as container:
        packets = [p for p in container.demux() if p.size]
        start, size = packets[30].pos, packets[30].size
    content = bytearray(source.read_bytes())
    content[start : start + size] = bytes(size)
    source.write_bytes(content)
    with pytest.raises(
        ValueError,
        match=r"a.mp4' is damaged after frame \d+ \(\d\.\d{3} s\).*-frames:v",
    ) as caught:
        deblur_video(source, target, same)
    number = int(str(caught.value).split('after frame ')[1].split()[0])
    assert 28 <= number <= 30
    assert list(target.parent.glob('*')) == []


def test_frames_that_ffmpeg_mended_are_told(tmp_path):
    frames = list(np.random.randint(0, 256, (40, 48, 64, 3), np.uint8))
    source = write_clip(tmp_path / 'a.mp4', frames=frames)
    with av.open(str(source)) as container:
        packets = [p for p in container.demux() if p.size]
        start, size = packets[20].pos, packets[20].size
    content = bytearray(source.read_bytes())
    content[start + size // 2 : start + size] = bytes(size - size // 2)
    source.write_bytes(content)
    result = deblur_video(source, tmp_path / 'b.mp4', same)
    assert result.frames == 40
    assert 'is damaged: 1 frame(s), the first being frame' in result.notes[0]


def test_names_are_never_taken_for_addresses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = write_clip(tmp_path / 'a.mp4', count=3)
    strange = source.rename(tmp_path / 'http:a%03d.mp4')
    result = deblur_video(Path(strange.name), Path('c:b%d.mp4'), same)
    assert result.frames == 3
    assert (tmp_path / 'c:b%d.mp4').is_file()


@pytest.mark.skipif(
    not hasattr(av.VideoCodecContext, 'field_order'),
    reason='PyAV below 18 does not know what a header says about fields',
)
@pytest.mark.parametrize(
    ('name', 'encoder', 'pix_fmt', 'options'),
    [
        ('a.mp4', 'libx264', 'yuv420p', {'flags': '+ildct+ilme'}),
        ('a.mkv', 'mpeg2video', 'yuv420p', {'flags': '+ildct+ilme'}),
        ('a.mov', 'prores_ks', 'yuv422p10le', {'flags': '+ildct'}),
        ('a.mov', 'mjpeg', 'yuvj420p', {}),
        ('a.mkv', 'ffv1', 'yuv420p', {}),
        ('a.mov', 'png', 'rgb24', {}),
    ],
)
def test_interlaced_videos_are_refused(
    tmp_path, target, name, encoder, pix_fmt, options
):
    """Frames say so, or the file does, for codecs that cannot."""
    source = write_clip(
        tmp_path / name,
        encoder,
        pix_fmt,
        options=options,
        tags={'field_order': 2},
    )
    with pytest.raises(ValueError, match=r'is interlaced \(frame 1\).* bwdif'):
        deblur_video(source, target, same)
    assert not target.parent.exists()


@pytest.mark.parametrize(
    'text',
    [
        "ffconcat version 1.0\nfile '{}'\n",
        '#EXTM3U\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n',
    ],
    ids=['ffconcat', 'hls'],
)
def test_lists_of_other_files_are_no_videos(tmp_path, target, text):
    write_clip(tmp_path / 'secret.mp4')
    path = tmp_path / 'list.mp4'
    path.write_text(text.format('secret.mp4'))
    with pytest.raises(ValueError, match=r"list\.mp4' is not a video"):
        deblur_video(path, target, same)
    assert not target.exists()
