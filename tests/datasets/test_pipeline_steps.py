import pytest

from mmasgan.datasets import LoadRGBImage, RandomCrop
from mmasgan.datasets.pipeline_steps import complete_steps, takes

LOAD = dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp'])
CROP = dict(type='mmasgan.RandomCrop', keys=['img_blur'])
PACK = dict(keys=['img_blur'])


def test_each_step_gets_what_it_takes_and_does_not_set():
    own = dict(type=RandomCrop, keys=['img_sharp'], crop_size=7)
    steps = complete_steps([LOAD, CROP, own, len], crop_size=5, store=None)
    assert steps == [LOAD, {**CROP, 'crop_size': 5}, own, len]
    assert 'crop_size' not in CROP
    stored = complete_steps([LOAD, CROP], crop_size=5, store='there')
    assert stored == [{**LOAD, 'store': 'there'}, {**CROP, 'crop_size': 5}]


def test_steps_may_have_names_and_be_left_out():
    assert complete_steps(dict(load=LOAD, no=None, yes=CROP)) == [LOAD, CROP]


def test_named_steps_of_a_saved_config_run_in_the_same_order():
    """Saved configs have their keys sorted."""
    named = dict(load=LOAD, blur=CROP, pack=PACK, add=len, sharp=max)
    expected = [LOAD, len, CROP, max, PACK]
    assert complete_steps(named) == expected
    assert complete_steps(dict(sorted(named.items()))) == expected


def test_maps_are_loaded_before_the_last_step_which_packs_them():
    semantic = dict(keys=['img_blur', 'img_sharp'])
    *steps, pack = complete_steps([CROP, PACK], semantic)
    assert steps == [CROP, semantic]
    assert pack['keys'] == ['img_blur', 'semantic_blur', 'semantic_sharp']
    assert PACK['keys'] == ['img_blur']


def test_maps_that_nothing_would_pack_are_refused():
    with pytest.raises(ValueError, match='last transform with keys'):
        complete_steps([CROP, len], dict(keys=['img_blur']))


def test_what_a_step_takes():
    assert takes(CROP, 'crop_size')
    assert not takes(LOAD, 'crop_size')
    assert not takes(PACK, 'crop_size')
