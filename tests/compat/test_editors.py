import pytest

from mmasgan.compat.editors import skipped_editors


@pytest.fixture(scope='module')
def editors():
    import mmagic.models

    return mmagic.models.editors


def test_fault_and_mend(symptoms):
    assert symptoms.without['editors']['error'] is not None
    assert symptoms.patched['editors']['error'] is None
    assert symptoms.patched['patched']['editors'] is True


def test_most_editors_load(symptoms):
    skipped = symptoms.patched['skipped']
    assert len(skipped) <= 11
    assert not {'cyclegan', 'pix2pix', 'deblurganv2'} & set(skipped)
    for reason in skipped.values():
        assert 'Error: ' in reason


def test_all_names_what_is_there(editors):
    assert len(editors.__all__) >= 101
    assert len(editors.__all__) == len(set(editors.__all__))
    for name in editors.__all__:
        assert hasattr(editors, name)


def test_skipped_editors_is_a_copy(editors):
    skipped_editors()['made up'] = ''
    assert 'made up' not in skipped_editors()


def test_missing_name_says_why(editors):
    if 'edvr' not in skipped_editors():
        pytest.skip('this mmcv has compiled operators, so has EDVR')
    with pytest.raises(ImportError, match=r"EDVRNet .* 'edvr' .*mmcv._ext"):
        from mmagic.models.editors import EDVRNet  # noqa: F401
    with pytest.raises(AttributeError, match='no_such_thing'):
        _ = editors.no_such_thing


def test_registry_says_why(editors, monkeypatch):
    from mmagic.registry import MODELS
    from mmengine import logging

    if 'edvr' not in skipped_editors():
        pytest.skip('this mmcv has compiled operators, so has EDVR')
    said = []
    monkeypatch.setattr(
        logging, 'print_log', lambda message, **_: said.append(message)
    )
    with pytest.raises(KeyError, match='EDVRNet'):
        MODELS.build(dict(type='EDVRNet'))
    (reason,) = (message for message in said if 'not available' in message)
    assert reason.startswith("EDVRNet is not available: the MMagic editor '")


def test_registry_finds_what_is_there(editors):
    from mmagic.registry import MODELS

    assert MODELS.get('CycleGAN') is editors.CycleGAN
    assert MODELS.get('NoSuchModel') is None
