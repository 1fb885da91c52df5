import os
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tiny import make_checkpoint

from mmasgan.apis import deblur_image, load_generator
from mmasgan.apis.inference import deblur_pixels, torch_backend
from mmasgan.apis.publish import publish_generator as publish
from mmasgan.cli import main
from mmasgan.evaluation.functional import psnr, ssim_wang_rgb
from mmasgan.utils import model_index


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / 'in').mkdir()
    for name in 'ab':
        pixels = random.integers(0, 256, (24, 20, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / 'in' / f'{name}.png')
    make_checkpoint(tmp_path / 'w.pth')
    return tmp_path


def run(*args, **kwargs):
    return CliRunner().invoke(main, ['deblur', *map(str, args)], **kwargs)


def read(path):
    return np.array(Image.open(path))


def test_photographs_are_deblurred_by_the_default(folder, monkeypatch):
    done = publish(folder / 'w.pth', folder / 'models' / 'm.safetensors')
    text = f'Models:\n{done.entry}  Alias: [default]\n'
    (folder / 'models' / 'model-index.yml').write_text(text)
    monkeypatch.setattr(model_index, 'FOLDER', folder / 'models')
    out = folder / 'out'
    result = run(folder / 'in', '-o', out, '--device', 'cpu')
    assert result.exit_code == 0, result.output
    assert f"2 deblurred in '{out}'" in result.stdout
    assert '2/2' in result.stderr
    generator = load_generator(done.path)
    for name in ('a.png', 'b.png'):
        before = read(folder / 'in' / name)
        expected = deblur_image(generator, before)
        np.testing.assert_array_equal(read(out / name), expected)


def test_the_precision_is_that_asked_for(folder):
    generator = load_generator(folder / 'w.pth')
    common = ('--weights', folder / 'w.pth', '--device', 'cpu')
    for precision in torch_backend.PRECISIONS:
        out = folder / precision
        arguments = ('-o', out, '--precision', precision, *common)
        result = run(folder / 'in', *arguments)
        assert result.exit_code == 0, result.output
        before = read(folder / 'in' / 'a.png')
        expected = deblur_image(generator, before, precision=precision)
        np.testing.assert_array_equal(read(out / 'a.png'), expected)


@pytest.mark.parametrize(
    ('options', 'arguments'),
    [
        (['--strength', '0.3'], dict(strength=0.3)),
        (['--tta'], dict(self_ensemble=True)),
        (['--tile', 'whole'], {}),
    ],
)
def test_how_it_deblurs_is_as_asked_for(folder, options, arguments):
    out = folder / 'out.png'
    path = folder / 'in' / 'a.png'
    result = run(path, '-o', out, '--weights', folder / 'w.pth', *options)
    assert result.exit_code == 0, result.output
    generator = load_generator(folder / 'w.pth')
    backend = torch_backend.TorchBackend(generator)
    expected = deblur_pixels(backend, read(path), **arguments)
    np.testing.assert_array_equal(read(out), expected)


def test_tiles_are_the_whole(folder):
    path = folder / 'in' / 'a.png'
    for tile in ('whole', 'tiles'):
        result = run(
            path,
            '-o',
            folder / f'{tile}.png',
            '--weights',
            folder / 'w.pth',
            '--tile',
            tile,
        )
        assert result.exit_code == 0, result.output
    apart = read(folder / 'whole.png').astype(int) - read(folder / 'tiles.png')
    assert np.abs(apart).max() <= 1


def test_a_checkpoint_and_its_config(folder):
    path, checkpoint = folder / 'in' / 'a.png', folder / 'w.pth'
    config = folder / 'c.py'
    settings = 'base_channels=2, num_blocks=1, sft=False, norm=False'
    kind = "type='mmasgan.ResNetV2SFTGenerator'"
    config.write_text(f'model = dict(generator=dict({kind}, {settings}))\n')
    results = []
    for options in (
        ['--weights', checkpoint],
        ['--checkpoint', checkpoint],
        ['--checkpoint', checkpoint, '--config', config],
    ):
        out = folder / f'{len(results)}.png'
        result = run(path, '-o', out, *options)
        assert result.exit_code == 0, result.output
        results.append(out.read_bytes())
    assert results[0] == results[1] == results[2]
    config.write_text(config.read_text().replace('channels=2', 'channels=3'))
    options = ['--checkpoint', checkpoint, '--config', config]
    result = run(path, '-o', folder / 'x.png', *options)
    assert result.exit_code == 2
    assert 'w.pth' in result.output


def test_semantic_maps_steer_it(folder):
    make_checkpoint_with_sft(folder / 's.pth')
    maps = np.zeros((8, 24, 20), np.float32)
    maps[2] = 1
    np.save(folder / 'a.npy', maps)
    path = folder / 'in' / 'a.png'
    results = []
    for options in ([], ['--semantic', folder]):
        out = folder / f'{len(results)}.png'
        result = run(path, '-o', out, '--weights', folder / 's.pth', *options)
        assert result.exit_code == 0, result.output
        results.append(read(out))
    assert (results[0] != results[1]).any()
    result = run(
        folder / 'in',
        '-o',
        folder / 'out',
        '--weights',
        folder / 's.pth',
        '--semantic',
        folder,
    )
    assert result.exit_code == 1
    assert "b.png': there is no map of 'b.png'" in result.output
    assert '1 deblurred' in result.output


def make_checkpoint_with_sft(path):
    import torch

    from mmasgan.generators import ResNetV2SFTGenerator

    generator = ResNetV2SFTGenerator(base_channels=2, num_blocks=1)
    for weight in generator.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    checkpoint = {
        'state_dict': {
            f'generators.sharp.{name}': value
            for name, value in generator.state_dict().items()
        },
        'meta': {
            'cfg': 'model = dict(generator=dict(base_channels=2, '
            "num_blocks=1, type='mmasgan.ResNetV2SFTGenerator'))"
        },
    }
    torch.save(checkpoint, path)


def test_metrics_and_sheets(folder):
    sharp = folder / 'sharp'
    sharp.mkdir()
    random = np.random.default_rng(1)
    for name in 'ab':
        truth = random.integers(0, 256, (24, 20, 3), np.uint8)
        Image.fromarray(truth).save(sharp / f'{name}.png')
    options = ['--weights', folder / 'w.pth', '--compare', '--metrics', sharp]
    result = run(folder / 'in', '-o', folder / 'out', *options)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[:3:2] == [
        '                          PSNR    SSIM',
        '  input (do nothing)  '
        + score(folder / 'in' / 'a.png', sharp / 'a.png'),
    ]
    assert lines[3] == '  output              ' + score(
        folder / 'out' / 'a.png', sharp / 'a.png'
    )
    assert lines[7] == 'mean of 2'
    sheets = sorted((folder / 'out' / 'compare').iterdir())
    assert [path.name for path in sheets] == ['a.png', 'b.png']


def score(path, truth):
    images = read(path), read(truth)
    return f'{psnr(*images):8.2f}{ssim_wang_rgb(*images):8.4f}'


def test_streams(folder):
    content = (folder / 'in' / 'a.png').read_bytes()
    weights = ['--weights', folder / 'w.pth']
    result = run('-', '-o', '-', *weights, input=content)
    assert result.exit_code == 0, result.stderr
    expected = deblur_image(
        load_generator(folder / 'w.pth'), read(folder / 'in' / 'a.png')
    )
    found = np.array(Image.open(BytesIO(result.stdout_bytes)))
    np.testing.assert_array_equal(found, expected)
    result = run('-', '-o', '-', *weights, input=b'garbage')
    assert result.exit_code == 1
    assert result.stdout_bytes == b''
    assert "'standard input' is not an image" in result.stderr
    result = run('-', '-o', folder / 'x.png', *weights, input=b'')
    assert result.exit_code == 1
    assert "'standard input' is empty" in result.stderr
    assert not (folder / 'x.png').exists()


def test_patterns_need_no_shell(folder):
    (folder / 'in' / 'deep').mkdir()
    (folder / 'in' / 'b.png').rename(folder / 'in' / 'deep' / 'b.png')
    result = run(
        f'{folder}/in/**/*.png',
        '-o',
        folder / 'out',
        '--weights',
        folder / 'w.pth',
    )
    assert result.exit_code == 0, result.output
    found = sorted(path.name for path in (folder / 'out').rglob('*.png'))
    assert found == ['a.png', 'b.png']
    assert (folder / 'out' / 'deep' / 'b.png').is_file()


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


@pytest.mark.process
def test_any_name_is_told(folder):
    names = [b'a b', b'two\nlines', 'ä模'.encode(), b'no utf-8 \xff']
    inside = os.fsencode(folder / 'in')
    for name in names:
        with open(inside + b'/' + name + b'.jpg', 'wb') as file:
            file.write(b'x')
    os.rename(inside + b'/a.png', inside + b'/a\xff.png')
    out = os.fsencode(folder) + b'/o\xff'
    command = [sys.executable, '-m', 'mmasgan.cli', 'deblur', folder / 'in']
    options = ['-o', out, '--weights', folder / 'w.pth', '--compare']
    done = subprocess.run(
        [*command, *options, '--metrics', folder / 'in'], capture_output=True
    )
    assert done.returncode == 1
    assert b"2 deblurred in '" + out in done.stdout
    assert b'\na\xff.png\n' in done.stdout
    assert b'Traceback' not in done.stderr
    assert b'Error: 4 not deblurred:' in done.stderr
    for name in names[:3]:
        assert b"'" + inside + b'/' + name + b".jpg' is not" in done.stderr
    assert inside + b'/no utf-8 ' in done.stderr


@pytest.mark.parametrize(
    ('options', 'problem'),
    [
        (['--weights', 'none'], "weights='none' is neither a file nor one"),
        (['--device', 'abacus'], '--device abacus: '),
        ([], 'already exist; --overwrite replaces them'),
        (['--metrics', 'none'], "the ground truth 'none' does not exist"),
        (['--semantic', 'none'], "there is no folder 'none'"),
        (['--config', 'x.py'], 'x.py'),
        (['--strength', '2'], '--strength'),
        (
            ['--backend', 'onnx', '--device', 'cuda'],
            'ONNX Runtime supports --device',
        ),
        (
            ['--backend', 'onnx', '--precision', 'float16'],
            'ONNX Runtime supports --precision',
        ),
    ],
)
def test_misuse_is_told_and_nothing_begun(folder, options, problem):
    path, out = folder / 'in' / 'a.png', folder / 'out'
    weights = ['--weights', folder / 'w.pth']
    assert run(path, '-o', out, *weights).exit_code == 0
    before = (out / 'a.png').stat().st_mtime_ns
    if options:
        weights += ['--overwrite']
    result = run(path, '-o', out, *weights, *options)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert problem in result.output
    assert (out / 'a.png').stat().st_mtime_ns == before
    assert run(path, '-o', out, *weights, '--overwrite').exit_code == 0


@pytest.mark.parametrize(
    ('inputs', 'out', 'problem'),
    [
        (['in/*.gif'], 'out', "no photograph or video like 'in/*.gif'"),
        (['empty'], 'out', "no photograph or video in 'empty'"),
        (['in'], 'x.png', 'is a file, but the inputs are folders'),
        (['in/a.png', 'other/a.png'], 'out', 'would both become'),
        (['in'], 'in', 'which are never replaced'),
        (['in'], 'w.pth', "'w.pth' is a file; use a folder"),
        (['in/a.png'], 'x.gif', 'cannot be written as'),
    ],
)
def test_inputs_and_outputs_that_do_not_fit(
    folder, monkeypatch, inputs, out, problem
):
    monkeypatch.chdir(folder)
    (folder / 'empty').mkdir()
    before = sorted(folder.rglob('*'))
    result = run(*inputs, '-o', out, '--weights', 'w.pth')
    assert result.exit_code == 2
    assert problem in result.output
    assert sorted(folder.rglob('*')) == before


def test_a_config_without_a_checkpoint_is_told(folder):
    options = ['-o', folder / 'out', '--config', folder / 'c.py']
    result = run(folder / 'in', *options)
    assert result.exit_code == 2
    assert '--config needs --checkpoint' in result.output


def test_a_model_that_onnx_runtime_does_not_have_is_told(folder):
    options = ['-o', folder / 'out', '--backend', 'onnx']
    result = run(folder / 'in', *options, '--weights', folder / 'none.onnx')
    assert result.exit_code == 2
    assert f"'{folder}/none.onnx'" in result.output
    options += ['--config', folder / 'c.py']
    result = run(folder / 'in', *options, '--weights', folder / 'w.onnx')
    assert result.exit_code == 2
    assert '--config cannot be used with --backend onnx' in result.output


def test_a_video_without_pyav_is_told(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    (folder / 'in' / 'film.mp4').touch()
    result = run(
        folder / 'in', '-o', folder / 'out', '--weights', folder / 'w.pth'
    )
    assert result.exit_code == 2
    assert 'pip install "av>=17.1"' in result.output
    assert not (folder / 'out').exists()


def test_the_help_shows_commands_on_lines_of_their_own():
    result = run('--help')
    assert result.exit_code == 0
    assert '\n  mmasgan deblur photo.jpg -o sharp.jpg\n' in result.output
    for option in ('--tta', '--tile', '--metrics', '--overwrite'):
        assert option in result.output


@pytest.mark.process
def test_the_help_needs_no_pytorch():
    code = (
        'import sys\n'
        'from mmasgan.cli import main\n'
        "main(['deblur', '--help'], standalone_mode=False)\n"
        "assert not {'torch', 'mmengine', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, '-c', code], check=True)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--weights', '/etc/passwd'], "'/etc/passwd' cannot be read as"),
        (['--device', 'meta'], '--device meta has no data'),
        (['--device', 'nonsense'], '--device nonsense: '),
        (['--device', 'cuda:x'], '--device cuda:x: '),
    ],
)
def test_absurd_options_end_in_one_line(tmp_path, options, message):
    Image.new('RGB', (20, 20)).save(tmp_path / 'a.png')
    arguments = ['deblur', tmp_path / 'a.png', '-o', tmp_path / 'b.png']
    result = CliRunner().invoke(main, [*map(str, arguments), *options])
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.count('\n') == 1


def test_names_do_not_steer_the_terminal(tmp_path):
    name = tmp_path / 'a\x1b]0;owned\x07\u202e.png'
    name.write_bytes(b'no image')
    arguments = ['deblur', str(name), '-o', str(tmp_path / 'out')]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert '\\x1b]0;owned\\x07\\u202e.png' in result.output
    assert '\x1b' not in result.output


@pytest.mark.parametrize(
    ('names', 'status', 'message'),
    [
        (['gone.png'], 2, "gone.png' does not exist; check"),
        (
            ['in/a.png', 'gone.png', 'x.jpg'],
            2,
            "gone.png' and 1 more does not",
        ),
        (['w.pth.jpg'], 1, "w.pth.jpg' is a zip archive, not an image"),
    ],
)
def test_inputs_are_looked_at_before_the_model(
    folder, monkeypatch, names, status, message
):
    from mmasgan.apis import choice

    def fail(**_):
        raise AssertionError('the model is loaded')

    monkeypatch.setattr(choice, 'choose_backend', fail)
    (folder / 'w.pth').rename(folder / 'w.pth.jpg')
    paths = [folder / name for name in names]
    result = run(*paths, '-o', folder / 'out')
    assert result.exit_code == status, result.output
    assert message in result.output
    assert not (folder / 'out').exists()


def test_ctrl_c_ends_it_in_one_line(folder, monkeypatch):
    from mmasgan.apis.inference import run as inference

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(inference, 'deblur_pixels', stop)
    result = run(
        folder / 'in', '-o', folder / 'out', '--weights', folder / 'w.pth'
    )
    assert result.exit_code == 130
    assert 'stopped; finished photographs are kept' in result.stderr
    assert not (folder / 'out').exists()


def test_a_smaller_copy_keeps_the_size(folder):
    path = folder / 'in' / 'a.png'
    common = ('--weights', folder / 'w.pth', '--precision', 'float32')
    result = run(path, '-o', folder / 'x.png', '--scale', '0.8', *common)
    assert result.exit_code == 0, result.output
    backend = torch_backend.TorchBackend(load_generator(folder / 'w.pth'))
    expected = deblur_pixels(backend, read(path), scale=0.8)
    np.testing.assert_array_equal(read(folder / 'x.png'), expected)
