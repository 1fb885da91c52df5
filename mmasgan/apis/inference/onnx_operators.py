"""Operators of an ONNX file, read without the package ``onnx``."""

from collections.abc import Iterator

__all__ = ['refuse_loops']

# What may run for as long as its data like, by name.
LOOPS = ('If', 'Loop', 'Scan', 'SequenceMap')
# Numbers of fields, of onnx.proto3.
GRAPH, FUNCTIONS = 7, 25  # of a model
NODES = {GRAPH: 1, FUNCTIONS: 7}  # of these
TYPE = 4  # of a node


def refuse_loops(content: bytes) -> None:
    """Refuse a model with loops or conditions, which no export here makes.

    Args:
        content: Content of the file.

    Raises:
        ValueError: If it has one, or is damaged.
    """
    for part, nodes in _fields(memoryview(content)):
        if part in NODES and nodes is not None:
            for field, node in _fields(nodes):
                if field == NODES[part] and node is not None:
                    _check(node)


def _check(node: memoryview) -> None:
    for field, name in _fields(node):
        if field == TYPE and name is not None:
            kind = bytes(name).decode('latin-1')
            if kind in LOOPS:
                raise ValueError(
                    f'it has the operator {kind}; models with loops or '
                    'conditions are not run'
                )


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """Yield number and bytes of a message's fields; None for numbers."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        number, kind = key >> 3, key & 7
        size = {1: 8, 5: 4}.get(kind, 0)
        value = None
        if kind == 2:
            size, at = _number(message, at)
            value = message[at : at + size]
        elif kind == 0:
            _, at = _number(message, at)
        elif not size:
            raise ValueError('it is no ONNX model, or damaged')
        at += size
        if at > len(message):
            raise ValueError('it is no ONNX model, or damaged')
        yield number, value


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """Return a number of seven bits per byte, and where it ends."""
    value = shift = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        value |= (message[at] & 127) << shift
        at += 1
        if message[at - 1] < 128:
            return value, at
    raise ValueError('it is no ONNX model, or damaged')
