import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tiny import make_checkpoint

from mmasgan.apis import deblur_image, load_generator, model_index
from mmasgan.apis import publish_generator as publish
from mmasgan.cli import main


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / 'in').mkdir()
    for name in 'ab':
        pixels = random.integers(0, 256, (24, 20, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / 'in' / f'{name}.png')
    make_checkpoint(tmp_path / 'w.pth')
    return tmp_path


def run(*args):
    return CliRunner().invoke(main, ['deblur', *map(str, args)])


def test_photographs_are_deblurred_by_the_default(folder, monkeypatch):
    done = publish(folder / 'w.pth', folder / 'models' / 'm.safetensors')
    text = f'Models:\n{done.entry}  Alias: [default]\n'
    (folder / 'models' / 'model-index.yml').write_text(text)
    monkeypatch.setattr(model_index, 'FOLDER', folder / 'models')
    out = folder / 'out'
    result = run(folder / 'in', '-o', out, '--device', 'cpu')
    assert result.exit_code == 0, result.output
    assert f"2 deblurred in '{out}'" in result.output
    generator = load_generator(done.path)
    for name in ('a.png', 'b.png'):
        before = np.array(Image.open(folder / 'in' / name))
        after = np.array(Image.open(out / name))
        np.testing.assert_array_equal(after, deblur_image(generator, before))


def test_it_goes_on_and_ends_with_1(folder):
    (folder / 'in' / '0.jpg').write_bytes(b'x')
    result = run(
        *sorted((folder / 'in').iterdir()),
        '-o',
        folder / 'out',
        '--weights',
        folder / 'w.pth',
    )
    assert result.exit_code == 1
    assert '2 deblurred in' in result.output
    assert f"Error: 1 not deblurred:\n'{folder}/in/0.jpg'" in result.output
    assert len(list((folder / 'out').iterdir())) == 2


@pytest.mark.parametrize(
    ('options', 'problem'),
    [
        (['--weights', 'none'], "weights='none' is neither a file nor one"),
        (['--device', 'abacus'], '--device abacus: '),
        ([], 'exist already; --overwrite replaces them'),
    ],
)
def test_errors_are_told_without_a_traceback(folder, options, problem):
    path, out = folder / 'in' / 'a.png', folder / 'out'
    weights = ['--weights', folder / 'w.pth']
    assert run(path, '-o', out, *weights).exit_code == 0
    result = run(path, '-o', out, *weights, *options)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert problem in result.output
    assert run(path, '-o', out, *weights, '--overwrite').exit_code == 0
