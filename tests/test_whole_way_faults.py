"""What goes wrong on the way to data is named; a second run ends it."""

import hashlib
import os
import re
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from full_disk import fill
from tiny import make_archive

from mmasgan.cli import main
from mmasgan.datasets import image_store


@pytest.fixture
def archive(tmp_path):
    return make_archive(tmp_path / 'GOPRO_Large.zip')


def call(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    return result.exit_code, result.output


def ready(root):
    """Return whether all of the preparation is there, and nothing else."""
    manifest = image_store.read_manifest(root / 'store')
    leftovers = [*root.rglob('*.mmasgan-tmp'), *root.parent.glob('*.part')]
    return (
        (root / 'split.json').exists()
        and len(manifest['images']) == 22
        and not leftovers
    )


@pytest.mark.parametrize('fault', ['truncated', 'checksum', 'damaged'])
def test_a_bad_archive_is_named_and_a_good_one_goes_on(
    archive, tmp_path, fault
):
    root, whole = tmp_path / 'gopro', archive.read_bytes()
    digest = hashlib.sha256(whole).hexdigest()
    command = ['prepare', 'gopro', archive, '--out', root, '--allow-partial']
    name = 'GOPRO_Large/train/GOPR0385_11_00/sharp/000001.png'
    if fault == 'truncated':
        archive.write_bytes(whole[: len(whole) // 2])
        message = rf"'{archive}' is not a complete zip archive"
    elif fault == 'checksum':
        archive.write_bytes(whole[:-1] + b'x')
        command += ['--sha256', digest]
        message = rf"'{archive}' has the SHA-256 .* expected {digest}"
    else:
        with zipfile.ZipFile(archive) as opened:
            start = opened.getinfo(name).header_offset + len(name) + 99
        harmed = bytearray(whole)
        harmed[start] ^= 0xFF
        archive.write_bytes(harmed)
        message = rf"'{name}' in '{archive}' is damaged"
    code, output = call(*command)
    assert code == 1
    assert re.search(message, output)
    assert 'Traceback' not in output
    assert not root.exists()
    archive.write_bytes(whole)
    code, output = call(*command)
    assert code == 0, output
    assert ready(root)


def unpacked(archive):
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(archive.parent)
    return archive.parent / 'GOPRO_Large'


def dies_at(number, *arguments):
    """Run a command in a process that dies at its nth rename."""
    process = os.fork()
    if process:
        _, status = os.waitpid(process, 0)
        return os.WIFSIGNALED(status)
    done, replace = [], os.replace

    def die(*args):
        done.append(args)
        if len(done) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*args)

    os.replace = die
    call(*arguments)
    os._exit(0)


@pytest.mark.process
@pytest.mark.parametrize(
    ('stage', 'number'),
    [('unpack', 10), ('store', 70), ('manifest', 89), ('split', 90)],
)
def test_a_preparation_killed_at_any_stage_is_finished(
    archive, tmp_path, stage, number
):
    root = tmp_path / 'gopro'
    command = ['prepare', 'gopro', archive, '--out', root, '--allow-partial']
    assert dies_at(number, *command)
    assert root.exists() == (stage != 'unpack')
    assert (root / 'store' / 'manifest.json').exists() == (stage == 'split')
    assert not (root / 'split.json').exists()
    code, output = call(*command)
    assert code == 0, output
    assert ready(root)


@pytest.mark.process
def test_maps_and_page_killed_half_way_are_finished(archive, tmp_path):
    root, source = unpacked(archive), tmp_path / 'source'
    for path in root.rglob('*.png'):
        place = (source / path.relative_to(root)).with_suffix('.npy')
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, np.full((8, 2, 2), 1 / 8, np.float16))
    command = ['priors', root, '--source', 'disk', '--weights', source]
    assert dies_at(20, *command)
    (maps,) = (root / 'semantic').iterdir()
    assert len(list(maps.rglob('*.png.npz'))) < 66
    code, output = call(*command)
    assert code == 0, output
    assert len(list(maps.rglob('*.png.npz'))) == 66
    assert dies_at(1, 'prepare', 'report', root)
    assert not (root / 'report' / 'index.html').exists()
    code, output = call('prepare', 'report', root)
    assert code == 0, output
    assert [p.name for p in (root / 'report').iterdir()] == ['index.html']


@pytest.mark.parametrize('number', [10, 70])
def test_a_disk_that_fills_up_is_told_and_gone_on_with(
    archive, tmp_path, monkeypatch, number
):
    root, done = tmp_path / 'gopro', []
    fill(monkeypatch, lambda path: done.append(path) or len(done) >= number)
    command = ['prepare', 'gopro', archive, '--out', root, '--allow-partial']
    code, output = call(*command)
    assert code == 1
    name = done[-1].name.partition('.png')[0]
    assert re.search(
        rf"{name}\S*' cannot be written: No space left on device", output
    )
    assert 'Traceback' not in output
    monkeypatch.undo()
    code, output = call(*command)
    assert code == 0, output
    assert ready(root)


@pytest.mark.parametrize('fault', ['permission', 'folder', 'no image'])
def test_an_unreadable_image_is_named_and_a_mended_one_goes_on(
    archive, monkeypatch, fault
):
    root = unpacked(archive)
    command = ['prepare', 'gopro', root, '--allow-partial']
    path = root / 'train' / 'GOPR0385_11_00' / 'sharp' / '000001.png'
    content, opened = path.read_bytes(), Path.open
    named = str(path)
    if fault == 'permission':  # which root has for every file

        def refuse(self, *args, **kwargs):
            if self == path:
                raise PermissionError(13, 'Permission denied', str(self))
            return opened(self, *args, **kwargs)

        monkeypatch.setattr(Path, 'open', refuse)
    elif fault == 'folder':
        path.unlink()
        path.mkdir()
        named = str(path.parent)
    else:  # with the end that the census looks for
        path.write_bytes(b'no image' + content[-12:])
    code, output = call(*command, '--split', 'shuffled')
    assert code == 1
    assert named in output
    assert 'Traceback' not in output
    monkeypatch.undo()
    if fault == 'folder':
        path.rmdir()
    path.write_bytes(content)
    code, output = call(*command)
    assert code == 0, output
    assert ready(root)


def test_a_truth_that_is_missing_is_told_by_both_commands(archive):
    root = unpacked(archive)
    lost = root / 'test' / 'GOPR0410_11_00' / 'sharp' / '000001.png'
    other = root / 'train' / 'GOPR0477_11_00' / 'sharp' / '000001.png'
    lost.rename(lost.with_name('000002.png'))
    other.rename(other.with_name('000002.png'))
    code, output = call('prepare', 'gopro', root)
    assert code == 1
    for name in ('test/GOPR0410_11_00', 'train/GOPR0477_11_00'):
        assert re.search(rf"'{name}/blur/000001.png' has no sharp", output)
    for path in (lost, other):
        path.with_name('000002.png').rename(path)
    code, output = call('prepare', 'gopro', root, '--allow-partial')
    assert code == 0, output
    assert 'has no sharp' not in output
    assert ready(root)
