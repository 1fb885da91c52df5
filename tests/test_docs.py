"""What the documentation says of files, keys and packages is so.

That the site builds without a warning, and that its links lead somewhere, is
what ``.ci/run`` sees to.
"""

import inspect
import re
from pkgutil import resolve_name

import pytest
import yaml
from mmengine.config import Config
from PIL import Image
from test_public_api import NAMES
from tiny import ROOT

import mmasgan.compat  # before anything of MMagic

DOCS, TESTS = ROOT / 'docs', ROOT / 'tests'
PAGE = (DOCS / 'configs.md').read_text(encoding='utf-8')
CONFIGS = sorted((ROOT / 'configs').rglob('*.py'))
# Commands are on a page of their own.
WITHOUT_PAGE = {'mmasgan', 'mmasgan.cli'}


def components():
    """Return (class, key) of all configs; '' for what has no type."""
    found = set()

    def walk(value, kind, path):
        if isinstance(value, dict):
            if 'type' in value:
                kind, path = str(value['type']), ''
                found.add((kind, ''))
            for key, entry in value.items():
                if key != 'type':
                    walk(entry, kind, f'{path}.{key}' if path else key)
        elif isinstance(value, list | tuple) and any(
            isinstance(entry, dict) for entry in value
        ):
            for entry in value:
                walk(entry, kind, path)
        else:
            found.add((kind, path))

    for path in CONFIGS:
        if '_base_' not in path.parts:
            walk(Config.fromfile(path).to_dict(), '', '')
    return found


def class_of(kind):
    module, _, name = kind.rpartition('.')
    return resolve_name(f'{module}:{name}')


def arguments(kind):
    """Return what a component of ours takes, its base's keys included.

    Those of a base of the host are left out.
    """
    names = set()
    for base in class_of(kind).__mro__:
        if not base.__module__.startswith('mmasgan'):
            break
        if '__init__' in vars(base):
            parameters = inspect.signature(base).parameters.values()
            names |= {p.name for p in parameters if p.kind != p.VAR_KEYWORD}
            names -= {'args'}
            if all(p.kind != p.VAR_KEYWORD for p in parameters):
                break
    return names


def sections():
    """Yield (classes in the heading, keys in the table) of the page."""
    for section in re.split(r'^##+ ', PAGE, flags=re.M)[1:]:
        heading, _, body = section.partition('\n')
        classes = re.findall(r'`([A-Z]\w+)`', heading)
        cells = re.findall(r'^\| (`.*?) \|', body, flags=re.M)
        keys = {key for cell in cells for key in re.findall(r'`(.+?)`', cell)}
        yield classes, keys


def test_every_config_is_on_the_page():
    named = set(re.findall(r'\(\.\./(configs/[\w/]+\.py)\)', PAGE))
    assert named == {str(p.relative_to(ROOT)) for p in CONFIGS}


def test_every_key_of_ours_is_on_the_page_and_no_other():
    kinds = {}
    for kind, key in components():
        if kind.startswith('mmasgan'):
            # Styles and steps have names of their own.
            key = re.sub(r'^(styles|pipeline)\..*', r'\1', key)
            kinds.setdefault(kind, set()).add(key)
    by_name = {kind.rpartition('.')[2]: kind for kind in kinds}
    seen = set()
    for classes, keys in sections():
        if not classes:
            continue
        seen |= set(classes)
        used = {k for c in classes for k in kinds[by_name[c]]} - {''}
        taken = {k for c in classes for k in arguments(by_name[c])}
        of_hosts = {
            parameter
            for c in classes
            for parameter in inspect.signature(class_of(by_name[c])).parameters
        }
        assert taken | used <= keys, classes
        assert keys <= taken | used | of_hosts, classes
    assert seen == set(by_name)


def test_every_key_of_the_host_is_on_the_page_and_no_other():
    (documented,) = (
        keys
        for classes, keys in sections()
        if not classes and any(key[0].isupper() for key in keys)
    )
    used = {
        f'{kind.rpartition(".")[2]}.{key}'
        for kind, key in components()
        if kind and key and not kind.startswith('mmasgan')
    }
    assert documented == used


def test_every_top_level_key_is_on_the_page_and_no_other():
    (documented,) = (
        keys for classes, keys in sections() if 'randomness.seed' in keys
    )
    # Variables of the files are named without what is in them.
    used = {
        key if key.partition('.')[0] not in documented else key.split('.')[0]
        for kind, key in components()
        if not kind
    }
    pipelines = {'train_pipeline', 'val_pipeline', 'test_pipeline'}
    assert (
        documented - pipelines - {'synthetic_dataset', 'motion_prior'} == used
    )


def test_every_package_has_a_page_of_the_reference():
    modules = {
        re.search(r'automodule:: (\S+)', page.read_text())[1]: page.stem
        for page in (DOCS / 'api').glob('*.md')
        if page.stem != 'index'
    }
    assert all(module == f'mmasgan.{modules[module]}' for module in modules)
    assert set(modules) == set(NAMES) - WITHOUT_PAGE


def test_every_script_is_on_the_page():
    page = (DOCS / 'commands.md').read_text(encoding='utf-8')
    named = set(re.findall(r'^### `(.*)`', page, flags=re.M))
    scripts = {
        *(f'tools/{path.name}' for path in (ROOT / 'tools').glob('*.py')),
        *('python -m benchmarks', 'python -m reproduce.table1'),
    }
    assert named == scripts


@pytest.mark.parametrize(
    'page',
    [
        *ROOT.glob('*.md'),
        *DOCS.rglob('*.md'),
        *(ROOT / 'configs').rglob('*.md'),
        *(ROOT / 'examples').rglob('*.md'),
        *(ROOT / 'mmasgan' / 'weights').glob('*.md'),
    ],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_lead_somewhere_where_a_page_is_read_as_a_file(page):
    text = re.sub(r'```.*?```', '', page.read_text('utf-8'), flags=re.S)
    links = re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', text)
    assert [x for x in links if not (page.parent / x).exists()] == []


@pytest.mark.parametrize(
    'page', sorted(DOCS.glob('*.md')), ids=lambda page: page.name
)
def test_tests_that_a_page_names_are_there(page):
    text = page.read_text(encoding='utf-8')
    named = set(re.findall(r'`(?:tests/)?((?:\w+/)*test_\w+\.py)', text))
    assert {name for name in named if not (TESTS / name).is_file()} == set()


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text('utf-8'))
    assert citation['version'] == mmasgan.__version__
    assert citation['license'] == 'Apache-2.0'


def readme_code(word):
    """Return the block of Python of the README that has a word."""
    text = (ROOT / 'README.md').read_text('utf-8')
    blocks = re.findall(r'```python\n(.*?)```', text, flags=re.S)
    (block,) = (block for block in blocks if word in block)
    return block


def test_the_parts_of_the_readme_are_called_as_it_says():
    names = {}
    exec(readme_code('RaGANLSLoss'), names)
    assert names['steered'].shape == names['features'].shape
    for name in ('d_loss', 'g_loss'):
        assert names[name].shape == ()
        assert names[name] > 0


def test_mmagics_inferencer_deblurs_as_the_readme_says(tmp_path, monkeypatch):
    (tmp_path / 'examples').symlink_to(ROOT / 'examples')
    monkeypatch.chdir(tmp_path)
    exec(readme_code('MMagicInferencer'), {})
    before, after = (
        Image.open(name).convert('RGB')
        for name in ('examples/blurred.jpg', 'sharper.png')
    )
    assert before.size == after.size
    assert before.tobytes() != after.tobytes()
