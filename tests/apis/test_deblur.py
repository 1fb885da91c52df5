import numpy as np
import pytest
import torch
from mmagic.structures import DataSample
from PIL import Image, ImageCms
from tiny import make_checkpoint

from mmasgan.apis import deblur, deblur_files, deblur_image, load_generator
from mmasgan.datasets import read_rgb_image
from mmasgan.generators.strips import translate_in_strips

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


def test_large_images_are_deblurred_in_strips(generator, monkeypatch):
    image = pixels(150, 70)
    whole = deblur_image(generator, image, in_strips=False)
    used = []

    def strips(*args, **kwargs):
        used.append(kwargs)
        return translate_in_strips(*args, **kwargs)

    monkeypatch.setattr(deblur, 'translate_in_strips', strips)
    np.testing.assert_array_equal(deblur_image(generator, image), whole)
    assert not used
    monkeypatch.setattr(deblur, 'LARGE', 10_000)
    found = deblur_image(generator, image)
    assert used == [dict(store=torch.float16)]
    assert np.abs(found.astype(int) - whole).max() <= 1


def test_a_generator_that_changes_nothing_changes_no_pixel():
    class Identity(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, x):
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
    gray = tmp_path / 'gray.png'
    Image.new('L', (20, 20)).save(gray, icc_profile=b'of gray')
    done = deblur_files(generator, [gray], tmp_path / 'out')
    with Image.open(done.written[0]) as image:
        assert 'icc_profile' not in image.info


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
        f"'{photos}/b.png': an image must be at least 16x16, got 40x8 "
        '(height x width)'
    )
    assert missing.startswith(f"'{gone}' does not exist")
    assert len(list((tmp_path / 'out').rglob('*.*'))) == 2


def failing(error):
    class Failing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, x):
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
def test_what_is_too_large_is_named(photos, tmp_path, error):
    path = photos / 'a.png'
    done = deblur_files(failing(error), [path], tmp_path / 'out')
    assert done.failures == (
        f"'{path}': 25x20 pixels do not fit into the memory",
    )


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
    with pytest.raises(FileExistsError, match=r"inner/a\.png' exist already"):
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


def test_results_within_the_folder_are_not_deblurred_again(generator, photos):
    for overwrite in (False, True):
        done = deblur_files(generator, [photos], photos / 'out', overwrite)
        assert len(done.written) == 2


def test_two_of_one_name_are_refused(generator, photos, tmp_path):
    both = [photos / 'a.png', photos / 'inner' / 'a.png']
    with pytest.raises(ValueError, match=r"would both become '.*out/a\.png'"):
        deblur_files(generator, both, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
    done = deblur_files(generator, both[:1] * 2, tmp_path / 'out')
    assert len(done.written) == 1


def test_a_folder_without_photographs_is_named(generator, tmp_path):
    with pytest.raises(ValueError, match='no photograph in'):
        deblur_files(generator, [tmp_path], tmp_path / 'out')


def test_a_result_exists_whole_or_not_at_all(
    generator, photos, tmp_path, monkeypatch
):
    out = tmp_path / 'out'

    def fail(path, content):
        raise OSError(f"'{path}' cannot be written: full")

    monkeypatch.setattr(deblur, 'write_atomically', fail)
    with pytest.raises(OSError, match=r"a\.png' cannot be written: full"):
        deblur_files(generator, [photos], out)
    assert not out.exists()


def test_what_a_format_cannot_hold_is_named(generator, tmp_path, monkeypatch):
    path = tmp_path / 'a.webp'
    Image.fromarray(pixels()).save(path)
    wide = np.zeros((16, 16400, 3), np.uint8)
    monkeypatch.setattr(deblur, 'deblur_image', lambda *_: wide)
    done = deblur_files(generator, [path], tmp_path / 'out')
    (failure,) = done.failures
    assert 'out/a.webp' in failure
    assert 'cannot be encoded as WEBP' in failure
