import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from mmagic.structures import DataSample
from PIL import Image, ImageCms
from tiny import make_checkpoint

from mmasgan.apis import (
    TorchBackend,
    deblur_files,
    deblur_image,
    load_generator,
)
from mmasgan.apis.deblurring import maps_from_disk
from mmasgan.apis.inference import fallback
from mmasgan.datasets import read_rgb_image
from mmasgan.io.image.reader import read_photo
from mmasgan.semantic.store import MapError

EXIF_ORIENTATION = 274


@pytest.fixture(scope='module')
def generator(tmp_path_factory):
    path = tmp_path_factory.mktemp('deblur') / 'a.pth'
    make_checkpoint(path)
    return load_generator(path)


def pixels(height=20, width=25, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / 'photos'
    (folder / 'inner').mkdir(parents=True)
    Image.fromarray(pixels()).save(folder / 'a.png')
    Image.fromarray(pixels(seed=1)).save(folder / 'inner' / 'a.png')
    return folder


def test_an_image_is_what_the_model_makes_of_it(trained):
    path, runner = trained
    image = pixels(33, 46)
    model = runner.model
    before = {k: v.clone() for k, v in model.state_dict().items()}
    averaged = torch.load(path, weights_only=False)['state_dict']
    model.load_state_dict(averaged)
    bgr = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)
    sample = DataSample(metainfo={'img_blur_channel_order': 'BGR'})
    batch = {'inputs': {'img_blur': [bgr]}, 'data_samples': [sample]}
    (sample,) = model.test_step(batch)
    model.load_state_dict(before)
    expected = sample.output.pred_img.flip(0).permute(1, 2, 0).numpy()
    found = deblur_image(load_generator(path), image)
    assert found.shape == image.shape
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ('image', 'error', 'message'),
    [
        (
            pixels() / 255,
            TypeError,
            'uint8 or uint16, got float64',
        ),
        (
            pixels().tolist(),
            TypeError,
            'uint8 or uint16, got list',
        ),
        (pixels()[..., 0], ValueError, r'must be \(H, W, 3\), got \(20, 25\)'),
        (np.zeros((20, 25, 4), np.uint8), ValueError, r'got \(20, 25, 4\)'),
    ],
)
def test_other_arrays_are_named(generator, image, error, message):
    with pytest.raises(error, match=f'image .*{message}'):
        deblur_image(generator, image)


@pytest.mark.filterwarnings('error')
def test_any_memory_layout_is_taken(generator):
    image = pixels()
    fixed = image.copy()
    fixed.setflags(write=False)
    expected = deblur_image(generator, image)
    for other in (fixed, np.asfortranarray(image), image[::-1].copy()[::-1]):
        np.testing.assert_array_equal(deblur_image(generator, other), expected)


def test_a_generator_that_changes_nothing_changes_no_pixel():
    class Identity(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, x, semantic=None):
            return x * self.weight

    image = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    np.testing.assert_array_equal(deblur_image(Identity(), image), image)


def test_a_folder_keeps_its_names(generator, photos, tmp_path):
    out = tmp_path / 'out'
    done = deblur_files(generator, [photos], out)
    assert done.failures == ()
    assert done.written == (out / 'a.png', out / 'inner' / 'a.png')
    for path, seed in zip(done.written, (0, 1), strict=True):
        expected = deblur_image(generator, pixels(seed=seed))
        np.testing.assert_array_equal(read_rgb_image(str(path)), expected)
        assert (expected != pixels(seed=seed)).any()


@pytest.mark.parametrize(
    ('name', 'kind', 'written'),
    [
        ('a.png', 'PNG', 'a.png'),
        ('a.JPG', 'JPEG', 'a.JPG'),
        ('a.tif', 'TIFF', 'a.tif'),
        ('a.webp', 'WEBP', 'a.webp'),
        ('a.bmp', 'BMP', 'a.bmp'),
        ('a.ppm', 'PPM', 'a.ppm'),
        ('a.gif', 'PNG', 'a.gif.png'),
        ('a.pgm', 'PPM', 'a.pgm'),
    ],
)
def test_the_format_is_that_of_the_photograph(
    generator, tmp_path, name, kind, written
):
    path = tmp_path / name
    Image.fromarray(pixels(64, 48)).save(path)
    before = read_rgb_image(str(path))
    done = deblur_files(generator, [path], tmp_path / 'out')
    assert done.written == (tmp_path / 'out' / written,)
    with Image.open(done.written[0]) as image:
        assert image.format == kind
        found = np.array(image.convert('RGB')).astype(int)
    expected = deblur_image(generator, before)
    if kind == 'JPEG':
        assert abs(found - expected).mean() < 6  # of noise
    else:
        np.testing.assert_array_equal(found, expected)


