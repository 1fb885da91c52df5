"""Reblur generator that is conditioned on motion.

Many blurred images correspond to one sharp image. A network that only sees
the sharp image can only learn an average blur, or hide the image in its
output. This generator estimates the motion from a blurred image, or draws it
from a prior, and applies it.

Deviation: it replaces the paper's second ResNetv2 generator, G_B.
"""

from typing import Any

import torch
from torch import Tensor, nn

from ..layers.camera_motion_prior import add_noise
from ..layers.reblur import MotionReblur, reblur_along_offsets
from ..registry import MODELS

__all__ = ['MotionReblurGenerator']

BRIGHT = 0.97  # in [0, 1]; brighter pixels may be saturated


@MODELS.register_module()
class MotionReblurGenerator(nn.Module):
    r"""Blur sharp images along the motion in a blurred image.

    .. math:: R(s, M(b))

    with R as in :func:`~mmasgan.layers.reblur.reblur_along_field` and M the
    motion network. In training, some of the images are blurred along motion
    drawn from the prior instead, with saturated highlights and noise as in a
    camera. Source: ours.

    Config::

        dict(
            type='mmasgan.MotionReblurGenerator',
            motion_network=dict(type='mmasgan.MotionNetwork'),
            prior=dict(
                type='mmasgan.CameraMotionPrior', styles=dict(any=dict())
            ),
        )

    Args:
        motion_network: Config or module that estimates a field (N, 4, h, w)
            from a blurred image. None takes all motion from the prior.
        prior: Config or module that draws motion. None takes all motion from
            blurred images.
        transfer: Fraction of the images whose motion comes from a blurred
            image in training; in evaluation, all of them.
        frozen: Whether the motion network is not trained and stays in
            evaluation mode.
        taps: Number of times of the exposure that are averaged, odd.
        margin: Pixels to cut off on each side, so that no path leaves the
            image.
        noise: Largest standard deviation of the noise added in training, in
            grey levels of 255; the value of each image is random, and 0 for
            images without motion. Only used with a prior.
        highlights: Largest brightness of saturated pixels relative to white,
            for images whose gamma is not 1.

    Shape:
        x (N, C, H, W) in [-1, 1] and blurred (N, C, H', W') to
        (N, C, H - 2 margin, W - 2 margin) in [-1, 1].

    Raises:
        ValueError: If there is neither a motion network nor a prior, or
            ``transfer`` is not in [0, 1].
    """

    needs_motion = True  # takes a blurred image as third argument

    def __init__(
        self,
        motion_network: dict | nn.Module | None = None,
        prior: dict | nn.Module | None = None,
        transfer: float = 0.5,
        frozen: bool = True,
        taps: int = 15,
        margin: int = 0,
        noise: float = 0.0,
        highlights: float = 1.0,
    ) -> None:
        super().__init__()
        if motion_network is None and prior is None:
            raise ValueError(
                'MotionReblurGenerator needs motion_network or prior'
            )
        if not 0 <= transfer <= 1:
            raise ValueError(f'transfer must be in [0, 1], got {transfer}')
        self.motion_network: Any = _built(motion_network)
        self.prior: Any = _built(prior)
        if prior is None:
            transfer = 1.0
        elif motion_network is None:
            transfer = 0.0
        self.transfer = transfer
        self.frozen = frozen
        self.reblur = MotionReblur(taps, margin=margin)
        self.margin = margin
        self.noise = noise
        self.highlights = highlights
        if frozen and self.motion_network is not None:
            self.motion_network.requires_grad_(False)

    def init_weights(self) -> None:
        """Load the weights of the motion network.

        Raises:
            ValueError: If the network is frozen but has no ``weights``.
        """
        if self.motion_network is None:
            return
        if self.frozen and getattr(self.motion_network, 'weights', '') is None:
            raise ValueError(
                'motion_network is frozen and has no weights: set its '
                "weights, for example to 'motion_small_gopro', or frozen=False"
            )
        if hasattr(self.motion_network, 'init_weights'):
            self.motion_network.init_weights()

    def forward(
        self,
        x: Tensor,
        semantic: Tensor | None = None,
        blurred: Tensor | None = None,
    ) -> Tensor:
        """Blur sharp images.

        Args:
            x: Sharp images, (N, C, H, W), RGB in [-1, 1].
            semantic: Ignored; for the same interface as other generators.
            blurred: Blurred images to estimate the motion from,
                (N, C, H', W'), RGB in [-1, 1]. Their content does not matter.

        Returns:
            Images, (N, C, H - 2 margin, W - 2 margin), RGB in [-1, 1].

        Raises:
            ValueError: If ``blurred`` is needed and None, or the shapes do
                not match.
        """
        light = (x + 1) / 2
        if not self.training or self.prior is None:
            return self._transferred(light, blurred) * 2 - 1
        # Choose images first, so that only the needed motion is estimated.
        read = torch.rand(len(x)) < self.transfer
        order, parts = [], []
        for chosen, blur in ((read, self._read), (~read, self._drawn)):
            if chosen.any():
                where = chosen.nonzero()[:, 0].to(x.device)
                source = None if blurred is None else blurred[where]
                order.append(where)
                parts.append(blur(light[where], source))
        back = torch.cat(order).argsort()
        return torch.cat(parts)[back].clamp(0, 1) * 2 - 1

    def train(self, mode: bool = True) -> 'MotionReblurGenerator':
        """Set the mode; a frozen motion network stays in evaluation mode.

        Args:
            mode: Whether to set training mode.
        """
        super().train(mode)
        if self.frozen and self.motion_network is not None:
            self.motion_network.eval()
        return self

    def _read(self, light: Tensor, blurred: Tensor | None) -> Tensor:
        return self._with_noise(self._transferred(light, blurred))

    def _transferred(self, light: Tensor, blurred: Tensor | None) -> Tensor:
        if blurred is None:
            raise ValueError(
                'blurred is None, but the motion comes from a blurred image; '
                'pass one'
            )
        if self.motion_network is None:
            raise ValueError(
                'blurred needs a motion_network to estimate its motion'
            )
        with torch.set_grad_enabled(
            torch.is_grad_enabled() and not self.frozen
        ):
            field = self.motion_network(blurred)
        return self.reblur(light, field)

    def _drawn(self, light: Tensor, blurred: Tensor | None) -> Tensor:
        motion = self.prior(len(light), *light.shape[2:])
        offsets = motion.offsets.to(light)
        gamma = motion.gamma.to(light)
        count = len(light)
        moved = (offsets != 0).flatten(1).any(1)
        bright = 1 + (self.highlights - 1) * torch.rand(count).to(light)
        bright = torch.where(moved & (gamma != 1), bright, 1.0)
        bright = bright.reshape(-1, 1, 1, 1)
        light = torch.where(light > BRIGHT, light * bright, light)
        out = reblur_along_offsets(light, offsets, gamma, self.margin)
        return self._with_noise(out, moved)

    def _with_noise(
        self, images: Tensor, moved: Tensor | None = None
    ) -> Tensor:
        if not self.noise:
            return images
        return add_noise(images, self.noise, moved)


def _built(part: dict | nn.Module | None) -> Any:
    return MODELS.build(part) if isinstance(part, dict) else part
