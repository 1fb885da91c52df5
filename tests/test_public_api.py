"""The recorded public names: other projects rely on them.

A name may be added by recording it here; one that is removed or renamed
breaks its users, and needs a line under "Changed" in the changelog.
"""

import ast
import importlib
import inspect
from importlib.metadata import version
from pathlib import Path

import pytest

import mmasgan

PACKAGE = Path(__file__).parent.parent / 'mmasgan'

NAMES = {
    'mmasgan': ['__version__'],
    'mmasgan.apis': [
        'ASCycleGANInferencer',
        'TorchBackend',
        'deblur',
        'deblur_files',
        'deblur_image',
        'export_generator',
        'load_config',
        'load_generator',
    ],
    'mmasgan.apis.inference': ['OnnxBackend', 'deblur_pixels', 'deblur_video'],
    'mmasgan.cli': ['main'],
    'mmasgan.datasets': [
        'InfiniteEpochSampler',
        'LoadRGBImage',
        'MixedDataset',
        'MotionBlur',
        'PairedGoProDataset',
        'RandomCrop',
        'RandomView',
        'UnpairedGoProDataset',
        'prepare_sample_dataset',
        'read_rgb_image',
    ],
    'mmasgan.discriminators': ['INPatchDiscriminator'],
    'mmasgan.engine': [
        'AllRanksCheckpointHook',
        'BFloat16OptimWrapper',
        'CheckpointFitHook',
        'EvaluationTableHook',
        'FinalDecayLR',
        'IterationSeedHook',
        'Muon',
        'PictureHook',
        'ProgressHook',
        'ResumedSettingsHook',
        'ResumingTrainLoop',
        'StopSignalHook',
    ],
    'mmasgan.evaluation': [
        'CWSSIM',
        'InferenceCostHook',
        'LPIPS',
        'SSIMMatlab3D',
    ],
    'mmasgan.evaluation.functional': [
        'cw_ssim',
        'psnr',
        'ssim_matlab3d',
        'ssim_wang_rgb',
    ],
    'mmasgan.generators': [
        'MotionReblurGenerator',
        'PixelUnshuffleUNet',
        'ResNetV2SFTGenerator',
    ],
    'mmasgan.layers': [
        'CameraMotionPrior',
        'ConditionNetwork',
        'MotionNetwork',
        'PreActResidualBlock',
        'ResidualBlock',
        'SFTLayer',
    ],
    'mmasgan.losses': [
        'GradientPenalty',
        'IdentityLoss',
        'LSGANLoss',
        'LogL1Loss',
        'NormalizedPixelLoss',
        'PerceptualCycleLoss',
        'PerceptualLoss',
        'L1Loss',
        'PixelCycleLoss',
        'RaGANLSLoss',
        'WGANLoss',
    ],
    'mmasgan.losses.functional': [
        'gradient_penalty',
        'lsgan_discriminator_loss',
        'lsgan_generator_loss',
        'relativistic_average_ls',
        'wgan_discriminator_loss',
        'wgan_generator_loss',
    ],
    'mmasgan.models': [
        'ASCycleGAN',
        'DeblurGAN',
        'DeblurGANv2',
        'MotionEstimator',
    ],
    'mmasgan.registry': ['PRIORS'],
    'mmasgan.semantic': [
        'DiskPrior',
        'LoadSemantic',
        'OnnxPrior',
        'Prior',
        'SegFormerPrior',
        'TorchvisionPrior',
        'compute_maps',
        'overlay',
    ],
}

