"""The formulas are tested in ``evaluation/test_functional.py``."""

import subprocess
import sys

from mmasgan import measures
from mmasgan.evaluation import functional


def test_the_measures_are_those_of_the_evaluation():
    assert measures.__all__ == functional.__all__
    for name in measures.__all__:
        assert getattr(measures, name) is getattr(functional, name)


def test_they_need_no_pytorch():
    code = (
        'import sys, mmasgan.measures\n'
        "assert not {'torch', 'mmengine', 'mmagic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, '-c', code], check=True)
