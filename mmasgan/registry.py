"""Registries of scope ``mmasgan``, children of MMEngine's root ones.

They make every component reachable by string from any MM project, without
``custom_imports``::

    from mmengine.registry import MODELS
    MODELS.build(dict(type='mmasgan.SFTLayer', channels=64))

MMEngine imports all ``locations`` of a registry at the first look-up. Light
components (layers, losses, generators, discriminators) must stay usable where
MMagic is not installed, so the names that need it are *deferred*: their module
is imported when one of them is asked for, and not before.
"""

from collections.abc import Sequence
from importlib import import_module

from mmengine import registry as root
from mmengine.registry import Registry

from ._moved import current_class

__all__ = ['PRIORS']

SCOPE = 'mmasgan'


class DeferringRegistry(Registry):
    """A registry with names whose module is imported only on demand.

    Args:
        name: Name of the registry, as in :class:`mmengine.Registry`.
        parent: The root registry of the same kind.
        locations: Modules imported at the first look-up of any name.
        deferred: Module to import first, for each name it registers.
    """

    def __init__(
        self,
        name: str,
        parent: Registry,
        locations: Sequence[str],
        deferred: dict[str, str],
    ) -> None:
        super().__init__(
            name, parent=parent, scope=SCOPE, locations=list(locations)
        )
        self.deferred = deferred

    def get(self, key: str) -> type | None:
        """Return the class registered as ``key``, or None.

        Args:
            key: Class name, with or without scope.

        Raises:
            ImportError: If ``key`` is deferred and its module does not
                import, for instance where MMagic is not installed.
        """
        scope, name = self.split_scope_key(key)
        if scope in (None, self.scope):
            current = current_class(name)
            key = key.removesuffix(name) + current
            if current in self.deferred:
                import_module(self.deferred[current])
        return super().get(key)


MODELS = DeferringRegistry(
    'model',
    parent=root.MODELS,
    locations=[
        'mmasgan.layers',
        'mmasgan.losses',
        'mmasgan.generators',
        'mmasgan.discriminators',
    ],
    deferred=dict.fromkeys(
        ('ASCycleGAN', 'DeblurGAN', 'DeblurGANv2', 'MotionEstimator'),
        'mmasgan.models',
    ),
)
DATASETS = Registry(
    'dataset',
    parent=root.DATASETS,
    scope=SCOPE,
    locations=['mmasgan.datasets'],
)
DATA_SAMPLERS = Registry(
    'data sampler',
    parent=root.DATA_SAMPLERS,
    scope=SCOPE,
    locations=['mmasgan.datasets'],
)
TRANSFORMS = Registry(
    'transform',
    parent=root.TRANSFORMS,
    scope=SCOPE,
    locations=['mmasgan.datasets', 'mmasgan.semantic'],
)
HOOKS = DeferringRegistry(
    'hook',
    parent=root.HOOKS,
    locations=['mmasgan.engine'],
    deferred={'InferenceCostHook': 'mmasgan.evaluation.inference_cost_hook'},
)
LOOPS = Registry(
    'loop',
    parent=root.LOOPS,
    scope=SCOPE,
    locations=['mmasgan.engine'],
)
METRICS = Registry(
    'metric',
    parent=root.METRICS,
    scope=SCOPE,
    locations=[
        'mmasgan.evaluation.cw_ssim',
        'mmasgan.evaluation.lpips',
        'mmasgan.evaluation.ssim_matlab3d',
    ],
)
OPTIMIZERS = Registry(
    'optimizer',
    parent=root.OPTIMIZERS,
    scope=SCOPE,
    locations=['mmasgan.engine'],
)
OPTIM_WRAPPERS = Registry(
    'optim wrapper',
    parent=root.OPTIM_WRAPPERS,
    scope=SCOPE,
    locations=['mmasgan.engine'],
)
PARAM_SCHEDULERS = Registry(
    'parameter scheduler',
    parent=root.PARAM_SCHEDULERS,
    scope=SCOPE,
    locations=['mmasgan.engine'],
)
INFERENCERS = Registry(
    'inferencer',
    parent=root.INFERENCERS,
    scope=SCOPE,
    locations=['mmasgan.apis.ascyclegan_inferencer'],
)
# Sources of semantic maps, which MMEngine has no registry for.
PRIORS = Registry('prior', scope=SCOPE, locations=['mmasgan.semantic'])
