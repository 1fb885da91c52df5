"""Whatever files and tensors come: a right result, or an error that says why.

Hypothesis draws 2 200 cases, the same ones each time.
"""

import gc
import os
import tempfile
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from mmasgan.apis import deblur_files, deblur_image
from mmasgan.datasets import (
    LoadRGBImage,
    PairedGoProDataset,
    RandomCrop,
    UnpairedGoProDataset,
)
from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.generators.strips import translate_in_strips
from mmasgan.io.image.photo import to_8_bits
from mmasgan.io.image.reader import UnusableImageError, read_photo

EXIF_ORIENTATION = 274
CROP = 8
MIN_SIZE = 16
CLASSES = 8
KEYS = ['img_blur', 'img_sharp']

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings('ignore::UserWarning:PIL'),
    pytest.mark.filterwarnings('ignore::PIL.Image.DecompressionBombWarning'),
    pytest.mark.filterwarnings('ignore:no semantic map'),
    pytest.mark.filterwarnings('ignore::mmasgan.io.image.photo.ImageWarning'),
]


def cases(count):
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True, scope='module')
def no_collecting():
    # MMEngine collects garbage for each data set, some 0.2 s with PyTorch.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, 'collect', lambda: 0)
        yield


# Files


def picture(mode, size, seed):
    """Return an image of noise; size is (width, height)."""
    random = np.random.default_rng(seed)
    shape = size[::-1]
    if mode == 'F':
        return Image.fromarray(random.random(shape, np.float32))
    if mode == 'I;16':
        return Image.fromarray(random.integers(0, 65536, shape, np.uint16))
    rgb = Image.fromarray(random.integers(0, 256, (*shape, 3), np.uint8))
    image = rgb.convert(mode)
    if mode in ('LA', 'RGBA') and seed % 2:
        image.putalpha(Image.fromarray(random.integers(0, 256, shape, 'u1')))
    return image


def encode(mode, kind, size, seed, orientation=None):
    exif = Image.Exif()
    options = {}
    if orientation is not None and kind not in ('BMP', 'GIF'):
        exif[EXIF_ORIENTATION] = orientation
        options = dict(exif=exif)
    file = BytesIO()
    picture(mode, size, seed).save(file, kind, **options)
    return file.getvalue()


def can_hold(mode, kind):
    try:
        return bool(encode(mode, kind, (2, 2), 0))
    except (OSError, ValueError, KeyError):
        return False


SUFFIXES = [
    '.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp', '.ppm',
]  # fmt: skip
KINDS = [
    (mode, kind)
    for mode in ('1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16', 'F')
    for kind in ('PNG', 'JPEG', 'TIFF', 'BMP', 'WEBP', 'GIF')
    if can_hold(mode, kind)
]
SIDES = st.integers(1, 70)
DAMAGES = st.one_of(
    st.just(lambda content: content),
    st.floats(0, 1).map(
        lambda keep: lambda content: content[: int(keep * len(content))]
    ),
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)),
        min_size=1,
        max_size=4,
    ).map(lambda changes: lambda content: altered(content, changes)),
    # headers are where the most can go wrong
    st.lists(
        st.tuples(st.integers(0, 63), st.integers(0, 255)),
        min_size=1,
        max_size=4,
    ).map(lambda changes: lambda content: altered(content, changes)),
)
# Without those that data sets pass over.
NAMES = st.one_of(
    st.text(
        st.characters(exclude_characters='/\0', codec='utf-8'), max_size=9
    ),
    st.binary(max_size=9).map(
        lambda name: os.fsdecode(name.translate(None, b'/\0'))
    ),
    st.sampled_from(
        [' ', 'a b', 'a\nb', '-rf', '~', '%s', '{0}', "'", '$(x)']
    ),
).filter(lambda name: name and not name.startswith('.'))


def altered(content, changes):
    content = bytearray(content)
    for place, value in changes:
        if isinstance(place, float):
            place = int(place * len(content))
        if place < len(content):
            content[place] = value
    return bytes(content)


