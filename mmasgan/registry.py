"""Registries of scope ``mmasgan``, children of MMEngine's root registries.

Any MM project can build every component by its name, without
``custom_imports``::

    from mmengine.registry import MODELS
    MODELS.build(dict(type='mmasgan.SFTLayer', channels=64))

MMEngine imports all ``locations`` of a registry at the first look-up. Layers,
losses, generators and discriminators must work without MMagic. Components that
need MMagic are therefore *deferred*: their module is imported when one of
their names is looked up.
"""

from importlib import import_module

from mmengine import registry as root
from mmengine.registry import Registry

from ._moved import current_class

__all__ = ['PRIORS']

SCOPE = 'mmasgan'


class DeferringRegistry(Registry):
    """Registry with names whose module is imported on demand."""

    deferred: dict[str, str] = {}
    """Module to import for each deferred name."""

    def get(self, key: str) -> type | None:
        """Return the class registered as ``key``, or None.

        Raises:
            ImportError: If ``key`` is deferred and its module cannot be
                imported, for example without MMagic.
        """
        scope, name = self.split_scope_key(key)
        if scope in (None, self.scope):
            current = current_class(name)
            key = key.removesuffix(name) + current
            if current in self.deferred:
                import_module(self.deferred[current])
        return super().get(key)


def _child(
    name: str, parent: Registry, *modules: str, **deferred: str
) -> DeferringRegistry:
    """Return a registry of modules to import at its first look-up."""
    locations = [f'{SCOPE}.{module}' for module in modules]
    child = DeferringRegistry(
        name, parent=parent, scope=SCOPE, locations=locations
    )
    child.deferred = {key: f'{SCOPE}.{at}' for key, at in deferred.items()}
    return child


MODELS = _child(
    'model',
    root.MODELS,
    'layers',
    'losses',
    'generators',
    'discriminators',
    ASCycleGAN='models',
    DeblurGAN='models',
    DeblurGANv2='models',
    MotionEstimator='models',
)
DATASETS = _child('dataset', root.DATASETS, 'datasets')
DATA_SAMPLERS = _child('data sampler', root.DATA_SAMPLERS, 'datasets')
TRANSFORMS = _child('transform', root.TRANSFORMS, 'datasets', 'semantic')
HOOKS = _child(
    'hook',
    root.HOOKS,
    'engine',
    InferenceCostHook='evaluation.inference_cost_hook',
)
LOOPS = _child('loop', root.LOOPS, 'engine')
METRICS = _child(
    'metric',
    root.METRICS,
    'evaluation.cw_ssim',
    'evaluation.lpips',
    'evaluation.ssim_matlab3d',
)
OPTIMIZERS = _child('optimizer', root.OPTIMIZERS, 'engine')
OPTIM_WRAPPERS = _child('optim wrapper', root.OPTIM_WRAPPERS, 'engine')
PARAM_SCHEDULERS = _child(
    'parameter scheduler', root.PARAM_SCHEDULERS, 'engine'
)
INFERENCERS = _child(
    'inferencer', root.INFERENCERS, 'apis.ascyclegan_inferencer'
)
# Sources of semantic maps; MMEngine has no registry for them.
PRIORS = Registry('prior', scope=SCOPE, locations=['mmasgan.semantic'])