SIGNATURES = {
    'mmasgan.layers.SFTLayer': (
        'channels, cond_channels=32, hidden_channels=32'
    ),
    'mmasgan.layers.SFTLayer.forward': 'features, condition',
    'mmasgan.layers.ConditionNetwork': (
        'in_channels=8, out_channels=32, hidden_channels=128'
    ),
    'mmasgan.generators.ResNetV2SFTGenerator': (
        'in_channels=3, out_channels=3, base_channels=64, num_blocks=9, '
        "block='v2', sft=True, num_classes=8, dropout=0.5, "
        'global_residual=True'
    ),
    'mmasgan.generators.ResNetV2SFTGenerator.forward': 'x, semantic=None',
    'mmasgan.discriminators.INPatchDiscriminator': (
        'in_channels=3, base_channels=64'
    ),
    **{
        f'mmasgan.losses.{loss}.{method}': 'real_logits, fake_logits'
        for loss in ('RaGANLSLoss', 'WGANLoss', 'LSGANLoss')
        for method in ('discriminator_loss', 'generator_loss')
    },
    'mmasgan.losses.GradientPenalty': 'weight=10',
    'mmasgan.losses.GradientPenalty.forward': 'discriminator, real, fake',
    'mmasgan.losses.PerceptualCycleLoss': "weights='torchvision'",
    'mmasgan.losses.PerceptualLoss': "weights='torchvision'",
    'mmasgan.losses.PerceptualLoss.forward': 'reconstruction, original',
    'mmasgan.losses.IdentityLoss.forward': 'output, original',
    **{
        f'mmasgan.evaluation.{metric}': (
            "gt_key='gt_img', pred_key='pred_img', collect_device='cpu', "
            "prefix=None, device='cpu'"
        )
        for metric in ('CWSSIM', 'SSIMMatlab3D')
    },
    'mmasgan.evaluation.InferenceCostHook': 'warmup=2',
}
"""The first arguments of each; more may follow, with defaults."""


def path_of(module):
    path = PACKAGE.parent.joinpath(*module.split('.'))
    return path / '__init__.py' if path.is_dir() else path.with_suffix('.py')


def names_in(path):
    """Return ``__all__`` of a file, unsorted and without importing it."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            if isinstance(target, ast.Name) and target.id == '__all__':
                return ast.literal_eval(node.value)
    raise AssertionError(f'{path} has no __all__')


@pytest.mark.parametrize('module', NAMES)
def test_names_are_those_recorded(module):
    assert sorted(names_in(path_of(module))) == sorted(NAMES[module])


def test_a_package_that_is_not_recorded_promises_nothing():
    packages = {
        '.'.join(path.relative_to(PACKAGE.parent).parent.parts): path
        for path in PACKAGE.rglob('__init__.py')
        if 'configs' not in path.relative_to(PACKAGE).parts
    }
    assert [
        package
        for package, path in packages.items()
        if package not in NAMES and '__all__' in path.read_text()
    ] == []


@pytest.mark.parametrize('module', NAMES)
def test_each_name_exists_and_says_what_it_is(module):
    imported = importlib.import_module(module)
    assert imported.__doc__
    for name in NAMES[module]:
        value = getattr(imported, name)
        if inspect.isclass(value):
            # an inherited docstring tells of another class
            assert value.__dict__.get('__doc__'), name
            methods = [
                method
                for key, method in vars(value).items()
                if inspect.isfunction(method) and not key.startswith('_')
            ]
            assert all(method.__doc__ for method in methods), name
        elif callable(value):
            assert value.__doc__, name


@pytest.mark.parametrize('name', SIGNATURES)
def test_signatures_start_as_recorded(name):
    module, _, attributes = name.partition('mmasgan.')[2].partition('.')
    value = importlib.import_module(f'mmasgan.{module}')
    for attribute in attributes.split('.'):
        value = getattr(value, attribute)

    actual = list(inspect.signature(value).parameters.values())
    if not inspect.isclass(value):
        actual = actual[1:]  # self
    scope = {}
    exec(f'def expected({SIGNATURES[name]}): pass', scope)
    expected = inspect.signature(scope['expected']).parameters.values()

    found = [(p.name, p.default) for p in actual]
    assert found[: len(expected)] == [(p.name, p.default) for p in expected]
    kinds = {p.kind for p in actual[: len(expected)]}
    assert kinds == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    more = actual[len(expected) :]
    assert all(p.default is not inspect.Parameter.empty for p in more)


def test_the_model_is_one_of_the_hosts():
    from mmagic.models import BaseTranslationModel

    from mmasgan.models import ASCycleGAN

    assert issubclass(ASCycleGAN, BaseTranslationModel)


def test_version_is_that_of_the_metadata():
    assert mmasgan.__version__ == version('mmasgan')
