"""The wheel of the library, as it would be published."""

import shutil
import subprocess
import sys

from tiny import ROOT


def build_wheel(folder, *options):
    """Build the wheel, and return its path.

    It is built from a source distribution, or by ``--wheel`` from the source.
    """
    # From a copy, since a build leaves its own folder behind.
    source = folder / 'source'
    ignore = shutil.ignore_patterns('__pycache__')
    for name in ('mmasgan', 'configs', 'tools', 'benchmarks', 'reproduce'):
        shutil.copytree(
            ROOT / name, source / name, symlinks=True, ignore=ignore
        )
    for name in (
        *('setup.cfg', 'pyproject.toml', 'model-index.yml'),
        *('README.md', 'LICENSE'),
    ):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'build', '--no-isolation', *options),
            *('-o', folder / 'dist', source),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (folder / 'dist').glob('*.whl')
    return path
