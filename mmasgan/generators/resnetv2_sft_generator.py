"""The AS-CycleGAN generator.

Source: Motion Image Deblurring using AS-Cycle Generative Adversarial Network,
Sec. 2.2 and Fig. 2. The base is CycleGAN's nine-block ResNet generator (Zhu
et al., ICCV 2017), with the global residual of DeblurGAN (Kupyn et al., CVPR
2018) and the SFT layers of SFTGAN (Wang et al., CVPR 2018).

Deviation: by default, the sum is clamped to [-1, 1] only in evaluation,
because clamped values have no gradient; ``clamp='always'`` is DeblurGAN's
form. Deviation: images are padded to a multiple of 4 by reflection and
cropped afterwards.
"""

import warnings
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ..layers import ConditionNetwork, PreActResidualBlock, ResidualBlock
from ..layers.checks import check_images
from ..layers.initialization import init_kaiming, init_normal
from ..layers.instance_norm import InstanceNorm2d
from ..layers.reflect_conv import ReflectConv2d
from ..registry import MODELS

__all__ = ['ResNetV2SFTGenerator']

STRIDE = 4  # two stride-2 convolutions
MIN_SIZE = 16  # leaves four pixels per side at the bottleneck
# Initial scales of residual branches without norms. With a large residual, the
# first steps can switch off all ReLUs permanently.
SMALL_BRANCH = 0.1
SMALL_RESIDUAL = 0.01

BLOCKS = {'v1': ResidualBlock, 'v2': PreActResidualBlock}
CLAMPS = ('eval', 'always', 'never')


