import pytest
from clips import read_clip, same, write_clip

from mmasgan.apis.inference import deblur_video


@pytest.mark.parametrize('suffix', ['.mkv', '.mp4', '.mov', '.ts'])
def test_packets_keep_their_times_and_bytes(tmp_path, suffix):
    source = write_clip(
        tmp_path / f'a{suffix}', count=30, sound=['ac3', 'aac']
    )
    target = tmp_path / f'b{suffix}'
    assert deblur_video(source, target, same).notes == ()
    before, after = read_clip(source), read_clip(target)
    assert len(before.others) > 60
    assert sorted(after.others) == sorted(before.others)


def test_sound_that_does_not_fit_is_refused_with_a_remedy(tmp_path):
    source = write_clip(tmp_path / 'a.mkv', count=30, sound=['pcm_s16le'])
    for suffix in ('.webm', '.3gp', '.ts', '.m2ts'):
        with pytest.raises(
            ValueError, match=r'does not support the sound, stream 1 .*mkv'
        ):
            deblur_video(source, tmp_path / f'b{suffix}', same)
        assert not (tmp_path / f'b{suffix}').exists()
