"""``script-help``: what a script prints at ``--help``.

The argument is a script of the repository, or a package of it after ``-m``,
and the words that follow it.
"""

import os
import runpy
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from unittest import mock

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

__all__ = ['setup']

ROOT = Path(__file__).parents[2]


class ScriptHelp(SphinxDirective):
    """What a script prints at ``--help``, as a literal block."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Run the script in this process."""
        script, *words = self.arguments[0].split()
        module = words.pop(0) if script == '-m' else ''
        printed = StringIO()
        with (
            mock.patch('sys.argv', [module or script, *words, '--help']),
            mock.patch.dict(os.environ, COLUMNS='79'),
            redirect_stdout(printed),
            suppress(SystemExit),
        ):
            if module:
                runpy.run_module(module, run_name='__main__')
            else:
                runpy.run_path(str(ROOT / script), run_name='__main__')
        text = printed.getvalue()
        if not text:
            raise ValueError(f'{self.arguments[0]!r} printed no help')
        return [nodes.literal_block(text, text, language='text')]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive('script-help', ScriptHelp)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
