from pathlib import Path

import pytest
from mmengine.config import utils
from mmengine.hub import get_config
from mmengine.infer import BaseInferencer
from tiny import ROOT

from mmasgan.compat import external_configs


def test_fault(symptoms):
    for name in ('external_configs', 'external_configs_without_folder'):
        assert 'Error' in symptoms.without[name]['error']


def test_mend(symptoms):
    plain, flat = (
        symptoms.patched[f'external_configs{name}']
        for name in ('', '_without_folder')
    )
    assert plain == dict(error=None, value=300_000)
    assert flat == dict(error=None, value='ascyclegan_sample.py')
    assert symptoms.patched['patched']['external_configs'] is True


def test_sound_afterwards():
    assert not external_configs.is_present()


def test_our_configs_have_the_path_of_their_weights():
    cfg = get_config('mmasgan::ascyclegan_plus_small_gopro.py', True)
    assert (ROOT / cfg.model_path).is_file()
    cfg = get_config('mmasgan::ablation/ascyclegan_no_dropout_gopro.py')
    assert cfg.model.generator.dropout == 0
    with pytest.raises(FileNotFoundError, match=r'no_such\.py'):
        get_config('mmasgan::no_such.py')


def test_others_are_treated_as_before():
    find = utils._get_package_and_cfg_path
    assert find('mmdet::a/b.py') == ('mmdet', 'a/b.py')
    with pytest.raises(ValueError, match='specify the package name'):
        find('mmdet::b.py')
    with pytest.raises(AssertionError, match='not support to load nobody'):
        find('nobody::a/b.py')


def test_our_models_are_listed_by_name():
    names = BaseInferencer.list_models('mmasgan')
    for path in (ROOT / 'configs').rglob('*.py'):
        if path.parent.name != '_base_':
            assert path.stem in names
    assert len(names) == len(set(names))
    cfg = get_config('mmasgan::ascyclegan_gopro.py')
    assert Path(cfg.filename).samefile(ROOT / 'configs/ascyclegan_gopro.py')
