"""Deblur photographs of visitors."""

import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from reprlib import repr as shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apis.inference import deblur_pixels
from ..apis.inference.backend import Backend
from ..io.image.encoder import encode_photo, writable_name
from ..io.image.losses import lost_in
from ..io.image.photo import Photo, to_8_bits
from ..io.image.reader import content_size, read_photo
from .errors import refusals
from .folder import plain_name
from .jobs import Job, Pool, StoppedError, check_current
from .limits import Counted, Limits, RefusedError
from .metrics import Metrics

if TYPE_CHECKING:
    from ..semantic.prior import Prior

__all__ = ['DeblurService', 'Served']

STOPPED = 'the server has been stopped; try again when it runs again'
MOST_BATCHES = 10_000  # the queue of the page has a limit of its own


@dataclass(frozen=True)
class Served:
    """Deblurred photograph.

    Attributes:
        name: File name, without folders.
        content: Content of the file, in the format of the input.
        before: Input, RGB, (H, W, 3), uint8 or uint16.
        after: Output, same shape and dtype.
        semantic: Semantic map, (K, H, W); None if the model takes none, or
            the service has no source of maps.
        notes: Properties of the input that the file could not keep.
    """

    name: str
    content: bytes
    before: np.ndarray
    after: np.ndarray
    semantic: np.ndarray | None
    notes: tuple[str, ...] = ()


