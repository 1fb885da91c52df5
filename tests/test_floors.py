"""A module imports only from its own floor of the house or from below."""

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / 'mmasgan'
BESIDE = {'benchmarks', 'reproduce', 'tests', 'tools', 'docs', 'examples'}


def floors():
    """Return the floor of each part, from the table of CONTRIBUTING.md."""
    text = (ROOT / 'CONTRIBUTING.md').read_text('utf-8')
    rows = re.findall(r'^\| (\d) \| (.*?) \|', text, flags=re.M)
    return {
        path.removesuffix('/').removesuffix('.py').replace('/', '.'): int(row)
        for row, paths in rows
        for path in re.findall(r'`mmasgan/(.*?)`', paths)
    }


FLOORS = floors()


def up_to(floor, but=()):
    """Return the parts on a floor and below."""
    return {part for part, at in FLOORS.items() if at <= floor} - {*but}


LIGHT = {'registry', 'utils', 'layers'}
TORCH = ('apis.inference.torch_backend', 'apis.inference.torch_fallback')
MAY_IMPORT = {
    '': {'_moved'},  # mmasgan/__init__.py
    '_moved': {'utils'},
    'registry': set(),
    'utils': set(),
    'compat': {'utils'},
    'io.image': {'utils'},
    'io.video': {'utils'},
    'layers': LIGHT,
    'losses.functional': set(),
    'generators': LIGHT,
    'discriminators': LIGHT,
    'losses': LIGHT | {'losses.functional'},
    'models': up_to(2),
    **{
        part: up_to(1) | {each for each, at in FLOORS.items() if at == 4}
        for part in ('datasets', 'semantic', 'evaluation', 'engine')
    },
    'apis.inference': {'io.image', 'io.video', 'utils', 'evaluation'},
    **{
        part: {'apis.inference', 'generators', 'utils', *TORCH}
        for part in TORCH
    },
    'apis': up_to(4) | {'apis.inference', *TORCH},
    'serve': up_to(4) | {'apis', 'apis.inference', *TORCH},
    'cli': up_to(5) | {'apis.inference', *TORCH},
}
"""Parts of mmasgan that a part may import besides itself, by dotted path."""

MAY_IMPORT_OUTSIDE = {
    '': set(),
    '_moved': set(),
    'io.image': {'numpy', 'PIL', 'mmengine'}
    | {'imagecodecs', 'simplejpeg', 'tifffile'},
    'io.video': {'numpy', 'av'},
    'registry': {'mmengine'},
    'utils': {'numpy', 'safetensors', 'torch', 'mmengine', 'rich', 'yaml'},
    'layers': {'torch', 'numpy', 'mmengine'},
    'losses.functional': {'torch'},
    'losses': {'torch', 'torchvision', 'mmengine'},
    'generators': {'torch', 'mmengine'},
    'discriminators': {'torch', 'mmengine'},
    'apis.inference': {'numpy', 'PIL', 'onnxruntime', 'rich', 'safetensors'},
}
"""Other packages that the light parts may import; the rest may import any."""


def files():
    return [
        path
        for path in sorted(PACKAGE.rglob('*.py'))
        if 'configs' not in path.relative_to(PACKAGE).parts
    ]


def part_of(module):
    """Return the part of mmasgan that a dotted name lies in, the smallest."""
    within = module.partition('.')[2]
    while within and within not in MAY_IMPORT:
        within = within.rpartition('.')[0]
    return within


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
    inside = MAY_IMPORT[part] | {part, '_moved'}
    outside = MAY_IMPORT_OUTSIDE.get(part)
    for module in imported(source, package):
        top = module.split('.')[0]
        if top == 'mmasgan':
            if module != 'mmasgan.__version__' and (
                part_of(module) not in inside
            ):
                yield module
        elif top in BESIDE or (
            outside is not None
            and top not in (outside | sys.stdlib_module_names)
        ):
            yield module


def place_of(path):
    """Return the part that a file belongs to, and its package."""
    relative = path.relative_to(ROOT).with_suffix('')
    names = [name for name in relative.parts if name != '__init__']
    return part_of('.'.join(names)), '.'.join(relative.parts[:-1])


