"""Metrics and access log."""

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
    """Counters of requests and photographs, and the access log."""

    def __init__(self, waiting: Callable[[], int] = lambda: 0) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            'mmasgan_requests',
            'Requests with a response.',
            ('method', 'route', 'status'),
            registry=self._registry,
        )
        self._seconds = Histogram(
            'mmasgan_request_seconds',
            'Time from the start of a request to the end of its response.',
            ('route',),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._photographs = Counter(
            'mmasgan_photographs',
            'Photographs of the HTTP interface and of the page, by outcome.',
            ('outcome',),
            registry=self._registry,
        )
        for outcome in ('deblurred', 'refused', 'failed'):
            self._photographs.labels(outcome)
        Gauge(
            'mmasgan_queue_length',
            'Photographs that are running or waiting.',
            registry=self._registry,
        ).set_function(waiting)

    def photograph(self, outcome: str) -> None:
        """Count a photograph."""
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

        The route is a pattern, without names of files or sessions; None means
        a closed route. Status 0 means that the client left before it was sent.
        """
        route = route or 'none'
        method = method if method in METHODS else 'other'
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)
        # The page loads dozens of assets.
        level = logging.DEBUG if route.endswith('/*') else logging.INFO
        fields = dict(
            client=client,
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 3),
        )
        text = '%(client)s %(method)s %(route)s %(status)d %(seconds).3f s'
        LOGGER.log(level, text, fields, extra={'fields': fields})

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self._registry)
