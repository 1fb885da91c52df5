"""A trained generator, wherever it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from .. import generators
from ..generators import ResNetV2SFTGenerator
from ..losses.weights import select_tensors

__all__ = ['TrainedGenerator']


@dataclass(frozen=True)
class TrainedGenerator:
    """What a file says of one generator.

    Attributes:
        source: The file, for messages.
        config: Its config, ``type`` and the constructor's arguments.
        tensors: Its state, by name.
        origin: Where it comes from: ``config``, ``iteration``, ``commit``,
            ``source_sha256``, as far as known.
    """

    source: str
    config: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    origin: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> ResNetV2SFTGenerator:
        """Return the generator, in evaluation mode and float32.

        Only classes of :mod:`mmasgan.generators` are built, since the config
        comes from a file. No random numbers are drawn.

        Raises:
            ValueError: If config and tensors do not fit each other or the
                class.
        """
        network = self._empty()
        wanted = network.state_dict()
        extra = sorted(self.tensors.keys() - wanted.keys())
        if extra:
            raise ValueError(
                f"'{self.source}': {extra[0]} is no part of the generator "
                f'that its config describes ({len(extra)} such tensors)'
            )
        found = select_tensors(self.tensors, wanted, f"'{self.source}'")
        # Tensors may be views of a mapped file, which may go away.
        state = {
            name: value.to(torch.float32, copy=True)
            for name, value in found.items()
        }
        network.load_state_dict(state, assign=True)
        return network.eval()

    def _empty(self) -> ResNetV2SFTGenerator:
        """Return the network without memory for its tensors."""
        arguments = dict(self.config)
        name = str(arguments.pop('type', None)).rpartition('.')[2]
        if name not in generators.__all__:
            raise ValueError(
                f"'{self.source}': its generator is {name!r}, expected one of "
                f'{generators.__all__}'
            )
        try:
            with torch.device('meta'):
                return getattr(generators, name)(**arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"'{self.source}': {name} cannot be built of {arguments}: "
                f'{error}'
            ) from error
