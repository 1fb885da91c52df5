"""The 70x70 PatchGAN with instance norm.

Source: Isola et al., Image-to-Image Translation with Conditional Adversarial
Networks, CVPR 2017, Sec. 3.2.2; instance norm as CycleGAN (Zhu et al., ICCV
2017). The same network as the host's ``PatchDiscriminator(num_conv=3)``,
whose import costs that of all MMagic models.
"""

from torch import Tensor, nn

from ..layers.checks import check_images
from ..layers.initialization import init_normal
from ..layers.instance_norm import InstanceNorm2d
from ..registry import MODELS

__all__ = ['INPatchDiscriminator']

MIN_SIZE = 24  # gives one patch; below it the last convolution finds no room


@MODELS.register_module()
class INPatchDiscriminator(nn.Module):
    """Judge overlapping 70x70 patches: five convolutions, no sigmoid.

    4x4 kernels, strides 2, 2, 2, 1, 1, LeakyReLU 0.2; instance norm (without
    affine) in all but the first and the last, so samples stay independent, as
    a gradient penalty needs.

    Config: ``dict(type='mmasgan.INPatchDiscriminator')``

    Args:
        in_channels: Channels of the image.
        base_channels: Channels after the first convolution.

    Shape:
        (N, in_channels, H, W), H and W at least 24, to logits (N, 1, h, w);
        256x256 gives 30x30.
    """

    def __init__(self, in_channels: int = 3, base_channels: int = 64) -> None:
        super().__init__()
        self.in_channels = in_channels
        layers: list[nn.Module] = [
            nn.Conv2d(in_channels, base_channels, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        channels = base_channels
        for stride in (2, 2, 1):
            layers += [
                nn.Conv2d(channels, 2 * channels, 4, stride=stride, padding=1),
                InstanceNorm2d(2 * channels),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            channels *= 2
        layers.append(nn.Conv2d(channels, 1, 4, stride=1, padding=1))
        self.layers = nn.Sequential(*layers)
        self.init_weights()

    def init_weights(self) -> None:
        """Draw N(0, 0.02) for all weights and set biases to 0, as CycleGAN."""
        init_normal(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        """Compute one logit a patch.

        Args:
            x: Images, (N, in_channels, H, W), in [-1, 1].

        Returns:
            Logits, (N, 1, h, w), unbounded.

        Raises:
            ValueError: If the channels do not fit or an image is too small.
        """
        check_images(x, self.in_channels, MIN_SIZE)
        return self.layers(x)