@MODELS.register_module()
class ResNetV2SFTGenerator(nn.Module):
    """ResNet generator with a global residual and SFT layers.

    ``block='v1', sft=False`` gives the paper's ResNet row. Adding
    ``global_residual=False, dropout=0`` gives CycleGAN's generator.

    Config: ``dict(type='mmasgan.ResNetV2SFTGenerator', num_blocks=9)``

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output; equal to ``in_channels`` with a
            global residual.
        base_channels: Channels after the stem; the blocks have four times as
            many.
        num_blocks: Number of residual blocks.
        block: Type of the blocks: ``'v2'`` (pre-activation) or ``'v1'``
            (post-activation).
        sft: Whether SFT layers replace the affine of both norms of each block.
        num_classes: Number of classes K of the semantic map.
        dropout: Dropout probability of the blocks in training.
        global_residual: Whether to add the input to the output.
        clamp: When to clamp the sum to [-1, 1]: ``'eval'`` (only in
            evaluation), ``'always'`` or ``'never'``. Without a global
            residual, Tanh limits the range.
        norm: Whether to use instance norm, as in the paper. It removes the
            contrast of the image from the features, so the residual cannot
            depend on the contrast. A network without norms is initialised as
            in He et al., ICCV 2015, with a small residual.

    Shape:
        (N, in_channels, H, W) in [-1, 1], H and W at least 16, and optionally
        a semantic map (N, num_classes, H, W), to (N, out_channels, H, W), in
        [-1, 1] if clamped and in [-2, 2] otherwise.

    Raises:
        ValueError: If an argument has an invalid value.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        base_channels: int = 64,
        num_blocks: int = 9,
        block: Literal['v1', 'v2'] = 'v2',
        sft: bool = True,
        num_classes: int = 8,
        dropout: float = 0.5,
        global_residual: bool = True,
        clamp: Literal['eval', 'always', 'never'] = 'eval',
        norm: bool = True,
    ) -> None:
        super().__init__()
        if block not in BLOCKS:
            raise ValueError(f"block must be 'v1' or 'v2', got {block!r}")
        if clamp not in CLAMPS:
            raise ValueError(f'clamp must be one of {CLAMPS}, got {clamp!r}')
        if global_residual and in_channels != out_channels:
            raise ValueError(
                'global_residual needs in_channels == out_channels, got '
                f'{in_channels} and {out_channels}'
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_classes = num_classes
        self.global_residual = global_residual
        self.clamp = clamp
        self.norm = norm
        self._warned_uniform = False

        width = 4 * base_channels
        self.encoder = nn.Sequential(
            # As in CycleGAN, only the stem and head have reflection padding.
            ReflectConv2d(in_channels, base_channels, 7),
            *_norm_relu(base_channels, norm),
            *_downconv_norm_relu(base_channels, 2 * base_channels, norm),
            *_downconv_norm_relu(2 * base_channels, width, norm),
        )
        self.condition = ConditionNetwork(num_classes) if sft else None
        cond_channels = 32 if sft else None
        self.blocks = nn.ModuleList(
            BLOCKS[block](width, dropout, cond_channels, norm)
            for _ in range(num_blocks)
        )
        # The sum of pre-activation blocks has no norm and activation.
        last = _norm_relu(width, norm) if block == 'v2' else []
        self.decoder = nn.Sequential(
            *last,
            *_upconv_norm_relu(width, 2 * base_channels, norm),
            *_upconv_norm_relu(2 * base_channels, base_channels, norm),
            ReflectConv2d(base_channels, out_channels, 7),
            nn.Tanh(),
        )
        self.init_weights()

    def init_weights(self) -> None:
        """Initialise with CycleGAN's N(0, 0.02), except the condition path.

        The condition network keeps PyTorch's initialisation: five layers of
        N(0, 0.02) would reduce its output to almost zero. Without norms, the
        same would happen to the features, so they are initialised as in He et
        al., ICCV 2015.
        """
        init = init_normal if self.norm else init_kaiming
        for part in (self.encoder, self.decoder):
            init(part)
        for block in self.blocks:
            init(block.get_submodule('conv1'))
            init(block.get_submodule('conv2'))
        if not self.norm:
            head = self.decoder.get_submodule(str(len(self.decoder) - 2))
            head.get_parameter('weight').data.mul_(SMALL_RESIDUAL)
            for block in self.blocks:
                weight = block.get_parameter('conv2.weight')
                weight.data.mul_(SMALL_BRANCH)

    def forward(self, x: Tensor, semantic: Tensor | None = None) -> Tensor:
        """Translate a batch of images.

        Args:
            x: Images, (N, in_channels, H, W), RGB in [-1, 1].
            semantic: Class probabilities, (N, num_classes, H, W), in [0, 1].
                None means the uniform map, with one warning.

        Returns:
            Images, (N, out_channels, H, W).

        Raises:
            TypeError: If a data type differs from that of the weights.
            ValueError: If a shape is wrong.
        """
        self.check(x, semantic)
        condition = self.condition_of(x, semantic)
        features = self.encoder(self.pad(x))
        for block in self.blocks:
            features = block(features, condition)
        return self.end(x, self.decoder(features))

    def pad(self, x: Tensor) -> Tensor:
        """Pad to a multiple of the stride, right and below, by reflection.

        Args:
            x: Images or maps, (N, C, H, W).
        """
        height, width = x.shape[-2:]
        padding = (0, -width % STRIDE, 0, -height % STRIDE)
        return pad(x, padding, mode='reflect') if any(padding) else x

    def condition_of(
        self, x: Tensor, semantic: Tensor | None
    ) -> Tensor | None:
        """Compute the condition of the SFT layers, paper Sec. 2.2.

        Args:
            x: Images, (N, C, H, W).
            semantic: Class probabilities, (N, K, H, W). None means the
                uniform map.

        Returns:
            Condition, (N, 32, H/4, W/4), or (N, 32, 1, 1) for the uniform
            map; None without SFT layers.
        """
        if self.condition is None:
            return None
        if semantic is not None:
            return self.condition(self.pad(semantic))
        if not self._warned_uniform:
            self._warned_uniform = True
            warnings.warn(
                'no semantic map given: the SFT layers use the uniform map '
                f'(1/{self.num_classes} for each class)',
                stacklevel=3,
            )
        # One patch is enough: the condition is the same at every pixel.
        size = (len(x), self.num_classes, STRIDE, STRIDE)
        return self.condition(x.new_full(size, 1 / self.num_classes))

    def end(self, x: Tensor, out: Tensor) -> Tensor:
        """Crop the output of the decoder and add the input.

        Args:
            x: Input images, (N, C, H, W).
            out: Output of the decoder, (N, C, H', W'), padded.
        """
        height, width = x.shape[-2:]
        out = out[..., :height, :width]
        if not self.global_residual:
            return out
        out = x + out
        if self.clamp == 'never' or (self.clamp == 'eval' and self.training):
            return out
        return out.clamp(-1, 1)

    def check(self, x: Tensor, semantic: Tensor | None) -> None:
        """Check shapes and data types of the inputs.

        Args:
            x: Images, (N, C, H, W).
            semantic: Class probabilities, (N, K, H, W), or None.

        Raises:
            TypeError: If a data type differs from that of the weights.
            ValueError: If a shape is wrong.
        """
        check_images(x, self.in_channels, MIN_SIZE)
        expected = (len(x), self.num_classes, *x.shape[-2:])
        if semantic is not None and semantic.shape != torch.Size(expected):
            raise ValueError(
                f'semantic must be {expected} to match x and num_classes, got '
                f'{tuple(semantic.shape)}'
            )
        dtype = next(self.parameters()).dtype
        for name, given in (('x', x), ('semantic', semantic)):
            if given is None or given.dtype == dtype:
                continue
            if not torch.is_autocast_enabled(given.device.type):
                raise TypeError(
                    f'{name} must be {dtype}, as the weights are, got '
                    f'{given.dtype}'
                )


def _downconv_norm_relu(
    in_channels: int, out_channels: int, norm: bool
) -> list[nn.Module]:
    return [
        nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1),
        *_norm_relu(out_channels, norm),
    ]


def _upconv_norm_relu(
    in_channels: int, out_channels: int, norm: bool
) -> list[nn.Module]:
    return [
        nn.ConvTranspose2d(
            in_channels, out_channels, 3, stride=2, padding=1, output_padding=1
        ),
        *_norm_relu(out_channels, norm),
    ]


def _norm_relu(channels: int, norm: bool) -> list[nn.Module]:
    # An identity in place of a norm keeps the names of the parameters.
    return [
        InstanceNorm2d(channels) if norm else nn.Identity(),
        nn.ReLU(inplace=True),
    ]
