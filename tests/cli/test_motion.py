import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mmasgan.apis.motion import draw_motion, load_motion_network, read_motion
from mmasgan.cli import main

PIXELS = np.random.RandomState(0).randint(0, 256, (64, 96, 3), np.uint8)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / 'photo.png'
    Image.fromarray(PIXELS).save(path)
    return path


def run(*args):
    return CliRunner().invoke(main, ['motion', *map(str, args)])


def test_it_draws_what_the_network_reads(photo, tmp_path):
    out = tmp_path / 'motion.png'
    result = run(photo, '-o', out, '--spacing', 16)
    assert result.exit_code == 0, result.output
    network = load_motion_network()
    expected = draw_motion(PIXELS, read_motion(network, PIXELS), 16)
    assert np.array_equal(np.asarray(Image.open(out)), expected)


def test_jpeg_too(photo, tmp_path):
    assert run(photo, '-o', tmp_path / 'motion.jpg').exit_code == 0
    assert Image.open(tmp_path / 'motion.jpg').size == (96, 64)


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (('missing.png', '-o', 'x.png'), 'missing.png'),
        (('{photo}', '-o', 'x.gif'), r'must end in .png or .jpg'),
        (('{photo}', '-o', '{photo}'), '--overwrite replaces it'),
        (('{photo}', '-o', 'x.png', '--weights', 'none'), 'neither a file'),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    photo, tmp_path, monkeypatch, args, message
):
    monkeypatch.chdir(tmp_path)
    result = run(*(arg.format(photo=photo) for arg in args))
    assert result.exit_code == 2
    assert message in result.output
    assert [path.name for path in tmp_path.iterdir()] == ['photo.png']
