"""Our step beside MMagic's, which is written in the plainest way."""

import copy

import pytest
import torch
from mmagic.models.editors.cyclegan import CycleGAN
from mmengine import MessageHub
from mmengine.registry import MODELS


@pytest.fixture
def peer():
    return CycleGAN(
        generator=dict(
            type='ResnetGenerator',
            in_channels=3,
            out_channels=3,
            base_channels=4,
            num_blocks=1,
        ),
        discriminator=dict(
            type='PatchDiscriminator',
            in_channels=3,
            base_channels=4,
            num_conv=3,
            norm_cfg=dict(type='IN'),
        ),
        default_domain='sharp',
        reachable_domains=['sharp', 'blur'],
        related_domains=['sharp', 'blur'],
        loss_config=dict(cycle_loss_weight=10.0, id_loss_weight=5.0),
        data_preprocessor=MODELS.build(
            dict(
                type='mmagic.DataPreprocessor',
                mean=[127.5] * 3,
                std=[127.5] * 3,
                data_keys=[],
                stack_data_sample=False,
            )
        ),
    )


@pytest.mark.parametrize('count', [1, 3])
def test_a_step_changes_all_weights_as_mmagic_does(
    build_model, peer, optimizers, batch, count
):
    ours = build_model(
        dict(block='v1', sft=False, global_residual=False),
        adversarial_loss=dict(type='mmasgan.LSGANLoss'),
        gradient_penalty=None,
        cycle_loss=dict(type='mmasgan.PixelCycleLoss', loss_weight=10),
        identity_loss=dict(type='mmasgan.IdentityLoss', loss_weight=5),
    )
    parts = ('generators', 'discriminators')
    pairs = []
    for name in parts:
        for domain in ('sharp', 'blur'):
            mine, theirs = (
                list(getattr(model, name)[domain].parameters())
                for model in (ours, peer)
            )
            pairs += zip(mine, theirs, strict=True)
    for mine, theirs in pairs:
        assert mine.shape == theirs.shape
        theirs.data.copy_(mine)
    before = [mine.clone() for mine, _ in pairs]
    MessageHub.get_current_instance().update_info('iter', 0)
    data = batch(count=count)
    ours.train().train_step(copy.deepcopy(data), optimizers(ours))
    peer.train().train_step(copy.deepcopy(data), optimizers(peer))
    for start, (mine, theirs) in zip(before, pairs, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=0)
        if mine.dim() > 1:
            assert (mine - start).abs().max() > 1e-5
