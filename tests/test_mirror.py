"""Each module has its test file, and each test file its module."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent

# Tests of a package as a whole.
WITHOUT_MODULE = {Path('compat/test_host.py')}


def modules():
    """Return all modules but configs, whose folder is a link to configs/.

    Those beside the package have their tests below their own names.
    """
    return [
        path.relative_to(base)
        for base, folder in (
            (ROOT / 'mmasgan', '.'),
            (ROOT, 'benchmarks'),
            (ROOT, 'reproduce'),
        )
        for path in sorted((base / folder).rglob('*.py'))
        if 'configs' not in path.relative_to(base).parts
        and path.name != '__init__.py'
    ]


def mirror(module):
    return module.with_name(f'test_{module.name.lstrip("_")}')


def test_each_public_module_has_its_test_file():
    missing = [
        f'tests/{mirror(module)}'
        for module in modules()
        if not module.name.startswith('_')
        and not (TESTS / mirror(module)).is_file()
    ]
    assert missing == []


def test_each_test_file_in_a_mirrored_folder_has_its_module():
    mirrored = {mirror(module) for module in modules()} | WITHOUT_MODULE
    folders = {module.parent for module in modules()} - {Path()}
    stray = [
        f'tests/{path.relative_to(TESTS)}'
        for folder in sorted(folders)
        for path in sorted((TESTS / folder).glob('test_*.py'))
        if path.relative_to(TESTS) not in mirrored
    ]
    assert stray == []
