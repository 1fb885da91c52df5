"""Base class of the models that are trained on pairs."""

from typing import Any

import torch
from mmagic.models.utils import set_requires_grad
from mmagic.structures import DataSample
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import Tensor

from .batch import DOMAINS, files_of, split_inputs
from .parts import refuse_other_modes, unwrapped
from .prediction import predict
from .steps import Losses, optimize

__all__ = ['PairedGAN', 'logits_of']


class PairedGAN(BaseModel):
    """One generator and one discriminator, trained on pairs.

    Subclasses set the attributes below. The base schedule calls its optimizers
    ``generators`` and ``discriminators``, so a config maps them to modules::

        optim_wrapper.generators.modules = 'generator'
        optim_wrapper.discriminators.modules = 'discriminator'

    Attributes:
        generator: Module from blurred images (N, 3, H, W) in [-1, 1] to sharp
            images (N, 3, H, W).
        discriminator: Module from images to logits (N, 1, h, w), or to a list
            of logits, whose losses are averaged. None for a model that is
            only tested.
        adversarial_loss: Module with ``discriminator_loss``,
            ``generator_loss`` and ``relativistic``.
        content_losses: Modules by term, called with (output, ground truth).
        discriminator_steps: Discriminator updates per generator update, on
            the same batch.
        max_nonfinite_steps: Number of training steps with a non-finite loss
            or gradient that are skipped, with a warning, before an error.
    """

    generator: Any
    discriminator: Any
    adversarial_loss: Any
    content_losses: Any
    data_preprocessor: Any
    discriminator_steps: int = 1
    max_nonfinite_steps: int = 0

    def init_weights(self) -> None:
        """Initialise the networks and load pre-trained weights."""
        parts = unwrapped(self.generator), unwrapped(self.discriminator)
        for part in (*parts, *self.content_losses.values()):
            if hasattr(part, 'init_weights'):
                part.init_weights()

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[DataSample] | None = None,
        mode: str = 'tensor',
    ) -> Tensor:
        """Deblur images, in the current mode of the model.

        Args:
            inputs: Images, (N, 3, H, W), RGB in [-1, 1].
            data_samples: Ignored; part of MMEngine's interface.
            mode: ``'tensor'``, the only supported mode.

        Returns:
            Images, (N, 3, H, W), RGB in [-1, 1].

        Raises:
            ValueError: If ``mode`` is not ``'tensor'``.
        """
        refuse_other_modes(mode)
        return self._deblur(inputs)

    def train_step(
        self, data: dict, optim_wrapper: OptimWrapperDict
    ) -> Losses:
        """Update the discriminator, then the generator.

        Args:
            data: Batch whose ``inputs`` are ``img_blur`` and ``img_sharp``,
                each (N, 3, H, W), RGB in [0, 255], aligned pairs.
            optim_wrapper: Optimizer wrappers named ``generators`` and
                ``discriminators``.

        Returns:
            Each weighted term as ``loss_<term>_deblur``; those of the
            discriminator are from its last update.

        Raises:
            FloatingPointError: If more than ``max_nonfinite_steps`` steps had
                a loss or gradient that is not finite. The message names
                iteration, term and files; the last such step changed no
                weight.
        """
        files = files_of(data)
        inputs = self.data_preprocessor(data, training=True)['inputs']
        real, _ = split_inputs(inputs, required=DOMAINS)
        gen_optim = optim_wrapper['generators']
        disc_optim = optim_wrapper['discriminators']

        with gen_optim.optim_context(self.generator):
            fake = self._translate(real['blur'])
        fixed = fake.detach().float()
        losses: Losses = {}
        for _ in range(self.discriminator_steps):
            with disc_optim.optim_context(self.discriminator):
                losses = self._discriminator_losses(real['sharp'], fixed)
            optimize(
                disc_optim,
                self.discriminator,
                losses,
                files,
                self.max_nonfinite_steps,
            )

        set_requires_grad(self.discriminator, False)
        with gen_optim.optim_context(self.generator):
            gen_losses = self._generator_losses(real['sharp'], fake)
        self._step_generator(gen_optim, gen_losses, files)
        set_requires_grad(self.discriminator, True)
        losses.update(gen_losses)
        return {name: term.detach() for name, term in losses.items()}

    def val_step(self, data: dict) -> list[DataSample]:
        """Deblur a batch; see :func:`~mmasgan.models.prediction.predict`."""
        return predict(
            self, data, lambda images, _: self._deblur(images['blur'])
        )

    def test_step(self, data: dict) -> list[DataSample]:
        """Deblur a batch; see :func:`~mmasgan.models.prediction.predict`."""
        return self.val_step(data)

    def _translate(self, blur: Tensor) -> Tensor:
        return self.generator(blur)

    def _deblur(self, blur: Tensor) -> Tensor:
        return unwrapped(self.generator)(blur)

    def _step_generator(
        self, optimizer: OptimWrapper, losses: Losses, files: list[str]
    ) -> None:
        optimize(
            optimizer, self.generator, losses, files, self.max_nonfinite_steps
        )

    def _discriminator_losses(self, sharp: Tensor, fake: Tensor) -> Losses:
        terms = [
            self.adversarial_loss.discriminator_loss(*logits)
            for logits in zip(
                logits_of(self.discriminator, sharp),
                logits_of(self.discriminator, fake),
                strict=True,
            )
        ]
        return {'loss_disc_deblur': torch.stack(terms).mean()}

    def _generator_losses(self, sharp: Tensor, fake: Tensor) -> Losses:
        # A distributed wrapper would wait for gradients of the frozen network.
        discriminator = unwrapped(self.discriminator)
        fake_logits = logits_of(discriminator, fake)
        real_logits: list[Any] = [None] * len(fake_logits)
        if self.adversarial_loss.relativistic:
            real_logits = logits_of(discriminator, sharp)
        terms = [
            self.adversarial_loss.generator_loss(*logits)
            for logits in zip(real_logits, fake_logits, strict=True)
        ]
        losses = {'loss_gan_deblur': torch.stack(terms).mean()}
        for term, loss in self.content_losses.items():
            losses[f'loss_{term}_deblur'] = loss(fake.float(), sharp)
        return losses


def logits_of(discriminator: Any, images: Tensor) -> list[Tensor]:
    """Return the logits of a discriminator as a list.

    Args:
        discriminator: Module that returns logits, or a list of logits.
        images: Images, (N, 3, H, W), in [-1, 1].

    Returns:
        Logits of each head, (N, 1, h, w), float32.
    """
    found = discriminator(images)
    if isinstance(found, Tensor):
        found = [found]
    return [logits.float() for logits in found]
