"""AS-CycleGAN: networks, losses and training step.

Source: Motion Image Deblurring using AS-Cycle Generative Adversarial Network.
Its symbols, interpreted so that all of its equations agree:

==================  ==========================================================
paper               this library
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

from collections.abc import Sequence
from typing import Any

import torch
from mmagic.models.base_models import BaseTranslationModel
from mmagic.models.utils import set_requires_grad
from mmagic.structures import DataSample
from mmengine import MessageHub
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from .._moved import takes_old_argument
from ..registry import MODELS
from ..utils.published import load_published
from .batch import (
    DOMAINS,
    Images,
    Maps,
    check_channel_orders,
    files_of,
    named_inputs,
    split_inputs,
)
from .image_pool import ImagePool
from .parts import DomainNetworks, Part, build_part
from .prediction import predict
from .steps import Losses, optimize
from .terms import (
    discriminator_losses,
    generator_losses,
    needed_domains,
    translate,
)

__all__ = ['ASCycleGAN']

BOTH_LOOPS = ('deblur', 'reblur')


@MODELS.register_module()
@takes_old_argument('max_bad_steps', 'max_nonfinite_steps')
class ASCycleGAN(BaseTranslationModel):
    r"""Two generators and two discriminators on unpaired domains.

    .. math:: L = L_{GAN}(deblur) + L_{GAN}(reblur)
        + \lambda_1 L_{cyc} + \lambda_2 L_{identity}

    A term is only computed if its gradient reaches a weight: a reblur
    generator that is not trained has no discriminator and no identity loss.
    Components and images that no term uses are neither built nor loaded.

    Source: the AS-CycleGAN paper, Eq. (1) and (3) to (6). Deviations:
    docs/paper.md.

    Config: see ``configs/_base_/models.py``.

    Args:
        generator: Config of the deblurring generator, and of the reblur
            generator unless ``reblur_generator`` is set. Its ``forward`` takes
            images (N, 3, H, W) in [-1, 1] and a semantic map or None.
        discriminator: Config of the discriminators, one per domain. None
            builds none, for a model without an adversarial loss or for tests.
        adversarial_loss: Config or module with ``discriminator_loss``,
            ``generator_loss`` and ``relativistic``. None omits the term, as
            for the other losses.
        cycle_loss: Config or module, called with (reconstruction, original).
        identity_loss: Config or module, called with (output, original).
        pixel_cycle_loss: Config or module of a second cycle loss.
        reblur_generator: Config of the generator from sharp to blurred
            images, not in the paper. With the attribute ``needs_motion``, it
            is called with blurred images as third argument. Its output may be
            smaller than its input by a margin.
        loops: Loops of the cycle losses, by their first direction:
            ``'deblur'`` is blur to sharp to blur.
        weights: Initial weights of the deblurring generator: the path of a
            safetensors file, or the name of weights in the package.
        show_start: Whether predictions also contain ``published_img``, the
            output of the generator with its initial ``weights``.
        gradient_penalty: Config or module, called with (discriminator, real,
            fake).
        pool_size: Number of images in the pool of each discriminator.
        discriminator_steps: Discriminator updates per generator update.
        weight_clip: Largest absolute weight of discriminators, or None.
        max_nonfinite_steps: Number of training steps with a non-finite loss
            or gradient that are skipped, with a warning, before an error.
        channels_last: Whether weights are in the channels-last memory format,
            which is faster for convolutions in bfloat16. Do not change it
            later: a distributed wrapper would sum wrong gradients.
        data_preprocessor: Config or module that gives RGB in [-1, 1].

    Raises:
        TypeError: If ``generator`` or ``discriminator`` is not a config.
        ValueError: If a loop is unknown, or ``show_start`` lacks ``weights``.
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
        reblur_generator: dict | None = None,
        loops: Sequence[str] = BOTH_LOOPS,
        weights: str | None = None,
        show_start: bool = False,
        gradient_penalty: Part = None,
        pool_size: int = 60,
        discriminator_steps: int = 1,
        weight_clip: float | None = None,
        max_nonfinite_steps: int = 0,
        channels_last: bool = False,
        data_preprocessor: Part = None,
    ) -> None:
        configs = dict(generator=generator, discriminator=discriminator or {})
        for name, part in configs.items():
            if not isinstance(part, dict):
                raise TypeError(
                    f'{name} must be a config dict, because one is built per '
                    f'domain; got {type(part).__name__}'
                )
        if not set(loops) <= set(BOTH_LOOPS):
            raise ValueError(
                f'loops must be some of {BOTH_LOOPS}, got {loops}'
            )
        if show_start and weights is None:
            raise ValueError('show_start needs weights')
        super().__init__(
            generator=generator,
            discriminator=None,
            default_domain='sharp',
            reachable_domains=['sharp'],
            related_domains=list(DOMAINS),
            data_preprocessor=data_preprocessor,
            discriminator_steps=discriminator_steps,
        )
        self._reachable_domains = list(DOMAINS)
        self.generators = networks = DomainNetworks(self.generators)
        networks['blur'] = MODELS.build(reblur_generator or generator)
        # Target domains whose generator has trainable weights.
        self.taught = [
            domain
            for domain in DOMAINS
            if any(w.requires_grad for w in networks[domain].parameters())
        ]
        if discriminator is not None and adversarial_loss is not None:
            self.discriminators = DomainNetworks(
                {d: MODELS.build(discriminator) for d in self.taught}
            )
        self.adversarial_loss = build_part(adversarial_loss)
        self.gradient_penalty = build_part(gradient_penalty)
        self.cycle_loss = build_part(cycle_loss)
        self.pixel_cycle_loss = build_part(pixel_cycle_loss)
        self.identity_loss = build_part(identity_loss)
        self.loops = tuple(loops)
        self.weights = weights
        self.show_start = show_start
        self._start: list[nn.Module] = []  # a list, so not part of the state
        self.pools = nn.ModuleDict({d: ImagePool(pool_size) for d in DOMAINS})
        self.weight_clip = weight_clip
        self.max_nonfinite_steps = max_nonfinite_steps
        if channels_last:
            self.to(memory_format=torch.channels_last)

    def init_weights(self) -> None:
        """Initialise the networks and load pre-trained weights."""
        parts = [self.cycle_loss, self.pixel_cycle_loss, self.identity_loss]
        for networks in (self.generators, self.discriminators):
            if networks is not None:
                parts += self.get_module(networks).values()
        for part in parts:
            if hasattr(part, 'init_weights'):
                part.init_weights()
        if self.weights is not None:
            deblur = self.get_module(self.generators)['sharp']
            load_published(deblur, self.weights)

    def train_step(
        self, data: dict, optim_wrapper: OptimWrapperDict
    ) -> Losses:
        """Update the discriminators, then the generators.

        Args:
            data: Batch whose ``inputs`` are ``img_blur`` and ``img_sharp``,
                each (N, 3, H, W), RGB in [0, 255], unpaired, and optionally
                ``semantic_blur`` and ``semantic_sharp``, (N, K, H, W). Inputs
                that no term needs may be missing.
            optim_wrapper: Optimizer wrappers named ``generators`` and, if
                there are any, ``discriminators``.

        Returns:
            Each weighted term as ``loss_<term>_<direction>``, and with an
            adversarial loss ``discriminator_accuracy_<direction>``.

        Raises:
            FloatingPointError: See :func:`~mmasgan.models.steps.optimize`.
        """
        data = named_inputs(data)
        files = files_of(data)
        check_channel_orders(data)
        inputs = self.data_preprocessor(data, training=True)['inputs']
        real, semantic = split_inputs(inputs, required=needed_domains(self))
        gen_optim = optim_wrapper['generators']
        limit = self.max_nonfinite_steps
        iteration = MessageHub.get_current_instance().get_info('iter', 0)
        generators_turn = (iteration + 1) % self.discriminator_steps == 0

        with (
            gen_optim.optim_context(self.generators),
            torch.set_grad_enabled(generators_turn),
        ):
            fake = translate(self, real, semantic)

        losses, accuracy, finite = self._train_discriminators(
            real, fake, files, optim_wrapper
        )
        if generators_turn:
            self._freeze_discriminators(True)
            with gen_optim.optim_context(self.generators):
                gen_losses = generator_losses(self, real, fake, semantic)
            finite &= optimize(
                gen_optim, self.generators, gen_losses, files, limit
            )
            self._freeze_discriminators(False)
            losses.update(gen_losses)
        if not finite:
            for pool in self.pools.values():
                pool.drop_broken()
        return {k: value.detach() for k, value in (losses | accuracy).items()}

    def val_step(self, data: dict) -> list[DataSample]:
        """Deblur a batch; see :func:`~mmasgan.models.prediction.predict`."""
        return predict(
            self,
            data,
            lambda images, semantic: self.translation(
                images['blur'], 'sharp', semantic=semantic['blur']
            ),
            {'published_img': self._from_start} if self.show_start else None,
        )

    def test_step(self, data: dict) -> list[DataSample]:
        """Deblur a batch; see :func:`~mmasgan.models.prediction.predict`."""
        return self.val_step(data)

    def _from_start(self, images: Images, semantic: Maps) -> Tensor:
        assert self.weights is not None
        if not self._start:
            start = MODELS.build(self._gen_cfg)
            load_published(start, self.weights)
            self._start.append(start.to(images['blur'].device).eval())
        return self._start[0](images['blur'], semantic['blur'])

    def _train_discriminators(
        self,
        real: Images,
        fake: Images,
        files: list[str],
        optim_wrapper: OptimWrapperDict,
    ) -> tuple[Losses, dict[str, Tensor], bool]:
        if self.adversarial_loss is None:
            return {}, {}, True
        optim = optim_wrapper['discriminators']
        with optim.optim_context(self.discriminators):
            losses, accuracy = discriminator_losses(self, real, fake)
        finite = optimize(
            optim, self.discriminators, losses, files, self.max_nonfinite_steps
        )
        if self.weight_clip is not None:
            for weight in self.discriminators.parameters():
                weight.data.clamp_(-self.weight_clip, self.weight_clip)
        return losses, accuracy, finite

    def _freeze_discriminators(self, frozen: bool) -> None:
        if self.discriminators is not None:
            set_requires_grad(self.discriminators, not frozen)
