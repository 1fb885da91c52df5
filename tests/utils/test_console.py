import pytest

from mmasgan.utils.console import progress, shown_names, shown_size


def test_progress_hands_on_what_it_gets(capsys):
    assert list(progress([1, 2], 'Counting')) == [1, 2]
    assert 'Counting' in capsys.readouterr().err
    assert list(progress([], 'Counting')) == []
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize(
    ('count', 'text'),
    [(12, '12 bytes'), (1500, '1.5 kB'), (2.9e9, '2.9 GB'), (3e6, '3.0 MB')],
)
def test_sizes_are_readable(count, text):
    assert shown_size(int(count)) == text


def test_long_lists_are_cut():
    assert shown_names(['a', 'b', 'c'], 2) == '  a\n  b\n  and 1 more'
