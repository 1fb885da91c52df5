import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires

import numpy as np
import pytest
from click.testing import CliRunner
from exported import write_nothing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image
from tiny import ROOT, make_checkpoint

from mmasgan.apis import TorchBackend, deblur_image, load_generator
from mmasgan.apis.inference import OnnxBackend
from mmasgan.cli import main


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp('export') / 'w.pth'
    make_checkpoint(path)
    return path


def run(*arguments):
    return CliRunner().invoke(main, ['export', *map(str, arguments)])


@pytest.mark.process
def test_a_checkpoint_is_exported(weights, tmp_path):
    out = tmp_path / 'model.onnx'
    done = run('-o', out, '--weights', weights)
    assert done.exit_code == 0, done.output
    *sizes, last = done.output.splitlines()
    assert [line.partition(':')[0] for line in sizes] == [
        '2 of 45x50',
        '1 of 96x64',
        '1 of 70x131',
    ]
    assert last.startswith(f"'{out}', ")
    draw = np.random.default_rng(0)
    image = draw.uniform(-1, 1, (40, 30, 3)).astype(np.float32)
    expected = TorchBackend(load_generator(weights))(image)
    np.testing.assert_allclose(OnnxBackend(out)(image), expected, atol=5e-5)


@pytest.mark.parametrize(
    ('arguments', 'code', 'message'),
    [
        ((), 2, "Missing option '--out'"),
        (('-o', '{}/a.txt'), 2, "a.txt' must end in .onnx"),
        (('-o', '{}/a.onnx', '--weights', 'gone.pth'), 2, "'gone.pth' is"),
        (
            ('-o', '{}/a.onnx', '--config', 'a.py'),
            2,
            '--config needs --checkpoint',
        ),
        (('-o', '{}/a.onnx', '--semantic'), 2, 'has no SFT layers'),
        (('-o', '{}/is/a/file/a.pt2'), 1, "a.pt2' cannot be written"),
    ],
)
def test_bad_input_is_named(monkeypatch, tmp_path, arguments, code, message):
    write_nothing(monkeypatch, '.pt2')
    (tmp_path / 'is').mkdir()
    (tmp_path / 'is' / 'a').touch()
    done = run(*(argument.format(tmp_path) for argument in arguments))
    assert done.exit_code == code
    assert message in done.output
    assert 'Traceback' not in done.output
    assert [path.name for path in tmp_path.iterdir()] == ['is']


def modules_left_out():
    """What mmasgan requires, but for what docs/deblur.md installs."""
    page = (ROOT / 'docs' / 'deblur.md').read_text()
    installed = re.search(r'pip install (click [^&]*)', page)[1].split()
    required = {
        canonicalize_name(Requirement(line).name)
        for line in requires('mmasgan')
        if 'extra ==' not in line
    }
    return ['cv2', 'av'] + [
        module
        for module, owners in packages_distributions().items()
        if {canonicalize_name(owner) for owner in owners}
        & (required - set(installed))
    ]


@pytest.mark.process
def test_models_deblur_without_pytorch(weights, tmp_path):
    missing = modules_left_out()
    assert {'torch', 'mmengine', 'mmcv', 'mmagic', 'skimage'} < {*missing}
    photo, model = tmp_path / 'photo.png', tmp_path / 'model.onnx'
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (40, 30, 3), np.uint8)
    Image.fromarray(pixels).save(photo)
    assert run('-o', model, '--weights', weights).exit_code == 0
    out = tmp_path / 'out.png'
    code = f"""
import sys
for name in {missing}:
    sys.modules[name] = None  # an import fails
from mmasgan.cli import main

def deblur(out, *options):
    photo = {str(photo)!r}
    main(['deblur', photo, '-o', out, *options], standalone_mode=False)

deblur({str(out)!r}, '--weights', {str(model)!r})
# The model that comes with the library, and all that an option may import.
deblur({str(tmp_path)!r} + '/o', '--compare', '--metrics', {str(photo)!r})
try:
    deblur({str(tmp_path)!r} + '/p', '--semantic', 'maps')
except Exception as error:
    assert '--semantic needs ' in str(error), error
else:
    raise AssertionError('semantic maps without MMEngine')
"""
    subprocess.run([sys.executable, '-c', code], check=True)
    expected = deblur_image(load_generator(weights), pixels).astype(int)
    found = np.array(Image.open(out)).astype(int)
    assert np.abs(found - expected).max() <= 1
    assert (tmp_path / 'o' / 'compare' / 'photo.png').is_file()
