import sys

import forks
import pytest
from mmengine import registry as root
from mmengine.registry import Registry

from mmasgan import discriminators, generators, layers, losses, registry
from mmasgan.registry import DeferringRegistry

BLOCK_MMAGIC = """
import sys

class Block:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition('.')[0] in ('mmagic', 'mmcv'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

sys.meta_path.insert(0, Block)
"""

BUILD_LIGHT_COMPONENTS = """
import sys
from mmengine.registry import MODELS, Registry

for cfg in (
    dict(type='mmasgan.SFTLayer', channels=4),
    dict(type='mmasgan.ConditionNetwork', in_channels=3),
    dict(type='mmasgan.ResidualBlock', channels=4),
    dict(type='mmasgan.PreActResidualBlock', channels=4),
    dict(type='mmasgan.ResNetV2SFTGenerator', base_channels=2),
    dict(type='mmasgan.INPatchDiscriminator', base_channels=2),
    dict(type='mmasgan.RaGANLSLoss'),
    dict(type='mmasgan.WGANLoss'),
    dict(type='mmasgan.LSGANLoss'),
    dict(type='mmasgan.GradientPenalty'),
    dict(type='mmasgan.PerceptualLoss', weights='nowhere.pth'),
    dict(type='mmasgan.VGGFeatures'),
    dict(type='mmasgan.IdentityLoss'),
    dict(type='mmasgan.L1Loss'),
    dict(type='mmasgan.PixelCycleLoss'),
    dict(type='mmasgan.LogL1Loss'),
):
    scope, name = cfg['type'].split('.')
    component = MODELS.build(cfg)
    assert type(component).__name__ == name
    assert type(component).__module__.startswith('mmasgan.')

# and from another project's registry
other = Registry('model', parent=MODELS, scope='other')
other.build(dict(type='mmasgan.SFTLayer', channels=4))

for name in ('mmagic', 'mmcv', 'mmasgan.models', 'mmasgan.compat'):
    assert name not in sys.modules, name
"""


def run(*code, modules=forks.BARE):
    """Run code in an interpreter with PyTorch alone; return its output."""
    done = forks.run('-c', '\n'.join(code), modules=modules)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.process
class TestFreshInterpreter:
    def test_light_components_are_built_by_string(self):
        run(BUILD_LIGHT_COMPONENTS)

    def test_without_mmagic_light_components_work_and_the_model_does_not(self):
        run(
            BLOCK_MMAGIC,
            BUILD_LIGHT_COMPONENTS,
            """
for key in ('mmasgan.ASCycleGAN', 'ASCycleGAN', 'DeblurGAN'):
    try:
        import mmasgan.registry
        mmasgan.registry.MODELS.build(dict(type=key))
    except ImportError as error:
        assert 'mmagic' in str(error) or 'mmcv' in str(error), error
    else:
        raise AssertionError('built')
try:
    MODELS.build(dict(type='mmasgan.ASCycleGAN'))
except ImportError:
    pass
else:
    raise AssertionError('built')
MODELS.build(dict(type='mmasgan.SFTLayer', channels=4))  # as before
""",
        )

    def test_importing_layers_and_losses_imports_no_framework(self):
        output = run(
            """
import sys, torch, mmengine
before = set(sys.modules)
import mmasgan.layers, mmasgan.losses
print(*{name.split('.')[0] for name in set(sys.modules) - before})
print(*(name for name in sys.modules if name.startswith('mmengine.model')))
""",
            modules=(),
        )
        imported, models = output.split('\n')[:2]
        known = {'mmasgan', 'mmengine', 'numpy', 'safetensors', 'torch'}
        for name in {*imported.split()} - known - sys.stdlib_module_names:
            assert name.startswith('_cython'), name
        assert models == ''

    def test_importing_prints_and_warns_of_nothing(self):
        printed = run(
            """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    import torch, mmengine.model, mmengine.dist  # not ours to answer for
warnings.simplefilter('error')
import mmasgan, mmasgan.registry, mmasgan.layers, mmasgan.losses
import mmasgan.generators, mmasgan.discriminators
"""
        )
        assert printed == ''

    def test_importing_the_package_alone_imports_no_framework(self):
        run(
            """
import sys, mmasgan
for name in ('torch', 'mmengine', 'mmcv', 'mmagic', 'numpy'):
    assert name not in sys.modules, name
""",
            modules=(),
        )


