import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmasgan.serve.page_results import downloads, keep, remove
from mmasgan.serve.service import Served


@pytest.fixture
def served(photo):
    def make(name, height=20, width=25):
        content = photo(height=height, width=width)
        before = np.asarray(Image.open(BytesIO(content)))
        return Served(name, content, before, 255 - before, None, ('a note',))

    return make


def test_files_are_kept_apart_from_what_is_shown(served, tmp_path):
    sent = served('preview-before.png')
    result = keep(sent, tmp_path)
    assert Path(result.file).read_bytes() == sent.content
    assert Path(result.file).name == result.name == 'preview-before.png'
    for path, pixels in (
        (result.before, sent.before),
        (result.after, sent.after),
    ):
        np.testing.assert_array_equal(np.asarray(Image.open(path)), pixels)
    assert (result.semantic, result.notes) == (None, ('a note',))


def test_equal_names_stay_apart_in_the_archive(served, tmp_path):
    results = [keep(served('a.png'), tmp_path) for _ in range(2)]
    path, *files = downloads(results)
    assert files == [result.file for result in results]
    assert files[0] != files[1]
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ['a.png', 'a-1.png']
    assert downloads(results[:1]) == files[:1]


def test_previews_are_of_bounded_size(served, tmp_path, monkeypatch):
    monkeypatch.setattr('mmasgan.serve.page_results.PREVIEW', 20)
    result = keep(served('a.png', 40, 50), tmp_path)
    assert Image.open(result.after).size == (20, 16)
    assert Image.open(result.file).size == (50, 40)


def test_all_files_are_removed(served, tmp_path):
    results = [keep(served('a.png'), tmp_path) for _ in range(2)]
    downloads(results)
    remove(results)
    remove(results)
    assert list(tmp_path.iterdir()) == []