def expected_pixels(content, transparent=False):
    """Return what a whole file shows, or None where it must be refused."""
    with Image.open(BytesIO(content)) as image:
        if image.mode == 'F':
            return None
        upright = ImageOps.exif_transpose(image)
        if image.mode.startswith('I'):
            deep = np.asarray(upright).astype(int)
            gray = np.rint(deep / 257).astype(np.uint8)
            return np.repeat(gray[..., None], 3, axis=2)
        rgba = np.asarray(upright.convert('RGBA'))
        if rgba[..., 3].min() < 255 and not transparent:
            return None
        return rgba[..., :3]


@st.composite
def files(draw):
    """Return a name, the content, and of whole files what was encoded."""
    mode, kind = draw(st.sampled_from(KINDS))
    orientation = draw(st.sampled_from([None, *range(10)]))
    whole = encode(
        mode,
        kind,
        (draw(SIDES), draw(SIDES)),
        draw(st.integers(0, 99)),
        orientation,
    )
    content = draw(DAMAGES)(whole)
    name = draw(NAMES) + draw(st.sampled_from(SUFFIXES))
    return name, content, whole if content == whole else None


def make_pairs(root, layout, key, name, content, size):
    """Write a file, its partner of a size, and a pair that is in order."""
    for other in KEYS:
        if layout == 'flat':
            folder = {'img_blur': 'input', 'img_sharp': 'target'}[other]
        else:
            folder = f'a/{other[4:]}'
        folder = root / 'train' / folder
        folder.mkdir(parents=True)
        picture('RGB', (12, 10), 0).save(folder / 'zz-good.png')
        if other == key:
            (folder / name).write_bytes(content)
            path = str(folder / name)
        else:
            picture('RGB', size, 1).save(folder / name, 'PNG')
    return path


def check_sample(sample, path, pixels):
    for key in KEYS:
        crop = sample[key]
        assert crop.shape == (CROP, CROP, 3)
        assert crop.dtype == np.uint8
        if sample[f'{key}_path'] == path and not isinstance(pixels, str):
            assert pixels is not None
            top, left, *_ = sample[f'{key}_crop']
            np.testing.assert_array_equal(
                crop, pixels[top : top + CROP, left : left + CROP]
            )


def fits(pixels):
    """Return whether a file must be used, or None where both are right."""
    if isinstance(pixels, str):
        return None
    return pixels is not None and min(pixels.shape[:2]) >= CROP


@cases(1100)
@given(
    file=files(),
    layout=st.sampled_from(['nested', 'flat']),
    key=st.sampled_from(KEYS),
    pairs=st.booleans(),
)
def test_files_in_data_sets(file, layout, key, pairs):
    name, content, whole = file
    pixels = 'any' if whole is None else expected_pixels(whole)
    size = pixels.shape[1::-1] if fits(pixels) else (12, 10)
    kwargs = dict(
        subset='train',
        seed=1,
        pipeline=[
            LoadRGBImage(KEYS, same_size=pairs),
            RandomCrop(KEYS, CROP, together=pairs),
        ],
    )
    with tempfile.TemporaryDirectory() as folder:
        path = make_pairs(Path(folder), layout, key, name, content, size)

        def build(**more):
            if pairs:
                return PairedGoProDataset(folder, **kwargs, **more)
            return UnpairedGoProDataset(
                folder, split='shuffled', **kwargs, **more
            )

        problem = None
        try:
            for sample in build():
                check_sample(sample, path, pixels)
        except UnusableImageError as error:
            problem = str(error)
        assert problem is None or path in problem
        assert fits(pixels) in (problem is None, None)

        dataset = build(max_skipped=1)
        for sample in dataset:
            check_sample(sample, path, pixels)
        assert bool(dataset.skipped.causes()) is bool(problem)


@lru_cache
def generator(block='v2', sft=True, dtype=torch.float32):
    torch.manual_seed(0)
    return (
        ResNetV2SFTGenerator(
            base_channels=2, num_blocks=1, block=block, sft=sft
        )
        .to(dtype)
        .eval()
    )


