import gc
import subprocess
import sys
import weakref
from fractions import Fraction

import av
import numpy as np
import pytest
from clips import (
    SHARP,
    picture,
    planes,
    read_clip,
    same,
    write_clip,
)

from mmasgan.apis.inference import deblur_pixels, deblur_video
from mmasgan.apis.inference.pixels import NotFiniteError

BT709, SRGB = 1, 13


@pytest.fixture
def target(tmp_path):
    return tmp_path / 'out' / 'result.mp4'


def leftovers(target):
    return sorted(path.name for path in target.parent.glob('*'))


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
    frames = [frame.reformat(format=pix_fmt, threads=1)] * 3
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
import sys
from pathlib import Path
from mmasgan.apis.inference import deblur_video
assert 'torch' not in sys.modules
deblur_video(Path(sys.argv[1]), Path(sys.argv[2]), lambda image: 255 - image)
# Not ru_maxrss, which begins with the parent's.
lines = Path('/proc/self/status').read_text().splitlines()
print(next(line.split()[1] for line in lines if line.startswith('VmHWM')))
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != 'linux', reason='measured on Linux')
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


def test_no_file_is_replaced_unless_it_may_be(tmp_path):
    source = write_clip(tmp_path / 'a.mp4', count=3)
    content = source.read_bytes()
    target = tmp_path / 'b.mp4'
    target.write_bytes(b'before')
    with pytest.raises(FileExistsError, match=r"b.mp4' exists; use another"):
        deblur_video(source, target, same)
    assert target.read_bytes() == b'before'
    assert deblur_video(source, target, same, overwrite=True).frames == 3
    link = tmp_path / 'link.mp4'
    link.symlink_to(source)
    for path in (source, link):
        with pytest.raises(FileExistsError, match='is the input'):
            deblur_video(source, path, same, overwrite=True)
    assert source.read_bytes() == content


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
        ('b.gif', r"b.gif' has an unsupported suffix; use \.mp4"),
        ('b.avi', r"b.avi' would lose the time stamps of"),
        (
            'b.webm',
            r"b.webm' does not support the sound, stream 1 \(audio, aac",
        ),
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
    with pytest.raises(ValueError, match=r"a.mp4': the colour matrix 8"):
        deblur_video(source, target, same)


def test_what_deblur_returns_is_checked(tmp_path, target):
    source = write_clip(tmp_path / 'a.mp4', count=3)
    with pytest.raises(ValueError, match=r'\(48, 64, 3\), uint8, got \(24, '):
        deblur_video(source, target, lambda image: image[::2])
    with pytest.raises(ValueError, match=r'uint8, got .* float64'):
        deblur_video(source, target, lambda image: image / 2)
    assert leftovers(target) == []


def test_a_model_that_puts_out_no_numbers_leaves_nothing(tmp_path, target):
    source = write_clip(tmp_path / 'a.mp4')

    def broken(pixels):
        backend = lambda x, semantic=None: x * np.float32(np.nan)  # noqa: E731
        return deblur_pixels(backend, pixels)

    with pytest.raises(NotFiniteError, match='contains NaN'):
        deblur_video(source, target, broken)
    assert leftovers(target) == []
