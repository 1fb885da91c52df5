"""What the server counts and logs of each request."""

import logging
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

__all__ = ['Metrics']

SECONDS = (0.01, 0.05, 0.2, 1, 5, 20, 60, 300, 600)
METHODS = ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
LOGGER = logging.getLogger('mmasgan.serve.access')


class Metrics:
    """Counts requests and photographs, for Prometheus and the access log.

    Args:
        waiting: Returns how many requests are served or wait.
    """

    def __init__(self, waiting: Callable[[], int] = lambda: 0) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            'mmasgan_requests',
            'Requests that were answered.',
            ('method', 'route', 'status'),
            registry=self._registry,
        )
        self._seconds = Histogram(
            'mmasgan_request_seconds',
            'Time from the first byte of a request to the last of its answer.',
            ('route',),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._photographs = Counter(
            'mmasgan_photographs',
            'Photographs of the interface and of the page, by outcome.',
            ('outcome',),
            registry=self._registry,
        )
        for outcome in ('deblurred', 'refused', 'failed'):
            self._photographs.labels(outcome)
        Gauge(
            'mmasgan_queue_length',
            'Photographs that are deblurred or wait for their turn.',
            registry=self._registry,
        ).set_function(waiting)

    def photograph(self, outcome: str) -> None:
        """Count a photograph.

        Args:
            outcome: ``'deblurred'``, ``'refused'`` or ``'failed'``.
        """
        self._photographs.labels(outcome).inc()

    def request(
        self,
        method: str,
        route: str | None,
        status: int,
        seconds: float,
        client: str,
    ) -> None:
        """Count a request, and write it to the access log.

        Args:
            method: Method of HTTP.
            route: Its pattern, so that no name of a file or session is kept;
                None for what is closed.
            status: Status code of HTTP; 0 if the client left before one.
            seconds: How long it took.
            client: Who asked.
        """
        route = route or 'none'
        method = method if method in METHODS else 'other'
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)
        # Parts of the page come by the dozen.
        level = logging.DEBUG if route.endswith('/*') else logging.INFO
        LOGGER.log(
            level,
            '%s %s %s %d %.3f s',
            client,
            method,
            route,
            status,
            seconds,
            extra=dict(
                fields=dict(
                    client=client,
                    method=method,
                    route=route,
                    status=status,
                    seconds=round(seconds, 3),
                )
            ),
        )

    def text(self) -> bytes:
        """Return all of them as Prometheus reads them."""
        return generate_latest(self._registry)
