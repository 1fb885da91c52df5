import pytest
import torch
from mmengine.model import BaseModel
from torch import nn

from mmasgan.models.prediction import predict


class Negative(BaseModel):
    """A model whose output depends on its mode."""

    def __init__(self):
        super().__init__(
            data_preprocessor=dict(
                type='mmagic.DataPreprocessor',
                mean=[127.5] * 3,
                std=[127.5] * 3,
                output_channel_order='RGB',
                non_image_keys=['semantic_blur', 'semantic_sharp'],
                data_keys=[],
                stack_data_sample=False,
            )
        )
        self.layer = nn.Identity()
        self.asleep = nn.Identity().eval()
        self.seen = []

    def forward(self, images, semantic):
        self.seen.append(semantic)
        assert not torch.is_grad_enabled()
        blur = images['blur']
        return blur if self.training else -blur


@pytest.mark.parametrize('stacked', [False, True])
def test_images_are_bgr_and_uint8(batch, stacked):
    model, data = Negative(), batch((5, 7), count=2, semantic=True)
    model.data_preprocessor.stack_data_sample = stacked
    inputs = [dict(one) for one in data['inputs']]
    samples = predict(model, data, model)
    assert len(samples) == 2
    for index, sample in enumerate(samples):
        blur, sharp = inputs[index]['img_blur'], inputs[index]['img_sharp']
        assert sample.output.pred_img.dtype == torch.uint8
        assert torch.equal(sample.output.pred_img.flip(0), 255 - blur)
        assert torch.equal(sample.output.input_img.flip(0), blur)
        assert torch.equal(sample.gt_img.flip(0), sharp)
        assert sample.name == f'scene-{index}'
    (maps,) = model.seen
    assert torch.equal(maps['blur'][0], inputs[0]['semantic_blur'])


@pytest.mark.parametrize('form', ['dicts', 'lists'])
def test_images_of_different_sizes_are_not_padded(batch, form):
    sizes = [(20, 17), (16, 24), (20, 17)]
    parts = [batch(size, semantic=True) for size in sizes]
    inputs = [part['inputs'][0] for part in parts]
    if form == 'lists':  # as MMEngine collates them
        inputs = {key: [one[key] for one in inputs] for key in inputs[0]}
    samples = [part['data_samples'][0] for part in parts]
    data = {'inputs': inputs, 'data_samples': samples}
    model = Negative()
    found = predict(model, data, model)
    assert [tuple(s.output.pred_img.shape[1:]) for s in found] == sizes
    for part, sample in zip(parts, found, strict=True):
        blur = part['inputs'][0]['img_blur']
        assert torch.equal(sample.output.pred_img.flip(0), 255 - blur)
        assert torch.equal(sample.output.input_img.flip(0), blur)
        assert sample.gt_img.shape == blur.shape
    assert [tuple(maps['blur'].shape[2:]) for maps in model.seen] == sizes


def test_the_model_is_left_as_it_was(batch):
    model = Negative().train()
    model.asleep.eval()
    predict(model, batch(), model)
    assert model.training
    assert model.layer.training
    assert not model.asleep.training


def test_the_truth_may_be_unknown(batch):
    model = Negative()
    (sample,) = predict(model, batch(sharp=False), model)
    assert 'gt_img' not in sample
    (maps,) = model.seen
    assert maps == {'blur': None, 'sharp': None}


def test_a_blurred_image_is_needed(batch):
    data = batch()
    for inputs in data['inputs']:
        del inputs['img_blur']
    with pytest.raises(ValueError, match=r"lack \['img_blur'\]"):
        predict(Negative(), data, None)
