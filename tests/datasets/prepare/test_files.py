import json
from pathlib import Path

import pytest

from mmasgan.datasets.prepare.files import Journal, require_space


def test_journal_is_read_again(tmp_path):
    journal = Journal(tmp_path / 'j')
    journal.begin()
    journal.add('é\n', size=1)
    journal.add('b', size=2)
    journal.add('b', size=3)
    assert Journal(tmp_path / 'j').entries == {
        'é\n': {'size': 1},
        'b': {'size': 3},
    }


def test_line_cut_off_by_death_does_not_count(tmp_path):
    path = tmp_path / 'j'
    path.write_text(json.dumps({'key': 'a', 'size': 1}) + '\n{"key": "b", "s')
    journal = Journal(path)
    assert journal.entries == {'a': {'size': 1}}
    journal.add('c', size=2)
    assert Journal(path).entries.keys() == {'a', 'c'}
    journal.remove()
    assert Journal(path).entries == {}


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='no /dev/full')
def test_journal_on_a_full_disk_is_named():
    journal = Journal(Path('/dev/null'))
    journal.path = Path('/dev/full')
    with pytest.raises(OSError, match=r"'/dev/full' cannot be written: No s"):
        journal.add('a')
    assert journal.entries == {}


def test_full_disk_is_told_before(tmp_path, full_disk):
    require_space(tmp_path, 1000, 'x')
    message = r"the data in '.*deep.*' needs 2\.0 GB, but 1\.0 kB are free"
    with pytest.raises(OSError, match=message):
        require_space(tmp_path / 'deep' / 'er', 2 * 10**9, 'the data')
