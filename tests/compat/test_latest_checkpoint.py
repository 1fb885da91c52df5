import logging

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.runner.checkpoint import find_latest_checkpoint

from mmasgan.compat import latest_checkpoint
from mmasgan.compat.latest_checkpoint import damage_of


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the checkpoints of iterations 2, 4 and 10."""
    for number in (2, 4, 10):
        path = tmp_path / f'iter_{number}.pth'
        torch.save({'x': torch.full((999,), number)}, path)
        (tmp_path / 'last_checkpoint').write_text(str(path))
    torch.save({}, tmp_path / 'best_gain_PSNR_iter_50.pth')
    return tmp_path


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def alter(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_fault(symptoms):
    value = symptoms.without['latest_checkpoint']['value']
    assert value.endswith('iter_2.pth')


def test_mend(symptoms):
    assert symptoms.patched['latest_checkpoint']['value'] is None
    assert symptoms.patched['patched']['latest_checkpoint'] is True


def test_sound_afterwards():
    assert not latest_checkpoint.is_present()


def test_the_newest_is_found_by_its_number(folder):
    expected = str(folder / 'iter_10.pth')
    assert find_latest_checkpoint(str(folder)) == expected
    for text in ('', '/gone/iter_3.pth'):
        (folder / 'last_checkpoint').write_text(text)
        assert find_latest_checkpoint(str(folder)) == expected


@pytest.mark.parametrize('damage', [cut, alter, lambda p: p.write_bytes(b'')])
def test_a_damaged_one_is_reported_and_passed_by(folder, damage, caplog):
    newest = folder / 'iter_10.pth'
    assert damage_of(newest) is None
    damage(newest)
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    with caplog.at_level(logging.WARNING):
        found = find_latest_checkpoint(str(folder))
    logger.removeHandler(caplog.handler)
    assert found == str(folder / 'iter_4.pth')
    assert f"'{newest}' is damaged" in caplog.text


def test_none_that_is_whole_is_an_error(folder):
    for path in folder.glob('iter_*.pth'):
        cut(path)
    with pytest.raises(
        ValueError, match=r'are damaged.*iter_10.*iter_4.*iter_2'
    ):
        find_latest_checkpoint(str(folder))


def test_other_names_and_folders_are_found(folder, tmp_path):
    work_dir = tmp_path / 'work'
    work_dir.mkdir()
    other = folder / 'mine.pth'
    torch.save({}, other)
    for path in folder.glob('iter_*.pth'):
        path.unlink()
    (work_dir / 'last_checkpoint').write_text(str(other))
    assert find_latest_checkpoint(str(work_dir)) == str(other)


def test_what_a_killed_save_left_is_removed(folder):
    left = folder / 'iter_12.pth.123.mmasgan-tmp'
    left.touch()
    find_latest_checkpoint(str(folder))
    assert not left.exists()
