"""``python -m mmasgan.cli``: the ``mmasgan`` command."""

from . import main

main()
