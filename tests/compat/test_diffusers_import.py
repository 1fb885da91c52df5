# As diffusers 0.42 fails on torch 2.4, on any torch.
BROKEN = """
import sys

class Broken:
    def find_spec(self, name, path, target=None):
        if name == 'diffusers':
            import torch
            torch.acc

sys.meta_path.insert(0, Broken())
"""


def test_fault(python):
    output = python(
        BROKEN
        + """
import numpy
numpy.bool8 = numpy.bool_
try:
    import mmagic.models
except AttributeError as error:
    print('raised', error)
"""
    )
    assert "raised module 'torch' has no attribute 'acc'" in output


def test_mend(python):
    output = python(
        BROKEN
        + """
import mmasgan.compat as compat
import mmagic.models.archs as archs
from mmagic.models import CycleGAN, DeblurGanV2
import mmagic.evaluation, mmagic.engine, mmagic.visualization
from mmagic.registry import MODELS
print(compat.patched()['diffusers_import'])
try:
    archs.AttentionInjection
except AttributeError as error:
    print(error)
print(MODELS.get('NoSuchModel'), archs.REGISTERED_DIFFUSERS_MODELS)
print('animatediff' in compat.editors.skipped_editors())
"""
    )
    assert 'models of diffusers are not available' in output
    patched, reason, missing, skipped = [
        line for line in output.splitlines() if 'mmengine' not in line
    ][-4:]
    assert missing == 'None []'
    assert patched == 'True'
    assert reason == "module 'torch' has no attribute 'acc'"
    assert skipped == 'True'


def test_what_is_large_is_imported_when_it_is_used(python):
    output = python("""
import sys
import mmasgan.compat
import mmengine.runner
import mmagic.models
from mmagic.models import CycleGAN
from mmagic.registry import MODELS

def is_large():
    return 'diffusers' in sys.modules, 'transformers' in sys.modules

print(CycleGAN.__name__, MODELS.get('EDSRNet').__name__, *is_large())
early = set(MODELS.module_dict)
print(MODELS.get('mmagic.UNet2DConditionModel').__name__, is_large()[0])
archs = sys.modules['mmagic.models.archs']
print('UNet2DConditionModel' in archs.REGISTERED_DIFFUSERS_MODELS)
print(archs.AttentionInjection.__name__)
print(MODELS.get('PGGANGenerator').__name__, MODELS.get('NoSuchModel'))
late = set(MODELS.module_dict) - early
print(*sorted(late & set(MODELS.parent.module_dict)))
""")
    assert output.splitlines()[-6:] == [
        'CycleGAN EDSRNet False False',
        'UNet2DConditionModel True',
        'True',
        'AttentionInjection',
        'PGGANGenerator None',
        'SiLU',  # the same function
    ]
