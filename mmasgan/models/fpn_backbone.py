"""ImageNet backbones of MMagic's DeblurGANv2 generators.

MMagic's constructors download weights, freeze the backbone and never unfreeze
it. Here, building a backbone needs no network connection, its weights are
loaded explicitly, and the model decides when to train it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mmagic.models.editors.deblurganv2 import deblurganv2_generator
from torch import Tensor, nn

from ..losses.weights import main_process_first, read_tensors, select_tensors

__all__ = ['FPNBackbone', 'without_download']

LEVELS = ('enc0', 'enc1', 'enc2', 'enc3', 'enc4')
SMALLEST = {'inception': 128, 'features': 64}  # by attribute of the network


@contextmanager
def without_download() -> Iterator[None]:
    """Let MMagic's constructors give Inception random weights."""
    original = deblurganv2_generator.inceptionresnetv2

    def build(num_classes: int = 1000, pretrained: Any = None) -> nn.Module:
        return original(num_classes=num_classes, pretrained=None)

    deblurganv2_generator.inceptionresnetv2 = build
    try:
        yield
    finally:
        deblurganv2_generator.inceptionresnetv2 = original


class FPNBackbone:
    """Backbone of a generator of MMagic's DeblurGANv2.

    The parameters that the generator uses require gradients, and those of the
    unused classifier do not, because a distributed wrapper waits for the
    gradients of all parameters that require them.

    Args:
        generator: ``FPNInception``, ``FPNInceptionSimple`` or
            ``FPNMobileNet`` of MMagic.

    Attributes:
        smallest_side: Smallest height and width of padded images, in pixels,
            so that every norm has at least two pixels per side.

    Raises:
        TypeError: If ``generator`` is of another class.
    """

    def __init__(self, generator: nn.Module) -> None:
        fpn = getattr(generator, 'fpn', None)
        kinds = [name for name in SMALLEST if hasattr(fpn, name)]
        if fpn is None or not kinds:
            raise TypeError(
                "generator must be one of MMagic's DeblurGanV2Generator, got "
                f'{type(generator).__name__}'
            )
        self._kind = kinds[0]
        self._network = fpn.get_submodule(self._kind)
        self.smallest_side = SMALLEST[self._kind]
        used = {
            weight
            for level in LEVELS
            for weight in fpn.get_submodule(level).parameters()
        }
        self._used = used
        for weight in self._network.parameters():
            weight.requires_grad_(weight in used)

    def parameters(self) -> list[nn.Parameter]:
        """Return the parameters that the generator uses."""
        return [w for w in self._network.parameters() if w in self._used]

    def load_weights(self, source: str) -> None:
        """Load ImageNet weights of the layers that the generator uses.

        With several processes, the main process goes first, so that the
        weights are downloaded only once. The tensors of Inception are matched
        by name, and those of MobileNet by order, because timm, torchvision
        and MMagic name them differently.

        Args:
            source: ``'timm'`` (Inception) or ``'torchvision'`` (MobileNet) to
                download the weights, or the path of a local file: Inception
                of timm or Cadene, MobileNet of torchvision, timm or MMagic.

        Raises:
            ImportError: If timm is needed and not installed.
            OSError: If the weights cannot be downloaded or read.
            ValueError: If they do not belong to this backbone.
        """
        wanted = self._wanted()
        with main_process_first():
            found = self._read(source)
        if self._kind == 'features':
            names = [name for name in found if 'classifier' not in name]
            # select_tensors reports missing tensors by name.
            found = {
                ours: found[theirs]
                for ours, theirs in zip(wanted, names, strict=False)
            }
        what = f'{source} does not contain the weights of this backbone'
        tensors = select_tensors(found, wanted, what)
        self._network.load_state_dict(tensors, strict=False)

    def _wanted(self) -> dict[str, Tensor]:
        prefixes = tuple(
            f'{name.rpartition(".")[0]}.'
            for name, weight in self._network.named_parameters()
            if weight in self._used
        )
        return {
            name: value
            for name, value in self._network.state_dict().items()
            if name.startswith(prefixes)
        }

    def _read(self, source: str) -> Mapping[str, Tensor]:
        fits = {'inception': 'timm', 'features': 'torchvision'}[self._kind]
        if source not in ('timm', 'torchvision'):
            return read_tensors(source)
        if source != fits:
            raise ValueError(
                f'backbone_weights={source!r} does not fit this backbone; '
                f'use {fits!r}'
            )
        try:
            return _timm() if source == 'timm' else _torchvision()
        except OSError as error:
            raise OSError(
                f'the weights of {source} could not be downloaded ({error}). '
                'Download them on another machine and set '
                'backbone_weights=<path>, or use random weights with '
                'backbone_weights=None'
            ) from error


def _timm() -> Mapping[str, Tensor]:
    try:
        from timm import create_model
    except ImportError as error:
        raise ImportError(
            "backbone_weights='timm' needs timm: pip install timm, or set the "
            'path of a local file'
        ) from error
    try:
        model = create_model('inception_resnet_v2', pretrained=True)
    except Exception as error:
        # timm's hub client has its own classes of network errors.
        raise OSError(f'{type(error).__name__}: {error}') from error
    return model.state_dict()


def _torchvision() -> Mapping[str, Tensor]:
    from torchvision.models import MobileNet_V2_Weights

    return MobileNet_V2_Weights.IMAGENET1K_V1.get_state_dict(
        progress=True, check_hash=True
    )
