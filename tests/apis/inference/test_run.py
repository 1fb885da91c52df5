import errno
import sys
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from itertools import product

import numpy as np
import pytest
from PIL import Image

from mmasgan.apis.inference import run
from mmasgan.apis.inference.plan import plan_tasks
from mmasgan.apis.inference.progress import RunProgress
from mmasgan.apis.inference.run import Settings, run_tasks
from mmasgan.apis.inference.scores import find_truths
from mmasgan.io.image.encoder import PHOTO_SUFFIXES, encode_photo
from mmasgan.io.image.photo import Photo
from mmasgan.io.image.reader import read_photo

WITHOUT_ALPHA = ('.ppm', '.pgm', '.pnm')


def same(image, semantic=None):
    return image.copy()


def darker(image, semantic=None):
    return image - 0.25


def photo(dtype=np.uint8, alpha=False, is_gray=False, size=(20, 30)):
    high = np.iinfo(dtype).max
    draw = np.random.default_rng(0)
    samples = draw.integers(0, high, (*size, 4), dtype, endpoint=True)
    exif = Image.Exif()
    exif[271] = 'Maker'
    exif.get_ifd(0x8825)[1] = 'N'
    return Photo(
        pixels=samples[..., [0, 0, 0] if is_gray else [0, 1, 2]],
        alpha=samples[..., 3] if alpha else None,
        is_gray=is_gray,
        icc_profile=b'a profile' * 20,
        exif=exif.tobytes(),
        dpi=(300, 150),
    )


def deblur(inputs, out, backend=same, compare=False, truth=None, **settings):
    tasks = plan_tasks(inputs, out, settings.get('overwrite', False), compare)
    truths = {} if truth is None else find_truths(tasks, truth)
    with RunProgress(len(tasks)) as progress:
        return run_tasks(
            tasks, backend, Settings(truths=truths, **settings), progress
        )


@pytest.mark.parametrize(
    ('suffix', 'dtype', 'alpha', 'is_gray'),
    [
        case
        for case in product(
            [s for s in PHOTO_SUFFIXES if not s.startswith('.j')],
            [np.uint8, np.uint16],
            [False, True],
            [False, True],
        )
        if not (case[0] in WITHOUT_ALPHA and case[2])
    ],
)
def test_what_changes_nothing_changes_nothing(
    tmp_path, suffix, dtype, alpha, is_gray
):
    path, out = tmp_path / f'a{suffix}', tmp_path / 'out'
    path.write_bytes(encode_photo(photo(dtype, alpha, is_gray), suffix))
    before = read_photo(path)
    done = deblur([path], out)
    assert done.written == (out / path.name,)
    after = read_photo(out / path.name)
    assert after.pixels.dtype == before.pixels.dtype
    for name in ('pixels', 'alpha'):
        np.testing.assert_array_equal(
            getattr(after, name), getattr(before, name)
        )
    for name in ('is_gray', 'icc_profile', 'exif', 'suffix'):
        assert getattr(after, name) == getattr(before, name)
    assert after.dpi == pytest.approx(before.dpi)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_colours_change_and_alpha_does_not(tmp_path, dtype):
    before = photo(dtype, alpha=True)
    (tmp_path / 'a.png').write_bytes(encode_photo(before, '.png'))
    deblur([tmp_path / 'a.png'], tmp_path / 'out', darker)
    after = read_photo(tmp_path / 'out' / 'a.png')
    high = np.iinfo(dtype).max
    expected = np.clip(before.pixels - high / 8, 0, high)
    assert np.abs(after.pixels - expected).max() <= 0.5 + high * 1e-6
    np.testing.assert_array_equal(after.alpha, before.alpha)


def test_grey_stays_grey_whatever_the_model_makes_of_it(tmp_path):
    def colourful(image, semantic=None):
        return image + np.float32([0.0, 0.06, 0.12])

    before = replace(
        photo(is_gray=True), pixels=np.full((20, 30, 3), 100, np.uint8)
    )
    (tmp_path / 'a.png').write_bytes(encode_photo(before, '.png'))
    deblur([tmp_path / 'a.png'], tmp_path / 'out', colourful)
    with Image.open(tmp_path / 'out' / 'a.png') as image:
        assert image.mode == 'L'
        assert image.getextrema() == (108, 108)


