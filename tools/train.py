"""Train a model: ``python tools/train.py configs/ascyclegan_gopro.py``.

The same as ``mmasgan train``.
"""

from mmasgan.cli.train import main

if __name__ == '__main__':
    main()
