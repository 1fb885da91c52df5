"""Nesting depth of a pickle, without unpickling it.

Python hashes nested tuples by recursion in C: as the key of a dict, a tuple
of a few 100 kB crashes the process.
"""

import pickle
import pickletools
from typing import IO, Any

__all__ = ['check_nesting']

MOST = 100  # checkpoints of trainings have less than 20
DEEPER = {'TUPLE', 'TUPLE1', 'TUPLE2', 'TUPLE3', 'BINPERSID', 'REDUCE'}
DEEPER |= {'LIST', 'DICT', 'NEWOBJ', 'OBJ', 'INST', 'FROZENSET'}
PUTS = {'PUT', 'BINPUT', 'LONG_BINPUT', 'MEMOIZE'}
GETS = {'GET', 'BINGET', 'LONG_BINGET'}
INTO = {'APPEND', 'APPENDS', 'SETITEM', 'SETITEMS', 'ADDITEMS', 'BUILD'}


def check_nesting(file: IO[bytes]) -> None:
    """Refuse a pickle that is nested too deeply.

    Raises:
        pickle.UnpicklingError: If it is nested too deeply or damaged.
    """
    # Depth of each object on the stack; None is a mark.
    stack: list[int | None] = []
    memo: dict[Any, int] = {}
    for code, argument, _ in pickletools.genops(file):
        if code.name in PUTS:
            key = len(memo) if code.name == 'MEMOIZE' else argument
            memo[key] = _pop(stack[-1:])
        elif code.name in GETS:
            stack.append(memo.get(argument, 0))
        elif code.name == 'MARK':
            stack.append(None)
        else:
            depth = _taken(code, stack)
            if depth > MOST:
                raise pickle.UnpicklingError(
                    f'it has more than {MOST} nested objects'
                )
            stack += [depth] * len(code.stack_after)


def _taken(code: pickletools.OpcodeInfo, stack: list[int | None]) -> int:
    """Pop the arguments of an opcode; return the depth of its result."""
    depth = 0
    before = [kind.name for kind in code.stack_before]
    if 'mark' in before:
        while stack and stack[-1] is not None:
            depth = max(depth, _pop(stack))
        if not stack:
            raise pickle.UnpicklingError('it is damaged')
        stack.pop()
        before = before[: before.index('mark')]
    into = 0
    for number in range(len(before)):
        into = _pop(stack)
        # The lowest argument is the container of the others.
        if number < len(before) - 1 or code.name not in INTO:
            depth = max(depth, into)
    if code.name in INTO:
        return max(into, depth + 1)
    return depth + (code.name in DEEPER)


def _pop(stack: list[int | None]) -> int:
    found = stack.pop() if stack else None
    if found is None:
        raise pickle.UnpicklingError('it is damaged')
    return found
