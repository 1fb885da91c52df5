"""What the documentation says of files, keys and packages is so.

That the site builds without a warning, and that its links lead somewhere, is
what ``.ci/run`` sees to.
"""

import inspect
import re
import sys
from pkgutil import resolve_name

import pytest
import yaml
from mmengine.config import Config
from test_public_api import NAMES
from tiny import ROOT

import mmasgan.compat  # before anything of MMagic

sys.path.insert(0, str(ROOT / 'docs'))
from check_links import problems

DOCS, TESTS = ROOT / 'docs', ROOT / 'tests'
PAGE = (DOCS / 'configs.md').read_text(encoding='utf-8')
CONFIGS = sorted((ROOT / 'configs').rglob('*.py'))
# Commands are on a page of their own, measures on that of
# `mmasgan.evaluation.functional`; the rest is for ourselves.
WITHOUT_PAGE = {
    'mmasgan',
    'mmasgan.atomic_files',
    'mmasgan.datasets.transforms',
    'mmasgan.measures',
    'mmasgan.processor',
}


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
    assert documented - pipelines - {'synthetic_dataset'} == used


def test_every_package_has_a_page_of_the_reference():
    modules = {
        re.search(r'automodule:: (\S+)', page.read_text())[1]: page.stem
        for page in (DOCS / 'api').glob('*.md')
        if page.stem != 'index'
    }
    assert all(module == f'mmasgan.{modules[module]}' for module in modules)
    packages = {name for name in NAMES if '.cli' not in name}
    assert set(modules) == packages - WITHOUT_PAGE


def test_every_script_is_on_the_page():
    page = (DOCS / 'commands.md').read_text(encoding='utf-8')
    named = set(re.findall(r'^### `(tools/\w+\.py)`', page, flags=re.M))
    scripts = (ROOT / 'tools').glob('*.py')
    assert named == {str(path.relative_to(ROOT)) for path in scripts}


@pytest.mark.parametrize(
    'page',
    [
        *ROOT.glob('*.md'),
        *DOCS.rglob('*.md'),
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


@pytest.mark.parametrize(
    ('html', 'said'),
    [
        ('<a href="b.html#there">', None),
        ('<a href="b.html#x">', "a.html: 'b.html#x' has no such anchor"),
        ('<a href="c.html">', "a.html: 'c.html' does not exist"),
        ('<a href="#me" id="me">', None),
        ('<a href="#you">', "a.html: '#you' has no such anchor"),
        ('<img src="no.png">', "a.html: 'no.png' does not exist"),
        ('<a href="https://example.org/x">', None),
        (
            '<script src="https://example.org/x.js">',
            "a.html: 'https://example.org/x.js' is fetched from elsewhere",
        ),
    ],
)
def test_a_dead_link_is_found(tmp_path, html, said):
    (tmp_path / 'a.html').write_text(html)
    (tmp_path / 'b.html').write_text('<p id="there">')
    assert list(problems(tmp_path)) == ([] if said is None else [said])
