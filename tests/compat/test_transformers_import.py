def test_fault(python):
    output = python(
        'import sys, mmengine.optim\nprint("transformers" in sys.modules)'
    )
    assert output.split()[-1] == 'True'


def test_mend(python):
    output = python("""
import sys
import mmasgan.compat as compat
import mmengine.optim
from mmengine.registry import OPTIMIZERS

print('transformers' in sys.modules, OPTIMIZERS.get('Adam').__name__)
print(OPTIMIZERS.get('NoSuch'), 'transformers' in sys.modules)
print(OPTIMIZERS.get('Adafactor').__module__)
print(mmengine.optim.optimizer.builder.TRANSFORMERS_OPTIMIZERS)
print(compat.patched()['transformers_import'])
""")
    assert output.splitlines()[-5:] == [
        'False Adam',
        'None False',
        'transformers.optimization',
        "['Adafactor']",
        'True',
    ]
