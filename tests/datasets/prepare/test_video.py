import json
import shutil

import cv2
import numpy as np
import pytest

from mmasgan.datasets import UnpairedGoProDataset, read_rgb_image
from mmasgan.datasets.image_store import ImageStore
from mmasgan.datasets.prepare import video
from mmasgan.datasets.prepare.video import prepare_video
from mmasgan.datasets.prepare.video_reader import read_frames

WIDTH, HEIGHT = 64, 48


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(video, 'recipe_side', lambda: 32)


@pytest.fixture
def pan(scenes):
    """Frames of a camera that moves over a scene."""

    def make(seed, count, blurred=()):
        whole = scenes(seed, (HEIGHT, WIDTH + count))
        frames = []
        for number in range(count):
            frame = whole[:, number : number + WIDTH]
            if number in blurred:
                frame = cv2.blur(frame, (9, 9))
            frames.append(np.ascontiguousarray(frame))
        return frames

    return make


@pytest.fixture
def fast(tmp_path, write_video, pan):
    """Two scenes at 240 frames a second."""
    frames = pan(0, 60) + pan(1, 50)
    return write_video(tmp_path / 'fast one.mp4', frames, 240)


@pytest.fixture
def ordinary(tmp_path, write_video, pan):
    """Two videos at 30 frames a second, of which each third is blurred."""
    shaken = set(range(0, 90)) - set(range(20, 40)) - set(range(60, 80))
    return [
        write_video(tmp_path / f'é {seed}.mp4', pan(seed, 90, shaken), 30)
        for seed in (0, 1)
    ]


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out'


def images(out):
    return sorted((out / 'train').rglob('*.png'))


def is_ready(done):
    dataset = UnpairedGoProDataset(done.root, split_file=done.split_file)
    assert dataset.num_blur == done.num_blur > 0
    assert dataset.num_sharp == done.num_sharp > 0
    for sample in dataset:
        assert sample['blur_sequence'] != sample['sharp_sequence']
        assert ImageStore(done.store).read(sample['img_blur_path']).size
    return True


def test_fast_video_becomes_pairs(fast, out):
    done = prepare_video([fast], out)
    assert is_ready(done)
    frames = np.stack(list(read_frames(fast)))
    pairs = [path for path in images(out) if path.parent.name == 'blur']
    assert len(pairs) * 2 == len(images(out))
    assert len({path.parents[1] for path in pairs}) == 2
    for path in pairs:
        middle = int(path.stem)
        sharp = read_rgb_image(str(path.parents[1] / 'sharp' / path.name))
        np.testing.assert_array_equal(sharp, frames[middle])
        blur = read_rgb_image(str(path)).astype(float)
        errors = []
        for reach in (n for n in (3, 4, 5, 6) if n <= middle):
            light = (frames[middle - reach : middle + reach + 1] / 255) ** 2.2
            mean = light.mean(axis=0) ** (1 / 2.2) * 255
            errors.append(np.abs(blur - mean).max())
        assert min(errors) <= 0.51
    assert prepare_video([fast], out) == done


def test_frames_of_ordinary_videos_are_sorted(ordinary, out):
    done = prepare_video(ordinary, out)
    assert is_ready(done)
    for path in images(out):
        is_sharp = int(path.stem) % 40 in range(20, 40)
        assert is_sharp == (path.parent.name == 'sharp')
    numbers = sorted(
        int(path.stem) for path in images(out) if 'é_0' in str(path)
    )
    assert len(numbers) == len(set(numbers)) < 40


def test_slow_motion_may_say_its_rate(tmp_path, write_video, pan, out):
    path = write_video(tmp_path / 's.mp4', pan(0, 40) + pan(1, 40), 30)
    done = prepare_video([path], out, fps=240)
    assert done.num_blur >= 3
    (first, *_) = images(out)
    twin = first.parents[1] / 'sharp' / first.name
    assert twin.is_file()


