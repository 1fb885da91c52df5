import av
import pytest
from clips import same, write_clip

from mmasgan.apis.inference import deblur_video
from mmasgan.io.video.metadata import kept_metadata, lost_texts


def test_metadata_of_the_file_itself_are_left_out():
    told = {
        'title': 'A day',
        'ENCODER': 'Lavf',
        'BPS-eng': '1',
        'DURATION': '00:00:01',
        'major_brand': 'qt  ',
        '_STATISTICS_TAGS': 'BPS',
        'language': 'deu',
    }
    assert kept_metadata(told) == {'title': 'A day', 'language': 'deu'}


def test_a_date_that_ffmpeg_joined_is_one_date():
    date = '2021-05-06T07:08:09.000000Z'
    told = {'creation_time': f'{date};{date}', 'title': 'A; B'}
    assert kept_metadata(told) == {'creation_time': date, 'title': 'A; B'}


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'lost'),
    [
        ('.mp4', 'libx264', ()),
        ('.mkv', 'libx264', ()),
        ('.avi', 'mpeg4', ('creation_time',)),
        ('.ts', 'libx264', ('title', 'comment', 'creation_time')),
    ],
)
def test_what_a_kind_of_file_cannot_say_is_told(
    tmp_path, suffix, encoder, lost
):
    told = {
        'title': 'Tïtle',
        'comment': 'of a day',
        'creation_time': '2021-05-06T07:08:09.000000Z',
    }
    kind = '.avi' if suffix == '.avi' else '.mkv'
    source = write_clip(tmp_path / f'a{kind}', encoder, metadata=told)
    target = tmp_path / f'b{suffix}'
    notes = deblur_video(source, target, same).notes
    with av.open(str(source)) as container:
        given = {key.lower() for key in container.metadata} & told.keys()
        found = lost_texts(target, container.streams, container)
    assert set(found) == given & set(lost)
    note = f'left out, as {suffix} does not support them: {", ".join(found)}'
    assert notes == ((note,) if found else ())
