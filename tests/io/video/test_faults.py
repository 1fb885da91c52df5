import av
import numpy as np
import pytest
from clips import read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video
from mmasgan.io.video.faults import skipped_by_ffmpeg

FRAMES = list(
    np.random.default_rng(0).integers(0, 256, (60, 48, 64, 3), np.uint8)
)


@pytest.mark.parametrize(
    ('suffix', 'encoder'),
    [('.ts', 'libx264'), ('.mkv', 'libx264'), ('.avi', 'mpeg4')],
)
def test_a_part_that_is_missing_is_told(tmp_path, suffix, encoder):
    """FFmpeg goes on behind it, and would say nothing."""
    source = write_clip(
        tmp_path / f'a{suffix}',
        encoder,
        frames=FRAMES,
        sound=['libmp3lame'],
        options={'g': '6'},
    )
    assert skipped_by_ffmpeg(source) is None
    target = tmp_path / f'b{suffix}'
    assert deblur_video(source, target, same).notes == ()
    content = source.read_bytes()
    middle = len(content) // 2
    cut = middle + len(content) // 8 + 77
    source.write_bytes(content[:middle] + content[cut:])
    result = deblur_video(source, target, same, overwrite=True)
    assert len(read_clip(target).frames) == result.frames < 60
    assert any('damaged' in note for note in result.notes)


def test_the_level_of_the_log_is_left_as_it_was(tmp_path):
    path = write_clip(tmp_path / 'a.mkv')
    before = av.logging.get_level()
    skipped_by_ffmpeg(path)
    path.write_bytes(b'no video')
    assert skipped_by_ffmpeg(path)
    assert av.logging.get_level() == before
