import multiprocessing

import pytest

from benchmarks.ranks import ranks_step

pytestmark = pytest.mark.process

MODEL = dict(config='cyclegan_gopro', size=32, amp=False, width=4)


@pytest.fixture
def started():
    """Processes that were not there before; they are ended afterwards."""
    before = multiprocessing.active_children()

    def processes():
        now = multiprocessing.active_children()
        return [process for process in now if process not in before]

    yield processes
    for process in processes():
        process.kill()
        process.join()


def test_all_train_until_one_dies(forked_ranks, tmp_path, started):
    step = ranks_step(2, 1, tmp_path / 'meeting', **MODEL, count=1)
    for number in range(2):
        step(number)
    assert len(started()) == 2
    started()[0].kill()
    with pytest.raises(RuntimeError, match='has ended'):
        step(2)


def test_an_error_of_a_rank_is_told(tmp_path, started, capfd):
    step = ranks_step(1, 1, tmp_path / 'meeting', **MODEL, count=0)
    with pytest.raises(RuntimeError, match='has ended'):
        step(0)
    assert 'IndexError' in capfd.readouterr().err
