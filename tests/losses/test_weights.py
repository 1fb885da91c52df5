import pytest
import torch

from mmasgan.losses import weights
from mmasgan.losses.weights import (
    main_process_first,
    read_tensors,
    select_tensors,
)


@pytest.mark.parametrize(
    ('main', 'order'),
    [(True, ['inside', 'barrier']), (False, ['barrier', 'inside'])],
)
@pytest.mark.parametrize('error', [None, KeyError])
def test_the_main_process_goes_first(monkeypatch, main, order, error):
    events = []
    monkeypatch.setattr(weights, 'is_main_process', lambda: main)
    monkeypatch.setattr(weights, 'barrier', lambda: events.append('barrier'))

    def download():
        with main_process_first():
            events.append('inside')
            if error is not None:
                raise error

    if error is None:
        download()
    else:
        with pytest.raises(error):
            download()
    assert events == order


def test_tensors_are_read(tmp_path):
    expected = {'a': torch.rand(3)}
    torch.save(expected, tmp_path / 'a.pth')
    found = read_tensors(str(tmp_path / 'a.pth'))
    assert torch.equal(found['a'], expected['a'])


def test_what_cannot_be_read_is_named(tmp_path):
    path = str(tmp_path / 'a.pth')
    with pytest.raises(FileNotFoundError, match=r'a\.pth.*no such file'):
        read_tensors(path)
    torch.save([1], path)
    with pytest.raises(
        ValueError, match=r"a\.pth' contains a list, expected a"
    ):
        read_tensors(path)
    (tmp_path / 'a.pth').write_bytes(b'x')
    with pytest.raises(ValueError, match=r"a\.pth' cannot be read"):
        read_tensors(path)


WANTED = {'a': torch.zeros(2, 3), 'b': torch.zeros(1)}


def test_only_what_is_wanted_is_selected():
    found = {'b': torch.ones(1), 'a': torch.ones(2, 3), 'c': torch.ones(5)}
    selected = select_tensors(found, WANTED, 'it')
    assert list(selected) == ['a', 'b']
    assert all(selected[name] is found[name] for name in selected)


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        ({'b': None}, r'b should be \(1,\), but is missing'),
        ({'b': 1.0}, r'b should be \(1,\), but is a float'),
        ({'a': torch.ones(6)}, r'a should be \(2, 3\), but is \(6,\)'),
    ],
)
def test_what_does_not_fit_is_named(change, problem):
    with pytest.raises(ValueError, match=f'it: {problem}'):
        select_tensors(WANTED | change, WANTED, 'it')
