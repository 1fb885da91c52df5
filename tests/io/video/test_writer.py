import resource
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from clips import picture, read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video
from mmasgan.io.video.metadata import kept_metadata
from mmasgan.io.video.mp4 import shown_until

VFR = [0, 40, 55, 130, 131, 260, 300, 333, 500, 504]


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
    assert 'is left out: .mp4 does not support it' in notes[0]


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
    metadata = kept_metadata(read_clip(target).metadata)
    found = {key.lower(): text for key, text in metadata.items()}
    assert {key: found.get(key) for key in told} == told


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


def test_shape_of_pixels_that_is_lost_is_told(tmp_path):
    source = write_clip(
        tmp_path / 'a.mp4', 'libvpx-vp9', ratio=Fraction(4, 3), count=3
    )
    notes = deblur_video(source, tmp_path / 'b.webm', same).notes
    assert len(notes) == 1
    assert 'the pixel aspect ratio 4:3 is left out' in notes[0]
    assert deblur_video(source, tmp_path / 'b.mp4', same).notes == ()


def test_full_disk_is_told_and_nothing_left(tmp_path):
    target = tmp_path / 'out' / 'b.mkv'
    frames = list(np.random.randint(0, 256, (60, 240, 320, 3), np.uint8))
    source = write_clip(
        tmp_path / 'a.mkv', 'ffv1', 'bgr0', frames=frames, size=(320, 240)
    )
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limit[1]))
    try:
        with pytest.raises(
            OSError, match=r"b.mkv' cannot be written: File too large"
        ):
            deblur_video(source, target, same)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(target.parent.glob('*')) == []


@pytest.mark.parametrize(
    ('suffix', 'source_suffix'),
    [('.mp4', '.mp4'), ('.mov', '.mov'), ('.m4v', '.mkv'), ('.mp4', '.ts')],
)
def test_hevc_is_marked_as_all_players_take_it(
    tmp_path, suffix, source_suffix
):
    source = write_clip(tmp_path / f'a{source_suffix}', 'libx265', count=3)
    target = tmp_path / f'b{suffix}'
    assert deblur_video(source, target, same).frames == 3
    content = target.read_bytes()
    assert b'hvc1' in content
    assert b'hev1' not in content
    assert read_clip(target).codec == 'hevc'


def last_frame(path):
    """Return when the last frame begins, and the second it is seen until."""
    with av.open(str(path)) as container:
        time = max(frame.time for frame in container.decode(video=0))
        end = container.duration / av.time_base
    if path.suffix in ('.mp4', '.mov'):
        (end,) = map(float, shown_until(path))
    return time, end


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'options', 'result'),
    [
        ('.mp4', 'mpeg4', {}, '.mp4'),
        ('.mov', 'libx264', {}, '.mov'),  # with frames in another order
        ('.mp4', 'libvpx-vp9', {}, '.mp4'),
        ('.mkv', 'libx264', {'bf': '0'}, '.mkv'),
        ('.webm', 'libvpx-vp9', {}, '.webm'),
        ('.mp4', 'libx264', {}, '.mkv'),
        ('.mkv', 'libx264', {'bf': '0'}, '.mp4'),
    ],
)
def test_the_last_frame_is_seen_as_long_as_it_was(
    tmp_path, suffix, encoder, options, result
):
    time_base = Fraction(1, 1000)
    source = tmp_path / f'a{suffix}'
    with av.open(str(source), 'w') as container:
        stream = container.add_stream(
            encoder,
            rate=30,
            width=64,
            height=48,
            pix_fmt='yuv420p',
            options=options,
            time_base=time_base,
        )
        packets = []
        for number, time in enumerate(VFR):
            frame = av.VideoFrame.from_ndarray(picture(number), 'rgb24')
            frame.pts, frame.time_base = time, time_base
            packets += stream.encode(frame.reformat(format='yuv420p'))
        for packet in [*packets, *stream.encode()]:
            if packet.pts * packet.time_base == VFR[-1] * time_base:
                packet.duration = round(Fraction(2, 5) / packet.time_base)
            container.mux(packet)
    target = tmp_path / f'b{result}'
    assert deblur_video(source, target, same) == (10, ())
    time, end = last_frame(source)
    assert end - time == pytest.approx(0.4, abs=0.002)
    assert last_frame(target) == pytest.approx((time, end), abs=0.002)


def test_transparency_beside_the_picture_is_told_to_be_lost(tmp_path):
    """VP9 keeps it in a second picture, which FFmpeg's decoder leaves out."""
    source = tmp_path / 'a.webm'
    with av.open(str(source), 'w') as container:
        stream = container.add_stream(
            'libvpx-vp9', rate=30, width=64, height=48, pix_fmt='yuva420p'
        )
        stream.metadata['alpha_mode'] = '1'
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(
                np.full((48, 64, 4), 60 * number, np.uint8), 'rgba'
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert read_clip(source).streams[0][2]['ALPHA_MODE'] == '1'
    target = tmp_path / 'b.webm'
    notes = deblur_video(source, target, same).notes
    assert notes == ('transparency is left out',)
    (stream,) = read_clip(target).streams
    assert not [key for key in stream[2] if key.lower() == 'alpha_mode']
