"""The terms of AS-CycleGAN's objective, in the order of the paper.

Source: Motion Image Deblurring using AS-Cycle Generative Adversarial Network,
Eq. (1), (3) to (6).
"""

from functools import partial
from typing import Any

from torch import Tensor, nn

from ..losses.functional import discriminator_accuracy
from .batch import Images, Maps, central
from .steps import Losses

__all__ = [
    'discriminator_losses',
    'generator_losses',
    'needed_domains',
    'translate',
]

DIRECTION = {'sharp': 'deblur', 'blur': 'reblur'}  # by target domain
SOURCE = {'sharp': 'blur', 'blur': 'sharp'}


def needed_domains(model: Any) -> list[str]:
    """Return the domains whose images training needs.

    Args:
        model: An :class:`~mmasgan.models.ASCycleGAN`.
    """
    reblur = model.get_module(model.generators)['blur']
    needs_motion = getattr(reblur, 'needs_motion', False)
    reads_motion = needs_motion and getattr(reblur, 'transfer', 1.0) > 0
    translated = _translated(model)
    uses_blur = (
        'sharp' in translated
        or ('blur' in model.taught and model.identity_loss is not None)
        or ('blur' in translated and reads_motion)
    )
    return ['sharp', 'blur'] if uses_blur else ['sharp']


def _translated(model: Any) -> list[str]:
    """Return the target domains of the translations in training."""
    cycles = model.cycle_loss, model.pixel_cycle_loss
    in_loops = any(loss is not None for loss in cycles)
    return [
        target
        for target, direction in DIRECTION.items()
        if (in_loops and direction in model.loops)
        or (model.adversarial_loss is not None and target in model.taught)
    ]


def translate(model: Any, real: Images, semantic: Maps) -> Images:
    """Translate the images of a batch in all directions that terms need.

    Args:
        model: An :class:`~mmasgan.models.ASCycleGAN`.
        real: Images by domain, (N, 3, H, W), in [-1, 1].
        semantic: Semantic map or None by domain, (N, K, H, W).

    Returns:
        Translations by target domain, (N, 3, H, W).
    """
    fake = {}
    for target in _translated(model):
        source = SOURCE[target]
        fake[target] = _generate(
            model, target, real[source], semantic[source], real.get('blur')
        )
    return fake


def _generate(
    model: Any,
    target: str,
    images: Tensor,
    semantic: Tensor | None,
    blurred: Tensor | None,
) -> Tensor:
    """Translate images; pass blurred images if the generator needs motion."""
    generator = model.get_module(model.generators)[target]
    motion = (blurred,) if getattr(generator, 'needs_motion', False) else ()
    return model.generators(target, images, semantic, *motion)


def discriminator_losses(
    model: Any, real: Images, fake: Images
) -> tuple[Losses, dict[str, Tensor]]:
    """Return the discriminators' losses, paper Eq. (3), and their accuracy.

    Args:
        model: An :class:`~mmasgan.models.ASCycleGAN`.
        real: Images by domain, (N, 3, H, W), in [-1, 1].
        fake: Translations by target domain, (N, 3, H, W).

    Returns:
        Losses and accuracies, each a dict of scalars by name.
    """
    losses: Losses = {}
    accuracy: dict[str, Tensor] = {}
    for domain in model.taught:
        direction = DIRECTION[domain]
        judge = partial(_logits, model.discriminators, domain)
        seen = model.pools[domain](fake[domain].float())
        logits = judge(real[domain]), judge(seen)
        losses[f'loss_disc_{direction}'] = (
            model.adversarial_loss.discriminator_loss(*logits)
        )
        accuracy[f'discriminator_accuracy_{direction}'] = (
            discriminator_accuracy(*logits)
        )
        if model.gradient_penalty is not None:
            losses[f'loss_penalty_{direction}'] = model.gradient_penalty(
                judge, real[domain], seen
            )
    return losses, accuracy


def generator_losses(
    model: Any, real: Images, fake: Images, semantic: Maps
) -> Losses:
    """Return the generators' losses, paper Eq. (1) and (4) to (6).

    Args:
        model: An :class:`~mmasgan.models.ASCycleGAN`.
        real: Images by domain, (N, 3, H, W), in [-1, 1].
        fake: Translations by target domain, (N, 3, H, W).
        semantic: Semantic map or None by domain, (N, K, H, W).

    Returns:
        Losses, scalars by name.
    """
    losses: Losses = {}
    for domain, direction in DIRECTION.items():
        taught = domain in model.taught
        if taught and model.adversarial_loss is not None:
            losses[f'loss_gan_{direction}'] = _gan_loss(
                model, domain, real, fake
            )
        if direction in model.loops and domain in fake:
            losses |= _cycle_losses(model, domain, real, fake, semantic)
        if taught and model.identity_loss is not None:
            idt = _generate(
                model, domain, real[domain], semantic[domain], real.get('blur')
            )
            losses[f'loss_identity_{direction}'] = model.identity_loss(
                idt.float(), central(real[domain], idt)
            )
    return losses


def _cycle_losses(
    model: Any, domain: str, real: Images, fake: Images, semantic: Maps
) -> Losses:
    """Return the cycle losses of the loop that starts with a translation."""
    terms = {'cycle': model.cycle_loss, 'pixel': model.pixel_cycle_loss}
    terms = {term: loss for term, loss in terms.items() if loss}
    if not terms:
        return {}
    source = SOURCE[domain]
    # A translated image has the content of its source, and so its map.
    rec = _generate(
        model, source, fake[domain], semantic[source], real.get('blur')
    )
    original = central(real[source], rec)
    return {
        f'loss_{term}_{DIRECTION[domain]}': loss(rec.float(), original)
        for term, loss in terms.items()
    }


def _gan_loss(model: Any, domain: str, real: Images, fake: Images) -> Tensor:
    # A distributed wrapper would wait for gradients of frozen networks.
    judge = partial(_logits, model.get_module(model.discriminators), domain)
    adversarial = model.adversarial_loss
    return adversarial.generator_loss(
        judge(real[domain]) if adversarial.relativistic else None,
        judge(fake[domain]),
    )


def _logits(networks: nn.Module, domain: str, images: Tensor) -> Tensor:
    return networks(domain, images).float()
