"""The 70x70 PatchGAN discriminator with instance norm.

It is the same network as MMagic's ``PatchDiscriminator(num_conv=3)``.
Importing that class takes as long as importing all models of MMagic.
"""

from torch import Tensor, nn

from ..layers.checks import check_images
from ..layers.initialization import init_normal
from ..layers.instance_norm import InstanceNorm2d
from ..registry import MODELS

__all__ = ['INPatchDiscriminator']

MIN_SIZE = 24  # gives one patch


@MODELS.register_module()
class INPatchDiscriminator(nn.Module):
    """PatchGAN discriminator: one logit for each overlapping 70x70 patch.

    Five 4x4 convolutions with strides 2, 2, 2, 1, 1, LeakyReLU 0.2, and
    instance norm without affine except in the first and last layer. Instance
    norm keeps samples independent, which a gradient penalty requires. There
    is no sigmoid.

    Source: Isola et al., Image-to-Image Translation with Conditional
    Adversarial Networks, CVPR 2017, Sec. 3.2.2, with the instance norm of
    CycleGAN (Zhu et al., ICCV 2017). Differs from them in: nothing.

    Config: ``dict(type='mmasgan.INPatchDiscriminator')``

    Args:
        in_channels: Channels of the images.
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
        """Initialise with N(0, 0.02) and zero biases, as in CycleGAN."""
        init_normal(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        """Compute one logit per patch.

        Args:
            x: Images, (N, in_channels, H, W), in [-1, 1].

        Returns:
            Logits, (N, 1, h, w), unbounded.

        Raises:
            ValueError: If the number of channels is wrong or H or W is less
                than 24.
        """
        check_images(x, self.in_channels, MIN_SIZE)
        return self.layers(x)