class TestNames:
    @pytest.mark.parametrize(
        'package', [layers, losses, generators, discriminators]
    )
    def test_all_light_components_are_registered(self, package):
        for name in package.__all__:
            found = root.MODELS.get(f'mmasgan.{name}')
            assert found is getattr(package, name)

    @pytest.mark.parametrize(
        ('kind', 'name', 'module'),
        [
            ('DATASETS', 'UnpairedGoProDataset', 'mmasgan.datasets'),
            ('DATASETS', 'PairedGoProDataset', 'mmasgan.datasets'),
            ('DATA_SAMPLERS', 'InfiniteEpochSampler', 'mmasgan.datasets'),
            ('TRANSFORMS', 'LoadRGBImage', 'mmasgan.datasets'),
            ('TRANSFORMS', 'RandomCrop', 'mmasgan.datasets'),
            ('HOOKS', 'IterationSeedHook', 'mmasgan.engine'),
            ('HOOKS', 'EvaluationTableHook', 'mmasgan.engine'),
            ('HOOKS', 'ProgressHook', 'mmasgan.engine'),
            ('HOOKS', 'CheckpointFitHook', 'mmasgan.engine'),
            ('HOOKS', 'ResumedSettingsHook', 'mmasgan.engine'),
            ('HOOKS', 'StopSignalHook', 'mmasgan.engine'),
            ('LOOPS', 'ResumingTrainLoop', 'mmasgan.engine'),
            ('HOOKS', 'InferenceCostHook', 'mmasgan.evaluation'),
            ('METRICS', 'SSIMMatlab3D', 'mmasgan.evaluation'),
            ('METRICS', 'CWSSIM', 'mmasgan.evaluation'),
            ('METRICS', 'LPIPS', 'mmasgan.evaluation'),
            ('OPTIMIZERS', 'Muon', 'mmasgan.engine'),
            ('OPTIM_WRAPPERS', 'BFloat16OptimWrapper', 'mmasgan.engine'),
            ('TRANSFORMS', 'LoadSemantic', 'mmasgan.semantic'),
            ('MODELS', 'ASCycleGAN', 'mmasgan.models'),
        ],
    )
    def test_others_are_found_from_the_root(self, kind, name, module):
        found = getattr(root, kind).get(f'mmasgan.{name}')
        assert found.__name__ == name
        assert found.__module__.startswith(module)

    def test_deferred_are_what_the_models_register(self):
        from mmasgan import models

        registered = {
            name
            for name, component in registry.MODELS.module_dict.items()
            if component.__module__.startswith('mmasgan.models.')
        }
        assert registered <= set(models.__all__)
        assert registry.MODELS.deferred == dict.fromkeys(
            registered, 'mmasgan.models'
        )

    def test_deferred_are_the_hooks_of_the_evaluation(self):
        from mmasgan import evaluation

        assert evaluation.InferenceCostHook  # is imported
        registered = {
            name: component.__module__
            for name, component in registry.HOOKS.module_dict.items()
            if component.__module__.startswith('mmasgan.evaluation.')
        }
        assert set(registered) <= set(evaluation.__all__)
        assert registry.HOOKS.deferred == registered

    def test_metrics_have_names_of_their_own(self):
        """So that neither MMagic's nor ours are taken for the other's."""
        from mmagic import evaluation as theirs
        from mmagic.registry import METRICS

        from mmasgan import evaluation

        assert theirs.SSIM is METRICS.module_dict['SSIM']
        ours = registry.METRICS.module_dict
        assert evaluation.CWSSIM is ours['CWSSIM']
        assert not ours.keys() & METRICS.module_dict.keys()

    def test_unknown_names_are_refused(self):
        with pytest.raises(KeyError, match=r'mmasgan\.NoSuchLayer is not in'):
            root.MODELS.build(dict(type='mmasgan.NoSuchLayer'))


class TestDeferringRegistry:
    @pytest.fixture
    def things(self, tmp_path, monkeypatch):
        """A registry with one name deferred to a module that logs itself."""
        monkeypatch.syspath_prepend(tmp_path)
        things = DeferringRegistry(
            'thing',
            parent=Registry('thing', scope='above'),
            scope='mmasgan',
        )
        things.deferred = {'Late': 'late_thing', 'Broken': 'broken_thing'}
        monkeypatch.setitem(sys.modules, 'registry_of_things', things)
        (tmp_path / 'late_thing.py').write_text(
            'import registry_of_things as things\n'
            '@things.register_module()\n'
            'class Late: pass\n'
        )
        (tmp_path / 'broken_thing.py').write_text('import no_such_module\n')
        things.register_module('Early', module=int)
        yield things
        sys.modules.pop('late_thing', None)

    @pytest.mark.parametrize('key', ['Late', 'mmasgan.Late'])
    def test_imports_when_asked(self, things, key):
        assert 'late_thing' not in sys.modules
        assert things.get(key).__name__ == 'Late'
        assert things.get(key) is sys.modules['late_thing'].Late

    def test_does_not_import_for_another_name(self, things):
        assert things.get('Early') is int
        assert things.get('mmasgan.Early') is int
        assert 'late_thing' not in sys.modules

    def test_does_not_import_for_another_scope(self, things):
        assert things.get('above.Late') is None
        assert 'late_thing' not in sys.modules

    def test_parent_finds_the_deferred(self, things):
        assert things.parent.get('mmasgan.Late').__name__ == 'Late'

    def test_says_what_did_not_import(self, things):
        for _ in range(2):
            with pytest.raises(ImportError, match='no_such_module'):
                things.get('Broken')
        assert things.get('Early') is int
