"""The first seven convolutions of VGG-19, frozen.

torchvision's constructor would build all 144 M parameters, of which conv3_3
needs 1.7 M.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..layers.initialization import init_kaiming
from ..registry import MODELS
from .weights import main_process_first, read_tensors, select_tensors

__all__ = ['VGGFeatures']

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
CONV3_3 = 14  # index in torchvision's vgg19().features; its ReLU is 15


@MODELS.register_module()
class VGGFeatures(nn.Module):
    """VGG-19 up to conv3_3, with frozen weights.

    The weights are random (Kaiming normal) until :meth:`load_weights`.

    Source: Simonyan and Zisserman, ICLR 2015, configuration E, with
    torchvision's layer numbers. Differs from it in: nothing.

    Config: ``dict(type='mmasgan.VGGFeatures')``

    Args:
        after_relu: Whether to include the ReLU of conv3_3.
        use_input_norm: Whether to normalise images with ImageNet's mean and
            standard deviation.

    Shape:
        (N, 3, H, W), RGB in [-1, 1], H and W at least 4, to
        (N, 256, H/4, W/4), sizes rounded down.
    """

    shift: Tensor
    scale: Tensor

    def __init__(
        self, after_relu: bool = False, use_input_norm: bool = True
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width, count in ((64, 2), (128, 2), (256, 3)):
            if layers:
                layers.append(nn.MaxPool2d(2))
            for _ in range(count):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers[: CONV3_3 + 1 + after_relu])
        init_kaiming(self.features, mode='fan_out')
        self.requires_grad_(False)

        shift, scale = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
        if use_input_norm:
            # ((x + 1) / 2 - mean) / std, as one shift and one scale.
            shift = 2 * torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1) - 1
            scale = 2 * torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)
        self.register_buffer('shift', shift, persistent=False)
        self.register_buffer('scale', scale, persistent=False)

    def load_weights(self, source: str) -> None:
        """Load pre-trained weights.

        With several processes, the main process goes first, so that the
        weights are downloaded only once.

        Args:
            source: ``'torchvision'``, or the path of a local file with
                torchvision's key names (``features.0.weight`` ...); other
                keys are ignored.

        Raises:
            OSError: If the weights cannot be downloaded or read.
            ValueError: If a key is missing or has a wrong shape.
        """
        with main_process_first():
            state_dict = _read(source)
        wanted = {
            name: value
            for name, value in self.state_dict().items()
            if name.startswith('features.')
        }
        what = f"{source} does not contain torchvision's VGG-19 weights"
        self.load_state_dict(select_tensors(state_dict, wanted, what))

    def forward(self, x: Tensor) -> Tensor:
        """Compute the features of conv3_3.

        Args:
            x: Images, (N, 3, H, W), RGB in [-1, 1].

        Returns:
            Features, (N, 256, H/4, W/4), unbounded.
        """
        return self.features((x - self.shift) / self.scale)


def _read(source: str) -> Mapping[str, Tensor]:
    if source == 'torchvision':
        return _torchvision_state_dict()
    return read_tensors(source)


def _torchvision_state_dict() -> Mapping[str, Tensor]:
    from torchvision.models import VGG19_Weights

    try:
        return VGG19_Weights.IMAGENET1K_V1.get_state_dict(
            progress=True, check_hash=True
        )
    except OSError as error:
        raise OSError(
            f"torchvision's VGG-19 weights could not be downloaded ({error}). "
            'Download them on another machine and set weights=<path>, or use '
            'random weights with weights=None'
        ) from error
