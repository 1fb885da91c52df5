import pytest
from mmengine.config import Config

from mmasgan.apis.comparison import find_rows
from mmasgan.apis.comparison.settings import (
    differences,
    shown,
)
from mmasgan.apis.comparison.settings import (
    test_settings as of_test,
)
from mmasgan.apis.comparison.settings import (
    training_settings as of_training,
)


@pytest.fixture
def cfg():
    (row,) = find_rows(['cyclegan'])
    return Config.fromfile(row.config)


def test_they_survive_being_dumped(cfg):
    again = Config.fromstring(cfg.pretty_text, '.py')
    assert of_training(again) == of_training(cfg)
    assert of_test(again) == of_test(cfg)


def test_places_do_not_count(cfg):
    before = of_training(cfg), of_test(cfg)
    for part in (cfg.train_dataloader, cfg.test_dataloader):
        part.num_workers = 7
        part.dataset.data_root = 'elsewhere'
    assert (of_training(cfg), of_test(cfg)) == before


@pytest.mark.parametrize(
    ('key', 'value', 'old'),
    [
        ('randomness.seed', 4, '0'),
        ('train_cfg.max_iters', 7, '300000'),
        ('model.generator.block', 'v2', 'v1'),
        ('train_dataloader.dataset.pipeline.1.crop_size', 64, '256'),
    ],
)
def test_what_decides_the_weights_counts(cfg, key, value, old):
    before, test = of_training(cfg), of_test(cfg)
    cfg.merge_from_dict({key: value})
    found = differences(before, of_training(cfg))
    assert found == {key: (old, str(value))}
    assert shown(found) == f'{key} is {old}, asked for is {value}'
    assert of_test(cfg) == test


def test_data_count_where_both_name_them():
    one, other, unknown = {'data': 'a'}, {'data': 'b'}, {'data': 'nothing'}
    assert differences(one, other) == {'data': ('a', 'b')}
    assert differences(one, unknown) == differences(unknown, one) == {}


def test_some_of_many_are_shown():
    found = dict.fromkeys('abcde', ('1', '2'))
    assert shown(found).endswith('c is 1, asked for is 2; and 2 more')
