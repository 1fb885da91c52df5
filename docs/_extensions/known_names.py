"""Names of code in docstrings and annotations, looked up in the code itself.

Built with ``-n``, Sphinx reports each name that leads to no page. Most are of
other libraries, or not public: it is enough that there is such a thing. What
is nowhere stays an error.
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

__all__ = ['setup']


def look_up(
    app: Sphinx,
    env: BuildEnvironment,
    node: pending_xref,
    content: nodes.TextElement,
) -> nodes.Element | None:
    """Return a link, the name itself, or None where nothing has it."""
    if node.get('refdomain') != 'py':
        return None
    found = next(objects(node['reftarget'], list(scopes(node))), None)
    if found is None:
        return None
    name = '.'.join(
        getattr(found, part, '') for part in ('__module__', '__qualname__')
    )
    link = env.get_domain('py').resolve_xref(
        env, node['refdoc'], app.builder, 'obj', name, node, content
    )
    return link or content


def scopes(node: pending_xref) -> Iterator[str]:
    """Yield where a short name may have been meant."""
    source = next(
        (at.source for at in lineage(node) if getattr(at, 'source', None)), ''
    )
    docstring = re.search(r'docstring of ([\w.]+)', source or '')
    if docstring is not None:  # the module that has it, from inside out
        name = docstring[1]
        while name:
            yield name
            name = name.rpartition('.')[0]
    if node.get('py:module'):
        yield node['py:module']
    yield from ('typing', 'builtins')


def lineage(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield a node, its parent, and so on."""
    at: nodes.Node | None = node
    while at is not None:
        yield at
        at = at.parent


def objects(name: str, within: list[str]) -> Iterator[Any]:
    """Yield what a dotted name means, by itself or in one of the scopes."""
    for path in (name, *(f'{scope}.{name}' for scope in within)):
        parts = path.split('.')
        for length in range(len(parts), 0, -1):
            try:
                found: Any = importlib.import_module('.'.join(parts[:length]))
                for part in parts[length:]:
                    found = getattr(found, part)
            except (ImportError, AttributeError):
                continue
            yield found


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register what answers for names without a page."""
    app.connect('missing-reference', look_up)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
