"""DeblurGAN: Wasserstein loss and content loss on pairs.

Source: Kupyn et al., DeblurGAN: Blind Motion Deblurring Using Conditional
Adversarial Networks, CVPR 2018, Sec. 3. Details that the paper does not state
follow the authors' code.

Deviation: the norm of the gradient penalty is per sample, as in WGAN-GP, not
per pixel as in the code. Deviation: residual blocks have two convolutions, as
intended; in the code, operator precedence drops one. Deviation: the critic
pads by 1, as in PatchGAN, not by 2; both have 70x70 receptive fields.
"""

from torch import Tensor, nn

from .._moved import takes_old_argument
from ..registry import MODELS
from .paired_gan import PairedGAN, logits_of
from .parts import Part, build_part
from .steps import Losses

__all__ = ['DeblurGAN']


@MODELS.register_module()
@takes_old_argument('max_bad_steps', 'max_nonfinite_steps')
class DeblurGAN(PairedGAN):
    r"""One generator and one critic on pairs of blurred and sharp images.

    .. math::
        L_G = -\mathbb{E}[D(G(x))] + 100 \, \frac{1}{NCHW}
        \lVert \phi(G(x)) - \phi(y) \rVert_2^2

    with :math:`\phi` conv3_3 of VGG-19 on images in [-1, 1], without
    ImageNet's normalisation. The critic is updated five times on each batch,
    then the generator on the same batch.

    Config: see ``configs/_base_/deblurgan.py``.

    Args:
        generator: Config or module; its ``forward`` takes images
            (N, 3, H, W) in [-1, 1].
        discriminator: Config or module of the critic. None for a model that
            is only tested.
        adversarial_loss: Config or module with ``discriminator_loss``,
            ``generator_loss`` and ``relativistic``.
        content_loss: Config or module, called with (output, ground truth).
        gradient_penalty: Config or module, called with (discriminator, real,
            fake). None omits the term.
        discriminator_steps: Critic updates per generator update, at least 1.
        max_nonfinite_steps: Number of training steps with a non-finite loss
            or gradient that are skipped, with a warning, before an error.
        data_preprocessor: Config or module that gives RGB in [-1, 1].

    Raises:
        ValueError: If ``discriminator_steps`` is less than 1.
    """

    def __init__(
        self,
        generator: Part,
        discriminator: Part,
        adversarial_loss: Part,
        content_loss: Part,
        gradient_penalty: Part = None,
        discriminator_steps: int = 5,
        max_nonfinite_steps: int = 0,
        data_preprocessor: Part = None,
    ) -> None:
        if discriminator_steps < 1:
            raise ValueError(
                'discriminator_steps must be at least 1, got '
                f'{discriminator_steps}'
            )
        super().__init__(data_preprocessor=data_preprocessor)
        self.generator = build_part(generator)
        self.discriminator = build_part(discriminator)
        self.adversarial_loss = build_part(adversarial_loss)
        self.content_losses = nn.ModuleDict()
        if content_loss is not None:
            self.content_losses['content'] = build_part(content_loss)
        self.gradient_penalty = build_part(gradient_penalty)
        self.discriminator_steps = discriminator_steps
        self.max_nonfinite_steps = max_nonfinite_steps

    def _discriminator_losses(self, sharp: Tensor, fake: Tensor) -> Losses:
        losses = super()._discriminator_losses(sharp, fake)
        if self.gradient_penalty is not None:
            losses['loss_penalty_deblur'] = self.gradient_penalty(
                self._judge, sharp, fake
            )
        return losses

    def _judge(self, images: Tensor) -> Tensor:
        (logits,) = logits_of(self.discriminator, images)
        return logits