@pytest.mark.parametrize(
    'path', files(), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_only_downwards(path):
    part, package = place_of(path)
    assert part or path in (
        PACKAGE / '__init__.py',
        PACKAGE / 'io' / '__init__.py',
    ), 'it has no floor'
    assert list(violations(path.read_text(), package, part)) == []


def test_the_rules_are_those_of_the_table():
    """Nothing may import from above, and each part has its floor."""
    assert {part for part in MAY_IMPORT if part in FLOORS} == set(FLOORS)

    def floor(part):
        while part and part not in FLOORS:
            part = part.rpartition('.')[0]
        return FLOORS.get(part, 0)

    assert [
        (part, other)
        for part, others in MAY_IMPORT.items()
        for other in others
        if floor(other) > floor(part)
    ] == []


def test_no_part_imports_what_imports_it():
    graph = {part: set() for part in MAY_IMPORT}
    for path in files():
        part, package = place_of(path)
        for module in imported(path.read_text(), package):
            if module.startswith('mmasgan.'):
                graph[part].add(part_of(module))
    for part, others in graph.items():
        others -= {part, '', '_moved'}  # every part may ask for these two
    graph[''] = graph['_moved'] = set()
    TopologicalSorter(graph).prepare()  # raises if there is a circle


@pytest.mark.parametrize(
    ('part', 'source', 'found'),
    [
        ('generators', 'from ..losses import x', 'mmasgan.losses'),
        ('generators', 'from .. import losses', 'mmasgan.losses'),
        ('generators', 'import mmasgan.losses.x', 'mmasgan.losses.x'),
        ('losses', 'from mmasgan import generators', 'mmasgan.generators'),
        ('discriminators', 'from ..generators import x', 'mmasgan.generators'),
        ('layers', 'def f():\n    from ..compat import x', 'mmasgan.compat'),
        ('layers', 'import mmagic.models', 'mmagic.models'),
        ('losses', 'from mmcv import x', 'mmcv'),
        ('registry', "import_module('mmagic')", 'mmagic'),
        ('registry', "importlib.import_module('torch')", 'torch'),
        ('engine', 'from mmasgan.models import x', 'mmasgan.models'),
        ('datasets', 'from ..losses import x', 'mmasgan.losses'),
        ('models', 'from ..datasets.x import y', 'mmasgan.datasets.x'),
        ('apis', 'from ..cli import main', 'mmasgan.cli'),
        ('semantic', 'from ..models.x import y', 'mmasgan.models.x'),
        ('compat', 'from ..registry import x', 'mmasgan.registry'),
        ('io.image', 'import torch', 'torch'),
        ('io.image', 'from ...layers import x', 'mmasgan.layers'),
        ('apis.inference', 'import torch', 'torch'),
        (
            'apis.inference',
            'from .torch_backend import x',
            f'mmasgan.{TORCH[0]}',
        ),
        ('apis', 'from ..serve.limits import x', 'mmasgan.serve.limits'),
        ('losses.functional', 'from ..layers import x', 'mmasgan.layers'),
        ('cli', 'import benchmarks.step', 'benchmarks.step'),
        ('generators', 'from ..layers import x', None),
        ('generators', 'from .x import y', None),
        ('losses', 'from .. import __version__', None),
        ('models', 'from .. import compat', None),
        ('engine', 'import mmagic', None),
        ('datasets', 'from ..layers import x', None),
    ],
)
def test_the_rules_find_what_they_forbid(part, source, found):
    modules = ('registry', 'losses.functional')
    package = f'mmasgan.{part}'
    if part in modules:
        package = package.rpartition('.')[0]
    expected = [] if found is None else [found]
    assert list(violations(source, package, part)) == expected


def test_relative_imports_of_a_nested_package():
    source = 'from ...registry import x\nfrom ..y import z\nfrom . import w'
    assert list(imported(source, 'mmasgan.datasets.transforms')) == [
        'mmasgan.registry',
        'mmasgan.datasets.y',
        'mmasgan.datasets.transforms',
    ]
