import pytest

from mmasgan.semantic.class_names import CLASS_NAMES

COUNTS = {
    'cityscapes': 19,
    'cityscapes_background': 20,
    'voc': 21,
    'ade20k': 150,
    'coco_stuff': 171,
    'outdoor': 8,
}


def test_each_data_set_has_its_number_of_classes():
    assert {key: len(names) for key, names in CLASS_NAMES.items()} == COUNTS


@pytest.mark.parametrize('key', COUNTS)
def test_no_name_occurs_twice(key):
    assert len(set(CLASS_NAMES[key])) == COUNTS[key]


def test_the_order_is_that_of_the_data_sets():
    assert CLASS_NAMES['cityscapes'][10] == 'sky'
    assert CLASS_NAMES['ade20k'][2] == 'sky'
    assert CLASS_NAMES['ade20k'][126] == 'animal'
    assert CLASS_NAMES['coco_stuff'][14] == 'bird'


def test_voc_is_that_of_torchvision():
    from torchvision.models.segmentation import (
        LRASPP_MobileNet_V3_Large_Weights as Weights,
    )

    names = Weights.DEFAULT.meta['categories']
    assert CLASS_NAMES['voc'][1:] == tuple(names[1:])
