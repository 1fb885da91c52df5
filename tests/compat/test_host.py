"""What we use of MMagic works here as a whole, on NumPy 2 among others."""

import re

import numpy as np
import pytest
import torch
import toy_cyclegan
from torch.utils.data import Dataset

import mmasgan.compat  # noqa: F401


class Images(Dataset):
    """Random images through a pipeline of MMagic's transforms."""

    metainfo = dict(name='toy')

    def __init__(self):
        from mmagic.datasets.transforms import Flip, PackInputs

        keys = ['img_blur', 'img_sharp', 'gt_img']
        self.flip = Flip(keys, flip_ratio=1.0, direction='horizontal')
        self.pack = PackInputs(
            keys=keys[:2], data_keys=keys[2:], meta_keys=['sample_path']
        )

    def __len__(self):
        return 3

    def __getitem__(self, index):
        random = np.random.default_rng(index)
        blur, sharp = random.integers(0, 256, (2, 16, 16, 3), np.uint8)
        results = dict(img_blur=blur, img_sharp=sharp, gt_img=sharp.copy())
        results['sample_path'] = f'folder/image{index}.png'
        return self.pack(self.flip(results))


def loader(**sampler):
    return dict(dataset=Images(), batch_size=1, sampler=sampler)


def optimizer():
    return dict(optimizer=dict(type='Adam', lr=1e-3))


@pytest.fixture(scope='module')
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp('work')

    def runner(iterations, resume=False):
        import mmagic.engine
        import mmagic.evaluation
        import mmagic.visualization  # noqa: F401
        from mmengine.registry import DefaultScope
        from mmengine.runner import Runner

        with DefaultScope.overwrite_default_scope('mmagic'):
            model = toy_cyclegan.build()
        metrics = [dict(type=name) for name in ('PSNR', 'SSIM', 'MAE')]
        evaluator = [dict(type='Evaluator', metrics=metrics)]
        once = dict(type='DefaultSampler', shuffle=False)
        return Runner(
            model=model,
            work_dir=str(folder),
            experiment_name=f'toy_{iterations}',
            train_dataloader=loader(type='InfiniteSampler', shuffle=True),
            val_dataloader=[loader(**once)],
            test_dataloader=[loader(**once)],
            train_cfg=dict(
                type='IterBasedTrainLoop',
                max_iters=iterations,
                val_interval=2,
            ),
            val_cfg=dict(type='MultiValLoop'),
            test_cfg=dict(type='MultiTestLoop'),
            val_evaluator=evaluator,
            test_evaluator=evaluator,
            optim_wrapper=dict(
                constructor='MultiOptimWrapperConstructor',
                generators=optimizer(),
                discriminators=optimizer(),
            ),
            default_hooks=dict(
                checkpoint=dict(
                    type='CheckpointHook',
                    interval=2,
                    by_epoch=False,
                    save_best='PSNR',
                    rule='greater',
                ),
                logger=dict(type='LoggerHook', interval=1),
            ),
            custom_hooks=[dict(type='BasicVisualizationHook', interval=1)],
            visualizer=dict(
                type='ConcatImageVisualizer',
                fn_key='sample_path',
                img_keys=['fake_sharp', 'gt_img'],
                vis_backends=[
                    dict(type='VisBackend'),
                    dict(type='TensorboardVisBackend'),
                ],
            ),
            log_processor=dict(type='LogProcessor', by_epoch=False),
            default_scope='mmagic',
            randomness=dict(seed=0),
            resume=resume,
        )

    return folder, runner


@pytest.mark.runner
def test_trains_scores_draws_and_resumes(build):
    folder, runner = build
    first = runner(2)
    first.train()
    assert first.message_hub.get_scalar('val/PSNR').current() > 0
    pictures = [path.name for path in folder.rglob('vis_image/*.png')]
    assert sorted(re.sub(r'_\d+', '', name) for name in pictures) == [
        'image0.png',
        'image1.png',
        'image2.png',
    ]
    assert list(folder.rglob('events.out.tfevents*'))
    assert list(folder.rglob('best_PSNR*.pth'))

    second = runner(4, resume=True)
    second.load_or_resume()
    assert second.iter == 2
    for name, value in first.model.state_dict().items():
        torch.testing.assert_close(
            second.model.state_dict()[name], value, rtol=0, atol=0
        )
    losses = second.message_hub.log_scalars['train/loss_gan_d_sharp']
    assert len(losses.data[0]) == 2  # the history of the first run
    second.train()
    assert second.iter == 4


