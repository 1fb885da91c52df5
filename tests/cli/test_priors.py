import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mmasgan.cli import main

MAP = np.full((8, 3, 5), 1 / 8, np.float16)


@pytest.fixture
def data(tmp_path):
    for folder in ('train', 'test'):
        (tmp_path / 'data' / folder).mkdir(parents=True)
        (tmp_path / 'maps' / folder).mkdir(parents=True)
        path = tmp_path / 'data' / folder / 'a.png'
        Image.fromarray(np.zeros((12, 20, 3), np.uint8)).save(path)
        np.save(tmp_path / 'maps' / folder / 'a.npy', MAP)
    return tmp_path / 'data'


def call(*arguments):
    result = CliRunner().invoke(main, ['priors', *map(str, arguments)])
    return result.exit_code, result.output


def test_maps_of_all_images_are_written(data):
    maps = data.parent / 'maps'
    options = ('--source', 'disk', '--weights', maps, '--overlay')
    code, output = call(data, *options, '--classes', 'outdoor')
    assert code == 0, output
    (folder,) = (data / 'semantic').iterdir()
    assert str(folder) in output
    assert folder.name.startswith('disk-')
    found = {p.relative_to(folder).as_posix() for p in folder.rglob('*.*')}
    assert found == {
        'source.json',
        'legend.png',
        *(f'{name}/a.png.npz' for name in ('train', 'test')),
        *(f'overlays/{name}/a.png.jpg' for name in ('train', 'test')),
    }


def test_the_recorded_command_makes_the_same_maps(data):
    from mmasgan.semantic.store import MapStore

    maps = data.parent / 'maps'
    call(data, '--source', 'disk', '--weights', maps, '--stride', 2)
    (folder,) = (data / 'semantic').iterdir()
    options = MapStore(folder).source()['options']
    (folder / 'train' / 'a.png.npz').unlink()
    assert call(data, *options)[0] == 0
    assert (folder / 'train' / 'a.png.npz').exists()
    assert len(list((data / 'semantic').iterdir())) == 1


def test_a_model_of_torchvision_is_built_by_name(data):
    code, output = call(
        data,
        *('--source', 'torchvision', '--model', 'resnet18'),
    )
    assert code == 1
    assert "no segmentation model 'resnet18'" in output
    assert 'Traceback' not in output


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (('--source', 'onnx'), '--source onnx needs --weights'),
        (('--source', 'other'), 'Invalid value'),
        (('--source', 'disk', '--weights', 'nowhere'), 'no folder'),
        (
            ('--source', 'disk', '--weights', '.', '--size', 4, 4),
            'unexpected keyword argument',
        ),
    ],
)
def test_mistakes_are_told_in_a_line(data, options, message):
    code, output = call(data, *options)
    assert code != 0
    assert message in output
    assert 'Traceback' not in output
