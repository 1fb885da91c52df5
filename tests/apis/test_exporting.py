import numpy as np
import onnxruntime
import pytest
import torch
from exported import KINDS, images, make, write_nothing

from mmasgan.apis import export_generator, exporting, load_generator
from mmasgan.generators import PixelUnshuffleUNet


@pytest.mark.filterwarnings('ignore:no semantic map')
@pytest.mark.parametrize('kind', KINDS)
def test_onnx_of_any_size_is_what_pytorch_puts_out(kind, exported):
    generator, done = exported(kind)
    assert max(done.differences.values()) < 5e-5
    session = onnxruntime.InferenceSession(done.path)
    for size in ((1, 16, 16), (3, 17, 47), (1, 90, 33), (2, 64, 20)):
        x = images(*size)
        (found,) = session.run(None, {'image': x})
        with torch.no_grad():
            expected = generator(torch.from_numpy(x))
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=5e-5)


@pytest.mark.filterwarnings('ignore:no semantic map')
def test_a_program_of_pytorch_takes_any_size(exported):
    generator, done = exported(suffix='.pt2')
    program = torch.export.load(done.path).module()
    for size in ((1, 16, 16), (3, 17, 48), (1, 90, 33)):
        x = torch.from_numpy(images(*size))
        with torch.no_grad():
            torch.testing.assert_close(program(x), generator(x))


@pytest.mark.process
def test_the_generator_is_left_as_it_is(tmp_path):
    generator = make(**KINDS['without norms'])
    x = torch.from_numpy(images(1, 18, 30))
    with torch.no_grad():
        before = generator(x)
        export_generator(generator, tmp_path / 'a.pt2')
        torch.testing.assert_close(generator(x), before, atol=0, rtol=0)
    assert 'pad' not in vars(generator)
    assert 'end' not in vars(generator)


@pytest.mark.parametrize('size', exporting.SIZES)
def test_the_published_model_changes_what_it_is_checked_with(size):
    (image,) = exporting._draw(None, size, semantic=False)
    with torch.no_grad():
        output = load_generator()(image)
    assert (output - image).abs().max() > 0.1


@pytest.mark.parametrize('apart', [2e-3, float('nan')])
def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch, apart):
    def change(output):
        if output.shape[-1] == 70:  # the third size alone
            output[0, 0, 0, 0] += apart
        return output

    write_nothing(monkeypatch, '.pt2', change)
    generator = make(**KINDS['without norms'])
    (tmp_path / 'a.pt2').write_bytes(b'before')
    with pytest.raises(RuntimeError, match='1 images of 70x131, it differs'):
        export_generator(generator, tmp_path / 'a.pt2', overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ['a.pt2']
    assert (tmp_path / 'a.pt2').read_bytes() == b'before'


def test_a_difference_within_the_tolerance_is_told(tmp_path, monkeypatch):
    write_nothing(monkeypatch, '.pt2', lambda output: output + 5e-4)
    generator = make(**KINDS['without norms'])
    done = export_generator(generator, tmp_path / 'a.pt2')
    assert list(done.differences.values()) == pytest.approx([5e-4] * 3, 1e-2)


@pytest.mark.parametrize(
    ('name', 'options', 'error', 'message'),
    [
        ('a.pb', {}, ValueError, r"a\.pb' must end in \.onnx"),
        ('there.onnx', {}, FileExistsError, '--overwrite replaces it'),
        ('a.onnx', dict(semantic=True), ValueError, 'no SFT layers'),
    ],
)
def test_bad_arguments_are_named(tmp_path, name, options, error, message):
    (tmp_path / 'there.onnx').touch()
    with pytest.raises(error, match=message):
        export_generator(make(sft=False), tmp_path / name, **options)
    assert [path.name for path in tmp_path.iterdir()] == ['there.onnx']


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'onnxscript', None)
    with pytest.raises(
        ImportError, match='pip install onnx onnxruntime onnxscript'
    ):
        export_generator(make(sft=False), tmp_path / 'a.onnx')
    assert not list(tmp_path.iterdir())


@pytest.mark.process
class TestUNet:
    """One whose weights are random, so that its residual is large."""

    SIZES = (1, 17, 17), (3, 19, 47), (1, 90, 33), (2, 64, 20)

    @pytest.fixture(scope='class')
    def generator(self):
        torch.manual_seed(0)
        network = PixelUnshuffleUNet(
            channels=(4, 5, 6), blocks=(1, 1, 1), up_blocks=(1, 1)
        )
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.15)
        return network.eval()

    @pytest.fixture(scope='class', params=['.onnx', '.pt2'])
    def run(self, request, generator, tmp_path_factory):
        path = tmp_path_factory.mktemp('unet') / f'unet{request.param}'
        done = export_generator(generator, path)
        assert max(done.differences.values()) < 5e-5
        if request.param == '.pt2':
            return torch.export.load(path).module()
        session = onnxruntime.InferenceSession(path)
        return lambda x: torch.from_numpy(
            session.run(None, {'image': x.numpy()})[0]
        )

    def test_it_is_what_pytorch_puts_out_at_any_size(self, generator, run):
        for size in self.SIZES:
            x = torch.from_numpy(images(*size))
            with torch.no_grad():
                expected = generator(x)
                assert (expected - x).abs().max() > 0.1
                torch.testing.assert_close(run(x), expected, atol=5e-5, rtol=0)

    def test_it_takes_no_map(self, generator, tmp_path):
        with pytest.raises(ValueError, match='has no SFT layers'):
            export_generator(generator, tmp_path / 'a.pt2', semantic=True)
        assert not list(tmp_path.iterdir())
