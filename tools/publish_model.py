"""Publish weights: ``publish_model.py CHECKPOINT OUT.safetensors``.

The same as ``mmasgan publish``.
"""

from mmasgan.cli.publish import publish

if __name__ == '__main__':
    publish()
