"""Old names of modules, classes and arguments.

They work for one release, with a ``DeprecationWarning``. This file and all
calls of its functions are removed in the next release.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .utils.late_names import give_late_names

__all__ = [
    'current_class',
    'find_moved_modules',
    'keep_old_names',
    'takes_old_argument',
]

MODULES = {
    'mmasgan.apis.benchmark': 'benchmarks',
    'mmasgan.apis.comparison': 'reproduce.table1',
    'mmasgan.apis.data_report': 'mmasgan.datasets.prepare.report',
    'mmasgan.apis.model_index': 'mmasgan.utils.model_index',
    'mmasgan.apis.torch_backend': 'mmasgan.apis.inference.torch_backend',
    'mmasgan.apis.torch_fallback': 'mmasgan.apis.inference.torch_fallback',
    'mmasgan.atomic_files': 'mmasgan.utils.atomic_files',
    'mmasgan.cli_blur': 'mmasgan.cli.blur',
    'mmasgan.cli_deblur': 'mmasgan.cli.deblur',
    'mmasgan.cli_export': 'mmasgan.cli.export',
    'mmasgan.cli_motion': 'mmasgan.cli.motion',
    'mmasgan.cli_prepare': 'mmasgan.cli.prepare',
    'mmasgan.cli_priors': 'mmasgan.cli.priors',
    'mmasgan.cli_serve': 'mmasgan.cli.serve',
    'mmasgan.datasets.image_reader': 'mmasgan.io.image.rgb',
    'mmasgan.losses.identity_loss': 'mmasgan.losses.l1_loss',
    'mmasgan.losses.perceptual_cycle_loss': 'mmasgan.losses.perceptual_loss',
    'mmasgan.losses.pixel_cycle_loss': 'mmasgan.losses.l1_loss',
    'mmasgan.models.mended_deblurganv2': 'mmasgan.models.deblurganv2',
    'mmasgan.inference': 'mmasgan.apis.inference',
    'mmasgan.measures': 'mmasgan.evaluation.functional',
    'mmasgan.photos': 'mmasgan.io.image',
    'mmasgan.priors': 'mmasgan.semantic',
    'mmasgan.processor': 'mmasgan.utils.cpu',
    'mmasgan.version': 'mmasgan',
    'mmasgan.videos': 'mmasgan.io.video',
    'mmasgan.videos.package': 'mmasgan.io.video',
}
"""New name of each module, and of all modules below it."""

NAMES = {
    'mmasgan.apis': {
        '.config': 'config_parser enable_amp parsed_config start_from',
        '.exporting': 'Exported',
        '.inference.run': 'Deblurred',
        '.publish': 'Published publish_generator',
    },
    'mmasgan.apis.inference': {
        '.backend': 'Backend',
        '.pixels': 'NotFiniteError',
        '.video': 'VIDEO_SUFFIXES DeblurredVideo',
    },
    'mmasgan.compat': {
        '.': 'mended=patched',
        '.editors': 'skipped_editors',
    },
    'mmasgan.datasets': {
        '.image_store': 'ImageStore',
        '..io.image.reader': 'ImageReadError UnusableImageError',
    },
    'mmasgan.datasets.prepare': {
        '.blur': 'prepare_blur',
        '.finish': 'Prepared',
        '.gopro': 'prepare_gopro',
        '.photos': 'prepare_photos',
        '.store': 'StoreReport build_store',
        '.video': 'prepare_video',
    },
    'mmasgan.datasets.transforms': {
        '.load_rgb_image': 'LoadRGBImage',
        '.motion_blur': 'MotionBlur',
        '.random_crop': 'RandomCrop',
        '.random_view': 'RandomView',
    },
    'mmasgan.io.image': {
        '.encoder': 'PHOTO_SUFFIXES encode_photo',
        '.kinds': 'IMAGE_SUFFIXES',
        '.losses': 'lost_in',
        '.photo': 'ImageWarning Photo',
        '.reader': 'ImageReadError UnusableImageError read_photo',
    },
    'mmasgan.io.video': {
        '.colours': 'Coding coding_of from_rgb to_rgb',
        '.encoding': 'MUXERS Encoding choose_encoding',
        '.reader': 'VideoReader',
        '.side_data': 'notes_of_lost',
        '.upright': 'Orientation orientation_of swaps_sides turned_upright',
        '.writer': 'Picture VideoWriter',
    },
    'mmasgan.layers': {'.reblur': 'MotionReblur'},
    'mmasgan.losses': {'.vgg_features': 'VGGFeatures'},
    'mmasgan.models': {
        '.deblurganv2': 'MendedDeblurGanV2=DeblurGANv2',
        '.image_pool': 'ImagePool',
    },
    'mmasgan.semantic': {
        '.groups': 'OUTDOOR_GROUPS ClassTable class_table class_tables',
        '.overlay': 'legend',
        '.store': 'MapError MapStore',
    },
    'mmasgan.serve': {
        '.limits': 'Limits RefusedError',
        '.server': 'build_app run_server',
        '.service': 'DeblurService Served',
    },
    'reproduce.table1': {
        '.budget': 'Budget parse_budget',
        '.plan': 'Job plan_jobs',
        '.report': 'write_report',
        '.rows': 'TABLE_1 ComparisonError Row find_rows',
        '.runs': 'Failure run_jobs',
    },
}
"""Former names of each package, by the module that defines them now."""

CLASSES = {'MendedDeblurGanV2': 'DeblurGANv2'}
"""New name of each registered class."""


def keep_old_names(package: str) -> None:
    """Keep the former names of a package, with a warning."""
    give_late_names(package, NAMES[package], are_old=True)


def find_moved_modules() -> None:
    """Let modules be imported by their former names, with a warning."""
    sys.meta_path.insert(0, _Finder)


def current_class(name: str) -> str:
    """Return the current name of a registered class, with a warning."""
    if name not in CLASSES:
        return name
    _warn(f'mmasgan.{name}', f'mmasgan.{CLASSES[name]}', level=4)
    return CLASSES[name]


def takes_old_argument(old: str, new: str) -> Callable[[type], type]:
    """Let the constructor of a class take an argument by its former name."""

    def decorate(kind: Any) -> Any:
        init = kind.__init__

        @wraps(init)
        def renamed(self: Any, *args: Any, **kwargs: Any) -> None:
            if old in kwargs:
                _warn(f'the argument {old}', new, level=3)
                kwargs[new] = kwargs.pop(old)
            init(self, *args, **kwargs)

        vars(renamed)['old_arguments'] = {old}
        kind.__init__ = renamed
        return kind

    return decorate


def _warn(old: str, new: str, level: int) -> None:
    warnings.warn(
        f'{old} is deprecated and will be removed in the next release; use '
        f'{new}',
        DeprecationWarning,
        stacklevel=level,
    )


class _Finder:
    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.startswith('mmasgan.'):
            old = name
            while old:
                if old in MODULES:
                    new = MODULES[old] + name[len(old) :]
                    loader: Any = _Loader(new)
                    return ModuleSpec(name, loader)
                old = old.rpartition('.')[0]
        return None


class _Loader:
    """Put the module of the new name in the place of the old one."""

    def __init__(self, new: str) -> None:
        self.new = new

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        try:
            sys.modules[old] = import_module(self.new)
        except ModuleNotFoundError as error:
            if not self.new.startswith(error.name or ' '):
                raise
            raise ModuleNotFoundError(
                f'{old} is now {self.new}, which is not part of the package: '
                'run it in a clone of the repository',
                name=old,
            ) from error
        _warn(old, self.new, level=3)
