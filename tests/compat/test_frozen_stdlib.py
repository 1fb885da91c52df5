import sys

import pytest
from mmengine.config import config, utils

from mmasgan.compat import frozen_stdlib

AFFECTED = sys.version_info >= (3, 11)


def test_fault(symptoms, is_fork):
    outcome = symptoms.without['frozen_stdlib']
    if is_fork or not AFFECTED:  # upstream sound
        assert outcome == dict(error=None, value='a/b')
        return
    assert 'Error' in outcome['error']


def test_mend(symptoms, is_fork):
    assert symptoms.patched['frozen_stdlib'] == dict(error=None, value='a/b')
    patched = symptoms.patched['patched']['frozen_stdlib']
    assert patched is (AFFECTED and not is_fork)


def test_sound_afterwards():
    assert not frozen_stdlib.is_present()
    assert config._is_builtin_module is utils._is_builtin_module


@pytest.mark.parametrize(
    ('module', 'builtin'),
    [
        ('os', True),
        ('os.path', True),
        ('sys', True),
        ('json', True),
        ('mmengine.config', True),
        ('mmengine.model', False),
        ('torch', False),
        ('no_such_module', False),
        ('.sibling', False),
    ],
)
def test_is_builtin_module(module, builtin):
    assert utils._is_builtin_module(module) is builtin
