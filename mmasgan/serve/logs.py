"""Log of the server, as text or JSON."""

import json
import logging
from datetime import datetime, timezone

__all__ = ['LOG_FORMATS', 'LOG_LEVELS', 'configure_logging']

LOG_FORMATS = ('text', 'json')
LOG_LEVELS = ('debug', 'info', 'warning', 'error')
LOGGERS = ('mmasgan.serve', 'uvicorn')


class JsonFormatter(logging.Formatter):
    """Formatter with one line of JSON per record."""

    def format(self, record: logging.LogRecord) -> str:
        """See :class:`logging.Formatter`."""
        time = datetime.fromtimestamp(record.created, timezone.utc)
        line = dict(
            time=time.isoformat(timespec='milliseconds'),
            level=record.levelname.lower(),
            logger=record.name,
            message=record.getMessage(),
            **getattr(record, 'fields', {}),
        )
        if record.exc_info:
            line['traceback'] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logging(level: str, style: str) -> None:
    """Write the log to standard error."""
    from logging.config import dictConfig  # slow; each command loads this file

    text = dict(format='%(asctime)s %(levelname)s %(message)s')
    dictConfig(
        dict(
            version=1,
            disable_existing_loggers=False,
            formatters=dict(text=text, json={'()': JsonFormatter}),
            handlers=dict(
                stderr={'class': 'logging.StreamHandler', 'formatter': style}
            ),
            loggers={
                name: dict(
                    handlers=['stderr'],
                    # The access log replaces the messages of uvicorn.
                    level='WARNING'
                    if name == 'uvicorn' and level != 'error'
                    else level.upper(),
                    propagate=False,
                )
                for name in LOGGERS
            },
        )
    )
