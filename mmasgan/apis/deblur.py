"""Deblur photographs, each at its own size."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..datasets.atomic_files import write_atomically
from ..datasets.image_reader import read_rgb_image
from ..datasets.prepare.files import progress
from ..datasets.prepare.photos import find_photos
from ..generators import ResNetV2SFTGenerator
from ..generators.strips import translate_in_strips

__all__ = ['Deblurred', 'deblur_files', 'deblur_image']

LARGE = 2_000_000  # pixels

FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    '.png': ('PNG', {}),
    '.jpg': ('JPEG', dict(quality=95, subsampling=0)),
    '.jpeg': ('JPEG', dict(quality=95, subsampling=0)),
    '.bmp': ('BMP', {}),
    '.tif': ('TIFF', {}),
    '.tiff': ('TIFF', {}),
    '.webp': ('WEBP', dict(lossless=True)),
    '.ppm': ('PPM', {}),
}
"""Pillow's format and options by suffix; others become PNG."""


@dataclass(frozen=True)
class Deblurred:
    """What became of some photographs.

    Attributes:
        written: Files that were written.
        failures: Why others were not; each names its file.
    """

    written: tuple[Path, ...]
    failures: tuple[str, ...]


@torch.inference_mode()
def deblur_image(
    generator: ResNetV2SFTGenerator,
    image: np.ndarray,
    in_strips: bool | None = None,
) -> np.ndarray:
    """Deblur one image.

    Args:
        generator: As :func:`~mmasgan.apis.load_generator` gives it.
        image: RGB, (H, W, 3), uint8, both sides at least 16.
        in_strips: Whether in strips, which equal the whole within a grey
            level and need less memory; None is for more than two megapixels.

    Returns:
        The sharper image, of the same shape and kind.

    Raises:
        ValueError: If the image is too small.
    """
    device = next(generator.parameters()).device
    batch = torch.from_numpy(image).to(device).permute(2, 0, 1)[None]
    x = batch.float().sub_(127.5).div_(127.5)
    if in_strips is None:
        in_strips = x[0, 0].numel() > LARGE
    if in_strips:
        output = translate_in_strips(generator, x, store=torch.float16)
    else:
        output = generator(x)
    pixels = output.mul_(127.5).add_(127.5).clamp_(0, 255).round_()
    return pixels[0].permute(1, 2, 0).to(torch.uint8).cpu().numpy()


def deblur_files(
    generator: ResNetV2SFTGenerator,
    images: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    overwrite: bool = False,
) -> Deblurred:
    """Deblur photographs into a folder, under their own names.

    A result has the format of its photograph: JPEG of quality 95, all others
    without loss. It is upright and keeps the colour profile, but no other
    metadata. Nothing is written before all names are known to be free.

    Args:
        generator: As :func:`~mmasgan.apis.load_generator` gives it.
        images: Photographs, and folders of them of any depth, whose inner
            folders are kept.
        out: Folder to write to.
        overwrite: Whether results may replace files; photographs that are
            read are never replaced.

    Raises:
        OSError: If a result exists, would replace a photograph, or cannot be
            written.
        ValueError: If there is no photograph, or two results of one name.
    """
    plan = _plan([Path(image) for image in images], Path(out))
    _check(plan, overwrite)
    written, failures = [], []
    for target, source in progress(list(plan.items()), 'Deblurring'):
        try:
            image = _deblurred(generator, source)
            content = _encode(image, target, _profile(source))
        except ValueError as error:
            failures.append(str(error))
            continue
        write_atomically(target, content)
        written.append(target)
    return Deblurred(tuple(written), tuple(failures))


def _plan(images: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Return the photograph of each file to write."""
    plan: dict[Path, Path] = {}
    for image in images:
        for source, inner in _photos(image, out):
            target = out / inner
            if target.suffix.lower() not in FORMATS:
                target = target.with_name(f'{target.name}.png')
            other = plan.setdefault(target, source)
            if other.absolute() != source.absolute():
                raise ValueError(
                    f"'{other}' and '{source}' would both become '{target}'; "
                    'deblur them into folders of their own'
                )
    return plan


def _photos(image: Path, out: Path) -> list[tuple[Path, Path]]:
    """Return photographs, with their path below what was given."""
    if not image.is_dir():
        return [(image, Path(image.name))]
    photos, _ = find_photos({'blur': image})
    results = out.resolve()
    is_inside = image.resolve() in results.parents
    return [
        (photo.source, photo.source.relative_to(image))
        for photo in photos
        if not (is_inside and results in photo.source.resolve().parents)
    ]


def _check(plan: dict[Path, Path], overwrite: bool) -> None:
    sources = {source.resolve() for source in plan.values()}
    for target in plan:
        if target.resolve() in sources:
            raise FileExistsError(
                f"'{target}' is one of the photographs, which are never "
                'replaced; name another folder'
            )
    existing = [target for target in plan if target.exists()]
    if existing and not overwrite:
        more = f' and {len(existing) - 1} more' if existing[1:] else ''
        raise FileExistsError(
            f"'{existing[0]}'{more} exist already; --overwrite replaces them"
        )


def _deblurred(generator: ResNetV2SFTGenerator, source: Path) -> np.ndarray:
    """Read and deblur; any fault of the file is a ValueError naming it."""
    image = read_rgb_image(str(source))
    height, width = image.shape[:2]
    try:
        return deblur_image(generator, image)
    except ValueError as error:
        problem = str(error)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and 'memory' not in str(error):
            raise
        problem = f'{width}x{height} pixels do not fit into the memory'
    raise ValueError(f"'{source}': {problem}")


def _profile(source: Path) -> bytes | None:
    """Return the colour profile, where it fits RGB."""
    with Image.open(source) as image:
        is_rgb = image.mode in ('RGB', 'RGBA')
        return image.info.get('icc_profile') if is_rgb else None


def _encode(image: np.ndarray, path: Path, profile: bytes | None) -> bytes:
    kind, options = FORMATS[path.suffix.lower()]
    if profile is not None:
        options = {**options, 'icc_profile': profile}
    file = BytesIO()
    try:
        Image.fromarray(image).save(file, kind, **options)
    except (OSError, ValueError) as error:  # WebP has a largest size
        raise ValueError(
            f"'{path}' cannot be encoded as {kind}: {error}"
        ) from error
    return file.getvalue()