class DeblurService:
    """Models, and a queue of photographs to deblur.

    Args:
        models: Functions that load a model, by the name that visitors see.
            The first one is the default, and is loaded at once. Others are
            loaded on first use.
        limits: Limits of size, number and time.
        prior: Source of semantic maps for models that take them.

    Raises:
        ValueError: If ``models`` is empty.
    """

    def __init__(
        self,
        models: dict[str, Callable[[], Backend]],
        limits: Limits | None = None,
        prior: 'Prior | None' = None,
    ) -> None:
        if not models:
            raise ValueError('models must have at least one entry')
        self.models = models
        self.limits = limits or Limits()
        self.prior = prior
        self._loaded: dict[str, Backend] = {}
        self._loading = threading.Lock()
        self.places = Counted(
            self.limits.concurrency + self.limits.queue,
            self.limits.per_client,
            'photographs',
        )
        self.batches = Counted(MOST_BATCHES, MOST_BATCHES, 'batches')
        self.metrics = Metrics(lambda: self.in_progress)
        self._is_stopped = False
        self._jobs: set[Job[Served]] = set()
        self._pool = Pool(self.limits.concurrency)
        self._backend(self.default)

    @property
    def default(self) -> str:
        """Name of the default model."""
        return next(iter(self.models))

    @property
    def names(self) -> Sequence[str]:
        """Names of all models."""
        return tuple(self.models)

    @property
    def loaded(self) -> Sequence[str]:
        """Names of the models in memory."""
        return tuple(self._loaded)

    @property
    def in_progress(self) -> int:
        """Number of requests that are running or waiting."""
        return len(self.places)

    @property
    def is_busy(self) -> bool:
        """Whether any request or batch is running or waiting."""
        return bool(len(self.places) or len(self.batches))

    @property
    def devices(self) -> dict[str, str]:
        """Device of each model in memory, by name."""
        found = {}
        for name, backend in self._loaded.items():
            generator = getattr(backend, 'generator', None)
            parameter = next(generator.parameters()) if generator else None
            found[name] = str(getattr(parameter, 'device', 'cpu'))
        return found

    def stop(self) -> None:
        """Stop all work. Clients receive status 503."""
        self._is_stopped = True
        for job in tuple(self._jobs):
            job.stop(StoppedError(STOPPED, 503))

    def check_name(self, weights: str) -> None:
        """Raise :class:`RefusedError` if ``weights`` is not a model."""
        if weights not in self.models:
            raise RefusedError(
                f'there are no weights {shorten(weights)}; choose one of '
                f'{", ".join(self.models)}'
            )

    def takes_maps(self, weights: str) -> bool:
        """Return whether a model takes semantic maps.

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
        gone: Callable[[], bool] = lambda: False,
        tell: Callable[[Job[Served]], Any] = lambda job: None,
    ) -> Served:
        """Deblur a photograph after those that came before it.

        Args:
            content: Content of the file.
            name: File name from the visitor; no file of this name is opened.
            weights: Name of a model; None for the default.
            strength: See :func:`~mmasgan.apis.inference.deblur_pixels`.
            gone: Function that returns whether the client has disconnected.
            tell: Function called repeatedly with the job, to show progress.

        Raises:
            RefusedError: If it cannot be deblurred.
        """
        with (
            self.places.one(None),
            self._job(content, name, weights, strength) as job,
        ):
            return job.wait(gone, tell)

    async def deblur_async(
        self,
        content: bytes,
        name: str,
        weights: str | None,
        strength: float,
        gone: Callable[[], Awaitable[bool]],
    ) -> Served:
        """Deblur a photograph without blocking a thread while it waits.

        The caller has already taken one of :attr:`places`.

        Raises:
            RefusedError: If it cannot be deblurred.
        """
        with self._job(content, name, weights, strength) as job:
            return await job.wait_async(gone)

    @contextmanager
    def _job(self, content: bytes, name: str, *how: Any) -> Iterator[Job]:
        """Submit a photograph, and count its outcome."""
        outcome, job = 'failed', None
        name = plain_name(name)
        try:
            with refusals(name):
                self._check_wanted(content, name)
                job = Job(
                    self._pool,
                    lambda job: self._deblur(job, content, name, *how),
                    self.limits.seconds,
                )
                self._jobs.add(job)
                yield job
            outcome = 'deblurred'
        except RefusedError as error:
            if error.status < 500:
                outcome = 'refused'
            raise
        finally:
            if job is not None:
                self._jobs.discard(job)
            self.metrics.photograph(outcome)

    def _check_wanted(self, content: bytes, name: str) -> None:
        if self._is_stopped:
            raise StoppedError(STOPPED, 503)
        if len(content) > self.limits.bytes:
            raise RefusedError(
                f"'{name}' has {len(content) / 1e6:.1f} MB, more than "
                f'{self.limits.megabytes:g}',
                413,
            )

    def _deblur(
        self,
        job: Job[Served],
        content: bytes,
        name: str,
        weights: str | None,
        strength: float,
    ) -> Served:
        weights = weights or self.default
        backend = self._backend(weights)
        photo = self._read(content, name)
        job.check()
        semantic = None
        if self.prior is not None and self.takes_maps(weights):
            semantic = self._map(photo)
            job.check()
        after = deblur_pixels(
            backend, photo.pixels, semantic, strength, progress=job.reached
        )
        job.check()
        path = Path(writable_name(name or f'photo{photo.suffix}'))
        sharper = encode_photo(replace(photo, pixels=after), path.suffix)
        notes = (*photo.notes, *lost_in(photo, path.suffix))
        return Served(path.name, sharper, photo.pixels, after, semantic, notes)

    def _backend(self, weights: str) -> Backend:
        with self._loading:
            if weights not in self._loaded:
                self.check_name(weights)
                backend = self.models[weights]()
                generator = getattr(backend, 'generator', None)
                if generator is not None:  # it can be stopped between layers
                    for module in generator.modules():
                        module.register_forward_pre_hook(check_current)
                self._loaded[weights] = backend
            return self._loaded[weights]

    def _read(self, content: bytes, name: str) -> Photo:
        width, height = content_size(content, name or 'image')
        most = self.limits.megapixels * 1e6
        if width * height > most:
            raise RefusedError(
                f"'{name}' has {width}x{height} pixels, more than "
                f'{self.limits.megapixels:g} million; scale it down',
                413,
            )
        return read_photo(content, name or 'image')

    def _map(self, photo: Photo) -> np.ndarray:
        """Return the semantic map, resized to the photograph."""
        from ..semantic.resize import resize_by_area  # it needs PyTorch

        assert self.prior is not None
        small = self.prior(to_8_bits(photo.pixels))
        return resize_by_area(small, photo.pixels.shape[:2])
