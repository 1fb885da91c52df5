"""``tools/train.py``, but that the second process fails at iteration 2."""

import runpy
from pathlib import Path

from mmengine.dist import get_rank

from mmasgan.engine import IterationSeedHook

before_train_iter = IterationSeedHook.before_train_iter


def fail(self, runner, *args, **kwargs):
    if get_rank() == 1 and runner.iter == 2:
        raise RuntimeError('this disk is broken')
    before_train_iter(self, runner, *args, **kwargs)


IterationSeedHook.before_train_iter = fail

if __name__ == '__main__':
    train = Path(__file__).parents[1] / 'tools' / 'train.py'
    runpy.run_path(str(train), run_name='__main__')
