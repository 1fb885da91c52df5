"""AS-CycleGAN: wiring and training step.

Source: Motion Image Deblurring using AS-Cycle Generative Adversarial Network.
Its symbols, read so that all of its equations agree:

==================  ==========================================================
paper               here
==================  ==========================================================
X, Y                the domains ``blur``, ``sharp``
G_A: X to Y         ``generators['sharp']``, direction ``deblur``
G_B: Y to X         ``generators['blur']``, direction ``reblur``
D_A, D_B            ``discriminators['sharp']``, ``discriminators['blur']``
L_GAN, Eq. (3) (4)  ``adversarial_loss`` and ``gradient_penalty``
L_cyc, Eq. (5)      ``cycle_loss``
L_identity, Eq. (6) ``identity_loss``
N = 60              ``pool_size`` (batch 1)
==================  ==========================================================
"""

from functools import partial
from typing import Any

import torch
from mmagic.models.base_models import BaseTranslationModel
from mmagic.models.utils import set_requires_grad
from mmagic.structures import DataSample
from mmengine import MessageHub
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from ..losses.functional import share_told_apart
from ..registry import MODELS
from .batch import (
    DOMAINS,
    SYNTHETIC,
    Images,
    Maps,
    check_channel_orders,
    files_of,
    split_inputs,
)
from .domain_networks import DomainNetworks
from .image_pool import ImagePool
from .parts import Part, build_part
from .prediction import predict
from .steps import Losses, optimize

__all__ = ['ASCycleGAN']

DIRECTION = {'sharp': 'deblur', 'blur': 'reblur'}  # by target domain
SOURCE = {'sharp': 'blur', 'blur': 'sharp'}
EVERY_INPUT = (*DOMAINS, SYNTHETIC)


