"""The tables of docs/video.md, each cell there and back."""

import functools
import re
from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import picture, read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video

pytestmark = pytest.mark.runner

PAGE = Path(__file__).parents[1] / 'docs' / 'video.md'

PICTURES = {
    'H.264': ('libx264', 'yuv420p'),
    'H.265': ('libx265', 'yuv420p'),
    'VP8': ('libvpx', 'yuv420p'),
    'VP9': ('libvpx-vp9', 'yuv420p'),
    'AV1': ('libsvtav1', 'yuv420p'),
    'MPEG-4 part 2': ('mpeg4', 'yuv420p'),
    'MJPEG': ('mjpeg', 'yuvj420p'),
    'ProRes': ('prores_ks', 'yuv422p10le'),
    'FFV1': ('ffv1', 'yuv420p'),
    'HuffYUV': ('huffyuv', 'yuv422p'),
    'Ut Video': ('utvideo', 'yuv420p'),
    'QuickTime Animation': ('qtrle', 'rgb24'),
    'PNG': ('png', 'rgb24'),
    'raw': ('rawvideo', 'uyvy422'),
    'MPEG-1': ('mpeg1video', 'yuv420p'),
    'MPEG-2': ('mpeg2video', 'yuv420p'),
    'WMV': ('wmv2', 'yuv420p'),
}
NAMES = {'h264': 'H.264', 'vp9': 'VP9', 'av1': 'AV1', 'ffv1': 'FFV1'}
SOUNDS = {
    'AAC': 'aac',
    'AC-3': 'ac3',
    'E-AC-3': 'eac3',
    'MP2': 'mp2',
    'MP3': 'libmp3lame',
    'Opus': 'libopus',
    'FLAC': 'flac',
    'ALAC': 'alac',
    'PCM, 16 bits': 'pcm_s16le',
    'PCM, 24 bits': 'pcm_s24le',
    'PCM, A-law': 'pcm_alaw',
    'ADPCM (Microsoft)': 'adpcm_ms',
    'WavPack': 'wavpack',
}
CARRIERS = {'.avi': 'mpeg4', '.webm': 'libvpx-vp9'}
CHAPTERS = [
    {
        'id': number + 1,
        'start': 100 * number,
        'end': 100 * number + 100,
        'time_base': Fraction(1, 1000),
        'metadata': {'title': title},
    }
    for number, title in enumerate(('One', 'Two'))
]
SUBTITLES = '1\n00:00:00,100 --> 00:00:00,300\nHallo\n\n'


def table(title):
    """Return the cells of a table, as (row, suffix, text)."""
    text = PAGE.read_text(encoding='utf-8').partition(f'### {title}\n')[2]
    text = text.partition('\n### ')[0].partition('\n## ')[0]
    lines = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in text.splitlines()
        if line.startswith('|')
    ]
    head, _, *rows = lines
    return [
        (row[0], suffix, cell)
        for row in rows
        for column, cell in zip(head[1:], row[1:], strict=True)
        for suffix in column.replace('`', '').split()
    ]


@functools.cache
def frames():
    """Pictures for a sound, which are drawn once."""
    return [picture(number) for number in range(50)]


def made(folder, suffix, stream, **options):
    """Write a clip of a kind, or of the next one that holds its streams."""
    for kind in (suffix, '.mkv', '.mov', '.avi'):
        path = folder / f'a{kind}'
        try:
            write_clip(path, **options)
            with av.open(str(path)) as container:
                if any(found.type == stream for found in container.streams):
                    return path
        except (av.FFmpegError, ValueError):
            continue
    raise AssertionError(f'nothing here writes {options}')


@pytest.mark.parametrize(('codec', 'suffix', 'cell'), table('Picture'))
def test_pictures_are_written_as_the_table_says(tmp_path, codec, suffix, cell):
    encoder, pix_fmt = PICTURES[codec]
    source = made(
        tmp_path,
        suffix,
        'video',
        encoder=encoder,
        pix_fmt=pix_fmt,
        count=4,
        rate=25,
        options={'strict': '-1'},
    )
    before = read_clip(source)
    target = tmp_path / f'b{suffix}'
    if cell == 'refused':
        with pytest.raises(ValueError, match=r'name it \.mp4 or \.mkv'):
            deblur_video(source, target, same)
        assert not target.exists()
        return
    done = deblur_video(source, target, same)
    after = read_clip(target)
    assert len(after.frames) == len(before.frames) == done.frames == 4
    assert after.size == before.size
    gaps = [time - after.times[0] for time in after.times]
    assert [round(gap * 25) for gap in gaps] == [0, 1, 2, 3]
    if cell == 'kept':
        assert after.codec == before.codec
        assert done.notes == ()
    else:
        assert NAMES[after.codec] == cell
        assert f'the picture becomes {after.codec}, since' in done.notes[0]


@pytest.mark.parametrize(('codec', 'suffix', 'cell'), table('Sound'))
def test_sound_is_written_as_the_table_says(tmp_path, codec, suffix, cell):
    source = made(
        tmp_path,
        suffix,
        'audio',
        encoder=CARRIERS.get(suffix, 'libx264'),
        frames=frames(),
        sound=[SOUNDS[codec]],
    )
    target = tmp_path / f'b{suffix}'
    if cell == 'refused':
        with pytest.raises(ValueError, match=r'\.mkv'):
            deblur_video(source, target, same)
        assert not target.exists()
        return
    notes = deblur_video(source, target, same).notes
    assert not [note for note in notes if 'audio' in note]
    before, after = read_clip(source), read_clip(target)
    sounds = [
        b''.join(one[2] for one in clip.others) for clip in (before, after)
    ]
    assert sounds[0] == sounds[1]
    # FFmpeg divides PCM anew as it reads.
    if len(before.others) == len(after.others):
        for (_, time, _), (_, other, _) in zip(
            before.others, after.others, strict=True
        ):
            # Less than a frame: Matroska has milliseconds, PCM in it drifts.
            assert abs(other - time) <= Fraction(1, 100)
    assert abs(before.others[0][1] - after.others[0][1]) <= Fraction(1, 100)


