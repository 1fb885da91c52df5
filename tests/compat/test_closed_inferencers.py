import sys
from types import SimpleNamespace

import pytest

from mmasgan.compat import closed_inferencers

OPEN = """
import mmasgan.compat
from mmengine.registry import INFERENCERS
from mmagic.apis import MMagicInferencer

given = {}

class Recorder:
    def __init__(self, **settings):
        given.update(settings)

    def __call__(self, **inputs):
        return inputs['img'], inputs['result_out_dir']

INFERENCERS.build = lambda config: Recorder(**config)
"""


def test_our_model_is_reached(python):
    code = f"""{OPEN}
inferencer = MMagicInferencer('ascyclegan', model_ckpt='x.pth', device='cpu')
print(given)
print(inferencer.infer(img='a.png', result_out_dir='b.png'))
print('ascyclegan' in MMagicInferencer.get_inference_supported_models())
"""
    *_, settings, result, listed = python(code).splitlines()
    assert settings == str(
        dict(
            type='mmasgan.ASCycleGANInferencer',
            model=None,
            weights='x.pth',
            device='cpu',
        )
    )
    assert result == "('a.png', 'b.png')"
    assert listed == 'True'


def test_other_models_are_built_as_before(python):
    code = f"""{OPEN}
names = MMagicInferencer.get_inference_supported_models()
nafnet = MMagicInferencer('nafnet', model_ckpt='', device='cpu')
print(given, type(nafnet.inferencer.inferencer).__name__)
try:
    MMagicInferencer('unheard')
except ValueError as error:
    print(error)
"""
    *_, built, error = python(code).splitlines()
    assert built == '{} ImageSuperResolutionInferencer'
    assert error == 'Model unheard is not supported.'


def test_sound_afterwards():
    assert not closed_inferencers.is_present()


def test_an_open_one_is_left_alone(monkeypatch):
    class MMagicInferencer:
        @staticmethod
        def get_inference_supported_models():
            return ['ascyclegan']

    module = SimpleNamespace(MMagicInferencer=MMagicInferencer)
    (name,) = closed_inferencers.MODULES
    monkeypatch.setitem(sys.modules, name, module)
    assert not closed_inferencers.is_present()


@pytest.mark.parametrize('name', closed_inferencers.MODELS.values())
def test_the_names_are_registered(name):
    from mmengine.registry import INFERENCERS

    assert INFERENCERS.get(name).__name__ == name.partition('.')[2]
