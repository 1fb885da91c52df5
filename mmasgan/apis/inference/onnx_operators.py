"""Check of the operators in an ONNX file, without the package ``onnx``."""

from collections.abc import Iterator

__all__ = ['refuse_loops']

# Operators that may run for any time.
LOOPS = ('If', 'Loop', 'Scan', 'SequenceMap')
# Field numbers of onnx.proto3.
GRAPH, FUNCTIONS = 7, 25  # of a model
NODES = {GRAPH: 1, FUNCTIONS: 7}  # of a graph or function
TYPE = 4  # of a node


def refuse_loops(content: bytes) -> None:
    """Refuse a model with loops or conditions, which exports never contain.

    Raises:
        ValueError: If it contains one, or is damaged.
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
                    f'it contains the operator {kind}; models with loops or '
                    'conditions are not supported'
                )


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """Yield number and bytes of the fields of a message; None for numbers."""
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
            raise ValueError('it is not an ONNX model, or is damaged')
        at += size
        if at > len(message):
            raise ValueError('it is not an ONNX model, or is damaged')
        yield number, value


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """Return a number of seven bits per byte, and its end."""
    value = shift = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        value |= (message[at] & 127) << shift
        at += 1
        if message[at - 1] < 128:
            return value, at
    raise ValueError('it is not an ONNX model, or is damaged')
