import hashlib

import pytest

from mmasgan.utils.hashing import check_sha256, file_sha256

CONTENT = bytes(range(256)) * 500


def test_checksum_is_compared(tmp_path):
    path = tmp_path / 'x'
    path.write_bytes(CONTENT)
    check_sha256(path, hashlib.sha256(CONTENT).hexdigest().upper())
    with pytest.raises(ValueError, match=r"x' has the SHA-256 .* expected 00"):
        check_sha256(path, '00' * 32)


def test_checksums_are_of_all_of_a_file(tmp_path):
    content = bytes(range(256)) * 10_000  # more than is read at a time
    (tmp_path / 'a').write_bytes(content)
    expected = hashlib.sha256(content).hexdigest()
    assert file_sha256(tmp_path / 'a') == expected
    both = hashlib.sha256(2 * content).hexdigest()
    assert file_sha256(tmp_path / 'a', tmp_path / 'a') == both
