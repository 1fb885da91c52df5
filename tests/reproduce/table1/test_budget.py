import pytest
from mmengine.config import Config
from mmengine.registry import MODELS

from reproduce.table1.budget import (
    CROP,
    SMALL_CROP,
    SMALL_ITERATIONS,
    Budget,
    apply_budget,
    apply_vgg_weights,
    parse_budget,
    set_everywhere,
)
from reproduce.table1.rows import ComparisonError, find_rows


@pytest.mark.parametrize(
    'text', ['big', '0', '-3', '1.5', '', 'small:', 'small:0', 'small5']
)
def test_a_budget_that_is_none(text):
    with pytest.raises(ComparisonError, match=f'got {text!r}'):
        parse_budget(text)


def test_small_for_a_number_of_iterations():
    assert parse_budget('small:300') == Budget('small-300', 300, True)


def load(row):
    return Config.fromfile(row.config)


def parameters(cfg):
    model = MODELS.build(cfg.model)
    return sum(weight.numel() for weight in model.parameters())


def crops(tree):
    if isinstance(tree, dict):
        if 'crop_size' in tree:
            yield tree['crop_size']
        for value in tree.values():
            yield from crops(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from crops(item)


@pytest.mark.parametrize('row', find_rows(['all']), ids=lambda row: row.name)
def test_small_makes_every_row_small(row):
    cfg, full = load(row), load(row)
    changes = apply_budget(cfg, parse_budget('small'), pairs=10)
    changes += apply_vgg_weights(cfg, None)
    assert parameters(cfg) < 2.2e7
    assert cfg.train_cfg.max_iters == SMALL_ITERATIONS
    before = list(crops(full.train_dataloader.to_dict()))
    after = list(crops(cfg.train_dataloader.to_dict()))
    assert before
    assert set(before) == {CROP}
    assert after == [SMALL_CROP] * len(before)
    assert f'crops of {SMALL_CROP} pixels, not {CROP}' in changes
    assert cfg.test_evaluator == full.test_evaluator


def test_a_number_of_iterations_shortens_the_schedule_alone():
    (row,) = find_rows(['deblurganv2'])
    cfg, full = load(row), load(row)
    assert apply_budget(cfg, parse_budget('3000'), pairs=1111) == []
    # Schedules end with the run.
    assert cfg.param_scheduler == full.param_scheduler
    assert cfg.train_cfg.max_iters == 3_000
    assert cfg.train_cfg.val_interval == 375
    assert cfg.model.warmup_iters == 63
    chosen = cfg.val_dataloader.dataset.indices
    assert (len(chosen), chosen[0], chosen[-1]) == (20, 27, 1083)
    for values in (cfg.model, full.model):
        del values['warmup_iters']
    assert cfg.model == full.model
    assert cfg.test_dataloader == full.test_dataloader


def test_the_papers_budget_changes_nothing():
    (row,) = find_rows(['ascyclegan'])
    cfg = load(row)
    assert apply_budget(cfg, parse_budget('paper'), pairs=1111) == []
    assert apply_vgg_weights(cfg, 'torchvision') == []
    assert cfg.pretty_text == load(row).pretty_text


def test_without_vgg_pixels_pin_the_cycle():
    changes = {}
    for row in find_rows(['all']):
        cfg = load(row)
        changes[row.name] = apply_vgg_weights(cfg, None)
        assert 'torchvision' not in cfg.pretty_text
    random = 'perceptual loss on random VGG features'
    assert changes['cyclegan_gopro'] == []
    assert changes['deblurgan_wild_gopro'] == [random]
    assert changes['ascyclegan_gopro'] == [
        random,
        'additional L1 cycle loss of weight 10',
    ]


def test_a_key_is_set_wherever_it_is():
    tree = {'a': 1, 'b': [{'a': 2}, {'c': ({'a': 3},)}]}
    set_everywhere(tree, 'a', 0)
    assert tree == {'a': 0, 'b': [{'a': 0}, {'c': ({'a': 0},)}]}
