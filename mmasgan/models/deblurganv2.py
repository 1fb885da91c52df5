"""DeblurGANv2 by MMagic's own editor, mended.

Source: Kupyn et al., DeblurGAN-v2: Deblurring (Orders-of-Magnitude) Faster
and Better, ICCV 2019, Sec. 3, with its code where the paper is silent.

What is mended in MMagic 1.2.0's ``DeblurGanV2``:

- Building ``FPNInception`` always downloads weights, and so does its
  perceptual loss.
- ``epoch_num += 1`` stands behind a ``return``, and ``unfreeze`` is called on
  a distributed wrapper: the backbone never trains.
- Validation normalises by running statistics, with which nothing was trained;
  the authors' code evaluates with each image's own.
- The generator's losses hold their own sum besides, so all counts twice.
- The relativistic loss averages pools of old scores that no checkpoint holds.
- Images are padded by zeros to a multiple of 32, by 32 where they are one
  already; validation does not pad.
- The discriminator's parts are called past a distributed wrapper.
- The discriminator's config is built only if the generator is a config.

Deviation: the discriminator's loss is not multiplied by the generator's 0.001;
Adam's step does not depend on it.
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
    r"""MMagic's DeblurGANv2 on pairs, as its authors trained it.

    .. math::
        L_G = 0.001 \, L_{RaGAN} + \frac{0.006}{NCHW}
        \lVert \phi(G(x)) - \phi(y) \rVert_2^2 + \frac{0.5}{NCHW}
        \lVert n(G(x)) - n(y) \rVert_2^2

    with :math:`n` ImageNet's normalisation, :math:`\phi` conv3_3 of VGG-19
    after it, and :math:`L_{RaGAN}` the mean over the two discriminators.

    Config: see ``configs/_base_/deblurganv2.py``.

    Args:
        generator: Config or module of MMagic's ``DeblurGanV2Generator``.
        discriminator: Config or module, such as MMagic's
            ``DeblurGanV2Discriminator``. None for a model that is only
            tested.
        adversarial_loss: Config or module with ``discriminator_loss``,
            ``generator_loss`` and ``relativistic``.
        content_loss: Config or module, called with (output, truth). None
            leaves the term out, as for the next one.
        pixel_loss: Config or module, called with (output, truth).
        backbone_weights: ImageNet weights of the backbone, loaded by
            :meth:`init_weights`: ``'timm'`` for Inception, ``'torchvision'``
            for MobileNet, the path of a local file, or None for random ones,
            with a warning. See :meth:`FPNBackbone.load_weights`.
        warmup_iters: First iterations, in which the backbone stays as it is.
        norm_statistics: What norm layers use in evaluation: ``'image'``, the
            statistics of each image as in training at batch size 1, or
            ``'running'`` ones as MMagic.
        max_nonfinite_steps: See :class:`PairedGAN`.
        data_preprocessor: Config or module: RGB in [-1, 1].

    Raises:
        TypeError: If the generator is not one of MMagic's.
        ValueError: If ``norm_statistics`` has another value.
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
        """Load the weights that backbone and losses need.

        Raises:
            OSError: If they cannot be downloaded or read.
            ValueError: If they are others than expected.
        """
        super().init_weights()
        if self.backbone_weights is not None:
            self.backbone.load_weights(self.backbone_weights)
            return
        warnings.warn(
            'backbone_weights=None: the backbone has random weights, while '
            'DeblurGANv2 starts from those of ImageNet',
            stacklevel=2,
        )

    def _translate(self, blur: Tensor) -> Tensor:
        smallest = self.backbone.smallest_side
        if any(side % STRIDE or side < smallest for side in blur.shape[-2:]):
            raise ValueError(
                f'crops for training must have sides of at least {smallest} '
                f'and a multiple of {STRIDE}, got {tuple(blur.shape[-2:])}: '
                'set crop_size'
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
            # One by one, since batch norm would mix the images.
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
                f'an image must have sides of more than {smallest // 2} '
                f'pixels for this backbone, got {side}'
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

        # Gradients are computed, as a distributed wrapper expects, and then
        # dropped: an optimiser passes over weights without one, so that its
        # moments start with the first update.
        handle = optimizer.optimizer.register_step_pre_hook(skip_backbone)
        try:
            super()._step_generator(optimizer, losses, files)
        finally:
            handle.remove()


@contextmanager
def _own_statistics(network: nn.Module) -> Iterator[None]:
    """Let norm layers use what they see, and keep their running numbers."""
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
