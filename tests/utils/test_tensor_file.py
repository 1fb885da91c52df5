import zipfile

import pytest
import torch
from mmengine.logging import HistoryBuffer

from mmasgan.utils.tensor_file import read_tensors


def test_a_buffer_is_skipped(tmp_path):
    path = str(tmp_path / 'a.pth')
    torch.save({'a': torch.ones(2), 'log': HistoryBuffer([1.0], [1])}, path)
    for mmap in (False, True):
        found = read_tensors(path, history=True, mmap=mmap)
        assert found['a'].tolist() == [1, 1]
        assert type(found['log']).__name__ == 'Skipped'


def test_what_unpacks_to_more_is_refused(tmp_path):
    torch.save({'a': torch.zeros(1 << 20)}, tmp_path / 'a.pth')
    with (
        zipfile.ZipFile(tmp_path / 'a.pth') as source,
        zipfile.ZipFile(tmp_path / 'b.pth', 'w', zipfile.ZIP_DEFLATED) as out,
    ):
        for info in source.infolist():
            out.writestr(info.filename, source.read(info))
    assert (tmp_path / 'b.pth').stat().st_size < 20_000
    with pytest.raises(ValueError, match=r'b\.pth.*unpacks to 4\d* bytes'):
        read_tensors(str(tmp_path / 'b.pth'))


@pytest.mark.parametrize('content', [b'', b'PK\3\4', b'x' * 99, b'root:x:0'])
def test_other_files_are_named_in_one_line(tmp_path, content):
    path = tmp_path / 'a.pth'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r'a\.pth') as caught:
        read_tensors(str(path))
    assert '\n' not in str(caught.value)


def test_files_of_older_torch_are_read(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(
        {'a': torch.ones(2)}, path, _use_new_zipfile_serialization=False
    )
    assert read_tensors(str(path))['a'].tolist() == [1, 1]


def test_deep_nesting_is_refused_in_both_kinds_of_file(tmp_path):
    tuples = b')' + b'\x85' * 300_000
    content = b'\x80\2}' + tuples + b'K\1s.'  # hashed: it ended the process
    with zipfile.ZipFile(tmp_path / 'new.pth', 'w') as archive:
        archive.writestr('a/data.pkl', content)
        archive.writestr('a/version', '3\n')
    torch.save(
        {'a': torch.ones(2)},
        tmp_path / 'old.pth',
        _use_new_zipfile_serialization=False,
    )
    start = (tmp_path / 'old.pth').read_bytes()
    third = start.index(b'.\x80', start.index(b'little_endian')) + 1
    (tmp_path / 'old.pth').write_bytes(start[:third] + content)
    for name in ('new.pth', 'old.pth'):
        with pytest.raises(
            ValueError, match=f'{name}.*nested objects'
        ) as caught:
            read_tensors(str(tmp_path / name))
        assert '\n' not in str(caught.value)