@cases(300)
@given(file=files())
def test_files_that_are_deblurred(file):
    name, content, whole = file
    with tempfile.TemporaryDirectory() as folder:
        photos, out = Path(folder, 'photos'), Path(folder, 'out')
        photos.mkdir()
        (photos / name).write_bytes(content)
        picture('RGB', (16, 17), 0).save(photos / 'zz-good.png')
        done = deblur_files(generator(), [photos], out)
        assert out / 'zz-good.png' in done.written
        assert len(done.written) + len(done.failures) == 2
        for failure in done.failures:
            assert str(photos / name) in failure
        if whole is None:
            return
        pixels = expected_pixels(whole, transparent=True)
        suffix = Path(name).suffix
        is_clear = expected_pixels(whole) is None
        lossy = suffix.startswith('.j')
        fits = (
            pixels is not None
            and min(pixels.shape[:2]) >= MIN_SIZE
            and not (is_clear and (lossy or suffix == '.ppm'))
        )
        assert fits is not bool(done.failures)
        if fits:
            check_result(content, out / name, lossy)


def check_result(content, path, lossy):
    before, after = read_photo(content), read_photo(path)
    assert after.pixels.shape == before.pixels.shape
    if lossy:
        return
    expected = deblur_image(generator(), before.pixels)
    found = replace(before, pixels=expected).rgb()
    np.testing.assert_array_equal(after.rgb(), found)
    if not before.is_opaque:
        np.testing.assert_array_equal(
            to_8_bits(after.alpha), to_8_bits(before.alpha)
        )


# Tensors

DTYPES = [
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
]
LAYOUTS = {
    'contiguous': lambda x: x.contiguous(),
    'channels_last': lambda x: x.movedim(-3, -1).contiguous().movedim(-1, -3),
    'transposed': lambda x: x.mT.contiguous().mT,
    'every_second': lambda x: x.repeat_interleave(2, -1)[..., ::2],
    'within': lambda x: torch.nn.functional.pad(x, (1, 2, 3, 4))[
        ..., 3 : 3 + x.shape[-2], 1 : 1 + x.shape[-1]
    ],
    'one_row': lambda x: x[..., :1, :].expand(x.shape),
    'requires_grad': lambda x: x.clone().requires_grad_(x.is_floating_point()),
}
VALUES = {
    'noise': lambda shape: torch.rand(shape) * 2 - 1,
    'black': lambda shape: torch.full(shape, -1.0),
    'zero': lambda shape: torch.zeros(shape),
    'edge': lambda shape: (torch.rand(shape) > 0.5).float() * 2 - 1,
    'nan': lambda shape: torch.full(shape, torch.nan),
    'huge': lambda shape: torch.full(shape, 1e30),
}


@st.composite
def tensors(draw, channels):
    right = st.tuples(
        st.integers(0, 2),
        st.just(channels),
        st.integers(12, 36),
        st.integers(12, 36),
    )
    any_shape = st.lists(st.integers(0, 20), min_size=3, max_size=5)
    few_channels = st.tuples(
        st.just(1), st.integers(0, 9), st.just(16), st.just(20)
    )
    shape = tuple(
        draw(st.one_of(right, right, right, few_channels, any_shape))
    )
    values = draw(st.sampled_from(list(VALUES)))
    layout = draw(st.sampled_from(list(LAYOUTS)))
    x = VALUES[values](shape)
    x = x.to(draw(st.sampled_from(DTYPES[:2] * 4 + DTYPES)))
    return LAYOUTS[layout](x), values in ('nan', 'huge')


def is_fit(x, network):
    dtype = next(network.parameters()).dtype
    return (
        x.ndim == 4
        and len(x) > 0
        and x.shape[1] == 3
        and min(x.shape[2:]) >= MIN_SIZE
        and x.dtype == dtype
    )


