"""What a batch of the two domains holds."""

from collections.abc import Sequence

from mmagic.structures import DataSample
from torch import Tensor

__all__ = [
    'DOMAINS',
    'Images',
    'Maps',
    'central',
    'check_channel_orders',
    'files_of',
    'named_inputs',
    'split_inputs',
]

DOMAINS = ('sharp', 'blur')

Images = dict[str, Tensor]  # by domain, (N, 3, H, W)
Maps = dict[str, Tensor | None]  # by domain, (N, K, H, W) in [0, 1]


def named_inputs(data: dict) -> dict:
    """Name the images of a batch that has sharp ones alone.

    MMagic's ``PackInputs`` packs a single image without its name.

    Args:
        data: A batch, as the data set gave it.

    Returns:
        The batch, its ``inputs`` by name.
    """
    inputs = data['inputs']
    named = isinstance(inputs, dict) or (
        isinstance(inputs, list) and inputs and isinstance(inputs[0], dict)
    )
    return data if named else {**data, 'inputs': {'img_sharp': inputs}}


def split_inputs(
    inputs: dict[str, Tensor], required: Sequence[str]
) -> tuple[Images, Maps]:
    """Sort network inputs by domain.

    Args:
        inputs: ``img_<domain>`` and, where there are maps,
            ``semantic_<domain>``.
        required: Domains that there must be images of.

    Returns:
        The images there are, and a map or None for each domain.

    Raises:
        ValueError: If ``inputs`` is no dict or lacks a required image.
    """
    found = list(inputs) if isinstance(inputs, dict) else []
    missing = [f'img_{d}' for d in required if f'img_{d}' not in found]
    if missing:
        raise ValueError(
            f'inputs lack {missing}, they have {found or type(inputs)}: make '
            'and pack them in the pipeline'
        )
    images = {d: inputs[f'img_{d}'] for d in DOMAINS if f'img_{d}' in inputs}
    return images, {d: inputs.get(f'semantic_{d}') for d in DOMAINS}


def central(images: Tensor, like: Tensor) -> Tensor:
    """Return the middle of images, as large as others.

    Args:
        images: (N, C, H, W).
        like: (N, C, h, w), h and w at most as large.
    """
    (height, width), (rows, columns) = images.shape[-2:], like.shape[-2:]
    top, left = (height - rows) // 2, (width - columns) // 2
    return images[..., top : top + rows, left : left + columns]


def check_channel_orders(data: dict) -> None:
    """Refuse images whose order of channels is known of some only.

    MMagic takes an image that does not say its order for BGR: it would swap
    red and blue of that image alone.

    Args:
        data: A batch, as the data set gave it.

    Raises:
        ValueError: If an image does not say its order, and another does.
    """
    inputs = data['inputs']
    keys = inputs if isinstance(inputs, dict) else inputs[0]
    images = [key for key in keys if str(key).startswith('img_')]
    for sample in _samples(data):
        orders = {key: f'{key}_channel_order' for key in images}
        missing = [key for key in images if orders[key] not in sample]
        if missing and len(missing) < len(images):
            raise ValueError(
                f'{missing[0]} does not say whether it is RGB or BGR, other '
                f'images do: make {orders[missing[0]]!r} in the pipeline, and '
                'name it among the meta_keys of PackInputs'
            )


def files_of(data: dict) -> list[str]:
    """Return the paths of the images of a batch, as the data set gave it."""
    found = (
        sample.get(f'img_{d}_path')
        for sample in _samples(data)
        for d in DOMAINS
    )
    return [str(path) for path in found if path is not None]


def _samples(data: dict) -> list[DataSample]:
    samples = data.get('data_samples') or []
    return [samples] if isinstance(samples, DataSample) else samples