@pytest.mark.runner
def test_tests(build):
    from mmengine.hooks import Hook

    seen = {}

    class Listen(Hook):
        """MMagic's test loop returns nothing, but tells its hooks."""

        def after_test_epoch(self, runner, metrics=None):
            seen.update(metrics)

    _, runner = build
    tester = runner(6)
    tester.register_hook(Listen())
    tester.test()
    assert set(seen) == {'PSNR', 'SSIM', 'MAE'}
    assert 0 < seen['PSNR'] < 60
    assert 0 <= seen['SSIM'] <= 1


@pytest.mark.parametrize(
    ('package', 'names'),
    [
        ('mmagic.apis', ['MMagicInferencer']),
        ('mmagic.datasets', ['BasicImageDataset', 'UnpairedImageDataset']),
        ('mmagic.datasets.transforms', ['LoadImageFromFile', 'Crop']),
        ('mmagic.engine', ['hooks', 'runner', 'optimizers']),
        ('mmagic.evaluation', ['PSNR', 'SSIM', 'MAE', 'Evaluator']),
        ('mmagic.models', ['BaseTranslationModel', 'DataPreprocessor']),
        ('mmagic.structures', ['DataSample']),
        ('mmagic.visualization', ['ConcatImageVisualizer', 'VisBackend']),
    ],
)
def test_package_imports(package, names):
    from importlib import import_module

    module = import_module(package)
    for name in names:
        assert hasattr(module, name)


NOISE = 2  # images to make of it
PHOTO = (1, 3, 16, 16)
MASKED = (1, 4, 64, 64)
SMALL = dict(in_channels=3, out_channels=3, mid_channels=8, num_blocks=1)
RDN = dict(num_layers=2, channel_growth=8)
NAF = dict(
    mid_channels=8, enc_blk_nums=[1], middle_blk_num=1, dec_blk_nums=[1]
)
RESTORMER = dict(
    dim=8, num_blocks=[1] * 4, num_refinement_blocks=1, heads=[1] * 4
)
SWIN = dict(
    img_size=16,
    window_size=4,
    depths=[1],
    num_heads=[2],
    embed_dim=8,
    upscale=2,
    upsampler='pixelshuffle',
)
TRANSLATION = dict(in_channels=3, out_channels=3, base_channels=8)
WGAN = dict(noise_size=8, out_scale=16)
PGGAN = dict(**WGAN, base_channels=16, max_channels=16)
FLAVR = dict(
    num_input_frames=4, num_output_frames=1, mid_channels_list=[16, 8, 8, 4]
)


@pytest.mark.runner
@pytest.mark.parametrize(
    ('network', 'config', 'given', 'side'),
    [
        ('SRCNNNet', {}, PHOTO, 64),
        ('MSRResNet', SMALL, PHOTO, 64),
        ('EDSRNet', dict(**SMALL, upscale_factor=2), PHOTO, 32),
        ('RDNNet', dict(**SMALL, **RDN, upscale_factor=2), PHOTO, 32),
        ('RRDBNet', dict(**SMALL, growth_channels=4), PHOTO, 64),
        ('NAFNet', NAF, PHOTO, 16),
        ('Restormer', RESTORMER, PHOTO, 16),
        ('SwinIRNet', SWIN, PHOTO, 32),
        ('ResnetGenerator', dict(**TRANSLATION, num_blocks=1), PHOTO, 16),
        ('UnetGenerator', dict(**TRANSLATION, num_down=5), (1, 3, 32, 32), 32),
        ('DCGANGenerator', dict(output_scale=16, base_channels=8), NOISE, 16),
        ('WGANGPGenerator', WGAN, NOISE, 16),
        ('PGGANGenerator', PGGAN, NOISE, 16),
        ('CAINNet', {}, (1, 2, 3, 32, 32), 32),  # two frames
        ('FLAVRNet', FLAVR, (1, 4, 3, 16, 16), 16),
        ('GLEncoderDecoder', {}, MASKED, 64),
        ('AOTEncoderDecoder', {}, MASKED, 64),
    ],
)
def test_networks_of_other_editors_run(network, config, given, side):
    from mmagic.registry import MODELS
    from mmengine.registry import DefaultScope

    with DefaultScope.overwrite_default_scope('mmagic'):
        model = MODELS.build(dict(type=network, **config)).eval()
    with torch.no_grad():
        out = (
            model(None, num_batches=given)
            if given is NOISE
            else model(torch.rand(given))
        )
    out = out[0] if isinstance(out, tuple) else out
    assert out.shape[-3:] == (3, side, side)
    assert out.isfinite().all()