@cases(500)
@given(
    data=st.data(),
    block=st.sampled_from(['v1', 'v2']),
    sft=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    rows=st.sampled_from([4, 8, 64]),
)
def test_tensors_through_the_generator(data, block, sft, dtype, rows):
    network = generator(block, sft, dtype)
    x, is_wild = data.draw(tensors(3))
    semantic = None
    if sft and data.draw(st.booleans()):
        if x.ndim == 4 and data.draw(st.booleans()):
            semantic = torch.rand(len(x), CLASSES, *x.shape[2:]).to(dtype)
        else:
            semantic, _ = data.draw(tensors(CLASSES))
    fit = is_fit(x, network) and (
        semantic is None
        or (
            semantic.shape == (len(x), CLASSES, *x.shape[2:])
            and semantic.dtype == dtype
        )
    )
    try:
        with torch.no_grad():
            out = network(x, semantic)
        strips = translate_in_strips(network, x, semantic, rows)
    except (ValueError, TypeError) as error:
        assert not fit
        words = str(error).split()
        assert words[0] in ('x', 'semantic') or words[:2] == ['an', 'image']
        return
    assert fit
    assert out.shape == strips.shape == x.shape
    assert out.dtype == strips.dtype == dtype
    if is_wild:
        return
    for result in (out, strips):
        assert torch.all(result.abs() <= 1)
    if x.std((2, 3)).min() < 1e-3:
        # Instance norm enlarges the rounding of a flat image without bound:
        # float32 and float64 differ as much there.
        return
    with torch.no_grad():
        plain = network(
            x.contiguous(), None if semantic is None else semantic.contiguous()
        )
    torch.testing.assert_close(out, plain, atol=1e-4, rtol=0)
    torch.testing.assert_close(strips, plain, atol=1e-3, rtol=0)


ARRAYS = {
    'plain': lambda a: a,
    'fortran': np.asfortranarray,
    'upside_down': lambda a: a[::-1],
    'mirrored': lambda a: a[:, ::-1] if a.ndim > 1 else a,
    'bgr': lambda a: a[..., ::-1],
    'every_second': lambda a: a.repeat(2, axis=0)[::2],
    'one_row': lambda a: np.broadcast_to(a[:1], a.shape),
    'big_endian': lambda a: a.astype(a.dtype.newbyteorder('>')),
}


@st.composite
def arrays(draw):
    right = st.tuples(st.integers(12, 40), st.integers(12, 40), st.just(3))
    wrong = st.lists(st.integers(0, 24), min_size=1, max_size=4)
    shape = tuple(draw(st.one_of(right, right, right, wrong)))
    kinds = ['u1', 'u1', 'u1', 'u2', 'i8', 'f4', 'f8', '?', 'c8', 'O', 'U1']
    kind = draw(st.sampled_from(kinds))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    array = random.integers(0, 256, shape).astype(kind)
    array = ARRAYS[draw(st.sampled_from(list(ARRAYS)))](array)
    if draw(st.booleans()):
        array.setflags(write=False)
    return array


@pytest.mark.filterwarnings('error::UserWarning:mmasgan')
@cases(300)
@given(image=arrays(), in_strips=st.sampled_from([None, True, False]))
def test_arrays_that_are_deblurred(image, in_strips):
    fit = (
        image.dtype in (np.uint8, np.uint16)
        and image.ndim == 3
        and image.shape[2] == 3
        and min(image.shape[:2]) >= MIN_SIZE
    )
    before = image.copy()
    problem = None
    try:
        found = deblur_image(generator(), image, in_strips)
    except (ValueError, TypeError) as error:
        problem = str(error)
    assert fit is (problem is None)
    if problem is not None:
        assert 'image must be' in problem
        return
    assert found.shape == image.shape
    assert found.dtype == image.dtype
    np.testing.assert_array_equal(image, before)
    plain = deblur_image(generator(), before.copy('C'), in_strips=False)
    gray_level = np.iinfo(image.dtype).max // 255
    assert np.abs(found.astype(int) - plain).max() <= gray_level
