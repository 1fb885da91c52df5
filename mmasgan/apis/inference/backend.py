"""Interface of backends."""

from typing import Protocol

import numpy as np

__all__ = ['Backend']


class Backend(Protocol):
    """A deblurring model in PyTorch or another runtime."""

    def __call__(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """Deblur one image.

        Args:
            image: RGB image, (H, W, 3), float32 in [-1, 1], H and W at least
                16.
            semantic: Class probabilities, (K, H, W), float32 in [0, 1]. None
                means the uniform map; a model without SFT layers supports no
                other.

        Returns:
            Deblurred image of the same shape and dtype.

        Raises:
            MemoryError: If it does not fit into the memory.
            ValueError: If the image or the map does not match the model.
        """
