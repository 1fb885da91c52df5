import pytest
import torch
from mmagic.structures import DataSample

from mmasgan.models.batch import (
    check_channel_orders,
    files_of,
    named_inputs,
    split_inputs,
)


def test_files_are_those_of_both_domains(batch):
    assert set(files_of(batch(count=2))) == {
        'blur/0.png',
        'sharp/0.png',
        'blur/1.png',
        'sharp/1.png',
    }


@pytest.mark.parametrize('stacked', [True, False])
def test_images_packed_without_a_name_are_sharp_ones(stacked):
    images = torch.rand(2, 3, 4, 4)
    images = images if stacked else list(images)
    named = named_inputs({'inputs': images, 'data_samples': []})
    assert named['inputs'] == {'img_sharp': images}
    assert named_inputs(named) is named
    ones = {'inputs': [{'img_sharp': images[0]}]}
    assert named_inputs(ones) is ones


def test_a_batch_without_samples_has_no_files():
    assert files_of({'inputs': []}) == []


@pytest.mark.parametrize('stacked', [True, False])
def test_an_order_of_channels_that_some_images_lack(stacked):
    inputs = dict.fromkeys(('img_blur', 'img_sharp', 'img_other'))
    said = {'img_blur_channel_order': 'RGB', 'img_sharp_channel_order': 'RGB'}
    data = {
        'inputs': inputs if stacked else [inputs],
        'data_samples': [DataSample(metainfo=said)],
    }
    with pytest.raises(
        ValueError, match=r'channel order of img_other is unknown'
    ):
        check_channel_orders(data)
    data['data_samples'][0].set_metainfo({'img_other_channel_order': 'RGB'})
    check_channel_orders(data)
    data['data_samples'] = [DataSample()]  # all or none
    check_channel_orders(data)


def test_inputs_are_sorted_by_domain():
    blur, sharp, semantic = torch.rand(3, 1, 3, 4, 4)
    images, maps = split_inputs(
        {'img_blur': blur, 'img_sharp': sharp, 'semantic_blur': semantic},
        required=('blur', 'sharp'),
    )
    assert images['blur'] is blur
    assert images['sharp'] is sharp
    assert maps == {'blur': semantic, 'sharp': None}


@pytest.mark.parametrize('inputs', [torch.rand(1, 3, 4, 4), {'img': 0}])
def test_missing_images_are_named(inputs):
    with pytest.raises(ValueError, match=r"lack \['img_blur'\], got"):
        split_inputs(inputs, required=('blur',))
    with pytest.raises(ValueError, match=r"lack \['img_blur', 'img_sharp'\]"):
        split_inputs(inputs, required=('blur', 'sharp'))


def test_what_is_not_required_may_be_missing():
    images, _ = split_inputs({'img_blur': torch.rand(1)}, required=('blur',))
    assert list(images) == ['blur']
