"""A trained generator, wherever it was read from."""

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

MOST_TIMES, SPARE = 2, 64  # tensors that may be missing, to be named
LONGEST = 200  # characters of a cause


@dataclass(frozen=True)
class TrainedGenerator:
    """What a file says of one generator.

    Attributes:
        source: The file, for messages.
        config: Config of the generator, ``type`` and arguments.
        tensors: State dict of the generator.
        origin: Where it comes from: ``config``, ``iteration``, ``commit``,
            ``source_sha256``, as far as known.
    """

    source: str
    config: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    origin: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> nn.Module:
        """Return the generator, in evaluation mode and float32.

        The config comes from a file, so only these classes are built: those
        of :mod:`mmasgan.generators`, ``MotionNetwork``, and registered ones
        with ``forward(x, semantic=None)`` whose module was imported by the
        caller, or by a config that the caller gave. No random numbers are
        drawn.

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

    def _empty(self) -> nn.Module:
        """Return the network; ours without memory for its tensors."""
        arguments = dict(self.config)
        kind = str(arguments.pop('type', None))
        name = kind.rpartition('.')[2]
        found = _known_generators().get(name)
        if found is None:
            raise ValueError(
                f"'{self.source}': its generator is {kind}, which is not "
                'known here. No file may have code imported: give the config '
                'of the training (--config), or import the module that '
                'registers it, with forward(x, semantic=None), before'
            )
        ours = found.__module__.startswith('mmasgan.')
        # Another's may have tensors that are no part of its state.
        device = torch.device('meta' if ours else 'cpu')
        try:
            with (
                torch.random.fork_rng(devices=[]),
                device,
                _at_most(len(self.tensors)),
            ):
                return found(**arguments)
        # Whatever arguments of wrong types and sizes lead to.
        except Exception as error:
            cause = str(error).partition('\n')[0] or type(error).__name__
            raise ValueError(
                f"'{self.source}': {name} cannot be built of "
                f'{reprlib.repr(arguments)}: {cause[:LONGEST]}'
            ) from error


def _known_generators() -> dict[str, Any]:
    """Return the classes that a file may name, by name."""
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
    """Stop what is built where it becomes larger than what fills it.

    A file of some bytes may ask for a network that takes hours to build.
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
                f'it is larger than the {tensors} tensors of the file'
            )

    hook = register_module_parameter_registration_hook(check)
    try:
        yield
    finally:
        hook.remove()
