import sys

import numpy as np
import pytest

from mmasgan.datasets.prepare.video_reader import probe, read_frames


@pytest.fixture
def video(tmp_path, write_video):
    frames = np.zeros((6, 32, 48, 3), np.uint8)
    frames[:, :16, :24] = (200, 20, 20)  # red in the upper left
    return write_video(tmp_path / 'a b é.mp4', frames, 30)


def quarter(image):
    """Return where it is red: top or bottom, left or right."""
    rows, columns = np.nonzero(image[..., 0] > 120)
    height, width = image.shape[:2]
    return rows.mean() < height / 2, columns.mean() < width / 2


def test_frames_are_those_of_the_video(video):
    frames = list(read_frames(video))
    assert len(frames) == 6
    assert {frame.shape for frame in frames} == {(32, 48, 3)}
    assert frames[0].dtype == np.uint8
    assert np.abs(frames[0][4, 4].astype(int) - (200, 20, 20)).max() < 12
    assert quarter(frames[0]) == (True, True)


def test_video_tells_its_rate(video):
    assert probe(video) == (30, 6)


@pytest.mark.parametrize(
    ('matrix', 'shape', 'place'),
    [
        # As a phone held upright writes: turned clockwise to be seen.
        ((0, 1, -1, 0), (48, 32, 3), (True, False)),
        ((0, -1, 1, 0), (48, 32, 3), (False, True)),
        ((-1, 0, 0, -1), (32, 48, 3), (False, False)),
    ],
)
def test_frames_are_turned_upright(video, matrix, shape, place):
    content = bytearray(video.read_bytes())
    start = content.index(b'tkhd') + 44
    a, b, c, d = (round(value * 65536) for value in matrix)
    for offset, value in ((0, a), (4, b), (12, c), (16, d)):
        place_at = start + offset
        content[place_at : place_at + 4] = value.to_bytes(
            4, 'big', signed=True
        )
    video.write_bytes(content)
    frame = next(read_frames(video))
    assert frame.shape == shape
    assert quarter(frame) == place


def test_files_that_are_no_video_are_named(tmp_path, video):
    (tmp_path / 'x.mp4').write_bytes(b'no video at all')
    with pytest.raises(ValueError, match=r"x.mp4' is not a video"):
        probe(tmp_path / 'x.mp4')
    with pytest.raises(FileNotFoundError, match=r"y.mp4' does not exist"):
        probe(tmp_path / 'y.mp4')
    content = video.read_bytes()
    video.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"é.mp4' is (not a video|damaged)"):
        list(read_frames(video))


def test_missing_package_is_told_with_its_pip_line(video, monkeypatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(ImportError, match='pip install "av>='):
        probe(video)


def test_an_old_package_is_refused_with_the_pip_line(video, monkeypatch):
    monkeypatch.setattr('av.__version__', '16.1.0')
    with pytest.raises(ImportError, match=r'16\.1\.0 is .*"av>=17\.1"'):
        probe(video)
