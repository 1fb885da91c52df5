"""The site: ``sphinx-build -W --keep-going -n docs docs/_build``.

The pages are the Markdown files beside this one, which are also read as they
are. What they say about code is taken from it while the site is built.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / '_extensions'), str(HERE.parent)]

from mmasgan import __version__  # noqa: E402

project = 'mmasgan'
author = 'The mmasgan developers'
project_copyright = author
release = version = __version__

extensions = [
    'sphinx.ext.autodoc',
    'sphinx.ext.napoleon',
    'sphinx.ext.mathjax',
    'sphinx_click',
    'myst_parser',
    'script_help',
    'known_names',
    'repository_links',
]
exclude_patterns = ['_build']

# Links to `page.md#heading` as a repository's file browser makes them.
myst_heading_anchors = 4

autodoc_member_order = 'bysource'
autodoc_typehints = 'description'
autodoc_typehints_description_target = 'documented_params'
autodoc_typehints_format = 'short'
autodoc_default_options = {'members': True, 'show-inheritance': True}
# Values of modules, not of their types.
autodoc_preserve_defaults = True
napoleon_custom_sections = [('Shape', 'notes_style')]

smartquotes_action = 'qe'  # two dashes begin an option

html_theme = 'furo'
html_title = f'mmasgan {release}'
html_static_path = ['_static']
html_css_files = ['mmasgan.css']
html_copy_source = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Leave out fields of named tuples; keep the stars of commands' help."""
    app.connect('autodoc-skip-member', skips_field)
    app.connect('sphinx-click-process-description', escape_stars)
    app.connect('sphinx-click-process-arguments', drop_nameless)


def skips_field(
    app: Sphinx, what: str, name: str, member: object, *rest: object
) -> bool | None:
    """Skip fields, which the docstring of their class describes."""
    return type(member).__name__ == '_tuplegetter' or None


def escape_stars(app: Sphinx, context: object, lines: list[str]) -> None:
    """Escape what is no markup in the help of a command."""
    lines[:] = [line.replace('*', r'\*') for line in lines]


def drop_nameless(app: Sphinx, context: object, lines: list[str]) -> None:
    """Drop arguments without a name, which a command passes on."""
    if '.. option:: ' in lines:
        lines.clear()
