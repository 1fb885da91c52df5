import os
import signal

import cv2
import numpy as np
import pytest
from PIL import Image

from mmasgan.datasets.gopro_split import GoProSplit, write_split
from mmasgan.datasets.prepare import gopro_census

SMALL_TRAIN = {'a': (1, 2), 'b': (5, 6), 'c': (1, 1)}
SMALL_TEST = {'t': 2}


@pytest.fixture
def small_gopro(monkeypatch, tmp_path, scenes):
    """A GoPro of four sequences, and what makes the census expect it."""
    monkeypatch.setattr(gopro_census, 'TRAIN', SMALL_TRAIN)
    monkeypatch.setattr(gopro_census, 'TEST', SMALL_TEST)
    root = tmp_path / 'GOPRO_Large'
    numbers = {name: range(a, b + 1) for name, (a, b) in SMALL_TRAIN.items()}
    for i, name in enumerate((*SMALL_TRAIN, *SMALL_TEST)):
        subset = 'train' if name in SMALL_TRAIN else 'test'
        for number in numbers.get(name, range(1, 3)):
            picture = scenes(i, shift=number)
            for kind in ('blur', 'sharp'):
                path = root / subset / name / kind / f'{number:06}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), picture)
    return root


@pytest.fixture
def scenes():
    """Pictures of which each seed gives another scene."""

    def scene(seed, size=(40, 48), shift=0):
        random = np.random.RandomState(seed)
        coarse = random.randint(0, 256, (6, 7, 3), dtype=np.uint8)
        whole = cv2.resize(coarse, (size[1] + 16, size[0]))
        whole = cv2.add(whole, random.randint(0, 30, whole.shape, np.uint8))
        return np.ascontiguousarray(whole[:, shift : shift + size[1]])

    return scene


@pytest.fixture
def killed(monkeypatch):
    """Run a function in a process that dies at its nth rename."""

    def run(function, number, is_after):
        process = os.fork()
        if process:
            _, status = os.waitpid(process, 0)
            assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0
            return os.WIFSIGNALED(status)
        done = []
        replace = os.replace

        def die(*args):
            done.append(args)
            if is_after:
                replace(*args)
            if len(done) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            if not is_after:
                replace(*args)

        os.replace = os.rename = die
        try:
            function()
        except BaseException:
            os._exit(1)
        os._exit(0)

    return run


@pytest.fixture
def full_disk(monkeypatch):
    usage = type('Usage', (), {'free': 1000})
    monkeypatch.setattr('shutil.disk_usage', lambda path: usage)


@pytest.fixture
def write_video():
    av = pytest.importorskip('av')

    def write(path, frames, fps, codec='libx264'):
        with av.open(str(path), 'w') as container:
            stream = container.add_stream(codec, rate=fps)
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = 'yuv420p'
            stream.options = {'crf': '12', 'preset': 'ultrafast'}
            for image in frames:
                frame = av.VideoFrame.from_ndarray(image, format='rgb24')
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


def stripes(seed, is_blurred=False, size=(72, 96)):
    """Draw stripes and noise, other ones for each seed."""
    random = np.random.RandomState(seed)
    coarse = random.randint(0, 256, (9, 12, 3), np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_NEAREST)
    image = cv2.add(image, random.randint(0, 30, image.shape, np.uint8))
    return cv2.blur(image, (7, 3)) if is_blurred else image


@pytest.fixture
def two_sequences(tmp_path):
    """Two sequences to train, one to test, and the split."""
    root = tmp_path / 'data'
    for number, name in enumerate(('train/a', 'train/b', 'test/t')):
        for frame in range(3):
            for domain in ('blur', 'sharp'):
                path = root / name / domain / f'{frame}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                seed = 10 * number + frame
                pixels = stripes(seed, domain == 'blur')
                Image.fromarray(pixels).save(path)
    split = GoProSplit('disjoint', 0, 'train', ('train/a',), ('train/b',))
    write_split(root / 'split.json', split)
    return root
