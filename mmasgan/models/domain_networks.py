"""Networks of one kind, one a target domain."""

from torch import Tensor, nn

__all__ = ['DomainNetworks']


class DomainNetworks(nn.ModuleDict):
    """One network a target domain, behind one forward.

    A distributed wrapper reduces gradients only of what its ``forward`` was
    called for, so training calls networks through this one.
    """

    def forward(self, domain: str, *inputs: Tensor | None) -> Tensor:
        """Call the network of ``domain``."""
        return self[domain](*inputs)