def write_rich(folder, suffix):
    """Write a clip with all that stands in the table of texts."""
    kind = '.avi' if suffix == '.avi' else '.mkv'
    sound = {'.webm': 'libopus', '.avi': 'libmp3lame'}.get(suffix, 'aac')
    plain = write_clip(
        folder / f'plain{kind}',
        CARRIERS.get(suffix, 'libx264'),
        count=20,
        sound=[sound],
    )
    (folder / 'a.srt').write_text(SUBTITLES)
    path = folder / f'rich{kind}'
    with (
        av.open(str(plain)) as video,
        av.open(str(folder / 'a.srt')) as text,
        av.open(str(path), 'w') as container,
    ):
        container.metadata.update(title='A title', comment='A comment')
        streams = [*video.streams]
        if kind == '.mkv':
            container.metadata['creation_time'] = '2021-05-06T07:08:09.000000Z'
            container.set_chapters(CHAPTERS)
            streams += text.streams
        copies = {}
        for stream in streams:
            copy = container.add_stream_from_template(stream, opaque=True)
            if kind == '.mkv' and stream.type == 'audio':
                copy.metadata['language'] = 'fra'
            copies[stream] = copy
        if kind == '.mkv':
            container.add_attachment('a.ttf', 'font/ttf', b'x' * 100)
        for opened in (text, video):
            for packet in opened.demux():
                if packet.size and packet.stream in copies:
                    packet.stream = copies[packet.stream]
                    container.mux(packet)
    return path


def texts(path):
    with av.open(str(path)) as container:
        kinds = [stream.type for stream in container.streams]
        found = {key.lower(): v for key, v in container.metadata.items()}
        languages = [s.metadata.get('language') for s in container.streams]
        return {
            'title': found.get('title') == 'A title',
            'comment': found.get('comment') == 'A comment',
            'date': found.get('creation_time', '').startswith('2021-05-06T07'),
            'language of the sound': 'fra' in languages,
            'chapters': len(container.chapters()) == 2,
            'subtitles (SubRip)': 'subtitle' in kinds,
            'attachments': 'attachment' in kinds,
        }


WORDS = {
    'date': 'creation_time',
    'subtitles (SubRip)': 'subtitle',
    'attachments': 'attachment',
    'language of the sound': 'language',
}


@pytest.fixture(scope='module')
def rich(tmp_path_factory):
    """Return what a kind of file keeps, and the notes of it."""
    results = {}

    def get(suffix):
        if suffix not in results:
            folder = tmp_path_factory.mktemp('rich')
            source, target = write_rich(folder, suffix), folder / f'b{suffix}'
            notes = deblur_video(source, target, same).notes
            results[suffix] = texts(source), texts(target), ' '.join(notes)
        return results[suffix]

    return get


@pytest.mark.parametrize(('what', 'suffix', 'cell'), table('Texts'))
def test_texts_are_kept_as_the_table_says(rich, what, suffix, cell):
    before, after, notes = rich(suffix)
    if cell == 'has none':
        assert not before[what]
        return
    assert before[what]
    assert after[what] == (cell == 'kept')
    is_told = re.search(rf'\b{WORDS.get(what, what)}\b', notes) is not None
    assert is_told == (cell == 'left out')


@pytest.mark.parametrize(('what', 'suffix', 'cell'), table('Times and shape'))
def test_times_and_shape_are_kept_as_the_table_says(
    tmp_path, what, suffix, cell
):
    kind = '.avi' if suffix == '.avi' else '.mp4'
    encoder = CARRIERS.get(suffix, 'libx264')
    unit = Fraction(1, 1000)
    options = {
        'different times of frames': dict(
            times=[0, 40, 55, 130, 131, 260], time_base=unit
        ),
        'a late start': dict(
            times=[800 + 40 * i for i in range(6)], time_base=unit
        ),
        'shape of the pixels': dict(ratio=Fraction(4, 3)),
        'colour tags': dict(
            tags=dict(color_range=1, color_primaries=1, colorspace=1)
        ),
    }[what]
    source = write_clip(
        tmp_path / f'a{kind}',
        encoder,
        frames=[picture(i) for i in range(6)],
        **({} if cell == 'has none' else options),
    )
    target = tmp_path / f'b{suffix}'
    notes = deblur_video(source, target, same).notes
    before, after = read_clip(source), read_clip(target)
    if cell == 'has none':
        return
    seen = {
        'different times of frames': lambda clip: [
            round(float(time - clip.times[0]), 3) for time in clip.times
        ],
        'a late start': lambda clip: round(float(clip.times[0]), 2),
        'shape of the pixels': lambda clip: clip.ratio or 1,
        'colour tags': lambda clip: clip.tags,
    }[what]
    assert (seen(before) == seen(after)) == (cell == 'kept')
    assert bool(notes) == (cell == 'left out')
