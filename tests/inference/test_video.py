import gc
import resource
import subprocess
import sys
import weakref
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mmasgan.inference import VIDEO_SUFFIXES, deblur_video

av = pytest.importorskip('av')

from clips import ONE_THREAD, picture, planes, psnr, read_clip, write_clip  # noqa: E402

SHARP = {'crf': '8'}
BT709, SRGB = 1, 13
VFR = [0, 40, 55, 130, 131, 260, 300, 333, 500, 504]


def same(image):
    return image


@pytest.fixture
def target(tmp_path):
    return tmp_path / 'out' / 'result.mp4'


def leftovers(target):
    return sorted(path.name for path in target.parent.glob('*'))


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
    ('suffix', 'encoder', 'pix_fmt', 'tags'),
    [
        ('.mp4', 'libx264', 'yuv420p', (2, BT709, SRGB, BT709)),
        ('.mkv', 'libx264', 'yuv420p', (1, 6, 6, 6)),
        ('.mp4', 'libx265', 'yuv420p10le', (1, 9, 14, 9)),
        ('.mp4', 'libvpx-vp9', 'yuv420p', (2, 5, 6, 5)),
        ('.mov', 'prores_ks', 'yuv422p10le', (1, BT709, BT709, BT709)),
        ('.mkv', 'ffv1', 'yuv422p10le', (2, 6, 6, 6)),
        ('.mp4', 'mpeg4', 'yuv420p', (1, 6, 6, 6)),
        ('.mp4', 'libsvtav1', 'yuv420p', (1, 9, 14, 9)),
    ],
)
def test_colours_are_converted_by_the_tags_which_are_kept(
    tmp_path, suffix, encoder, pix_fmt, tags
):
    """What the model sees is told by the recommendations, not by FFmpeg."""
    names = ('color_range', 'color_primaries', 'color_trc', 'colorspace')
    bits = av.VideoFormat(pix_fmt).components[0].bits
    step = 2 ** (bits - 8)
    codes = [90 * step, 110 * step, 160 * step]
    plain = 'yuv444p' if bits == 8 else f'yuv444p{bits}le'
    frame = av.VideoFrame(64, 64, plain)
    for plane, code in zip(frame.planes, codes, strict=True):
        dtype = np.uint8 if bits == 8 else np.uint16
        count = plane.buffer_size // np.dtype(dtype).itemsize
        plane.update(np.full(count, code, dtype).tobytes())
    frames = [frame.reformat(format=pix_fmt, **ONE_THREAD)] * 3
    source = write_clip(
        tmp_path / f'a{suffix}',
        encoder,
        pix_fmt,
        frames=frames,
        size=(64, 64),
        tags=dict(zip(names, tags, strict=True)),
        ratio=None if encoder == 'ffv1' else Fraction(4, 3),
        options=SHARP if encoder.startswith('lib') else {},
    )
    seen = []

    def deblur(image):
        seen.append(image.mean((0, 1)) / np.iinfo(image.dtype).max)
        return image

    result = deblur_video(source, tmp_path / f'b{suffix}', deblur)
    assert result.notes == ()
    before, after = read_clip(source), read_clip(tmp_path / f'b{suffix}')
    assert before.tags == tags
    assert after.tags == tags
    assert after.ratio == before.ratio
    assert encoder == 'ffv1' or before.ratio == Fraction(4, 3)
    red, blue = {
        1: (0.2126, 0.0722),
        5: (0.299, 0.114),
        6: (0.299, 0.114),
        9: (0.2627, 0.0593),
    }[tags[3]]
    luma, cb, cr = codes
    if tags[0] == 2:
        most = 2**bits - 1
        luma, cb, cr = luma / most, (cb - 128) / most, (cr - 128) / most
    else:
        luma = (luma / step - 16) / 219
        cb, cr = (cb / step - 128) / 224, (cr / step - 128) / 224
    if tags[0] == 2 and bits > 8:
        half = 2 ** (bits - 1)
        most = 2**bits - 1
        cb, cr = (codes[1] - half) / most, (codes[2] - half) / most
    r, b = luma + 2 * (1 - red) * cr, luma + 2 * (1 - blue) * cb
    expected = [r, (luma - red * r - blue * b) / (1 - red - blue), b]
    assert np.abs(seen[0] - expected).max() < 0.012
    for old, new in zip(before.frames, after.frames, strict=True):
        for a, b in zip(planes(old), planes(new), strict=True):
            assert np.abs(a - b).max() <= 2 * step


