"""Contents of a batch of the two domains."""

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
    """Name the inputs of a batch that only contains sharp images.

    MMagic's ``PackInputs`` drops the name of a single image.

    Args:
        data: Batch of a data loader.

    Returns:
        Batch whose ``inputs`` are dicts.
    """
    inputs = data['inputs']
    named = isinstance(inputs, dict) or (
        isinstance(inputs, list) and inputs and isinstance(inputs[0], dict)
    )
    return data if named else {**data, 'inputs': {'img_sharp': inputs}}


def split_inputs(
    inputs: dict[str, Tensor], required: Sequence[str]
) -> tuple[Images, Maps]:
    """Split the inputs of a batch by domain.

    Args:
        inputs: Images ``img_<domain>``, (N, 3, H, W), and optionally maps
            ``semantic_<domain>``, (N, K, H, W).
        required: Domains whose images are required.

    Returns:
        Images by domain, and a semantic map or None by domain.

    Raises:
        ValueError: If ``inputs`` is not a dict or lacks a required image.
    """
    found = list(inputs) if isinstance(inputs, dict) else []
    missing = [f'img_{d}' for d in required if f'img_{d}' not in found]
    if missing:
        raise ValueError(
            f'inputs lack {missing}, got {found or type(inputs)}: load '
            'and pack them in the pipeline of the data set'
        )
    images = {d: inputs[f'img_{d}'] for d in DOMAINS if f'img_{d}' in inputs}
    return images, {d: inputs.get(f'semantic_{d}') for d in DOMAINS}


def central(images: Tensor, like: Tensor) -> Tensor:
    """Crop images at the centre to the size of others.

    Args:
        images: Images to crop, (N, C, H, W).
        like: Images of the required size, (N, C, h, w), h <= H and w <= W.

    Returns:
        Images, (N, C, h, w).
    """
    (height, width), (rows, columns) = images.shape[-2:], like.shape[-2:]
    top, left = (height - rows) // 2, (width - columns) // 2
    return images[..., top : top + rows, left : left + columns]


def check_channel_orders(data: dict) -> None:
    """Check that the channel order is known for all images or for none.

    MMagic assumes BGR for an image of unknown order, so it would swap red and
    blue of that image only.

    Args:
        data: Batch of a data loader.

    Raises:
        ValueError: If the order of only some images is known.
    """
    inputs = data['inputs']
    keys = inputs if isinstance(inputs, dict) else inputs[0]
    images = [key for key in keys if str(key).startswith('img_')]
    for sample in _samples(data):
        orders = {key: f'{key}_channel_order' for key in images}
        missing = [key for key in images if orders[key] not in sample]
        if missing and len(missing) < len(images):
            raise ValueError(
                f'the channel order of {missing[0]} is unknown, but that of '
                f'other images is known: set {orders[missing[0]]!r} in the '
                'pipeline, and add it to meta_keys of PackInputs'
            )


def files_of(data: dict) -> list[str]:
    """Return the paths of the images of a batch."""
    found = (
        sample.get(f'img_{d}_path')
        for sample in _samples(data)
        for d in DOMAINS
    )
    return [str(path) for path in found if path is not None]


def _samples(data: dict) -> list[DataSample]:
    samples = data.get('data_samples') or []
    return [samples] if isinstance(samples, DataSample) else samples
