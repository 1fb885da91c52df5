"""SimMIM whose guesses are judged: parts of mmasgan in an mmpretrain model.

SimMIM (Xie et al., CVPR 2022) hides patches of an image and learns to fill
them in; by pixel loss alone it fills in a blur. Here a PatchGAN looks at what
was filled in, and the decoder is told where patches were hidden, by a spatial
feature transform. The three parts come from mmasgan, by name.
"""

import torch
import torch.nn.functional as F
from mmpretrain.models import SimMIM
from mmpretrain.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class AdversarialSimMIM(SimMIM):
    """SimMIM with an adversarial loss and a conditioned decoder.

    Args:
        sft: Config of a layer that modulates the encoder's last features,
            (N, C, h, w), by the mask, (N, 1, h, w).
        discriminator: Config of a network from images to logits.
        adversarial_loss: Config of a loss with ``generator_loss`` and
            ``discriminator_loss``.
        **kwargs: Those of SimMIM.
    """

    def __init__(
        self, sft: dict, discriminator: dict, adversarial_loss: dict, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.sft = MODELS.build(sft)
        self.discriminator = MODELS.build(discriminator)
        self.adversarial_loss = MODELS.build(adversarial_loss)

    def fill_in(self, images: Tensor, mask: Tensor) -> Tensor:
        """Guess what is hidden.

        Args:
            images: (N, 3, H, W), normalised.
            mask: 1 where a token is hidden, (N, H / 4, W / 4).

        Returns:
            Guesses for all of the image, (N, 3, H, W).
        """
        features = self.backbone(images, mask)[-1]
        hidden = F.adaptive_avg_pool2d(
            mask[:, None].float(), features.shape[-2:]
        )
        return self.neck(self.sft(features, hidden))

    def loss(
        self, inputs: Tensor, data_samples: list, **kwargs
    ) -> dict[str, Tensor]:
        """Return all losses, which one optimiser minimises at once.

        Neither side of the adversarial game feels the other's loss: the
        discriminator's weights rest while it judges for the generator, and
        the guesses are detached while it learns.
        """
        mask = torch.stack([sample.mask for sample in data_samples])
        guess = self.fill_in(inputs, mask)
        hidden = F.interpolate(mask[:, None].float(), inputs.shape[-2:])
        filled_in = torch.lerp(inputs, guess, hidden)

        self.discriminator.requires_grad_(False)
        for_generator = self.adversarial_loss.generator_loss(
            self.discriminator(inputs), self.discriminator(filled_in)
        )
        self.discriminator.requires_grad_(True)
        for_discriminator = self.adversarial_loss.discriminator_loss(
            self.discriminator(inputs), self.discriminator(filled_in.detach())
        )
        return dict(
            loss_pixel=self.head.loss(guess, inputs, mask),
            loss_generator=for_generator,
            loss_discriminator=for_discriminator,
        )
