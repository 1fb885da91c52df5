"""Test a model: ``python tools/test.py CONFIG [CHECKPOINT]``.

The same as ``mmasgan test``.
"""

from mmasgan.cli.test import main

if __name__ == '__main__':
    main()
