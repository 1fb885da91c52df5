import pytest

from mmasgan.compat import diffusers_import

# As diffusers 0.42 fails on torch 2.4, on any torch.
BROKEN = """
import sys

class Broken:
    def find_spec(self, name, path, target=None):
        if name == 'diffusers':
            # In the traceback, a file of diffusers.
            exec(compile('import torch; torch.acc', 'diffusers/x.py', 'exec'))

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
print(compat.patched()['diffusers_import'])
print(*compat.diffusers_import.REASONS, sep='; ')
print('AttentionInjection' in archs.__all__, 'VGG16' in archs.__all__)
print('animatediff' in compat.skipped_editors())
"""
    )
    patched, reasons, names, skipped = output.splitlines()[-4:]
    assert patched == 'True'
    assert reasons.count("has no attribute 'acc'") == 2
    assert names == 'False True'
    assert skipped == 'True'


def test_errors_of_others_are_not_hidden():
    try:
        raise KeyError('mine')
    except KeyError as error:
        caught = error
    with pytest.raises(KeyError, match='mine'):
        diffusers_import._skip(None, caught)
