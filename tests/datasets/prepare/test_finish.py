import pytest

from mmasgan.datasets.gopro_split import GoProSplit, write_split
from mmasgan.datasets.image_store import ImageStore, stored_path
from mmasgan.datasets.prepare.finish import (
    SPLIT_FILE,
    fill_store,
    find_leaks,
    listed,
    looks_of,
    ready,
)

SPLIT = GoProSplit('disjoint', 0, 'train', ('train/a',), ('train/b',))
BLUR = ['train/a/blur/000000.png', 'train/a/blur/000001.png']
SHARP = ['train/b/sharp/000000.png']


@pytest.fixture
def root(make_nested):
    return make_nested({'a': 2, 'b': 1})


def test_images_of_a_split_are_listed(root):
    assert listed(root, SPLIT) == (BLUR, SHARP)
    leaking = GoProSplit('disjoint', 0, 'train', ('train/a',), ('train/a',))
    with pytest.raises(ValueError, match='the split leaks'):
        listed(root, leaking)


def test_mended_images_are_told(root):
    assert fill_store(root, BLUR, root / 'store') == ()
    stored_path(root / 'store', BLUR[1]).write_bytes(b'')
    assert fill_store(root, BLUR, root / 'store') == (
        f"'{BLUR[1]}' was damaged or outdated in the store, and was repaired",
    )


def test_looks_are_the_same_with_and_without_store(root):
    fill_store(root, BLUR, root / 'store')
    looks = looks_of(root, BLUR, None)
    assert looks.keys() == set(BLUR)
    assert looks_of(root, BLUR, root / 'store') == looks


def test_leaks_are_refused_or_told():
    look, other = 'f' * 16, '0f' * 8
    assert find_leaks({'a': look}, {'b': other}, allow=False) == ()
    with pytest.raises(ValueError, match=r"'a' and 'b'.*\n.*duplicates"):
        find_leaks({'a': look}, {'b': look}, allow=False)
    (note,) = find_leaks({'a': look}, {'b': look}, allow=True)
    assert "'a' and 'b'" in note


@pytest.mark.parametrize('use_store', [True, False])
def test_last_step_counts_and_stores(root, use_store):
    write_split(root / SPLIT_FILE, SPLIT)
    done = ready(root, use_store, ('x',))
    assert (done.num_blur, done.num_sharp, done.notes) == (2, 1, ('x',))
    assert (done.store is not None) is use_store
    if done.store is not None:
        assert ImageStore(done.store).read(str(root / SHARP[0])).size
