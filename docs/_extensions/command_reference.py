"""Directives that list what commands take, asked of the commands themselves.

``click-command`` lists the options of a command of click, given as
``module:name``, and of its subcommands, each under a heading of its own.
``script-help`` shows what a script of the repository prints at ``--help``.
"""

import importlib
import os
import re
import runpy
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from unittest import mock

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

__all__ = ['setup']

ROOT = Path(__file__).parents[2]


class ClickCommand(SphinxDirective):
    """A command of click with all below it, as options with anchors."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return sections, one a command that does something."""
        module, _, name = self.arguments[0].partition(':')
        command = getattr(importlib.import_module(module), name)
        context = click.Context(command, info_name='mmasgan')
        text = '\n'.join(markdown(context))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class ScriptHelp(SphinxDirective):
    """What a script prints at ``--help``, after the words that follow it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return one literal block."""
        script, *words = self.arguments[0].split()
        text = printed_help(ROOT / script, words)
        self.env.note_dependency(str(ROOT / script))
        return [nodes.literal_block(text, text, language='text')]


def markdown(context: click.Context) -> Iterator[str]:
    """Write what a command and those below it take."""
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from markdown(click.Context(below, context, name))
        return
    path = context.command_path
    yield from (f'## `{path}`', '')
    yield from ('```text', command.get_usage(context), '```', '')
    for paragraph in (command.help or '').split('\n\n'):
        yield from (plain(paragraph), '')
    yield from (f'```{{program}} {path}', '```', '')
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and record[1] and '--help' not in parameter.opts:
            yield from (f'```{{option}} {record[0]}', plain(record[1]))
            yield from ('```', '')


def plain(text: str) -> str:
    """Return text of a terminal as Markdown that says the same.

    What begins with dashes is an option, and is set as code.
    """
    words = re.sub(r'[ \n]+', ' ', text.strip()).split(' ')
    return ' '.join(
        f'`{word}`'
        if re.fullmatch(r'--?[a-z][a-z-]*', word)
        else re.sub(r'([\\*_`<>\[\]#|])', r'\\\1', word)
        for word in words
    )


def printed_help(script: Path, words: list[str]) -> str:
    """Run a script that prints its help and ends."""
    printed = StringIO()
    arguments = [str(script.relative_to(ROOT)), *words, '--help']
    with (
        mock.patch('sys.argv', arguments),
        mock.patch.dict(os.environ, COLUMNS='79'),
        redirect_stdout(printed),
        suppress(SystemExit),
    ):
        runpy.run_path(str(script), run_name='__main__')
    text = printed.getvalue()
    if not text:
        raise ValueError(f"'{script}' printed no help")
    return text


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.add_directive('click-command', ClickCommand)
    app.add_directive('script-help', ScriptHelp)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
