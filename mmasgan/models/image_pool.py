"""A pool of generated images, part of the checkpoint."""

import torch
from torch import Tensor, nn

__all__ = ['ImagePool']


class ImagePool(nn.Module):
    """Show the discriminator earlier images as well as current ones.

    Until the pool is full, an image is stored and returned. After that it
    is returned half of the time; else it takes the place of a random stored
    one, which is returned.

    Source: Shrivastava et al., CVPR 2017, Sec. 2.3, as in CycleGAN (Zhu et
    al., ICCV 2017, Sec. 4). Differs from it in: the images belong to the state
    dict, so a resumed training goes on as if it had not stopped.

    Args:
        size: Number of images kept; 0 returns what it is given.

    Shape:
        (N, C, H, W) to the same.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        if size < 0:
            raise ValueError(f'size must be at least 0, got {size}')
        self.size = size
        self.images: list[Tensor] = []

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Exchange a batch of images; a new crop size empties the pool."""
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
        """Forget images that are not finite, which would come back."""
        self.images = [i for i in self.images if torch.isfinite(i).all()]

    def get_extra_state(self) -> Tensor:
        """Return the images as one tensor, (n, C, H, W), or an empty one."""
        return torch.stack(self.images) if self.images else torch.empty(0)

    def set_extra_state(self, state: Tensor) -> None:
        """Take the images of a checkpoint, as many as there is room for."""
        self.images = list(state[: self.size])