@MODELS.register_module()
class ASCycleGAN(BaseTranslationModel):
    """Two generators and two discriminators on unpaired domains.

    Config: see ``configs/_base_/models.py``.

    Args:
        generator: Config, built once a direction; its ``forward`` takes images
            (N, 3, H, W) in [-1, 1] and a semantic map or None.
        discriminator: Config, built once a domain. None for a model that is
            only tested.
        adversarial_loss: Config or module with ``discriminator_loss``,
            ``generator_loss`` and ``relativistic``. None leaves the term out,
            as for the other losses.
        cycle_loss: Config or module, called with (reconstruction, original).
        identity_loss: Config or module, called with (output, original).
        pixel_cycle_loss: Config or module; a second cycle loss.
        supervised_loss: Config or module, called with (output, truth) of
            blur made from the sharp images, which needs no pair. Not in the
            paper.
        gradient_penalty: Config or module, called with (discriminator, real,
            fake).
        pool_size: Generated images kept for each discriminator.
        discriminator_steps: Discriminator updates for each generator update.
        weight_clip: Bound of the discriminators' weights; None for none.
        max_bad_steps: Steps of a training that may be left out, with a
            warning, because a loss or gradient is not finite.
        channels_last: Whether weights have the channels last in memory, the
            faster layout for convolutions in bfloat16. A distributed wrapper
            sums wrong gradients of weights whose layout changes later.
        data_preprocessor: Config or module: RGB in [-1, 1].

    Raises:
        TypeError: If ``generator`` or ``discriminator`` is not a config.
    """

    generators: Any
    pools: Any
    discriminators: Any

    def __init__(
        self,
        generator: dict,
        discriminator: dict | None,
        adversarial_loss: Part,
        cycle_loss: Part,
        identity_loss: Part = None,
        pixel_cycle_loss: Part = None,
        supervised_loss: Part = None,
        gradient_penalty: Part = None,
        pool_size: int = 60,
        discriminator_steps: int = 1,
        weight_clip: float | None = None,
        max_bad_steps: int = 0,
        channels_last: bool = False,
        data_preprocessor: Part = None,
    ) -> None:
        for name, part in (
            ('generator', generator),
            ('discriminator', discriminator or {}),
        ):
            if not isinstance(part, dict):
                raise TypeError(
                    f'{name} must be a config dict, since one is built for '
                    f'each domain; got {type(part).__name__}'
                )
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            default_domain='sharp',
            reachable_domains=list(DOMAINS),
            related_domains=list(DOMAINS),
            data_preprocessor=data_preprocessor,
            discriminator_steps=discriminator_steps,
        )
        self.generators = DomainNetworks(self.generators)
        if discriminator is not None:
            self.discriminators = DomainNetworks(self.discriminators)
        self.adversarial_loss = build_part(adversarial_loss)
        self.gradient_penalty = build_part(gradient_penalty)
        self.cycle_loss = build_part(cycle_loss)
        self.pixel_cycle_loss = build_part(pixel_cycle_loss)
        self.identity_loss = build_part(identity_loss)
        self.supervised_loss = build_part(supervised_loss)
        self.pools = nn.ModuleDict({d: ImagePool(pool_size) for d in DOMAINS})
        self.weight_clip = weight_clip
        self.max_bad_steps = max_bad_steps
        if channels_last:
            self.to(memory_format=torch.channels_last)

    def init_weights(self) -> None:
        """Initialise networks and load the weights that losses need."""
        parts = [
            self.cycle_loss,
            self.pixel_cycle_loss,
            self.identity_loss,
            self.supervised_loss,
        ]
        for networks in (self.generators, self.discriminators):
            if networks is not None:
                parts += self.get_module(networks).values()
        for part in parts:
            if hasattr(part, 'init_weights'):
                part.init_weights()

    def train_step(
        self, data: dict, optim_wrapper: OptimWrapperDict
    ) -> Losses:
        """Update the discriminators, then the generators.

        Args:
            data: A batch with ``inputs`` ``img_blur`` and ``img_sharp``, RGB
                in [0, 255], unpaired; ``semantic_blur`` and ``semantic_sharp``
                where there are maps; ``img_synthetic`` (``img_sharp``,
                blurred) where there is a supervised loss.
            optim_wrapper: Wrappers named ``generators``, ``discriminators``.

        Returns:
            Every term, weighted, as ``loss_<term>_<direction>``; with an
            adversarial one, :func:`share_told_apart` as ``balance_...`` too.

        Raises:
            FloatingPointError: If a term or gradient is not finite once more
                than ``max_bad_steps``. It names iteration, term and files;
                the term has changed no weight.
        """
        files = files_of(data)
        check_channel_orders(data)
        inputs = self.data_preprocessor(data, training=True)['inputs']
        needed = DOMAINS if self.supervised_loss is None else EVERY_INPUT
        real, semantic = split_inputs(inputs, required=needed)
        gen_optim = optim_wrapper['generators']
        disc_optim = optim_wrapper['discriminators']
        generators_turn = self._is_generators_turn()

        with (
            gen_optim.optim_context(self.generators),
            torch.set_grad_enabled(generators_turn),
        ):
            fake = self._translate(real, semantic)

        with disc_optim.optim_context(self.discriminators):
            losses, balance = self._discriminator_losses(real, fake)
        limit = self.max_bad_steps
        finite = optimize(
            disc_optim, self.discriminators, losses, files, limit
        )
        self._clip_discriminators()

        if generators_turn:
            set_requires_grad(self.discriminators, False)
            with gen_optim.optim_context(self.generators):
                gen_losses = self._generator_losses(real, fake, semantic)
            finite &= optimize(
                gen_optim, self.generators, gen_losses, files, limit
            )
            set_requires_grad(self.discriminators, True)
            losses.update(gen_losses)
        if not finite:
            for pool in self.pools.values():
                pool.drop_broken()
        return {k: value.detach() for k, value in (losses | balance).items()}

    def val_step(self, data: dict) -> list[DataSample]:
        """Deblur a batch, see :func:`~mmasgan.models.prediction.predict`."""
        return self._predict(data)

    def test_step(self, data: dict) -> list[DataSample]:
        """Deblur a batch, see :func:`~mmasgan.models.prediction.predict`."""
        return self._predict(data)

    def _predict(self, data: dict) -> list[DataSample]:
        return predict(
            self,
            data,
            lambda blur, semantic: self.translation(
                blur, 'sharp', semantic=semantic['blur']
            ),
        )

    def _is_generators_turn(self) -> bool:
        iteration = MessageHub.get_current_instance().get_info('iter', 0)
        return (iteration + 1) % self.discriminator_steps == 0

    def _translate(self, real: Images, semantic: Maps) -> Images:
        users = self.adversarial_loss, self.cycle_loss, self.pixel_cycle_loss
        if not any(user is not None for user in users):
            return {}
        return {
            target: self.generators(target, real[source], semantic[source])
            for target, source in SOURCE.items()
        }

    def _discriminator_losses(
        self, real: Images, fake: Images
    ) -> tuple[Losses, dict[str, Tensor]]:
        losses: Losses = {}
        balance: dict[str, Tensor] = {}
        if self.adversarial_loss is None:
            return losses, balance
        for domain, direction in DIRECTION.items():
            judge = partial(_logits, self.discriminators, domain)
            seen = self.pools[domain](fake[domain].detach().float())
            logits = judge(real[domain]), judge(seen)
            losses[f'loss_disc_{direction}'] = (
                self.adversarial_loss.discriminator_loss(*logits)
            )
            balance[f'balance_{direction}'] = share_told_apart(*logits)
            if self.gradient_penalty is not None:
                losses[f'loss_penalty_{direction}'] = self.gradient_penalty(
                    judge, real[domain], seen
                )
        return losses, balance

    def _generator_losses(
        self, real: Images, fake: Images, semantic: Maps
    ) -> Losses:
        losses: Losses = {}
        cycle_losses = {
            term: loss
            for term, loss in (
                ('cycle', self.cycle_loss),
                ('pixel', self.pixel_cycle_loss),
            )
            if loss is not None
        }
        for domain, direction in DIRECTION.items():
            if self.adversarial_loss is not None:
                losses[f'loss_gan_{direction}'] = self._gan_loss(
                    domain, real, fake
                )
            if cycle_losses:
                source = SOURCE[domain]
                # A translated image shows what its source shows, so the
                # source's map serves the way back too.
                rec = self.generators(source, fake[domain], semantic[source])
                for term, loss in cycle_losses.items():
                    losses[f'loss_{term}_{direction}'] = loss(
                        rec.float(), real[source]
                    )
            if self.identity_loss is not None:
                idt = self.generators(domain, real[domain], semantic[domain])
                losses[f'loss_identity_{direction}'] = self.identity_loss(
                    idt.float(), real[domain]
                )
        if self.supervised_loss is not None:
            restored = self.generators(
                'sharp', real[SYNTHETIC], semantic['sharp']
            )
            losses['loss_supervised_deblur'] = self.supervised_loss(
                restored.float(), real['sharp']
            )
        return losses

    def _gan_loss(self, domain: str, real: Images, fake: Images) -> Tensor:
        # Frozen networks are called past a distributed wrapper, which would
        # wait for their gradients.
        judge = partial(_logits, self.get_module(self.discriminators), domain)
        adversarial = self.adversarial_loss
        return adversarial.generator_loss(
            judge(real[domain]) if adversarial.relativistic else None,
            judge(fake[domain]),
        )

    @torch.no_grad()
    def _clip_discriminators(self) -> None:
        if self.weight_clip is not None:
            for weight in self.discriminators.parameters():
                weight.clamp_(-self.weight_clip, self.weight_clip)


def _logits(networks: nn.Module, domain: str, images: Tensor) -> Tensor:
    return networks(domain, images).float()
