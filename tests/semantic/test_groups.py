import json

import numpy as np
import pytest

from mmasgan.semantic.groups import (
    MEMBERS,
    OUTDOOR_GROUPS,
    class_table,
    class_tables,
)

TABLES = class_tables()


def test_the_groups_are_those_of_sftgan():
    assert OUTDOOR_GROUPS == (
        'background',
        'sky',
        'water',
        'grass',
        'mountain',
        'building',
        'plant',
        'animal',
    )


@pytest.mark.parametrize('name', TABLES)
def test_each_class_has_one_group(name):
    table = class_table(name)
    assert len(table.indices) == len(table.classes)
    named = [n for members in MEMBERS[name].values() for n in members.split()]
    assert len(named) == len(set(named))
    assert set(named) <= set(table.classes)  # no misspelt member
    assert set(MEMBERS[name]) <= set(OUTDOOR_GROUPS)


@pytest.mark.parametrize('name', TABLES)
def test_sums_are_kept(name):
    table = class_table(name)
    random = np.random.default_rng(0)
    classes = random.dirichlet(np.ones(len(table.classes)), (3, 4))
    maps = table.group(classes.transpose(2, 0, 1).astype(np.float32))
    assert maps.shape == (8, 3, 4)
    np.testing.assert_allclose(maps.sum(0), 1, atol=1e-5)


@pytest.mark.parametrize(
    ('name', 'label', 'group'),
    [
        ('cityscapes', 'vegetation', 'plant'),
        ('cityscapes', 'road', 'background'),
        ('cityscapes_background', 'background', 'background'),
        ('ade20k', 'tower', 'building'),
        ('ade20k', 'person', 'background'),
        ('coco_stuff', 'zebra', 'animal'),
        ('voc', 'pottedplant', 'plant'),
        ('outdoor', 'mountain', 'mountain'),
    ],
)
def test_a_class_goes_to_its_group(name, label, group):
    table = class_table(name)
    classes = np.zeros((len(table.classes), 1, 1), np.float32)
    classes[table.classes.index(label)] = 1
    found = table.group(classes)[:, 0, 0]
    assert found[table.groups.index(group)] == 1
    assert found.sum() == 1


def test_a_table_of_ones_own_has_any_number_of_groups(tmp_path):
    own = {'road': 'ground', 'car': 'thing', 'path': 'ground'}
    path = tmp_path / 'own.json'
    path.write_text(json.dumps(own))
    for classes in (own, path, str(path)):
        table = class_table(classes)
        assert table.groups == ('ground', 'thing')
        assert table.indices == (0, 1, 0)
        maps = table.group(np.float32([0.2, 0.3, 0.5]).reshape(3, 1, 1))
        np.testing.assert_allclose(maps[:, 0, 0], [0.7, 0.3])


def test_wrong_numbers_of_classes_are_refused():
    with pytest.raises(ValueError, match='19 classes, but the table has 21'):
        class_table('voc').group(np.zeros((19, 2, 2), np.float32))


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (None, 'there is no class table'),
        ('{"a"', 'cannot be read'),
        ('["a"]', 'must be a JSON object'),
        ('{}', 'must map each class'),
        ('{"a": 3}', 'must map each class'),
    ],
)
def test_wrong_tables_are_refused(tmp_path, content, message):
    path = tmp_path / 'own.json'
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=message):
        class_table(path)
