"""Damaged videos: an error, or a result that says what it lacks."""

import random
import subprocess
import sys

import numpy as np
import pytest
from clips import read_clip, write_clip

pytestmark = pytest.mark.process

KINDS = {
    '.mp4': ('libx264', ['aac']),
    '.mov': ('mjpeg', ['pcm_s16le']),
    '.mkv': ('libx264', ['libopus']),
    '.webm': ('libvpx-vp9', ['libopus']),
    '.avi': ('mpeg4', ['libmp3lame']),
    '.ts': ('libx264', ['ac3']),
    '.mpg': ('mpeg1video', ['mp2']),
    '.flv': ('flv', ['libmp3lame']),
}
EACH = 15  # mutated files of each kind
LIMIT = 20  # seconds for a file
RUN = """
import sys
import time
from pathlib import Path
from mmasgan.apis.inference import deblur_video
for line in sys.stdin:
    source, target = map(Path, line.rstrip('\\n').split('\\t'))
    start = time.perf_counter()
    try:
        done = deblur_video(source, target, lambda image: image)
        text = f'{done.frames} {len(done.notes)}'
    except (ValueError, OSError) as error:
        names = source.name, target.name
        text = f'refused {any(name in str(error) for name in names)}'
    print(f'{time.perf_counter() - start:.1f} {text}', flush=True)
"""


def mutated(content, other, draw):
    """Cut off, flip bytes, splice, leave out, zero or repeat a part."""
    content = bytearray(content)
    size = len(content)
    start = draw.randrange(size)
    stop = min(size, start + draw.randrange(1, size // 4))
    kind = draw.choice(
        ['cut', 'flip', 'head', 'splice', 'drop', 'zero', 'twice']
    )
    if kind == 'cut':
        del content[max(start, 1) :]
    elif kind in ('flip', 'head'):
        end = size if kind == 'flip' else min(size, 400)
        for _ in range(draw.choice([1, 3, 30])):
            content[draw.randrange(end)] ^= 1 << draw.randrange(8)
    elif kind == 'splice':
        content[start:stop] = other[start:stop]
    elif kind == 'drop':
        del content[start:stop]
    elif kind == 'zero':
        content[start:stop] = bytes(stop - start)
    else:
        content[stop:stop] = content[start:stop]
    return kind, bytes(content)


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    """Return what became of each mutated file, made with fixed draws."""
    folder = tmp_path_factory.mktemp('fuzz')
    draw = random.Random(18)
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), np.uint8)
    jobs = []
    for suffix, (encoder, sound) in KINDS.items():
        pix_fmt = 'yuvj420p' if encoder == 'mjpeg' else 'yuv420p'
        options = dict(encoder=encoder, pix_fmt=pix_fmt, sound=sound)
        whole = write_clip(folder / f'whole{suffix}', count=40, **options)
        other = write_clip(
            folder / f'other{suffix}', frames=list(noise) * 15, **options
        )
        contents = whole.read_bytes(), other.read_bytes()
        for number in range(EACH):
            source = folder / f'{number}{suffix}'
            fault, content = mutated(*contents, draw)
            source.write_bytes(content)
            # These do not say how long they are.
            is_shorter = fault == 'cut' and suffix in ('.flv', '.mpg', '.ts')
            kind = suffix if suffix not in ('.mpg', '.flv') else '.mkv'
            target = folder / 'out' / f'{number}{suffix}{kind}'
            jobs.append((source, target, None if is_shorter else 40))
    lines = ''.join(f'{source}\t{target}\n' for source, target, _ in jobs)
    done = subprocess.run(
        [sys.executable, '-c', RUN],
        input=lines,
        capture_output=True,
        text=True,
        timeout=LIMIT * 20,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    results = [line.split() for line in done.stdout.splitlines()]
    assert len(results) == len(jobs)
    return list(zip(jobs, results, strict=True))


def test_no_damaged_video_hangs_or_ends_in_a_traceback(runs):
    assert len(runs) >= 100
    assert max(float(result[0]) for _, result in runs) < LIMIT


def test_what_is_refused_is_named_and_leaves_nothing(runs):
    refused = [(job, result) for job, result in runs if result[1] == 'refused']
    assert len(refused) > 10
    for (source, target, _), result in refused:
        assert result[2] == 'True', source
        assert not target.exists()
    (folder,) = {target.parent for (_, target, _), _ in runs}
    assert not [p for p in folder.iterdir() if 'mmasgan-tmp' in p.name]


def test_what_is_written_is_whole_or_says_what_it_lacks(runs):
    written = [(job, result) for job, result in runs if result[1] != 'refused']
    assert len(written) > 30
    for (source, target, frames), result in written:
        clip = read_clip(target)
        assert len(clip.frames) == int(result[1]), source
        if int(result[2]) == 0 and frames is not None:
            assert len(clip.frames) == frames, source
