"""Mean squared error of VGG features."""

import warnings

import torch
from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_squared_error
from .vgg_features import VGGFeatures

__all__ = ['PerceptualCycleLoss', 'PerceptualLoss']


@MODELS.register_module(name=['PerceptualLoss', 'PerceptualCycleLoss'])
class PerceptualLoss(nn.Module):
    r"""Mean squared error of the VGG-19 features of two batches of images.

    .. math::
        \lambda \, \frac{1}{NCHW} \lVert \phi(y) - \phi(x) \rVert_2^2

    with :math:`\phi` the feature map of conv3_3. It is the cycle loss of
    AS-CycleGAN, with y the reconstruction of x, and the content loss of
    DeblurGAN and DeblurGANv2, with y the output and x the ground truth.
    ``PerceptualCycleLoss`` is another name of this class. MMagic's
    ``PerceptualLoss`` is a different class, of scope ``mmagic``.

    Source: the AS-CycleGAN paper, Eq. (5), one direction; Johnson et al.,
    ECCV 2016, Eq. (2). Differs from the paper in: nothing.

    Config: ``dict(type='mmasgan.PerceptualLoss', weights='vgg19.pth')``

    Args:
        weights: ``'torchvision'`` for its ImageNet weights, downloaded once by
            :meth:`init_weights`; the path of a local file with torchvision's
            key names; None for random weights, with a warning.
        loss_weight: Weight lambda.
        after_relu: Whether the features are taken after conv3_3's ReLU.
        use_input_norm: Whether images are normalised with ImageNet's mean and
            standard deviation. False passes them to VGG in [-1, 1], as
            DeblurGAN does.
    """

    def __init__(
        self,
        weights: str | None = 'torchvision',
        loss_weight: float = 10.0,
        after_relu: bool = False,
        use_input_norm: bool = True,
    ) -> None:
        super().__init__()
        self.weights = weights
        self.loss_weight = loss_weight
        self.features = VGGFeatures(after_relu, use_input_norm)
        self._ready = weights is None
        if weights is None:
            warnings.warn(
                'weights=None: VGG has random weights, so the loss is not '
                'perceptual',
                stacklevel=2,
            )

    def init_weights(self) -> None:
        """Load the weights given to the constructor.

        Raises:
            OSError: If they cannot be downloaded or read.
            ValueError: If the file does not hold VGG-19's convolutions.
        """
        if self.weights is not None:
            self.features.load_weights(self.weights)
            self._ready = True

    def forward(self, reconstruction: Tensor, original: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            reconstruction: Images, (N, 3, H, W), RGB in [-1, 1].
            original: Images to compare with, (N, 3, H, W), RGB in [-1, 1];
                they receive no gradient.

        Returns:
            Loss, a scalar.

        Raises:
            RuntimeError: If :meth:`init_weights` was not called.
            ValueError: If the two shapes differ.
        """
        if not self._ready:
            raise RuntimeError(
                f'weights={self.weights!r} are not loaded: call '
                'init_weights() first (a Runner does)'
            )
        with torch.no_grad():
            target = self.features(original)
        output = self.features(reconstruction)
        return self.loss_weight * mean_squared_error(output, target)


PerceptualCycleLoss = PerceptualLoss
