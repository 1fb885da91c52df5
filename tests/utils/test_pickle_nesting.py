import pickle
from collections import OrderedDict
from io import BytesIO

import pytest
import torch

from mmasgan.utils.pickle_nesting import MOST, check_nesting

DEPTH = 300_000


def text(name):
    return b'X' + len(name).to_bytes(4, 'little') + name.encode()


TUPLES = b')' + b'\x85' * DEPTH
LISTS = b']' * DEPTH + b'a' * (DEPTH - 1)
DICTS = b'}' + b'K\0}' * DEPTH + b's' * DEPTH
MARKED = b'(' * DEPTH + b't' * DEPTH
NESTED = {
    'tuple as a key': b'}' + TUPLES + b'K\1s',  # hashed: it ended the process
    'marked tuples': b'}' + MARKED + b'K\1s',
    'tuple in a set': b'\x8f(' + TUPLES + b'\x90',
    'list': LISTS,
    'dict': DICTS,
    'experiment_name': (
        b'}' + text('experiment_name') + TUPLES + b's'
    ),  # written out: recursion
    'arguments': b'ccollections\nOrderedDict\n' + TUPLES + b'R',
}


@pytest.mark.parametrize('name', NESTED)
def test_what_nests_too_deeply_is_refused(name):
    with pytest.raises(pickle.UnpicklingError, match='more than 100 nested'):
        check_nesting(BytesIO(b'\x80\2' + NESTED[name] + b'.'))


def nested(depth, kind=tuple):
    found = 'x'
    for _ in range(depth):
        found = kind([found]) if kind is not dict else {'a': found}
    return found


@pytest.mark.parametrize('kind', [tuple, list, dict])
@pytest.mark.parametrize('protocol', range(6))
def test_the_limit_is_the_same_for_all(kind, protocol):
    content = pickle.dumps(nested(MOST, kind), protocol)
    file = BytesIO(content + b'rest')
    check_nesting(file)
    assert file.read() == b'rest'
    content = pickle.dumps(nested(MOST + 1, kind), protocol)
    with pytest.raises(pickle.UnpicklingError, match=r'more than \d+ nested'):
        check_nesting(BytesIO(content))


def test_width_is_not_depth():
    parameter = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.Adam([parameter])
    parameter.sum().backward()
    optimizer.step()
    wide = {
        'optimizer': optimizer.state_dict(),
        'ordered': OrderedDict((str(n), (n,)) for n in range(3000)),
        'list': [[n] for n in range(3000)],
        'set': set(range(3000)),
    }
    for protocol in range(2, 6):
        check_nesting(BytesIO(pickle.dumps(wide, protocol)))


@pytest.mark.parametrize(
    'content', [b'', b'a.', b'0.', b't.', b'(0.', b'q\0.']
)
def test_damage_is_an_error(content):
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        check_nesting(BytesIO(content))
