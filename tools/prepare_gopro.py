"""Prepare GoPro: ``python tools/prepare_gopro.py GOPRO_Large.zip``.

The same as ``mmasgan prepare gopro``.
"""

from mmasgan.cli.prepare import gopro

if __name__ == '__main__':
    gopro()
