import sys

import pytest

from mmasgan.inference import deblur_video
from mmasgan.videos import import_av


def test_missing_package_is_told_with_its_pip_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    told = r'pip install "mmasgan\[video\]"'
    with pytest.raises(ImportError, match=told):
        import_av()
    source = tmp_path / 'a.mp4'
    source.touch()
    with pytest.raises(ImportError, match=told):
        deblur_video(source, tmp_path / 'b.mp4', lambda image: image)
    assert list(tmp_path.iterdir()) == [source]
