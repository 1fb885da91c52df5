import os
import sys
from itertools import pairwise

import av
import numpy as np
import pytest
from clips import SHARP, picture, planes, psnr, read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video
from mmasgan.apis.inference.video import VIDEO_SUFFIXES
from mmasgan.io.video.encoding import open_svt_av1


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'pix_fmt', 'codec', 'least'),
    [
        ('.mp4', 'libx264', 'yuv420p', 'h264', 37),
        ('.mkv', 'libx264', 'yuv444p10le', 'h264', 37),
        ('.mp4', 'libx265', 'yuv420p10le', 'hevc', 40),
        ('.webm', 'libvpx-vp9', 'yuv420p', 'vp9', 38),
        ('.webm', 'libvpx', 'yuv420p', 'vp8', 40),
        ('.mp4', 'libsvtav1', 'yuv420p10le', 'av1', 40),
        ('.avi', 'mpeg4', 'yuv420p', 'mpeg4', 38),
        ('.avi', 'mjpeg', 'yuvj420p', 'mjpeg', 44),
        ('.mov', 'prores_ks', 'yuv422p10le', 'prores', 50),
        ('.avi', 'libx264', 'yuv420p', 'h264', 37),
        ('.ts', 'libx264', 'yuv420p', 'h264', 37),
        ('.mts', 'libx264', 'yuv420p', 'h264', 37),
    ],
)
def test_video_that_is_not_changed_stays_as_it_is(
    tmp_path, suffix, encoder, pix_fmt, codec, least
):
    options = SHARP if encoder.startswith('lib') else {}
    if suffix == '.avi':
        options = {**options, 'bf': '0'}
    source = write_clip(
        tmp_path / f'a b é{suffix}', encoder, pix_fmt, options=options
    )
    target = tmp_path / f'result{suffix}'
    result = deblur_video(source, target, same)
    assert result == (10, ())
    before, after = read_clip(source), read_clip(target)
    assert after.codec == before.codec == codec
    for what in ('pix_fmt', 'size', 'time_base', 'rate', 'tags', 'ratio'):
        assert getattr(after, what) == getattr(before, what), what
    if suffix == '.avi' and codec == 'h264':  # FFmpeg guesses times there
        assert [b - a for a, b in pairwise(after.times)] == [
            b - a for a, b in pairwise(before.times)
        ]
    else:
        assert after.times == before.times
    for old, new in zip(before.frames, after.frames, strict=True):
        found = psnr(
            old.to_ndarray(format='rgb24'), new.to_ndarray(format='rgb24')
        )
        assert found > least


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'pix_fmt', 'tolerance'),
    [
        ('.mkv', 'ffv1', 'bgr0', 0),
        ('.mkv', 'ffv1', 'gbrp10le', 0),
        ('.mkv', 'ffv1', 'rgb48le', 0),
        ('.mkv', 'ffv1', 'gray', 0),
        ('.mkv', 'ffv1', 'yuv444p', 1),
        ('.mkv', 'ffv1', 'yuv444p16le', 2),
        ('.avi', 'huffyuv', 'rgb24', 0),
        ('.avi', 'utvideo', 'gbrp', 0),
        ('.mov', 'png', 'rgb24', 0),
        ('.mov', 'qtrle', 'rgb24', 0),
    ],
)
def test_lossless_stays_lossless(
    tmp_path, suffix, encoder, pix_fmt, tolerance
):
    source = write_clip(tmp_path / f'a{suffix}', encoder, pix_fmt, count=3)
    target = tmp_path / f'b{suffix}'
    assert deblur_video(source, target, same).notes == ()
    before, after = read_clip(source), read_clip(target)
    assert (after.codec, after.pix_fmt) == (before.codec, before.pix_fmt)
    assert after.tags == before.tags
    for old, new in zip(before.frames, after.frames, strict=True):
        for a, b in zip(planes(old), planes(new), strict=True):
            assert np.abs(a - b).max() <= tolerance


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'pix_fmt', 'note'),
    [
        ('.mkv', 'ffv1', 'yuv420p', None),
        ('.webm', 'libvpx-vp9', 'yuv420p', None),
        ('.mp4', 'mpeg4', 'yuv420p', None),
        ('.mp4', 'libx264', 'yuv444p', None),
        ('.mp4', 'libsvtav1', 'yuv420p', None),
        ('.flv', 'flv', 'yuv420p', 'the picture becomes h264'),
    ],
)
def test_odd_sizes_are_kept(tmp_path, suffix, encoder, pix_fmt, note):
    source = write_clip(
        tmp_path / f'a{suffix}', encoder, pix_fmt, size=(75, 69), count=3
    )
    target = tmp_path / f'b{VIDEO_SUFFIXES[suffix]}'
    notes = deblur_video(source, target, same).notes
    assert any(note in n for n in notes) if note else notes == ()
    before, after = read_clip(source), read_clip(target)
    assert after.size == (75, 69)
    for old, new in zip(before.frames, after.frames, strict=True):
        a, b = (f.to_ndarray(format='rgb24') for f in (old, new))
        assert psnr(a, b) > 33
        assert psnr(a[-3:], b[-3:]) > 28
        assert psnr(a[:, -3:], b[:, -3:]) > 28


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'pix_fmt', 'result', 'codec', 'note'),
    [
        ('.flv', 'flv', 'yuv420p', '.mkv', 'h264', 'since no available'),
        ('.wmv', 'wmv2', 'yuv420p', '.mkv', 'h264', 'writes wmv2'),
        ('.mpg', 'mpeg2video', 'yuv420p', '.mkv', 'h264', 'mpeg2video'),
        ('.avi', 'rawvideo', 'bgr24', '.avi', 'ffv1', 'becomes ffv1'),
        ('.mp4', 'libx264', 'yuv420p', '.webm', 'vp9', 'becomes vp9'),
        ('.mkv', 'libx264', 'yuv420p10le', '.webm', 'av1', 'becomes av1'),
        ('.mov', 'prores_ks', 'yuva444p10le', '.mov', 'prores', 'transparen'),
    ],
)
def test_codecs_without_encoder_become_another_one(
    tmp_path, suffix, encoder, pix_fmt, result, codec, note
):
    assert VIDEO_SUFFIXES[suffix] in (suffix, result)
    source = write_clip(
        tmp_path / f'a{suffix}',
        encoder,
        pix_fmt,
        size=(64, 64),
        count=3,
        frames=[picture(i, (64, 64)) for i in range(3)],
    )
    target = tmp_path / f'b{result}'
    notes = deblur_video(source, target, same).notes
    assert any(note in each for each in notes)
    after = read_clip(target)
    assert after.codec == codec
    assert (
        psnr(after.frames[2].to_ndarray(format='rgb24'), picture(2, (64, 64)))
        > 30
    )


@pytest.mark.skipif(
    sys.platform != 'linux' or os.geteuid() != 0,
    reason='only root on Linux can take the priority',
)
def test_av1_is_encoded_without_real_time_priority(tmp_path):
    """SVT-AV1 takes it, and everything else has to wait."""
    source = write_clip(tmp_path / 'a.mp4', 'libsvtav1')
    expected, found = os.sched_getscheduler(0), set()

    def look(image):
        threads = os.listdir('/proc/self/task')
        found.update(os.sched_getscheduler(int(thread)) for thread in threads)
        return image

    deblur_video(source, tmp_path / 'b.mp4', look)
    look(None)
    with av.open(os.devnull, 'w', format='mp4') as container:
        stream = container.add_stream('libsvtav1', width=20000)
        with pytest.raises(av.ArgumentError):
            open_svt_av1(stream.codec_context)
        look(None)
    assert found == {expected} == {os.SCHED_OTHER}
