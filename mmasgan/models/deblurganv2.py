"""DeblurGANv2: MMagic's model with bug fixes.

Source: Kupyn et al., DeblurGAN-v2: Deblurring (Orders-of-Magnitude) Faster
and Better, ICCV 2019, Sec. 3. Details that the paper does not state follow
the authors' code.

Bugs of ``DeblurGanV2`` in MMagic 1.2.0 that are fixed here:

- Building ``FPNInception`` or its perceptual loss always downloads weights.
- ``epoch_num += 1`` follows a ``return``, and ``unfreeze`` is called on a
  distributed wrapper, so the backbone is never trained.
- Validation uses running statistics, which differ from those of training; the
  authors' code evaluates with the statistics of each image.
- The generator's losses also contain their sum, so everything counts twice.
- The relativistic loss averages pools of earlier logits, which checkpoints do
  not contain.
- Images are padded with zeros to a multiple of 32, by another 32
  pixels if the size is a multiple already; validation does not pad.
- The parts of the discriminator bypass a distributed wrapper.
- The config of the discriminator is only built if the generator is a config.

Deviation: the discriminator's loss does not have the generator's weight of
0.001; the steps of Adam do not depend on it.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Literal

import torch
from mmagic.models.editors import DeblurGanV2
from mmengine import MessageHub
from mmengine.optim import OptimWrapper
from torch import Tensor, nn
from torch.nn.functional import pad

from .._moved import takes_old_argument
from ..registry import MODELS
from .fpn_backbone import FPNBackbone, without_download
from .paired_gan import PairedGAN
from .parts import Part, build_part, unwrapped
from .steps import Losses

__all__ = ['DeblurGANv2']

STRIDE = 32


@MODELS.register_module()
@takes_old_argument('max_bad_steps', 'max_nonfinite_steps')
class DeblurGANv2(PairedGAN, DeblurGanV2):
    r"""DeblurGANv2 on pairs of blurred and sharp images.

    .. math::
        L_G = 0.001 \, L_{RaGAN} + \frac{0.006}{NCHW}
        \lVert \phi(G(x)) - \phi(y) \rVert_2^2 + \frac{0.5}{NCHW}
        \lVert n(G(x)) - n(y) \rVert_2^2

    with :math:`n` ImageNet's normalisation, :math:`\phi` conv3_3 of VGG-19
    after it, and :math:`L_{RaGAN}` the mean over the two discriminators. The
    networks are those of MMagic.

    Config: see ``configs/_base_/deblurganv2.py``.

    Args:
        generator: Config or module of MMagic's ``DeblurGanV2Generator``.
        discriminator: Config or module, such as MMagic's
            ``DeblurGanV2Discriminator``. None for a model that is only
            tested.
        adversarial_loss: Config or module with ``discriminator_loss``,
            ``generator_loss`` and ``relativistic``.
        content_loss: Config or module, called with (output, ground truth).
            None omits the term.
        pixel_loss: Config or module, called with (output, ground truth). None
            omits the term.
        backbone_weights: ImageNet weights of the backbone, loaded by
            :meth:`init_weights`: ``'timm'`` for Inception, ``'torchvision'``
            for MobileNet, the path of a local file, or None for random
            weights, with a warning. See :meth:`FPNBackbone.load_weights`.
        warmup_iters: Number of iterations before the backbone is trained.
        norm_statistics: Statistics of norm layers in evaluation: ``'image'``,
            those of each image as in training at batch size 1, or
            ``'running'``, as in MMagic.
        max_nonfinite_steps: Number of training steps with a non-finite loss
            or gradient that are skipped, with a warning, before an error.
        data_preprocessor: Config or module that gives RGB in [-1, 1].

    Raises:
        TypeError: If the generator is not one of MMagic's DeblurGANv2.
        ValueError: If ``norm_statistics`` has an invalid value.
    """

    def __init__(
        self,
        generator: Part,
        discriminator: Part,
        adversarial_loss: Part,
        content_loss: Part = None,
        pixel_loss: Part = None,
        backbone_weights: str | None = 'timm',
        warmup_iters: int = 0,
        norm_statistics: Literal['image', 'running'] = 'image',
        max_nonfinite_steps: int = 0,
        data_preprocessor: Part = None,
    ) -> None:
        if norm_statistics not in ('image', 'running'):
            raise ValueError(
                "norm_statistics must be 'image' or 'running', got "
                f'{norm_statistics!r}'
            )
        with without_download():
            built = build_part(generator)
        super().__init__(
            generator=built,
            discriminator=build_part(discriminator),
            data_preprocessor=data_preprocessor,
        )
        self.backbone = FPNBackbone(built)
        self.backbone_weights = backbone_weights
        self.warmup_iters = warmup_iters
        self.norm_statistics = norm_statistics
        self.max_nonfinite_steps = max_nonfinite_steps
        self.adversarial_loss = build_part(adversarial_loss)
        self.content_losses = nn.ModuleDict(
            {
                term: build_part(loss)
                for term, loss in (
                    ('content', content_loss),
                    ('pixel', pixel_loss),
                )
                if loss is not None
            }
        )

    def init_weights(self) -> None:
        """Load the weights of the backbone and of the losses.

        Raises:
            OSError: If weights cannot be downloaded or read.
            ValueError: If a file does not contain the expected weights.
        """
        super().init_weights()
        if self.backbone_weights is not None:
            self.backbone.load_weights(self.backbone_weights)
            return
        warnings.warn(
            'backbone_weights=None: the backbone has random weights, but '
            'DeblurGANv2 starts from ImageNet weights',
            stacklevel=2,
        )

    def _translate(self, blur: Tensor) -> Tensor:
        smallest = self.backbone.smallest_side
        if any(side % STRIDE or side < smallest for side in blur.shape[-2:]):
            raise ValueError(
                f'training crops must be at least {smallest} pixels high and '
                f'wide, and a multiple of {STRIDE}, got '
                f'{tuple(blur.shape[-2:])}: set crop_size'
            )
        return super()._translate(blur)

    def _deblur(self, blur: Tensor) -> Tensor:
        generator = unwrapped(self.generator)
        statistics = (
            _own_statistics(generator)
            if self.norm_statistics == 'image'
            else nullcontext()
        )
        with statistics:
            # One by one, because batch norm would mix the images.
            return torch.cat(
                [self._deblur_one(generator, x) for x in blur.split(1)]
            )

    def _deblur_one(self, generator: nn.Module, blur: Tensor) -> Tensor:
        height, width = blur.shape[-2:]
        bottom, right = self._padding(height), self._padding(width)
        padded = pad(blur, (0, right, 0, bottom), mode='reflect')
        return generator(padded)[..., :height, :width]

    def _padding(self, side: int) -> int:
        smallest = self.backbone.smallest_side
        padding = max(side + -side % STRIDE, smallest) - side
        if padding >= side:
            raise ValueError(
                f'this backbone needs images of more than {smallest // 2} '
                f'pixels in height and width, got {side}'
            )
        return padding

    def _step_generator(
        self, optimizer: OptimWrapper, losses: Losses, files: list[str]
    ) -> None:
        iteration = MessageHub.get_current_instance().get_info('iter', 0)
        if iteration >= self.warmup_iters:
            super()._step_generator(optimizer, losses, files)
            return

        def skip_backbone(*_: object) -> None:
            for weight in self.backbone.parameters():
                weight.grad = None

        # A distributed wrapper needs all gradients. They are then dropped, so
        # that the optimizer skips these weights and does not update its
        # moments.
        handle = optimizer.optimizer.register_step_pre_hook(skip_backbone)
        try:
            super()._step_generator(optimizer, losses, files)
        finally:
            handle.remove()


@contextmanager
def _own_statistics(network: nn.Module) -> Iterator[None]:
    """Let norm layers use the statistics of their input."""
    norms = [
        module
        for module in network.modules()
        if isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d)
    ]
    found = [
        (norm.running_mean, norm.running_var, norm.track_running_stats)
        for norm in norms
    ]
    for norm in norms:
        norm.running_mean = norm.running_var = None
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm, (mean, var, tracked) in zip(norms, found, strict=True):
            norm.running_mean, norm.running_var = mean, var
            norm.track_running_stats = tracked
