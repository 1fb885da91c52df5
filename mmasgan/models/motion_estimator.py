"""Training of the motion network."""

from typing import Any

import torch
from mmagic.structures import DataSample
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from .._moved import takes_old_argument
from ..layers.camera_motion_prior import add_noise
from ..layers.reblur import (
    canonical_field,
    field_of_canonical,
    field_of_offsets,
    reblur_along_field,
    reblur_along_offsets,
)
from ..losses.functional import mean_absolute_error
from ..registry import MODELS
from .batch import Images, Maps, files_of, named_inputs, split_inputs
from .parts import Part, build_part, refuse_other_modes
from .prediction import predict
from .steps import Losses, optimize

__all__ = ['MotionEstimator']


@MODELS.register_module()
@takes_old_argument('max_bad_steps', 'max_nonfinite_steps')
class MotionEstimator(BaseModel):
    r"""Train a motion network on synthetic blur with known motion.

    .. math:: \lambda_m \lVert M(b) - m \rVert_1 + \lambda_r
        \lVert R(s, M(b)) - b \rVert_1, \quad b = R(s, m)

    with m drawn from the prior. Fields are compared in canonical form
    (:func:`~mmasgan.layers.reblur.canonical_field`). Training uses no blurred
    images.

    The prediction for a pair is ``R(s, M(b))``, so the metrics measure how
    well the estimated motion explains the blur. The first row of a table, the
    input, is the sharp image. Source: ours.

    Config: see ``configs/motion_gopro.py``.

    Args:
        motion_network: Config or module of the network M.
        prior: Config or module that draws motion.
        field_weight: Weight lambda_m of the first term.
        reblur_weight: Weight lambda_r of the second term.
        taps: Number of times of the exposure that are averaged, odd.
        margin: Pixels to cut off on each side, so that no path leaves the
            image.
        noise: Largest standard deviation of the added noise, in grey levels
            of 255.
        max_nonfinite_steps: Number of training steps with a non-finite loss
            or gradient that are skipped, with a warning, before an error.
        channels_last: Whether weights are in the channels-last memory format.
        data_preprocessor: Config or module that gives RGB in [-1, 1].
    """

    data_preprocessor: Any

    def __init__(
        self,
        motion_network: Part,
        prior: Part,
        field_weight: float = 0.1,
        reblur_weight: float = 1.0,
        taps: int = 15,
        margin: int = 0,
        noise: float = 0.0,
        max_nonfinite_steps: int = 0,
        channels_last: bool = False,
        data_preprocessor: Part = None,
    ) -> None:
        super().__init__(data_preprocessor)
        self.motion_network = build_part(motion_network)
        self.prior = build_part(prior)
        self.field_weight = field_weight
        self.reblur_weight = reblur_weight
        self.taps = taps
        self.margin = margin
        self.noise = noise
        self.max_nonfinite_steps = max_nonfinite_steps
        if channels_last:
            self.to(memory_format=torch.channels_last)

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[DataSample] | None = None,
        mode: str = 'tensor',
    ) -> Tensor:
        """Estimate the motion of blurred images.

        Args:
            inputs: Images, (N, 3, H, W), RGB in [-1, 1].
            data_samples: Ignored; part of MMEngine's interface.
            mode: ``'tensor'``, the only supported mode.

        Returns:
            Canonical field, (N, 4, H/4, W/4).

        Raises:
            ValueError: If ``mode`` is not ``'tensor'``.
        """
        refuse_other_modes(mode)
        # A distributed wrapper only works if its `forward` is called.
        return canonical_field(self.motion_network(inputs))

    def train_step(self, data: dict, optim_wrapper: OptimWrapper) -> Losses:
        """Blur sharp images, estimate the motion, and update the network.

        Args:
            data: Batch whose ``inputs`` are ``img_sharp``, (N, 3, H, W), RGB
                in [0, 255].
            optim_wrapper: Optimizer wrapper of the motion network.

        Returns:
            ``loss_field``, ``loss_reblur``, and ``motion_error``, the mean
            distance between estimated and true displacements, in pixels.

        Raises:
            FloatingPointError: If more than ``max_nonfinite_steps`` steps had
                a loss or gradient that is not finite.
        """
        data = named_inputs(data)
        files = files_of(data)
        inputs = self.data_preprocessor(data, training=True)['inputs']
        real, _ = split_inputs(inputs, required=('sharp',))
        light = (real['sharp'] + 1) / 2
        motion = self.prior(len(light), *light.shape[2:])
        offsets = motion.offsets.to(light)
        clean = reblur_along_offsets(
            light, offsets, motion.gamma.to(light), self.margin
        ).clamp(0, 1)
        seen = add_noise(clean, self.noise)

        with optim_wrapper.optim_context(self):
            read = self(seen * 2 - 1)
        true = self._at(field_of_offsets(offsets), read, light)
        error = (read[:, :2] - true[:, :2]).square().sum(1).sqrt().mean()
        losses = {'loss_field': self.field_weight * (read - true).abs().mean()}
        if self.reblur_weight:
            again = reblur_along_field(
                self._inner(light), field_of_canonical(read), self.taps
            )
            losses['loss_reblur'] = self.reblur_weight * mean_absolute_error(
                again, clean
            )
        optimize(optim_wrapper, self, losses, files, self.max_nonfinite_steps)
        return {k: v.detach() for k, v in losses.items()} | {
            'motion_error': error.detach()
        }

    def _at(self, field: Tensor, like: Tensor, light: Tensor) -> Tensor:
        """Return a field in canonical form, in the size of another field."""
        whole = canonical_field(
            interpolate(
                field, light.shape[2:], mode='bilinear', align_corners=False
            )
        )
        rows, columns = like.shape[2:]
        return adaptive_avg_pool2d(self._inner(whole), (rows, columns))

    def _inner(self, x: Tensor) -> Tensor:
        inner = slice(self.margin, -self.margin or None)
        return x[..., inner, inner]

    def val_step(self, data: dict) -> list[DataSample]:
        """Reblur the sharp image of each pair."""
        inputs = data['inputs']
        # The input is the sharp image, the ground truth the blurred one.
        swapped: Any = (
            [_swap(each) for each in inputs]
            if isinstance(inputs, list)
            else _swap(inputs)
        )
        return predict(self, {**data, 'inputs': swapped}, self._explain)

    def test_step(self, data: dict) -> list[DataSample]:
        """Reblur the sharp image of each pair."""
        return self.val_step(data)

    def _explain(self, images: Images, _: Maps) -> Tensor:
        field = field_of_canonical(self(images['sharp']))
        return reblur_along_field(images['blur'], field, self.taps)


def _swap(pair: dict[str, Any]) -> dict[str, Any]:
    blur, sharp = pair['img_blur'], pair['img_sharp']
    return {**pair, 'img_blur': sharp, 'img_sharp': blur}
