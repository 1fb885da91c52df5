"""What runs a model here: PyTorch, or ONNX Runtime where there is none."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from ..utils.model_index import DEFAULT, obtain_weights, read_model_index
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
    """Load a model, and return what makes its backend.

    Args:
        weights: A file, or the name of a model in the model index; None takes
            the default one.
        config: The config of a checkpoint.
        backend: ``'torch'`` or ``'onnx'``; None takes ONNX Runtime for files
            that end in ``.onnx``, and where PyTorch is not installed.
        device: Device of the model; ``'auto'`` means a
            GPU where there is one.
        precision: Data type of the computation, see :class:`TorchBackend`.
        tile: Use of strips, see :func:`fallback_backend`.

    Returns:
        Takes what is told where the backend falls back.

    Raises:
        ImportError: If packages are missing.
        OSError: If there is no such file.
        ValueError: If something does not fit.
    """
    if config and not weights:
        raise ValueError('--config goes with --checkpoint')
    if backend is None:
        is_exported = str(weights).endswith('.onnx')
        backend = 'torch' if has_pytorch() and not is_exported else 'onnx'
    if backend == 'torch':
        return _torch(weights, config, device, precision, tile)
    if config:
        raise ValueError('--config does not go with --backend onnx')
    taken = {'device': ('auto', 'cpu'), 'precision': ('auto', 'float32')}
    for name, value in (('device', device), ('precision', precision)):
        if value not in taken[name]:
            raise ValueError(
                f'ONNX Runtime takes --{name} {" or ".join(taken[name])}, got '
                f'{value}'
            )
    return _onnx(weights, tile)


def onnx_file(weights: str | None) -> Path:
    """Return the file that ONNX Runtime reads for a model.

    Args:
        weights: Weights of the model, see :func:`choose_backend`.

    Raises:
        OSError: If there is no such file.
        ValueError: If it is one that only PyTorch reads.
    """
    models = read_model_index()
    name = DEFAULT if weights is None else str(weights)
    path = Path(name)
    if name in models:
        path = obtain_weights(models[name])
    elif not path.is_file():
        published = sorted(name for name, m in models.items() if m.weights)
        raise FileNotFoundError(
            f"'{name}' is neither a file nor one of the models "
            f'{", ".join(published)}'
        )
    if path.suffix not in ('.onnx', '.safetensors'):
        raise ValueError(
            f"'{path}' is read by PyTorch alone; where it is installed, "
            f'`mmasgan export --weights {path.name} -o model.onnx` makes a '
            'file that runs here'
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
            f"'{model.path}' looks at whole images, so it has no --tile tiles"
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

    # The help says what is done without maps.
    warnings.filterwarnings('ignore', 'no semantic map given')
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        kind = torch.empty(0, device=device).device.type
    # torch raises whatever its back ends do.
    except Exception as error:
        cause = str(error).partition('\n')[0]
        raise ValueError(f'--device {device}: {cause}') from error
    if kind == 'meta':
        raise ValueError('--device meta computes nothing; take cpu or cuda')
    generator = load_generator(weights, device, config)
    return lambda say: fallback_backend(generator, precision, tile, say)
