"""What runs a model."""

from typing import Protocol

import numpy as np

__all__ = ['Backend']


class Backend(Protocol):
    """A model that deblurs an image, in PyTorch or another runtime."""

    def __call__(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """Deblur one image.

        Args:
            image: RGB, (H, W, 3), float32 in [-1, 1], both sides at least 16.
            semantic: Class probabilities, (K, H, W), float32 in [0, 1]. None
                stands for the uniform map; a model without SFT layers takes
                no other.

        Returns:
            The sharper image, of the same shape and kind.

        Raises:
            MemoryError: If it does not fit into the memory.
            ValueError: If the image or the map does not fit the model.
        """
