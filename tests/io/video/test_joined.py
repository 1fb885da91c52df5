from itertools import pairwise

import av
import numpy as np
import pytest
from clips import read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video
from mmasgan.io.video.joined import JoinedParts


def times(path):
    """Return the seconds of the packets, by the kind of their stream."""
    with av.open(str(path)) as container:
        found = {}
        for packet in container.demux():
            if packet.size:
                time = float(packet.pts * packet.time_base)
                found.setdefault(packet.stream.type, []).append(time)
        return {kind: sorted(all_) for kind, all_ in found.items()}


@pytest.mark.parametrize(
    ('suffix', 'encoder', 'sound', 'result'),
    [
        ('.ts', 'libx264', ['aac'], '.ts'),
        ('.m2ts', 'libx264', ['ac3'], '.m2ts'),
        ('.mpg', 'mpeg1video', ['mp2'], '.mkv'),
        ('.vob', 'mpeg2video', ['ac3'], '.mkv'),
    ],
)
def test_sound_and_picture_of_a_joined_recording_stay_together(
    tmp_path, suffix, encoder, sound, result
):
    lengths = (60, 45, 60)
    parts = {
        count: write_clip(
            tmp_path / f'{count}{suffix}', encoder, count=count, sound=sound
        )
        for count in set(lengths)
    }
    source = tmp_path / f'joined{suffix}'
    source.write_bytes(b''.join(parts[n].read_bytes() for n in lengths))
    target = tmp_path / f'b{result}'
    done = deblur_video(source, target, same)
    assert done.frames == sum(lengths)
    assert any('is joined from 3 recordings' in note for note in done.notes)

    found = times(target)
    alone = {count: times(path) for count, path in parts.items()}
    video, audio = (np.array(found[kind]) for kind in ('video', 'audio'))
    assert max(np.diff(video)) < 0.11
    assert min(np.diff(audio)) > 0
    # In each part sound begins as much before the picture as it did.
    starts = [0, 60, 105]
    sounds = np.cumsum([0] + [len(alone[n]['audio']) for n in lengths])
    for count, frame, packet in zip(lengths, starts, sounds[:-1], strict=True):
        lead = video[frame] - audio[packet]
        expected = alone[count]['video'][0] - alone[count]['audio'][0]
        assert lead == pytest.approx(expected, abs=0.002)
        assert video[frame + count - 1] - video[frame] == pytest.approx(
            alone[count]['video'][-1] - alone[count]['video'][0], abs=0.002
        )


def test_one_recording_is_left_as_it_is(tmp_path):
    source = write_clip(tmp_path / 'a.ts', count=30, sound=['aac'])
    assert deblur_video(source, tmp_path / 'b.ts', same) == (30, ())
    assert read_clip(tmp_path / 'b.ts').times == read_clip(source).times


class Packet:
    def __init__(self, stream, dts, size=1):
        self.stream = type('', (), {'index': stream, 'type': 'video'})
        self.dts = self.pts = dts
        self.size, self.duration, self.time_base = size, 1, 1


def moved(*packets):
    parts = JoinedParts()
    return parts, [p.dts for p in parts.in_one_time(map(Packet, *packets))]


def test_a_single_wrong_time_is_no_new_part():
    parts, found = moved([0] * 6, [0, 1, 500, 3, 4, 5])
    assert found == [0, 1, 500, 3, 4, 5]
    assert (parts.count, parts.faults) == (1, 1)


def test_packets_of_the_part_that_ends_keep_its_time():
    streams, times = [0, 1, 0, 0, 1, 1], [5, 5, 6, 0, 6, 0]
    parts, found = moved(streams, times)
    assert (parts.count, parts.faults) == (2, 0)
    assert found == [5, 5, 6, 6, 7, 7]
    assert all(b - a >= 0 for a, b in pairwise(found))


def test_a_part_without_one_of_the_streams_begins():
    streams, times = [0, 1, 0, 0, 0, 0], [5, 5, 0, 1, 2, 3]
    parts, found = moved(streams, times)
    assert parts.count == 2
    assert found == [5, 5, 6, 7, 8, 9]


def test_a_gap_in_all_streams_is_told():
    streams, times = [0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 5, 5]
    parts, _ = moved(streams, times)
    (note,) = parts.notes()
    assert 'has 1 gap(s) in picture and sound, the first from 2.0 to 5.0' in (
        note
    )
    # One stream alone may pause, or end.
    for streams, times in (
        ([0, 1, 0, 1, 1, 1, 1, 0], [0, 0, 1, 1, 2, 3, 4, 5]),
        ([0, 1, 1, 1], [0, 0, 1, 2]),
    ):
        assert moved(streams, times)[0].notes() == []
    # Not if the other one has a gap when it has ended.
    streams, times = [0, 1, 0, 1, 1], [0, 0, 1, 1, 5]
    assert len(moved(streams, times)[0].notes()) == 1
