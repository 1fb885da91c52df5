import collections
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import load_checkpoint, save_checkpoint
from torch import nn

from mmasgan.compat import checkpoint_types


@pytest.fixture
def only_safe(is_fork, monkeypatch):
    """Keep the fork from trying again without any check."""
    if is_fork:
        monkeypatch.setenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', '1')


def round_trip(value, path):
    save_checkpoint(dict(state_dict={}, value=value), str(path))
    return load_checkpoint(nn.Module(), str(path))['value']


def test_fault(symptoms, is_fork):
    error = symptoms.without['checkpoint_types']['error']
    if is_fork:  # upstream is sound
        assert error is None
        return
    assert error.startswith('UnpicklingError')
    assert 'weights_only' in error


def test_mend(symptoms):
    assert symptoms.patched['checkpoint_types'] == dict(error=None, value=2)
    assert symptoms.patched['patched']['checkpoint_types'] is True


def test_sound_afterwards(is_fork):
    if is_fork:  # which takes its own list, and with it ours, away again
        pytest.skip('onedl-mmengine allows the types only while it loads')
    assert not checkpoint_types.is_present()


def test_only_mmengine_reads_them(tmp_path, only_safe):
    path = tmp_path / 'file.pth'
    torch.save(HistoryBuffer([1.0], [1]), path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)


@pytest.mark.parametrize(
    'value',
    [
        np.float64(1.5),
        np.float32(1.5),
        np.int64(3),
        np.bool_(True),
        np.arange(4.0),
        np.arange(4, dtype=np.float32),
        collections.OrderedDict(a=np.int32(1)),
    ],
    ids=repr,
)
def test_numbers_of_numpy(value, tmp_path, only_safe):
    loaded = round_trip(value, tmp_path / 'file.pth')
    assert isinstance(loaded, type(value))
    np.testing.assert_equal(loaded, value)


def test_history_buffer(tmp_path, only_safe):
    buffer = HistoryBuffer([1.0, 2.0, 6.0], [1, 1, 2])
    loaded = round_trip(buffer, tmp_path / 'file.pth')
    for statistic in ('min', 'max', 'mean', 'current'):
        assert loaded.statistics(statistic) == buffer.statistics(statistic)


@pytest.mark.parametrize('core', ['core', '_core'])
def test_files_of_either_numpy(core, tmp_path, only_safe):
    path = tmp_path / 'file.pth'
    reducers = {
        '_reconstruct': np.arange(3.0),
        'scalar': np.float64(4),
    }
    for name, value in reducers.items():
        here = value.__reduce__()[0].__module__
        there = f'numpy.{core}.multiarray'
        torch.save(dict(value=value), path)
        # A file is a zip archive of one length; rewrite the pickle within.
        data = _replace_in_pickle(
            path, f'c{here}\n{name}', f'c{there}\n{name}'
        )
        path.write_bytes(data)
        loaded = load_checkpoint(nn.Module(), str(path))['value']
        np.testing.assert_equal(loaded, value)


class Malice:
    def __init__(self, function, *args):
        self.reduced = function, args

    def __reduce__(self):
        return self.reduced


def test_malicious_file_is_refused(tmp_path, only_safe, monkeypatch):
    trace = tmp_path / 'trace'
    attack = Malice(os.mkdir, str(trace))
    with pytest.raises(pickle.UnpicklingError):
        round_trip(attack, tmp_path / 'file.pth')
    assert not trace.exists()
    # The attack is real: what checks nothing runs it.
    monkeypatch.delenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', raising=False)
    torch.load(tmp_path / 'file.pth', weights_only=False)
    assert trace.exists()


@pytest.mark.parametrize(
    ('owner', 'name'),
    [
        (HistoryBuffer, '__init__'),
        (HistoryBuffer, '__class__'),
        (np.ndarray, 'min'),
        (collections.OrderedDict, 'fromkeys'),
    ],
)
def test_getattr_is_refused(owner, name, tmp_path, only_safe, is_fork):
    path = tmp_path / 'file.pth'
    torch.save(Malice(getattr, owner, name), path)
    if is_fork:
        pytest.skip("onedl-mmengine's own loader allows all of getattr")
    with pytest.raises(pickle.UnpicklingError):
        load_checkpoint(nn.Module(), str(path))


def _replace_in_pickle(path: Path, old: str, new: str) -> bytes:
    import io
    import zipfile

    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(path) as source,
        zipfile.ZipFile(buffer, 'w', zipfile.ZIP_STORED) as target,
    ):
        for item in source.infolist():
            data = source.read(item)
            if item.filename.endswith('data.pkl'):
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode())
            target.writestr(item.filename, data)
    return buffer.getvalue()