def test_a_turned_photograph_comes_out_upright(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    pixels = photo().pixels
    Image.fromarray(pixels).save(tmp_path / 'a.png', exif=exif)
    deblur([tmp_path / 'a.png'], tmp_path / 'out')
    with Image.open(tmp_path / 'out' / 'a.png') as image:
        assert image.getexif().get(274, 1) == 1
        np.testing.assert_array_equal(image, np.rot90(pixels, -1))


def save(path, *names):
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(encode_photo(photo(), '.png'))


def test_what_is_wrong_with_one_stops_no_other(tmp_path):
    folder, out = tmp_path / 'in', tmp_path / 'out'
    save(folder, 'b.png', 'z/b.png')
    whole = (folder / 'b.png').read_bytes()
    (folder / 'a.png').write_bytes(whole[:-200])
    (folder / 'c.jpg').write_bytes(b'')
    (folder / 'd.png').write_bytes(b'text')
    (folder / 'e.png').write_bytes(encode_photo(photo(size=(8, 40)), '.png'))
    (folder / 'f.jpg').write_bytes(encode_photo(photo(alpha=True), '.png'))
    gone = folder / 'gone.png'
    done = deblur([folder, gone], out)
    assert done.written == (out / 'b.png', out / 'z' / 'b.png')
    for name, problem, failure in zip(
        ('a.png', 'c.jpg', 'd.png', 'e.png', 'f.jpg', 'gone.png'),
        (
            ' is damaged or truncated',
            ' is empty',
            ' is not an image',
            ': image must be at least 16x16 pixels, got 40x8',
            ": transparent pixels are not supported by '.jpg'",
            ' does not exist',
        ),
        done.failures,
        strict=True,
    ):
        assert failure.startswith(f"'{folder / name}'{problem}")
    assert len(list(out.rglob('*.*'))) == 2


def test_lack_of_memory_fails_one(tmp_path, monkeypatch):
    save(tmp_path, 'a.png', 'b.png', 'c.png')
    seen = []

    def fail_first(image, semantic=None):
        seen.append(image)
        if len(seen) == 1:
            raise MemoryError('30x20 pixels do not fit')
        return image

    def read(path):
        if path.name == 'b.png':
            raise MemoryError
        return read_photo(path)

    monkeypatch.setattr(run, 'read_photo', read)
    done = deblur([tmp_path], tmp_path / 'out', fail_first)
    assert done.failures == (
        f"'{tmp_path}/a.png': 30x20 pixels do not fit",
        f"'{tmp_path}/b.png': does not fit into the memory",
    )
    assert done.written == (tmp_path / 'out' / 'c.png',)


def test_other_errors_are_not_hidden(tmp_path):
    def fail(image, semantic=None):
        raise RuntimeError('a fault of ours')

    save(tmp_path, 'a.png')
    with pytest.raises(RuntimeError, match='a fault of ours'):
        deblur([tmp_path / 'a.png'], tmp_path / 'out', fail)


@pytest.mark.parametrize(
    ('number', 'stops'), [(errno.ENOSPC, True), (errno.ENAMETOOLONG, False)]
)
def test_a_full_disk_ends_it(tmp_path, monkeypatch, number, stops):
    save(tmp_path / 'in', 'a.png', 'b.png', 'c.png', 'd.png')
    write = run.write_atomically

    def fail(path, content):
        if path.name == 'b.png':
            raise OSError(number, f"'{path}' cannot be written: no")
        write(path, content)

    monkeypatch.setattr(run, 'write_atomically', fail)
    out = tmp_path / 'out'
    done = deblur([tmp_path / 'in'], out)
    written = [path.name for path in done.written]
    failure = f"'{out / 'b.png'}' cannot be written: no"
    if stops:
        assert written == ['a.png']
        assert done.failures == (failure, '2 more were not tried')
    else:
        assert written == ['a.png', 'c.png', 'd.png']
        assert done.failures == (failure,)


def test_settings_reach_the_model(tmp_path):
    save(tmp_path, 'in/a.png')
    calls = []

    def semantic(inner, size):
        calls.append((str(inner), size))
        return np.full((2, *size), 0.5, np.float32)

    def shown(image, maps):
        calls.append((image.shape[:2], maps.shape))
        return image - 0.5

    deblur(
        [tmp_path / 'in'],
        tmp_path / 'out',
        shown,
        strength=0.5,
        self_ensemble=True,
        semantic=semantic,
    )
    assert calls[0] == ('a.png', (20, 30))
    assert sorted(calls[1:]) == sorted(
        [((20, 30), (2, 20, 30)), ((30, 20), (2, 30, 20))] * 4
    )
    found = read_photo(tmp_path / 'out' / 'a.png').pixels
    expected = np.clip(photo().pixels - 0.25 * 127.5, 0, 255)
    assert np.abs(found - expected).max() <= 0.5 + 1e-4


def test_scores_and_sheets(tmp_path):
    save(tmp_path, 'in/a.png', 'in/deep/b.png', 'sharp/a.png')
    sharp = replace(photo(), pixels=photo().pixels // 2 + 20)
    (tmp_path / 'sharp' / 'deep').mkdir()
    path = tmp_path / 'sharp' / 'deep' / 'b.tif'
    path.write_bytes(encode_photo(sharp, '.tif'))
    done = deblur(
        [tmp_path / 'in'],
        tmp_path / 'out',
        darker,
        compare=True,
        truth=tmp_path / 'sharp',
    )
    first, second = done.scores
    assert (first.name, second.name) == ('a.png', 'deep/b.png')
    assert first.input == (float('inf'), 1)
    output = read_photo(tmp_path / 'out' / 'deep' / 'b.png').pixels
    error = np.mean((output.astype(float) - sharp.pixels) ** 2)
    expected = 10 * np.log10(255**2 / error)
    assert second.output.psnr == pytest.approx(expected)
    for name in ('a.png', 'deep/b.png'):
        with Image.open(tmp_path / 'out' / 'compare' / name) as sheet:
            assert sheet.width > 3 * 30  # input, output, truth


def test_a_truth_of_another_size_fails_its_photograph(tmp_path):
    save(tmp_path, 'in/a.png', 'in/b.png', 'sharp/b.png')
    small = encode_photo(photo(size=(20, 29)), '.png')
    (tmp_path / 'sharp' / 'a.png').write_bytes(small)
    out = tmp_path / 'out'
    done = deblur([tmp_path / 'in'], out, truth=tmp_path / 'sharp')
    (failure,) = done.failures
    assert 'has 30x20 pixels, but its ground truth' in failure
    assert done.written == (out / 'b.png',)
    assert len(done.scores) == 1


def test_streams(monkeypatch):
    before = photo(np.uint16, alpha=True)
    for suffix in ('.png', '.tif'):
        content = BytesIO(encode_photo(before, suffix))
        result = BytesIO()
        monkeypatch.setattr(sys, 'stdin', TextIOWrapper(content))
        monkeypatch.setattr(sys, 'stdout', TextIOWrapper(result))
        done = deblur(['-'], '-')
        assert done.failures == ()
        after = read_photo(result.getvalue())
        np.testing.assert_array_equal(after.pixels, before.pixels)
        np.testing.assert_array_equal(after.alpha, before.alpha)
        assert after.suffix == suffix
    monkeypatch.setattr(sys, 'stdin', TextIOWrapper(BytesIO(b'garbage')))
    done = deblur(['-'], '-')
    assert done.failures[0].startswith("'standard input' is not an image")


def test_videos_go_frame_by_frame(tmp_path, monkeypatch, capsys):
    calls = []

    def deblur_video(source, target, each, overwrite, progress):
        calls.append((source, target, overwrite))
        frame = np.full((20, 30, 3), 100, np.uint8)
        assert each(frame).mean() == pytest.approx(100 - 0.25 * 127.5, abs=1)
        progress(1, 1)
        if source.name == 'b.mp4':
            raise ValueError(f"'{source}' is interlaced")
        return run.DeblurredVideo(1, ('the sound is odd',))

    monkeypatch.setattr(run, 'deblur_video', deblur_video)
    for name in ('a.mp4', 'b.mp4'):
        (tmp_path / name).touch()
    done = deblur([tmp_path], tmp_path / 'out', darker, overwrite=True)
    assert calls[0] == (tmp_path / 'a.mp4', tmp_path / 'out' / 'a.mp4', True)
    assert done.written == (tmp_path / 'out' / 'a.mp4',)
    assert done.failures == (f"'{tmp_path}/b.mp4' is interlaced",)
    assert f"'{tmp_path}/a.mp4': the sound is odd" in capsys.readouterr().err


def test_a_model_that_puts_out_no_numbers_writes_nothing(tmp_path):
    def broken(image, semantic=None):
        return image * np.float32(np.nan)

    save(tmp_path, 'a.png')
    done = deblur([tmp_path / 'a.png'], tmp_path / 'out', broken, True)
    (failure,) = done.failures
    assert failure.startswith(
        f"'{tmp_path}/a.png': the output of the model contains NaN"
    )
    assert done.written == ()
    assert not (tmp_path / 'out').exists()


def test_what_a_result_lacks_is_said(tmp_path, capsys):
    content = encode_photo(replace(photo(), xmp=b'<x/>'), '.png')
    (tmp_path / 'a.png').write_bytes(content[:-12])
    deblur([tmp_path / 'a.png'], tmp_path / 'a.bmp')
    said = capsys.readouterr().err.splitlines()
    name = f"'{tmp_path}/a.png'"
    assert f'{name}: it is truncated after its last pixel' in said
    assert any(
        line.startswith(f'{name}: left out of the .bmp: ')
        and line.endswith('EXIF data, XMP data')
        for line in said
    )


def test_what_cannot_be_read_is_seen_before_anything_runs(tmp_path):
    Image.new('RGB', (20, 20)).save(tmp_path / 'a.png')
    (tmp_path / 'b.png').write_bytes(b'no image')
    (tmp_path / 'c.mp4').write_bytes(b'looked at when it is its turn')
    found = run.look_at(plan_tasks([tmp_path], tmp_path / 'out'))
    assert found.written == ()
    (failure,) = found.failures
    assert failure.startswith(f"'{tmp_path}/b.png' is not an image")
