"""The ImageNet backbones of MMagic's DeblurGANv2 generators.

Upstream's constructors download weights, freeze the backbone and never
unfreeze it. Here it is built without a network, its weights are loaded when
asked for, and whoever trains it decides when.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mmagic.models.editors.deblurganv2 import deblurganv2_generator
from torch import Tensor, nn

from ..losses.weights import main_process_first, read_tensors, select_tensors

__all__ = ['FPNBackbone', 'without_download']

LEVELS = ('enc0', 'enc1', 'enc2', 'enc3', 'enc4')
SMALLEST = {'inception': 128, 'features': 64}  # two pixels at stride 32


@contextmanager
def without_download() -> Iterator[None]:
    """Let upstream's constructors give Inception random weights."""
    original = deblurganv2_generator.inceptionresnetv2

    def build(num_classes: int = 1000, pretrained: Any = None) -> nn.Module:
        return original(num_classes=num_classes, pretrained=None)

    deblurganv2_generator.inceptionresnetv2 = build
    try:
        yield
    finally:
        deblurganv2_generator.inceptionresnetv2 = original


class FPNBackbone:
    """The backbone inside a generator of MMagic's DeblurGANv2.

    The parameters that the generator uses require gradients from now on, and
    those of the classifier behind them do not: a distributed wrapper takes
    notice of parameters when it wraps, and waits for all that it noticed.

    Args:
        generator: ``FPNInception``, ``FPNInceptionSimple`` or
            ``FPNMobileNet``.

    Attributes:
        smallest_side: Pixels that a side of an image must have after
            padding, so that every norm has two pixels a side.

    Raises:
        TypeError: If the generator is none of them.
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

        In a multi-process run the main process goes first, so that a download
        happens once. Inception's tensors are found by name, MobileNet's by
        their order, which the networks of timm, torchvision and MMagic have
        in common while their names differ.

        Args:
            source: ``'timm'`` (Inception) or ``'torchvision'`` (MobileNet)
                for their downloads, or the path of a local file: Inception
                with the names of timm or of Cadene's original, MobileNet as
                of torchvision, timm or MMagic.

        Raises:
            ImportError: If timm is needed and not installed.
            OSError: If the weights cannot be downloaded or read.
            ValueError: If they are not those of this backbone.
        """
        wanted = self._wanted()
        with main_process_first():
            found = self._read(source)
        if self._kind == 'features':
            names = [name for name in found if 'classifier' not in name]
            # Fewer tensors than wanted are reported as missing by name.
            found = {
                ours: found[theirs]
                for ours, theirs in zip(wanted, names, strict=False)
            }
        what = f'{source} does not hold the weights of this backbone'
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
                f'backbone_weights={source!r}: this backbone has weights in '
                f'{fits!r}'
            )
        try:
            return _timm() if source == 'timm' else _torchvision()
        except OSError as error:
            raise OSError(
                f'the weights of {source} could not be downloaded ({error}). '
                'Download them elsewhere and give the file as '
                'backbone_weights=<path>, or choose random weights with '
                'backbone_weights=None'
            ) from error


def _timm() -> Mapping[str, Tensor]:
    try:
        from timm import create_model
    except ImportError as error:
        raise ImportError(
            "backbone_weights='timm' needs timm: pip install timm, or give "
            'a local file'
        ) from error
    try:
        model = create_model('inception_resnet_v2', pretrained=True)
    except Exception as error:
        # Its hub client has errors of its own for a missing network.
        raise OSError(f'{type(error).__name__}: {error}') from error
    return model.state_dict()


def _torchvision() -> Mapping[str, Tensor]:
    from torchvision.models import MobileNet_V2_Weights

    return MobileNet_V2_Weights.IMAGENET1K_V1.get_state_dict(
        progress=True, check_hash=True
    )
