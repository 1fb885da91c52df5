"""The site: ``sphinx-build -W --keep-going -n docs docs/_build``.

The pages are the Markdown files beside this one, which are also read as they
are. What they say about code is taken from it while the site is built.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / '_extensions'), str(HERE.parent)]

from mmasgan.version import __version__  # noqa: E402

project = 'mmasgan'
author = 'The mmasgan developers'
project_copyright = author
release = version = __version__

extensions = [
    'sphinx.ext.autodoc',
    'sphinx.ext.napoleon',
    'myst_parser',
    'command_reference',
    'drawn_math',
    'known_names',
    'drawn_math',
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

html_theme = 'furo'
html_title = f'mmasgan {release}'
html_static_path = ['_static']
html_css_files = ['mmasgan.css']
html_copy_source = False
html_show_sphinx = False
html_math_renderer = 'drawn'


def setup(app: Sphinx) -> None:
    """Leave out what a named tuple says of its fields by itself."""
    app.connect('autodoc-skip-member', skips_field)


def skips_field(
    app: Sphinx, what: str, name: str, member: object, *rest: object
) -> bool | None:
    """Skip fields, which the docstring of their class describes."""
    return type(member).__name__ == '_tuplegetter' or None