def test_photographs_are_upright_and_keep_their_profile(generator, tmp_path):
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB'))
    path = tmp_path / 'a.jpg'
    Image.fromarray(pixels(20, 30)).save(
        path, exif=exif, icc_profile=profile.tobytes()
    )
    done = deblur_files(generator, [path], tmp_path / 'out')
    with Image.open(done.written[0]) as image:
        assert image.size == (20, 30)
        assert image.getexif().get(EXIF_ORIENTATION, 1) == 1
        assert image.info['icc_profile'] == profile.tobytes()


def test_it_goes_on_after_what_cannot_be_deblurred(
    generator, photos, tmp_path
):
    (photos / '0.jpg').write_bytes(b'no image')
    Image.new('RGB', (8, 40)).save(photos / 'b.png')
    gone = photos / 'gone.png'
    done = deblur_files(generator, [photos, gone], tmp_path / 'out')
    names = [path.name for path in done.written]
    assert names == ['a.png', 'a.png']
    broken, small, missing = done.failures
    assert broken.startswith(f"'{photos}/0.jpg' is not an image")
    assert small == (
        f"'{photos}/b.png': image must be at least 16x16 pixels, got 8x40"
    )
    assert missing.startswith(f"'{gone}' does not exist")
    assert len(list((tmp_path / 'out').rglob('*.*'))) == 2


def failing(error):
    class Failing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, x, semantic=None):
            raise error

    return Failing()


@pytest.mark.parametrize(
    'error',
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        torch.OutOfMemoryError('CUDA out of memory'),
    ],
)
def test_what_is_too_large_is_named(photos, tmp_path, error, capsys):
    path = photos / 'a.png'
    done = deblur_files(failing(error), [path], tmp_path / 'out', tile='whole')
    assert done.failures == (
        f"'{path}': 25x20 pixels as a whole on the CPU do not fit into the "
        'memory',
    )


def test_where_memory_is_short_it_goes_on_in_strips(
    photos, tmp_path, generator, monkeypatch, capsys
):
    tall = photos / 'tall.png'
    Image.fromarray(pixels(400, 40)).save(tall)
    needed = [
        TorchBackend(generator, in_strips=way).bytes_needed(400, 40)
        for way in (False, True)
    ]
    between = int(sum(needed) / 2 / fallback.SHARE)
    monkeypatch.setattr(fallback, 'available_memory', lambda: between)
    done = deblur_files(generator, [tall], tmp_path / 'out')
    assert done.failures == ()
    assert (
        f"'{tall}': 40x400 pixels as a whole on the CPU need about 0.1 GB, "
        'but 0.1 are free; continuing in strips on the CPU'
    ) in capsys.readouterr().err
    found = read_rgb_image(str(done.written[0])).astype(int)
    expected = deblur_image(generator, pixels(400, 40), in_strips=False)
    assert np.abs(found - expected).max() <= 1


def save_oddities(folder):
    """Write files that cannot be deblurred, and return their names."""
    whole = BytesIO()
    Image.fromarray(pixels()).save(whole, 'PNG')
    (folder / 'truncated.png').write_bytes(whole.getvalue()[:-300])
    (folder / 'empty.jpg').write_bytes(b'')
    (folder / 'text.webp').write_text('<html>404</html>')
    (folder / 'two\nlines.png').write_bytes(b'x')
    (folder / 'dead.png').symlink_to('nowhere')
    Image.new('RGB', (1, 1)).save(folder / 'one pixel.png')
    Image.new('RGB', (3000, 20)).save(folder / 'bomb.png')
    Image.new('F', (20, 20)).save(folder / 'float.tif')
    frames = [Image.new('RGB', (20, 20), color) for color in ('red', 'blue')]
    frames[0].save(
        folder / 'animated.webp', save_all=True, append_images=frames[1:]
    )
    return sorted(path.name for path in folder.iterdir())


