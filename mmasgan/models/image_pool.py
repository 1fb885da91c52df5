"""Pool of generated images, saved in checkpoints."""

import torch
from torch import Tensor, nn

__all__ = ['ImagePool']


class ImagePool(nn.Module):
    """Mix current and earlier generated images for the discriminator.

    Until the pool is full, each image is stored and returned. Afterwards, an
    image is returned with probability 0.5; otherwise it replaces a random
    stored image, which is returned.

    Source: Shrivastava et al., CVPR 2017, Sec. 2.3, as in CycleGAN (Zhu et
    al., ICCV 2017, Sec. 4). Differs from it in: the images are part of the
    state dict, so that training resumes exactly.

    Args:
        size: Number of stored images; 0 disables the pool.

    Shape:
        (N, C, H, W) to (N, C, H, W).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        if size < 0:
            raise ValueError(f'size must be at least 0, got {size}')
        self.size = size
        self.images: list[Tensor] = []

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Exchange a batch of images, and return the result detached.

        Images of another size empty the pool first.
        """
        if self.images and self.images[0].shape != images.shape[1:]:
            self.images.clear()
        return torch.stack([self._exchange(image) for image in images])

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if self.size == 0 or torch.rand(()) < 0.5:
            return image
        index = int(torch.randint(self.size, ()))
        stored = self.images[index].to(image.device)
        self.images[index] = image.clone()
        return stored

    def drop_broken(self) -> None:
        """Remove images that are not finite."""
        self.images = [i for i in self.images if torch.isfinite(i).all()]

    def get_extra_state(self) -> Tensor:
        """Return the images, (n, C, H, W), or an empty tensor."""
        return torch.stack(self.images) if self.images else torch.empty(0)

    def set_extra_state(self, state: Tensor) -> None:
        """Restore the images of a checkpoint, up to the size of the pool.

        Args:
            state: Images, (n, C, H, W), or an empty tensor.
        """
        self.images = list(state[: self.size])
