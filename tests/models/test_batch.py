import pytest
import torch

from mmasgan.models.batch import files_of, split_inputs


def test_files_are_those_of_both_domains(batch):
    assert set(files_of(batch(count=2))) == {
        'blur/0.png',
        'sharp/0.png',
        'blur/1.png',
        'sharp/1.png',
    }


def test_a_batch_without_samples_has_no_files():
    assert files_of({'inputs': []}) == []


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
    with pytest.raises(ValueError, match=r"lack \['img_blur'\], they have"):
        split_inputs(inputs, required=('blur',))
    with pytest.raises(ValueError, match=r"lack \['img_blur', 'img_sharp'\]"):
        split_inputs(inputs, required=('blur', 'sharp'))


def test_what_is_not_required_may_be_missing():
    images, _ = split_inputs({'img_blur': torch.rand(1)}, required=('blur',))
    assert list(images) == ['blur']
