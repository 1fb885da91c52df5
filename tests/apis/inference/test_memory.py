import sys

import pytest

from mmasgan.apis.inference import memory
from mmasgan.apis.inference.memory import available_memory

MEMINFO = 'MemTotal: 9000 kB\nMemAvailable: 5000 kB\n'


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Return a function that says what the system tells."""
    monkeypatch.setattr(memory, 'MEMINFO', tmp_path / 'meminfo')
    monkeypatch.setattr(memory, 'GROUPS', tmp_path / 'groups')
    monkeypatch.setattr(memory, 'GROUP_ROOT', tmp_path / 'root')

    def tell(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(text))

    return tell


def test_where_nothing_is_told_nothing_is_known(system):
    assert available_memory() is None


def test_a_machine_without_groups(system):
    system('meminfo', MEMINFO)
    assert available_memory() == 5_120_000


@pytest.mark.parametrize(
    ('line', 'folder', 'limit', 'usage'),
    [
        ('0::/a/b\n', 'root', 'memory.max', 'memory.current'),
        (
            '4:cpu,memory:/a/b\n1:name=systemd:/x\n',
            'root/memory',
            'memory.limit_in_bytes',
            'memory.usage_in_bytes',
        ),
    ],
)
def test_the_tightest_group_counts(system, line, folder, limit, usage):
    system('meminfo', MEMINFO)
    system('groups', line)
    for group, most, used, cached in (
        ('a/b', 'max', 7, 0),
        ('a', 1000, 900, 50),
        ('.', 4000, 900, 0),
    ):
        system(f'{folder}/{group}/{limit}', most)
        system(f'{folder}/{group}/{usage}', used)
        system(f'{folder}/{group}/memory.stat', f'x 1\ninactive_file {cached}')
    assert available_memory() == 150
    system(f'{folder}/a/{usage}', 2000)  # may be, for a moment
    assert available_memory() == 0


@pytest.mark.skipif(sys.platform != 'linux', reason='known on Linux alone')
def test_this_machine_has_some():
    assert 10**6 < available_memory() < 10**14
