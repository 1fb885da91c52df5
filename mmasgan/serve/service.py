"""Deblur what visitors send."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
from PIL import Image

from ..inference import Backend, deblur_pixels
from ..photos import PHOTO_SUFFIXES, Photo, encode_photo, read_photo
from ..photos.photo import to_8_bits
from ..priors.prior import Prior
from ..priors.resize import resize_by_area
from .limits import Limits, RefusedError

__all__ = ['DeblurService', 'Served']

NAME_LENGTH = 100


@dataclass(frozen=True)
class Served:
    """A photograph that was deblurred.

    Attributes:
        name: Of its file, without folders.
        content: Its file, in the format of what was sent.
        before: What was sent, RGB, (H, W, 3), uint8 or uint16.
        after: What became of it, likewise.
        semantic: The semantic map, (K, h, w); None where the model takes
            none, or there is no source of them.
    """

    name: str
    content: bytes
    before: np.ndarray
    after: np.ndarray
    semantic: np.ndarray | None


class DeblurService:
    """Holds models, and deblurs as many photographs at a time as allowed.

    Args:
        models: What loads each model, by the name that visitors see. The
            first one is the default; it is loaded at once, others when they
            are first asked for.
        limits: What is refused.
        prior: Source of semantic maps for models that take them.

    Raises:
        ValueError: If there are no models.
    """

    def __init__(
        self,
        models: dict[str, Callable[[], Backend]],
        limits: Limits | None = None,
        prior: Prior | None = None,
    ) -> None:
        if not models:
            raise ValueError('models must name at least one')
        self.models = models
        self.limits = limits or Limits()
        self.prior = prior
        self._loaded: dict[str, Backend] = {}
        self._loading = threading.Lock()
        self._turns = threading.BoundedSemaphore(self.limits.concurrency)
        self._waiting = 0
        self._counting = threading.Lock()
        self._backend(self.default)

    @property
    def default(self) -> str:
        """The model that is taken where none is named."""
        return next(iter(self.models))

    @property
    def names(self) -> Sequence[str]:
        """What visitors may choose from."""
        return tuple(self.models)

    @property
    def loaded(self) -> Sequence[str]:
        """Models that are in memory."""
        return tuple(self._loaded)

    @property
    def in_progress(self) -> int:
        """Requests that are served or wait for their turn."""
        return self._waiting

    def takes_maps(self, weights: str) -> bool:
        """Whether a model is steered by semantic maps.

        Args:
            weights: Name of the model.

        Raises:
            RefusedError: If there is no such model.
        """
        generator = getattr(self._backend(weights), 'generator', None)
        return getattr(generator, 'condition', None) is not None

    def deblur(
        self,
        content: bytes,
        name: str,
        weights: str | None = None,
        strength: float = 1.0,
    ) -> Served:
        """Deblur a photograph, once it is its turn.

        Args:
            content: Its file, as it was sent.
            name: That the visitor gave it; nothing of that name is opened.
            weights: Name of a model; None is the default one.
            strength: See :func:`~mmasgan.inference.deblur_pixels`.

        Raises:
            RefusedError: If it is not served, with what to say.
        """
        weights = weights or self.default
        name = _plain_name(name)
        if len(content) > self.limits.bytes:
            raise RefusedError(
                f"'{name}' has {len(content) / 1e6:.1f} MB, more than "
                f'{self.limits.megabytes:g}',
                413,
            )
        with self._counting:
            if self._waiting >= self.limits.concurrency + self.limits.queue:
                raise RefusedError(
                    'too many photographs are waiting; try again later', 503
                )
            self._waiting += 1
        try:
            with self._turns:
                return self._deblur(content, name, weights, strength)
        except RefusedError:
            raise
        except MemoryError as error:
            raise RefusedError(
                f"'{name}' does not fit into the memory; scale it down", 413
            ) from error
        except ValueError as error:
            raise RefusedError(str(error)) from error
        finally:
            with self._counting:
                self._waiting -= 1

    def _deblur(
        self, content: bytes, name: str, weights: str, strength: float
    ) -> Served:
        backend = self._backend(weights)
        photo = self._read(content, name)
        semantic = None
        if self.prior is not None and self.takes_maps(weights):
            semantic = self._map(photo)
        after = deblur_pixels(backend, photo.pixels, semantic, strength)
        path = PurePosixPath(name or f'photo{photo.suffix}')
        if path.suffix.lower() not in PHOTO_SUFFIXES:
            path = path.with_name(f'{path.name}.png')  # as the command does
        sharper = encode_photo(replace(photo, pixels=after), path.suffix)
        return Served(path.name, sharper, photo.pixels, after, semantic)

    def _backend(self, weights: str) -> Backend:
        with self._loading:
            if weights not in self._loaded:
                if weights not in self.models:
                    raise RefusedError(
                        f'there are no weights {weights!r}; choose one of '
                        f'{", ".join(self.models)}'
                    )
                self._loaded[weights] = self.models[weights]()
            return self._loaded[weights]

    def _read(self, content: bytes, name: str) -> Photo:
        width, height = _size(content)
        most = self.limits.megapixels * 1e6
        if width * height > most:
            raise RefusedError(
                f"'{name}' has {width}x{height} pixels, more than "
                f'{self.limits.megapixels:g} million; scale it down',
                413,
            )
        return read_photo(content, name)

    def _map(self, photo: Photo) -> np.ndarray:
        """Return the semantic map, at the photograph's size."""
        assert self.prior is not None
        small = self.prior(to_8_bits(photo.pixels))
        return resize_by_area(small, photo.pixels.shape[:2])


def _size(content: bytes) -> tuple[int, int]:
    """Return width and height as the header has them, 0 if it is damaged."""
    try:
        with Image.open(BytesIO(content)) as image:
            return image.size
    except Exception:  # Pillow's plugins raise all sorts; reading tells why
        return 0, 0


def _plain_name(name: str) -> str:
    """Return the last part of a path of any system, short and printable."""
    last = PurePosixPath(PureWindowsPath(name).as_posix()).name
    printable = ''.join(c for c in last if c.isprintable())
    path = PurePosixPath(printable.lstrip('.'))
    return path.stem[:NAME_LENGTH] + path.suffix[:NAME_LENGTH]