def test_changed_pixels_are_written(tmp_path):
    source = write_clip(tmp_path / 'a.mkv', 'ffv1', 'bgr0', count=3)
    colours = [(250, 10, 20), (10, 240, 30), (5, 15, 245)]
    left = iter(colours)
    target = tmp_path / 'b.mkv'
    deblur_video(source, target, lambda x: np.full_like(x, next(left)))
    frames = read_clip(target).frames
    for frame, colour in zip(frames, colours, strict=True):
        assert np.unique(
            frame.to_ndarray(format='rgb24').reshape(-1, 3), axis=0
        ).tolist() == [list(colour)]


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'unit'),
    [
        ('.mp4', 'libx264', 30),  # units of 1/90000 s in a millisecond / 3
        ('.mov', 'libx265', 90),
        ('.mkv', 'libx264', 1),
        ('.webm', 'libvpx-vp9', 1),
        ('.mkv', 'ffv1', 1),
        ('.ts', 'libx264', 90),
    ],
)
@pytest.mark.parametrize('start', [0, 1400])
def test_times_of_frames_are_kept(tmp_path, suffix, encoder, unit, start):
    times = [(start + time) * unit for time in VFR]
    in_ms = suffix in ('.mkv', '.webm')
    time_base = Fraction(1, 1000 if in_ms else 90000)
    source = write_clip(
        tmp_path / f'a{suffix}', encoder, times=times, time_base=time_base
    )
    target = tmp_path / f'b{suffix}'
    assert deblur_video(source, target, same) == (10, ())
    before, after = read_clip(source), read_clip(target)
    assert after.times == before.times
    gaps = [b - a for a, b in pairwise(after.times)]
    expected = [(b - a) * time_base for a, b in pairwise(times)]
    # FFmpeg's own start of the source is in milliseconds in .mp4.
    assert np.abs(np.subtract(gaps, expected)).max() < Fraction(1, 1000)


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'sound'),
    [
        ('.mp4', 'libx264', ['aac', 'aac']),
        ('.mkv', 'libx264', ['libopus', 'aac']),
        ('.webm', 'libvpx-vp9', ['libopus']),
        ('.ts', 'libx264', ['aac']),
        ('.avi', 'mpeg4', ['libmp3lame']),
    ],
)
def test_sound_is_copied_byte_by_byte(tmp_path, suffix, encoder, sound):
    source = write_clip(
        tmp_path / f'a{suffix}', encoder, count=30, sound=sound
    )
    target = tmp_path / f'b{suffix}'
    result = deblur_video(source, target, lambda image: image // 2)
    assert result == (30, ())
    before, after = read_clip(source), read_clip(target)
    assert len(before.others) > 20 * len(sound)
    assert sorted(after.others) == sorted(before.others)
    assert [s[:2] for s in after.streams] == [s[:2] for s in before.streams]


def test_streams_keep_their_order_and_language(tmp_path):
    plain = write_clip(tmp_path / 'plain.mkv', count=30, sound=['aac', 'aac'])
    (tmp_path / 'a.srt').write_text(
        '1\n00:00:00,100 --> 00:00:00,300\nHallo\n\n'
        '2\n00:00:00,400 --> 00:00:00,600\nWelt\n'
    )
    source = tmp_path / 'a.mkv'
    with (
        av.open(str(plain)) as video,
        av.open(str(tmp_path / 'a.srt')) as text,
        av.open(str(source), 'w') as container,
    ):
        copies = {}
        for language, stream in (
            ('fra', video.streams.audio[1]),
            ('jpn', video.streams.video[0]),
            ('deu', text.streams[0]),
            ('eng', video.streams.audio[0]),
        ):
            copy = container.add_stream_from_template(stream, opaque=True)
            copy.metadata['language'] = language
            copies[stream] = copy
        for other in (text, video):
            for packet in other.demux():
                if packet.size:
                    packet.stream = copies[packet.stream]
                    container.mux(packet)
    target = tmp_path / 'b.mkv'
    assert deblur_video(source, target, same) == (30, ())
    before, after = read_clip(source), read_clip(target)
    assert [(kind, data['language']) for kind, _, data in after.streams] == [
        ('audio', 'fra'),
        ('video', 'jpn'),
        ('subtitle', 'deu'),
        ('audio', 'eng'),
    ]
    assert sorted(after.others) == sorted(before.others)
    texts = [content for index, _, content in after.others if index == 2]
    assert texts == [b'Hallo', b'Welt']
    # .mp4 holds the sound, but no such text: that is told.
    notes = deblur_video(source, tmp_path / 'c.mp4', same).notes
    assert len(notes) == 1
    assert 'stream 2 (subtitle' in notes[0]
    assert 'is left out: no .mp4 holds it' in notes[0]


@pytest.mark.parametrize('suffix', ['.mp4', '.mov', '.mkv'])
def test_metadata_are_kept(tmp_path, suffix):
    told = {
        'title': 'Tïtle',
        'comment': 'of a day',
        'creation_time': '2021-05-06T07:08:09.000000Z',
        'location': '+48.1000+011.5000/',
        'com.apple.quicktime.make': 'Apple',
    }
    options = {} if suffix == '.mkv' else {'movflags': 'use_metadata_tags'}
    source = write_clip(
        tmp_path / f'a{suffix}', metadata=told, muxer_options=options
    )
    target = tmp_path / f'b{suffix}'
    deblur_video(source, target, same)
    found = {k.lower(): v for k, v in read_clip(target).metadata.items()}
    assert {key: found.get(key) for key in told} == told


@pytest.mark.skipif(
    not hasattr(av.container.OutputContainer, 'set_chapters'),
    reason='PyAV below 16 does not write chapters',
)
@pytest.mark.parametrize('suffix', ['.mp4', '.mkv'])
def test_chapters_are_kept_once(tmp_path, suffix):
    plain = write_clip(tmp_path / f'plain{suffix}')
    chapters = [
        {
            'id': i + 1,
            'start': 100 * i,
            'end': 100 * i + 100,
            'time_base': Fraction(1, 1000),
            'metadata': {'title': title},
        }
        for i, title in enumerate(('One', 'Two'))
    ]
    source, target = tmp_path / f'a{suffix}', tmp_path / f'b{suffix}'
    with (
        av.open(str(plain)) as video,
        av.open(str(source), 'w') as container,
    ):
        container.set_chapters(chapters)
        copy = container.add_stream_from_template(video.streams.video[0])
        for packet in video.demux():
            if packet.size:
                packet.stream = copy
                container.mux(packet)
    assert deblur_video(source, target, same).notes == ()
    for path in (source, target):
        with av.open(str(path)) as container:
            found = container.chapters()
            assert [c['metadata']['title'] for c in found] == ['One', 'Two']
            starts = [c['start'] * c['time_base'] for c in found]
            assert starts == [0, Fraction(1, 10)]
    assert len(read_clip(target).streams) == len(read_clip(source).streams)


@pytest.mark.parametrize(
    ('matrix', 'turn'),
    [
        # As phones write them: seen is what a matrix makes of (x, y).
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
        ((0, -1, 1, 0), lambda image: np.rot90(image, 1)),
        ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
        ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
        ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
    ],
)
def test_frames_are_turned_upright(tmp_path, matrix, turn):
    image = np.full((48, 64, 3), 30, np.uint8)
    image[:16, :32] = (200, 20, 20)  # red in the upper left
    image[32:, :32] = (20, 200, 20)
    source = write_clip(
        tmp_path / 'a.mp4',
        frames=[image] * 3,
        ratio=Fraction(4, 3),
        options=SHARP,
    )
    content = bytearray(source.read_bytes())
    start = content.index(b'tkhd') + 44
    for offset, value in zip((0, 4, 12, 16), matrix, strict=True):
        place = slice(start + offset, start + offset + 4)
        content[place] = (value << 16).to_bytes(4, 'big', signed=True)
    source.write_bytes(content)
    seen = []

    def deblur(image):
        seen.append(image)
        return image

    deblur_video(source, tmp_path / 'b.mp4', deblur)
    expected = turn(image)
    height, width = expected.shape[:2]
    after = read_clip(tmp_path / 'b.mp4')
    assert after.size == (width, height)
    is_turned = height > width
    assert after.ratio == (Fraction(3, 4) if is_turned else Fraction(4, 3))
    frame = after.frames[0]
    assert frame.rotation == 0
    assert psnr(seen[0], np.ascontiguousarray(expected)) > 28
    assert psnr(frame.to_ndarray(format='rgb24'), expected) > 28


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


def test_shape_of_pixels_that_is_lost_is_told(tmp_path):
    source = write_clip(
        tmp_path / 'a.mp4', 'libvpx-vp9', ratio=Fraction(4, 3), count=3
    )
    notes = deblur_video(source, tmp_path / 'b.webm', same).notes
    assert len(notes) == 1
    assert 'pixels are shown square, not 4:3 as before' in notes[0]
    assert deblur_video(source, tmp_path / 'b.mp4', same).notes == ()


def test_more_than_8_bits_reach_the_model_and_the_file(tmp_path):
    ramp = np.linspace(8000, 12000, 256).round().astype(np.uint16)
    image = np.broadcast_to(ramp[None, :, None], (48, 256, 3))
    source = write_clip(
        tmp_path / 'a.mkv',
        'ffv1',
        'yuv444p10le',
        frames=[np.ascontiguousarray(image)],
        size=(256, 48),
    )
    seen = []

    def deblur(image):
        assert image.dtype == np.uint16
        seen.append(image)
        return image + 4000

    deblur_video(source, tmp_path / 'b.mkv', deblur)
    before, after = (read_clip(tmp_path / n) for n in ('a.mkv', 'b.mkv'))
    levels = len(np.unique(planes(before.frames[0])[0]))
    assert levels > 50  # of 8 bits there would be 16
    assert np.abs(seen[0].astype(int) - image).max() < 65535 / 700
    luma = planes(after.frames[0])[0] - planes(before.frames[0])[0]
    assert np.abs(luma - 4000 / 65535 * 876).max() <= 1
    assert len(np.unique(planes(after.frames[0])[0])) >= levels - 1


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'pix_fmt', 'result', 'codec', 'note'),
    [
        ('.flv', 'flv', 'yuv420p', '.mkv', 'h264', 'since no encoder'),
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


def test_hdr_is_told_and_kept(tmp_path):
    tags = dict(color_range=1, color_primaries=9, color_trc=16, colorspace=9)
    source = write_clip(
        tmp_path / 'a.mp4', 'libx265', 'yuv420p10le', tags=tags, count=3
    )
    notes = deblur_video(source, tmp_path / 'b.mp4', same).notes
    assert len(notes) == 1
    assert 'HDR (PQ)' in notes[0]
    assert read_clip(tmp_path / 'b.mp4').tags == (1, 9, 16, 9)


def test_frames_are_read_one_at_a_time(tmp_path):
    source = write_clip(tmp_path / 'a.mkv', 'ffv1', 'bgr0', count=30)
    given, most = [], 0

    def deblur(image):
        nonlocal most
        given.append(weakref.ref(image if image.base is None else image.base))
        most = max(most, sum(each() is not None for each in given))
        return image

    gc.disable()
    try:
        deblur_video(source, tmp_path / 'b.mkv', deblur)
    finally:
        gc.enable()
    assert len(given) == 30
    assert most <= 2


MEMORY = """
import resource, sys
from pathlib import Path
from mmasgan.inference import deblur_video
assert 'torch' not in sys.modules
deblur_video(Path(sys.argv[1]), Path(sys.argv[2]), lambda image: 255 - image)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_video(tmp_path):
    """A frame has 0.9 MB; the short video already fills all buffers."""
    peaks = []
    image = picture(0, (640, 480))
    for count in (60, 300):
        source = write_clip(
            tmp_path / f'{count}.mp4',
            frames=[image] * count,
            size=(640, 480),
            options={'preset': 'ultrafast'},
            sound=['aac'],
        )
        out = subprocess.run(
            [sys.executable, '-c', MEMORY, source, tmp_path / 'b.mp4'],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        (tmp_path / 'b.mp4').unlink()
        peaks.append(int(out) / 1024)
    assert peaks[1] - peaks[0] < 30  # MB; the frames alone have 220 more


def test_progress_is_told(tmp_path):
    source = write_clip(tmp_path / 'a.mp4', count=5)
    target, calls = tmp_path / 'b.mp4', []
    deblur_video(source, target, same, progress=lambda *a: calls.append(a))
    assert calls == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    # .mkv tells its duration and no number of frames.
    source = write_clip(tmp_path / 'a.mkv', count=5)
    calls.clear()
    deblur_video(
        source, tmp_path / 'b.mkv', same, progress=lambda *a: calls.append(a)
    )
    assert calls[-1] == (5, 5)
    source = write_clip(
        tmp_path / 'live.mkv', count=5, muxer_options={'live': '1'}
    )
    calls.clear()
    deblur_video(
        source, tmp_path / 'c.mkv', same, progress=lambda *a: calls.append(a)
    )
    assert calls[-1] == (5, None)


@pytest.mark.parametrize('where', ['deblur', 'progress'])
@pytest.mark.parametrize('error', [KeyboardInterrupt, MemoryError, OSError])
def test_nothing_is_left_of_what_was_interrupted(
    tmp_path, target, where, error
):
    source = write_clip(tmp_path / 'a.mp4', count=30, sound=['aac'])
    target.parent.mkdir()
    target.write_bytes(b'before')
    done = []

    def stop(*given):
        done.append(given)
        if len(done) == 25:
            assert len(leftovers(target)) >= 1
            raise error('stop')
        return given[0]

    calls = {'deblur': same, 'progress': None} | {where: stop}
    with pytest.raises(error, match='stop'):
        deblur_video(source, target, overwrite=True, **calls)
    assert leftovers(target) == ['result.mp4']
    assert target.read_bytes() == b'before'


def test_full_disk_is_told_and_nothing_left(tmp_path, target):
    frames = list(np.random.randint(0, 256, (60, 240, 320, 3), np.uint8))
    source = write_clip(
        tmp_path / 'a.mkv', 'ffv1', 'bgr0', frames=frames, size=(320, 240)
    )
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limit[1]))
    try:
        with pytest.raises(
            OSError, match=r"result.mkv' cannot be written: File too large"
        ):
            deblur_video(source, target.with_suffix('.mkv'), same)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert leftovers(target) == []


def test_no_file_is_replaced_unless_it_may_be(tmp_path):
    source = write_clip(tmp_path / 'a.mp4', count=3)
    content = source.read_bytes()
    target = tmp_path / 'b.mp4'
    target.write_bytes(b'before')
    with pytest.raises(FileExistsError, match=r"b.mp4' exists; give another"):
        deblur_video(source, target, same)
    assert target.read_bytes() == b'before'
    assert deblur_video(source, target, same, overwrite=True).frames == 3
    link = tmp_path / 'link.mp4'
    link.symlink_to(source)
    for path in (source, link):
        with pytest.raises(FileExistsError, match='is the video itself'):
            deblur_video(source, path, same, overwrite=True)
    assert source.read_bytes() == content


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
    with pytest.raises(ValueError, match=r"x.mp4' (has no moving|is not a)"):
        deblur_video(path, target, same)
    whole = write_clip(tmp_path / 'whole.mp4')
    path.write_bytes(whole.read_bytes()[:-500])  # without its index
    with pytest.raises(ValueError, match=r"x.mp4'.*; copy it again"):
        deblur_video(path, target, same)
    assert not target.parent.exists()


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
        'is cut off or damaged at its end' in note
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
    assert leftovers(target) == []


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


def test_interlaced_videos_are_refused(tmp_path, target):
    source = write_clip(
        tmp_path / 'a.mp4',
        options={'flags': '+ildct+ilme', 'x264-params': 'tff=1'},
    )
    with pytest.raises(ValueError, match=r"a.mp4' is interlaced.* bwdif"):
        deblur_video(source, target, same)
    assert not target.parent.exists()


def test_change_of_size_is_refused(tmp_path, target):
    parts = [
        write_clip(tmp_path / f'{side}.ts', size=(side, 48)).read_bytes()
        for side in (64, 96)
    ]
    source = tmp_path / 'a.ts'
    source.write_bytes(b''.join(parts))
    with pytest.raises(
        ValueError, match=r"a.ts' changes its size from 64x48 to 96x48 at fra"
    ):
        deblur_video(source, target, same)
    assert leftovers(target) == []


def test_targets_that_cannot_be_are_refused_with_a_remedy(tmp_path):
    source = write_clip(tmp_path / 'a.mp4', count=30, sound=['aac'])
    for name, message in (
        ('b.gif', r"b.gif' is of no kind that can be written; name it \.mp4"),
        ('b.avi', r"b.avi' would lose the times of the frames"),
        ('b.webm', r"b.webm' cannot hold the sound, stream 1 \(audio, aac"),
    ):
        with pytest.raises(ValueError, match=message):
            deblur_video(source, tmp_path / name, same)
        assert not (tmp_path / name).exists()
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match=r"b.mp4' cannot be written"):
        deblur_video(source, tmp_path / 'file' / 'b.mp4', same)
    assert len(list(tmp_path.iterdir())) == 2


def test_colours_that_cannot_be_computed_with_name_the_file(tmp_path, target):
    source = write_clip(
        tmp_path / 'a.mp4', pix_fmt='yuv444p', tags={'colorspace': 8}
    )
    with pytest.raises(ValueError, match=r"a.mp4': colours are coded by mat"):
        deblur_video(source, target, same)


def test_what_deblur_returns_is_checked(tmp_path, target):
    source = write_clip(tmp_path / 'a.mp4', count=3)
    with pytest.raises(ValueError, match=r'\(48, 64, 3\), uint8, got \(24, '):
        deblur_video(source, target, lambda image: image[::2])
    with pytest.raises(ValueError, match=r'uint8, got .* float64'):
        deblur_video(source, target, lambda image: image / 2)
    assert leftovers(target) == []


def test_names_are_never_taken_for_addresses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = write_clip(tmp_path / 'a.mp4', count=3)
    strange = source.rename(tmp_path / 'http:a%03d.mp4')
    result = deblur_video(Path(strange.name), Path('c:b%d.mp4'), same)
    assert result.frames == 3
    assert (tmp_path / 'c:b%d.mp4').is_file()


def test_missing_package_is_told_with_its_pip_line(
    tmp_path, target, monkeypatch
):
    monkeypatch.setitem(sys.modules, 'av', None)
    (tmp_path / 'a.mp4').touch()
    with pytest.raises(ImportError, match=r'pip install "mmasgan\[video\]"'):
        deblur_video(tmp_path / 'a.mp4', target, same)