def save_unusual(folder):
    """Write files that can be deblurred, and return their names."""
    folder.mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    image = Image.fromarray(pixels(17, 31))
    image.convert('L').save(folder / 'gray.png')
    image.convert('1').save(folder / 'bilevel.png')
    image.quantize(16).save(folder / 'palette.png')
    image.convert('RGBA').save(folder / 'opaque.png')
    Image.new('RGBA', (31, 17)).save(folder / 'clear.png')
    image.convert('CMYK').save(folder / 'cmyk.jpg')
    Image.new('I;16', (31, 17), 999).save(folder / 'deep.png')
    image.save(folder / 'turned.jpg', exif=exif)
    image.save(folder / ' with  spaces and\na newline.png')
    image.save(folder / 'Ünïcode 模糊.png')
    image.save(folder / os.fsdecode(b'no utf-8 \xff.png'))
    image.save(folder / '-rf.png')
    return sorted(path.name for path in folder.iterdir())


def test_of_a_folder_of_oddities_each_is_done_or_named(
    generator, photos, tmp_path, monkeypatch
):
    broken = save_oddities(photos / 'inner')
    broken.remove('a.png')
    unusual = save_unusual(photos / 'unusual')
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 10_000)
    done = deblur_files(generator, [photos], tmp_path / 'out')
    assert [path.name for path in done.written] == ['a.png', 'a.png', *unusual]
    assert len(done.failures) == len(broken)
    for name, failure in zip(broken, done.failures, strict=True):
        assert failure.startswith(f"'{photos}/inner/{name}'")
    for path in done.written[2:]:
        upright = (31, 17, 3) if path.name == 'turned.jpg' else (17, 31, 3)
        assert read_photo(path).pixels.shape == upright


def test_other_errors_are_not_hidden(photos, tmp_path):
    with pytest.raises(RuntimeError, match='a fault of ours'):
        deblur_files(
            failing(RuntimeError('a fault of ours')), [photos], tmp_path / 'o'
        )


def content(folder):
    return {p: p.read_bytes() for p in folder.rglob('*') if p.is_file()}


def test_results_are_replaced_only_if_asked(generator, photos, tmp_path):
    out = tmp_path / 'out'
    (out / 'inner').mkdir(parents=True)
    (out / 'inner' / 'a.png').write_text('mine')
    with pytest.raises(FileExistsError, match=r"inner/a\.png' already exist"):
        deblur_files(generator, [photos], out)
    assert content(out) == {out / 'inner' / 'a.png': b'mine'}
    done = deblur_files(generator, [photos], out, overwrite=True)
    assert len(done.written) == 2
    assert read_rgb_image(str(out / 'inner' / 'a.png')).shape == (20, 25, 3)


def test_photographs_are_never_replaced(generator, photos, tmp_path):
    before = content(photos)
    (tmp_path / 'link').symlink_to(photos)
    for images, out in (
        ([photos], photos),
        ([photos / 'a.png'], photos),
        ([photos], tmp_path / 'link'),
        ([tmp_path / 'link' / 'a.png'], photos),
        # what one would become is another
        ([photos / 'inner' / 'a.png', photos / 'a.png'], photos / 'inner'),
    ):
        with pytest.raises((FileExistsError, ValueError)):
            deblur_files(generator, images, out, overwrite=True)
        assert content(photos) == before


def test_a_file_may_be_named(generator, photos, tmp_path):
    done = deblur_files(generator, [photos / 'a.png'], tmp_path / 'b.tif')
    assert done.written == (tmp_path / 'b.tif',)
    np.testing.assert_array_equal(
        read_rgb_image(str(tmp_path / 'b.tif')),
        deblur_image(generator, pixels()),
    )


def test_maps_come_from_disk(tmp_path):
    maps = np.random.default_rng(0).dirichlet(np.ones(3), (5, 4))
    maps = maps.transpose(2, 0, 1).astype(np.float32)
    (tmp_path / 'maps' / 'deep').mkdir(parents=True)
    np.save(tmp_path / 'maps' / 'deep' / 'a.npy', maps)
    read = maps_from_disk(tmp_path / 'maps')
    found = read(Path('deep/a.png'), (20, 12))
    expected = maps.repeat(4, axis=1).repeat(3, axis=2)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(MapError, match=r"no map of 'b\.png' in '.*maps'"):
        read(Path('b.png'), (20, 12))
    with pytest.raises(FileNotFoundError, match='there is no folder'):
        maps_from_disk(tmp_path / 'none')
