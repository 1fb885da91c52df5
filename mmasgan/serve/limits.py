"""What a server takes, and how it refuses the rest."""

from dataclasses import dataclass

__all__ = ['Limits', 'RefusedError']


@dataclass(frozen=True)
class Limits:
    """What a visitor may ask for.

    Attributes:
        megabytes: Of a file that is uploaded.
        megapixels: Of a photograph.
        files: In a batch.
        concurrency: Photographs that are deblurred at a time.
        queue: Requests that may wait for their turn.
    """

    megabytes: float = 50
    megapixels: float = 40
    files: int = 20
    concurrency: int = 1
    queue: int = 64

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f'{name} must be positive, got {value}')

    @property
    def bytes(self) -> int:
        """The largest file."""
        return int(self.megabytes * 1e6)


class RefusedError(ValueError):
    """A request that is not served, with what to say to the visitor.

    Args:
        message: What is wrong with it, and what to do.
        status: Of HTTP.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
