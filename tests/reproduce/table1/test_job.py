import json

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmasgan.evaluation import functional
from reproduce.table1.job import (
    choose,
    differences,
    newest_checkpoint,
    settings_of,
    shown,
)
from reproduce.table1.rows import find_rows


@pytest.fixture(scope='module')
def folder(finished):
    return finished.folder()


@pytest.fixture(scope='module')
def result(folder):
    return json.loads((folder / 'result.json').read_text())


def test_pairs_are_chosen_by_their_input():
    images = [
        {'name': f'{i}', 'input/PSNR': psnr, 'PSNR': -psnr}
        for i, psnr in enumerate([30, 20, 25, 22, 21, 29, 28, 27, 26, 24, 23])
    ]
    chosen = [images[i]['input/PSNR'] for i in choose(images)]
    assert chosen == [21, 25, 29]  # the second of 11, the middle, the tenth
    assert choose(images[:1]) == [0]
    for image in images:
        image['PSNR'] = 0
    assert [images[i]['input/PSNR'] for i in choose(images)] == chosen


def test_means_are_of_the_images(result):
    assert len(result['images']) == result['data']['pairs'] == 6
    names = [image['name'] for image in result['images']]
    assert names[0] == 'GOPR0000_00_00-000000'
    assert sorted(set(names)) == names
    for key in ('PSNR', 'CW_SSIM', 'input/SSIM', 'input/SSIM_matlab3d'):
        mean = np.mean([image[key] for image in result['images']])
        assert result['metrics'][key] == pytest.approx(mean, abs=1e-5)


def test_pictures_are_what_was_scored(folder, result):
    assert len(result['pictures']) == 3
    for name in result['pictures']:
        scores = next(i for i in result['images'] if i['name'] == name)
        pixels = {
            kind: np.asarray(
                Image.open(folder / 'pictures' / f'{name}.{kind}.png')
            )
            for kind in ('input', 'output', 'truth')
        }
        for kind, prefix in (('input', 'input/'), ('output', '')):
            pair = pixels[kind], pixels['truth']
            assert functional.psnr(*pair) == pytest.approx(
                scores[f'{prefix}PSNR'], abs=1e-4
            )
            assert functional.cw_ssim(*pair) == pytest.approx(
                scores[f'{prefix}CW_SSIM'], abs=1e-6
            )


def test_the_input_is_the_blurred_file(finished, folder, result):
    name = result['pictures'][0]
    sequence, _, frame = name.rpartition('-')
    file = finished.data / 'test' / sequence / 'blur' / f'{frame}.png'
    drawn = Image.open(folder / 'pictures' / f'{name}.input.png')
    assert np.array_equal(np.asarray(Image.open(file)), np.asarray(drawn))


def generator_parameters(channels, blocks):
    """Count the weights and biases of one generator, v1 without SFT."""
    convolutions = [  # inputs, outputs, kernel
        (3, channels, 7),
        (channels, 2 * channels, 3),
        (2 * channels, 4 * channels, 3),
        *[(4 * channels, 4 * channels, 3)] * 2 * blocks,
        (4 * channels, 2 * channels, 3),
        (2 * channels, channels, 3),
        (channels, 3, 7),
    ]
    return sum(i * o * k**2 + o for i, o, k in convolutions)


def test_a_result_says_how_it_came_about(result):
    assert [step for step, *_ in result['curve']] == [1, 2]
    assert result['curve'][-1][1] == pytest.approx(result['metrics']['PSNR'])
    assert result['parameters'] == generator_parameters(4, 1)
    assert result['metrics']['seconds_per_image'] > 0
    assert result['metrics']['peak_memory_gb'] > 0
    assert result['seconds_per_iteration'] > 0
    assert result['commit'] == result['trained_by']
    assert result['date'].endswith('+00:00')
    assert set(result['machine']) >= {'processor', 'torch', 'mmagic'}


def test_nothing_half_written_is_left(finished):
    assert not list(finished.work_dir.rglob('*.tmp'))


def test_the_newest_checkpoint_may_have_moved(comparison):
    folder = comparison.folder()
    moved = folder.rename(folder.with_name('moved'))
    assert newest_checkpoint(moved) == str(moved / 'iter_2.pth')
    (moved / 'iter_2.pth').unlink()
    assert newest_checkpoint(moved) is None
    assert newest_checkpoint(folder) is None


@pytest.fixture
def cfg():
    (row,) = find_rows(['cyclegan'])
    return Config.fromfile(row.config)


def test_they_survive_being_dumped(cfg):
    again = Config.fromstring(cfg.pretty_text, '.py')
    assert settings_of(again, 'train') == settings_of(cfg, 'train')
    assert settings_of(again, 'test') == settings_of(cfg, 'test')


def test_places_do_not_count(cfg):
    before = settings_of(cfg, 'train'), settings_of(cfg, 'test')
    for part in (cfg.train_dataloader, cfg.test_dataloader):
        part.num_workers = 7
        part.dataset.data_root = 'elsewhere'
    assert (settings_of(cfg, 'train'), settings_of(cfg, 'test')) == before


@pytest.mark.parametrize(
    ('key', 'value', 'old'),
    [
        ('randomness.seed', 4, '0'),
        ('train_cfg.max_iters', 7, '300000'),
        ('model.generator.block', 'v2', 'v1'),
        ('train_dataloader.dataset.crop_size', 64, '256'),
    ],
)
def test_what_decides_the_weights_counts(cfg, key, value, old):
    before, test = settings_of(cfg, 'train'), settings_of(cfg, 'test')
    cfg.merge_from_dict({key: value})
    found = differences(before, settings_of(cfg, 'train'))
    assert found == {key: (old, str(value))}
    assert shown(found) == f'{key} is {old}, not {value}'
    assert settings_of(cfg, 'test') == test


def test_data_count_where_both_name_them():
    one, other, unknown = {'data': 'a'}, {'data': 'b'}, {'data': 'nothing'}
    assert differences(one, other) == {'data': ('a', 'b')}
    assert differences(one, unknown) == differences(unknown, one) == {}


def test_some_of_many_are_shown():
    found = dict.fromkeys('abcde', ('1', '2'))
    assert shown(found).endswith('c is 1, not 2; and 2 more')
