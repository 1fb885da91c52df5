"""A trained generator: config, weights and origin."""

import inspect
import reprlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from mmengine import registry as root
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_parameter_registration_hook,
)

from .. import generators
from ..layers import MotionNetwork
from ..losses.weights import select_tensors
from ..registry import MODELS

__all__ = ['TrainedGenerator']

MOST_TIMES, SPARE = 2, 64  # limits of missing tensors, to report them
LONGEST = 200  # characters of the cause in a message


@dataclass(frozen=True)
class TrainedGenerator:
    """Content of a file with a generator.

    Attributes:
        source: Path of the file, for messages.
        config: Config of the generator, ``type`` and arguments.
        tensors: State dict of the generator.
        origin: Origin of the weights, if known: ``config``, ``iteration``,
            ``commit``, ``source_sha256``.
    """

    source: str
    config: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    origin: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> nn.Module:
        """Build the generator, in evaluation mode and float32.

        The config comes from a file, so only these classes can be built:
        those of :mod:`mmasgan.generators`, ``MotionNetwork``, and registered
        classes with ``forward(x, semantic=None)`` whose module was imported
        by the caller, or by a config of the caller. Building does not change
        the state of random numbers.

        Raises:
            ValueError: If config, tensors and class do not match.
        """
        network = self._empty()
        wanted = network.state_dict()
        extra = sorted(self.tensors.keys() - wanted.keys())
        if extra:
            raise ValueError(
                f"'{self.source}': {extra[0]} does not belong to the "
                f'generator of its config ({len(extra)} such tensors)'
            )
        found = select_tensors(self.tensors, wanted, f"'{self.source}'")
        # Copies, because tensors may be views of a mapped file.
        state = {
            name: value.to(torch.float32, copy=True)
            for name, value in found.items()
        }
        network.load_state_dict(state, assign=True)
        return network.eval()

    def _empty(self) -> nn.Module:
        """Build the network, on the meta device if possible."""
        arguments = dict(self.config)
        kind = str(arguments.pop('type', None))[:LONGEST]
        name = kind.rpartition('.')[2]
        found = _known_generators().get(name)
        if found is None:
            raise ValueError(
                f"'{self.source}': its generator {kind} is unknown. Weights "
                'cannot import code: use the config of the training '
                '(--config), or import the module that registers a class '
                'with forward(x, semantic=None) first'
            )
        ours = found.__module__.startswith('mmasgan.')
        # Other classes may have tensors that are not in their state dict.
        device = torch.device('meta' if ours else 'cpu')
        try:
            with (
                torch.random.fork_rng(devices=[]),
                device,
                _at_most(len(self.tensors)),
            ):
                return found(**arguments)
        # Wrong arguments may cause any error.
        except Exception as error:
            cause = str(error).partition('\n')[0] or type(error).__name__
            raise ValueError(
                f"'{self.source}': {name} cannot be built with "
                f'{reprlib.repr(arguments)}: {cause[:LONGEST]}'
            ) from error


def _known_generators() -> dict[str, Any]:
    """Return the classes that a file may use, by name."""
    found = {
        name: kind
        for registry in (root.MODELS, MODELS)
        for name, kind in registry.module_dict.items()
        if inspect.isclass(kind)
        and 'semantic'
        in inspect.signature(getattr(kind, 'forward', len)).parameters
    }
    ours = {name: getattr(generators, name) for name in generators.__all__}
    return found | ours | {MotionNetwork.__name__: MotionNetwork}


@contextmanager
def _at_most(tensors: int) -> Iterator[None]:
    """Raise an error if a network has many more tensors than the file.

    A small file may describe a network that takes hours to build.
    """
    thread = threading.get_ident()
    count = 0

    def check(module: nn.Module, name: str, value: Tensor | None) -> None:
        nonlocal count
        if value is None or threading.get_ident() != thread:
            return
        count += 1
        if count > MOST_TIMES * tensors + SPARE:
            raise ValueError(
                f'it has more than the {tensors} tensors of the file'
            )

    hook = register_module_parameter_registration_hook(check)
    try:
        yield
    finally:
        hook.remove()
