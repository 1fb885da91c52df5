import copy
import gc
import os
import pickle
from logging import ERROR, WARNING
from multiprocessing import get_context

import pytest

from mmasgan.datasets import skipped_files
from mmasgan.datasets.skipped_files import SkippedFiles
from mmasgan.io.image.reader import UnusableImageError


def broken(name, cause='is empty'):
    return UnusableImageError(f"'{name}' {cause}", name)


@pytest.fixture
def said(monkeypatch):
    said = []
    monkeypatch.setattr(
        skipped_files,
        'print_log',
        lambda message, logger, level: said.append((message, level)),
    )
    return said


def test_files_are_counted_once_and_named_once(said):
    skipped = SkippedFiles(2)
    skipped.add(broken('a'))
    skipped.add(broken('a', 'is missing'))
    skipped.add(broken('b'))
    assert skipped.causes() == {'a': "'a' is empty", 'b': "'b' is empty"}
    assert said == [
        ("'a' is empty. It is skipped (1 of at most 2).", WARNING),
        ("'b' is empty. It is skipped (2 of at most 2).", WARNING),
    ]


def test_past_the_limit_all_are_listed(said):
    skipped = SkippedFiles(1)
    skipped.add(broken('a'))
    for _ in range(2):
        with pytest.raises(ValueError, match=r'2 .* max_skipped=1') as caught:
            skipped.add(broken('b'))
        assert str(caught.value).endswith(":\n'a' is empty\n'b' is empty")
        assert not isinstance(caught.value, UnusableImageError)


def test_other_ranks_are_heard(said, monkeypatch):
    monkeypatch.setattr(skipped_files, 'is_main_process', lambda: False)
    SkippedFiles(1).add(broken('a'))
    assert [level for _, level in said] == [ERROR]


@pytest.mark.parametrize('name', ['a b', 'two\nlines', 'ä\u2028', 'a\udcff'])
def test_any_name_is_kept(said, name):
    skipped = SkippedFiles(1)
    skipped.add(broken(name))
    assert list(skipped.causes()) == [name]


def test_what_is_no_file_is_told_by_its_message(said):
    skipped = SkippedFiles(1)
    skipped.add(UnusableImageError('img_blur is small'))
    assert list(skipped.causes()) == ['img_blur is small']


def test_a_line_that_is_being_written_is_left_out(said):
    skipped = SkippedFiles(3)
    skipped.add(broken('a'))
    with skipped.record.open('a') as file:
        file.write('["b", "half')
    assert list(skipped.causes()) == ['a']


def _skip(skipped, numbers):
    for number in numbers:
        skipped.add(broken(str(number)))


@pytest.mark.process
@pytest.mark.parametrize('context', ['fork', 'spawn'])
def test_processes_share_it(context):
    skipped = SkippedFiles(40)
    start = get_context(context).Process
    processes = [
        start(target=_skip, args=(skipped, range(10 * i, 10 * i + 20)))
        for i in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(map(int, skipped.causes())) == list(range(30))


@pytest.mark.parametrize(
    'copied', [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_share_it(said, copied):
    skipped = SkippedFiles(3)
    other = copied(skipped)
    other.add(broken('a'))
    del other
    assert list(skipped.causes()) == ['a']


def test_the_record_goes_with_its_owner(said, monkeypatch):
    skipped = SkippedFiles(3)
    record = skipped.record
    assert not record.exists()
    skipped.add(broken('a'))
    assert record.exists()
    with monkeypatch.context() as patch:
        patch.setattr(os, 'getpid', lambda: -1)
        other = SkippedFiles(3)
        other.add(broken('a'))
        kept = other.record
    del skipped, other
    gc.collect()
    assert not record.exists()
    assert kept.exists()  # another process made it
    kept.unlink()
