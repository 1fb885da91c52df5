"""Values in the text of a config, without running it.

A checkpoint contains its config as text, ``Config.pretty_text``.
"""

import ast
from typing import Any

__all__ = ['assignments', 'keywords', 'literal', 'literal_config']

LONGEST = 2_000_000  # characters of a config


def literal_config(text: Any) -> dict[str, Any]:
    """Parse the values in the text of a config, without running it.

    Raises:
        ValueError: If it contains anything else.
    """
    return {name: literal(value) for name, value in assignments(text).items()}


def assignments(text: Any) -> dict[str, ast.expr]:
    """Return the values in the text of a config, by name, as code.

    Raises:
        ValueError: If it is not the text of a config.
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError('it is not a text, or too long')
    try:
        return {
            name.id: statement.value
            for statement in ast.parse(text).body
            if isinstance(statement, ast.Assign)
            for name in statement.targets
            if isinstance(name, ast.Name)
        }
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f'it is not a config: {error}') from error


def keywords(call: ast.expr) -> dict[str, ast.expr]:
    """Return the keyword arguments of a call, as code."""
    return {str(k.arg): k.value for k in getattr(call, 'keywords', ())}


def literal(value: ast.expr) -> Any:
    """Return the value of code that consists of literals and ``dict``.

    Raises:
        ValueError: If it contains anything else.
    """
    try:
        return ast.literal_eval(_PlainDicts().visit(value))
    # Deep nesting raises RecursionError or MemoryError.
    except (TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f'it is not a literal: {error}') from error


class _PlainDicts(ast.NodeTransformer):
    """Convert ``dict(a=1)`` to ``{'a': 1}``, which is a literal."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        names = [keyword.arg for keyword in node.keywords]
        if (
            getattr(node.func, 'id', '') != 'dict'
            or node.args
            or None in names
        ):
            return node
        keys: list[ast.expr | None] = [ast.Constant(name) for name in names]
        return ast.Dict(keys, [keyword.value for keyword in node.keywords])