def test_single_scene_is_refused_or_divided(
    tmp_path, write_video, scenes, out
):
    whole = scenes(3, (HEIGHT, WIDTH))
    random = np.random.RandomState(0)
    frames = [
        cv2.resize(
            random.randint(0, 256, (5, 5, 3), dtype=np.uint8), (WIDTH, HEIGHT)
        )
        for _ in range(3)
    ]
    # From one view slowly to another: no cut, but other things to see.
    fade = []
    for before, after in zip([whole, *frames], frames, strict=False):
        fade += [
            cv2.addWeighted(after, i / 160, before, 1 - i / 160, 0)
            for i in range(160)
        ]
    path = write_video(tmp_path / 'one.mp4', fade, 120)
    with pytest.raises(ValueError, match=r'1 scene\(s\) .* add --segment 10'):
        prepare_video([path], out)
    shutil.rmtree(out.with_name('out.part'))
    done = prepare_video([path], out, segment=2)
    assert is_ready(done)


def test_same_scene_in_both_domains_is_refused(
    tmp_path, write_video, pan, out
):
    paths = [
        write_video(tmp_path / f'{name}.mp4', pan(0, 40), 240)
        for name in ('one', 'again')
    ]
    with pytest.raises(ValueError, match=r'look alike.*\n.*again.*one'):
        prepare_video(paths, out)
    assert not out.exists()
    done = prepare_video(paths, out, allow_duplicates=True)
    assert 'look alike' in done.notes[0]


@pytest.mark.parametrize('is_after', [False, True])
def test_killed_at_any_rename_it_goes_on(fast, out, killed, is_after):
    def run():
        prepare_video([fast], out)

    number, expected = 0, None
    while killed(run, number := number + 2, is_after):
        prepare_video([fast], out)
        found = sorted(p.relative_to(out) for p in out.rglob('*'))
        assert found == (expected := expected or found)
        json.loads((out / 'prepared.json').read_text())
        shutil.rmtree(out)
    assert number > 20


def test_work_that_was_done_is_not_done_again(fast, out, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(video, 'write_split', stop)
    with pytest.raises(KeyboardInterrupt):
        prepare_video([fast], out)
    monkeypatch.undo()
    monkeypatch.setattr(video, 'recipe_side', lambda: 32)
    monkeypatch.setattr(video, 'read_frames', stop)
    assert is_ready(prepare_video([fast], out))


def test_videos_that_cannot_be_used_are_named(
    tmp_path, write_video, pan, ordinary, out
):
    small = [frame[:30, :30] for frame in pan(0, 10)]
    path = write_video(
        tmp_path / 's.mp4', [np.ascontiguousarray(f) for f in small], 30
    )
    with pytest.raises(ValueError, match=r"s.mp4' has 30x30 pixels"):
        prepare_video([path], out)
    with pytest.raises(ValueError, match='have the same name'):
        prepare_video([ordinary[0], ordinary[0]], out)
    with pytest.raises(ValueError, match=r'segment must be at least 2\.0'):
        prepare_video(ordinary, out, segment=1)
    with pytest.raises(ValueError, match='quantile must be in'):
        prepare_video(ordinary, out, quantile=0.5)
    still = write_video(tmp_path / 'still.mp4', [pan(0, 1)[0]] * 20, 30)
    shutil.rmtree(out.with_name('out.part'))
    with pytest.raises(ValueError, match='hardly differ in sharpness'):
        prepare_video([still], out)


def test_video_without_frames_is_named_and_the_rest_goes_on(
    tmp_path, fast, out
):
    av = pytest.importorskip('av')
    empty = tmp_path / 'empty.avi'
    with av.open(str(empty), 'w') as container:
        stream = container.add_stream('mpeg4', rate=240)
        stream.width = stream.height = 64
        container.start_encoding()
    with pytest.raises(ValueError, match=r"empty.avi' has no frame; remove"):
        prepare_video([fast, empty], out)
    assert not out.exists()
    assert is_ready(prepare_video([fast], out))


def test_interlaced_video_is_refused(fast, tmp_path, out):
    """Else the combs of two moments become sharp images."""
    av = pytest.importorskip('av')
    path = tmp_path / 'combs.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(
            'libx264',
            rate=240,
            width=WIDTH,
            height=HEIGHT,
            options={'flags': '+ildct+ilme', 'x264-params': 'tff=1'},
        )
        for image in read_frames(fast):
            frame = av.VideoFrame.from_ndarray(image, format='rgb24')
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(
        ValueError, match=r"combs.mp4' is interlaced \(frame 1\).*bwdif"
    ):
        prepare_video([path], out)
    assert not out.exists()
