"""Choice of the backend: PyTorch, or ONNX Runtime without PyTorch."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from ..utils.model_index import DEFAULT, find_weights
from .inference.backend import Backend
from .inference.fallback import Attempt, FallbackBackend

__all__ = ['MakeBackend', 'choose_backend', 'has_pytorch', 'onnx_file']

MakeBackend = Callable[[Callable[[str], None]], Backend]


def has_pytorch() -> bool:
    """Return whether PyTorch is installed."""
    return find_spec('torch') is not None


def choose_backend(
    weights: str | None = None,
    config: str | None = None,
    backend: str | None = None,
    device: str = 'auto',
    precision: str = 'auto',
    tile: str = 'auto',
) -> MakeBackend:
    """Load a model, and return a function that creates its backend.

    The arguments are options of ``mmasgan deblur``; None means their default.

    Returns:
        Function that creates the backend; its argument prints messages when
        the backend falls back.

    Raises:
        ImportError: If a package is missing.
        OSError: If a file does not exist.
        ValueError: If an argument is invalid.
    """
    if config and not weights:
        raise ValueError('--config needs --checkpoint')
    if backend is None:
        is_exported = str(weights).endswith('.onnx')
        backend = 'torch' if has_pytorch() and not is_exported else 'onnx'
    if backend == 'torch':
        return _torch(weights, config, device, precision, tile)
    if config:
        raise ValueError('--config cannot be used with --backend onnx')
    allowed = {'device': ('auto', 'cpu'), 'precision': ('auto', 'float32')}
    for name, value in (('device', device), ('precision', precision)):
        if value not in allowed[name]:
            raise ValueError(
                f'ONNX Runtime supports --{name} '
                f'{" or ".join(allowed[name])}, got {value}'
            )
    return _onnx(weights, tile)


def onnx_file(weights: str | None) -> Path:
    """Return the path of the file of a model for ONNX Runtime.

    Raises:
        OSError: If the file does not exist.
        ValueError: If only PyTorch can read it.
    """
    path = find_weights(DEFAULT if weights is None else weights)
    if path.suffix not in ('.onnx', '.safetensors'):
        raise ValueError(
            f"'{path}' can only be read by PyTorch; on a machine with "
            f'PyTorch, `mmasgan export --weights {path.name} -o model.onnx` '
            'creates a file for ONNX Runtime'
        )
    return path


def _onnx(weights: str | None, tile: str) -> MakeBackend:
    from .inference.onnx_backend import OnnxBackend

    model = OnnxBackend(onnx_file(weights))
    whole = Attempt(
        'as a whole by ONNX Runtime',
        model,
        lambda height, width: model.bytes_needed(height, width, False),
    )
    strips = Attempt(
        'in strips by ONNX Runtime',
        model.in_strips,
        lambda height, width: model.bytes_needed(height, width, True),
    )
    if tile == 'tiles' and not model.halo:
        raise ValueError(
            f"'{model.path}' cannot run in strips; use --tile whole"
        )
    attempts = [whole, strips] if model.halo else [whole]
    ways = {'auto': attempts, 'whole': [whole], 'tiles': [strips]}
    return lambda say: FallbackBackend(ways[tile], say)


def _torch(
    weights: str | None,
    config: str | None,
    device: str,
    precision: str,
    tile: str,
) -> MakeBackend:
    import torch

    from .inference.torch_fallback import fallback_backend
    from .pretrained import load_generator

    # Documented in the help.
    warnings.filterwarnings('ignore', 'no semantic map given')
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        kind = torch.empty(0, device=device).device.type
    # Errors depend on the backends of torch.
    except Exception as error:
        cause = str(error).partition('\n')[0]
        raise ValueError(f'--device {device}: {cause}') from error
    if kind == 'meta':
        raise ValueError('--device meta has no data; use cpu or cuda')
    generator = load_generator(weights, device, config)
    return lambda say: fallback_backend(generator, precision, tile, say)
