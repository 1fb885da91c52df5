"""A module imports only from its own floor of the house or from below."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / 'mmasgan'

LIGHT = {'registry', 'layers', 'losses', 'generators', 'discriminators'}
DATA = {'datasets', 'priors', 'evaluation', 'engine'}
FLOOR_0 = {
    'registry', 'compat', 'atomic_files', 'measures', 'photos', 'processor',
    'videos',
}  # fmt: skip

MAY_IMPORT = {
    '': {'version'},  # mmasgan/__init__.py
    'version': set(),
    'registry': set(),
    'atomic_files': set(),
    'measures': set(),
    'photos': set(),
    'processor': set(),
    'compat': {'atomic_files'},
    'videos': {'atomic_files'},
    'layers': {'registry'},
    'losses': {'registry'},
    'generators': {'registry', 'layers'},
    'discriminators': {'registry', 'layers'},
    'inference': {'atomic_files', 'measures', 'photos', 'videos'},
    'models': FLOOR_0 | LIGHT,
    **dict.fromkeys(DATA, FLOOR_0 | DATA),
    'apis': FLOOR_0 | LIGHT | DATA | {'inference', 'models'},
    'serve': FLOOR_0 | DATA | {'inference'},
    'cli': FLOOR_0
    | LIGHT
    | DATA
    | {'models', 'apis'}
    | {'cli_deblur', 'cli_export', 'cli_prepare', 'cli_priors', 'cli_serve'},
    'cli_deblur': {'apis', 'inference', 'videos'},
    'cli_export': {'apis'},
    'cli_serve': {'apis', 'cli_priors', 'inference', 'serve'},
    'cli_prepare': FLOOR_0 | DATA | {'apis', 'cli_blur'},
    **dict.fromkeys(('cli_blur', 'cli_priors'), FLOOR_0 | DATA),
}
"""Parts of mmasgan that a part may import besides itself and ``version``."""

MAY_IMPORT_OUTSIDE = {
    '': set(),
    'version': set(),
    'measures': {'numpy'},
    'photos': {'numpy', 'PIL', 'cv2'},
    'videos': {'numpy', 'av'},
    'processor': {'torch'},
    'registry': {'mmengine'},
    'layers': {'torch', 'mmengine'},
    'losses': {'torch', 'torchvision', 'mmengine'},
    'generators': {'torch', 'mmengine'},
    'discriminators': {'torch', 'mmengine'},
}
"""Other packages that the light parts may import; the rest may import any."""


def files():
    return [
        path
        for path in sorted(PACKAGE.rglob('*.py'))
        if 'configs' not in path.relative_to(PACKAGE).parts
    ]


def part_of(module):
    """Return the part of mmasgan that a dotted name lies in."""
    return module.partition('.')[2].partition('.')[0]


def imported(source, package):
    """Yield the dotted name of each import in a module of a package."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ''
            if node.level:
                above = package.split('.')
                above = above[: len(above) + 1 - node.level]
                base = '.'.join([*above, base] if base else above)
            if base == 'mmasgan':
                yield from (f'{base}.{alias.name}' for alias in node.names)
            else:
                yield base
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, 'attr', getattr(node.func, 'id', ''))
            argument = node.args[0]
            if name in ('import_module', '__import__') and isinstance(
                argument, ast.Constant
            ):
                yield argument.value


def violations(source, package, part):
    """Yield what a module of a part imports against the rules."""
    inside = MAY_IMPORT[part] | {part, 'version', '__version__'}
    outside = MAY_IMPORT_OUTSIDE.get(part)
    for module in imported(source, package):
        top = module.split('.')[0]
        if top == 'mmasgan':
            if part_of(module) not in inside:
                yield module
        elif outside is not None and top not in (
            outside | sys.stdlib_module_names
        ):
            yield module


@pytest.mark.parametrize(
    'path', files(), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_only_downwards(path):
    relative = path.relative_to(ROOT).with_suffix('')
    names = [name for name in relative.parts if name != '__init__']
    part = part_of('.'.join(names))
    assert part in MAY_IMPORT, f'{part} has no floor'
    package = '.'.join(relative.parts[:-1])
    assert list(violations(path.read_text(), package, part)) == []


def test_formulas_need_pytorch_alone():
    source = (PACKAGE / 'losses' / 'functional.py').read_text()
    tops = {name.split('.')[0] for name in imported(source, 'mmasgan.losses')}
    assert tops - sys.stdlib_module_names == {'torch'}


@pytest.mark.parametrize(
    ('part', 'source', 'found'),
    [
        ('generators', 'from ..losses import x', 'mmasgan.losses'),
        ('generators', 'from .. import losses', 'mmasgan.losses'),
        ('generators', 'import mmasgan.losses.x', 'mmasgan.losses.x'),
        ('losses', 'from mmasgan import layers', 'mmasgan.layers'),
        ('discriminators', 'from ..generators import x', 'mmasgan.generators'),
        ('layers', 'def f():\n    from ..compat import x', 'mmasgan.compat'),
        ('layers', 'import mmagic.models', 'mmagic.models'),
        ('losses', 'from mmcv import x', 'mmcv'),
        ('registry', "import_module('mmagic')", 'mmagic'),
        ('registry', "importlib.import_module('torch')", 'torch'),
        ('engine', 'from mmasgan.models import x', 'mmasgan.models'),
        ('datasets', 'from ..layers import x', 'mmasgan.layers'),
        ('models', 'from ..datasets.x import y', 'mmasgan.datasets.x'),
        ('apis', 'from ..cli import main', 'mmasgan.cli'),
        ('compat', 'from ..registry import x', 'mmasgan.registry'),
        ('generators', 'from ..layers import x', None),
        ('generators', 'from .x import y', None),
        ('losses', 'from .. import __version__', None),
        ('models', 'from .. import compat', None),
        ('engine', 'import mmagic', None),
    ],
)
def test_the_rules_find_what_they_forbid(part, source, found):
    package = 'mmasgan' if part in ('registry', 'cli') else f'mmasgan.{part}'
    expected = [] if found is None else [found]
    assert list(violations(source, package, part)) == expected


def test_relative_imports_of_a_nested_package():
    source = 'from ...registry import x\nfrom ..y import z\nfrom . import w'
    assert list(imported(source, 'mmasgan.datasets.transforms')) == [
        'mmasgan.registry',
        'mmasgan.datasets.y',
        'mmasgan.datasets.transforms',
    ]
