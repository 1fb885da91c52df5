"""Read an image file, or say what is wrong with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from .decoder import UndecodableError, decode
from .photo import Photo

__all__ = [
    'ImageReadError',
    'UnusableImageError',
    'read_errors',
    'read_photo',
]


class UnusableImageError(ValueError):
    """An image file that is of no use, with its name and the cause.

    Args:
        message: Names the file and the cause.
        path: The file, as the data set names it; None where it is no file.
    """

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class ImageReadError(UnusableImageError):
    """An image file that cannot be read, with its name and the cause."""


def read_photo(
    source: str | os.PathLike[str] | bytes, name: str | None = None
) -> Photo:
    """Read an image file as it is meant to be seen.

    EXIF orientation is applied. Palette images become RGB. CMYK and Lab
    become RGB without regard to their profile, which is dropped. Other
    profiles are kept and not applied.

    Args:
        source: A file, or the content of one.
        name: For messages; that of the file, if None.

    Raises:
        ImageReadError: If it is missing, unreadable, no image, truncated,
            too large or animated.
        MemoryError: If it does not fit into the memory.
    """
    if isinstance(source, str | os.PathLike):
        name = name or os.fspath(source)
        with read_errors(name):
            source = Path(source).read_bytes()
    return _read(source, name or 'image')


@contextmanager
def read_errors(name: str, hint: str = '') -> Iterator[None]:
    """Turn an error of reading a file's content into one that names it.

    Args:
        name: Of the file.
        hint: What to say if it does not exist.

    Raises:
        ImageReadError: For any OSError.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise ImageReadError(f"'{name}' does not exist{hint}", name) from error
    except PermissionError as error:
        raise ImageReadError(
            f"'{name}' cannot be read: permission denied; give this user the "
            'right to read it (chmod u+r)',
            name,
        ) from error
    except OSError as error:
        raise ImageReadError(
            f"'{name}' cannot be read: {error}", name
        ) from error


def _read(content: bytes, name: str) -> Photo:
    if not content:
        raise ImageReadError(
            f"'{name}' is empty (0 bytes); copy or download it again", name
        )
    try:
        with _strict_pillow(), Image.open(BytesIO(content)) as image:
            return decode(image, content)
    except MemoryError:
        raise
    # Pillow's plugins raise OSError, SyntaxError, struct.error, zlib.error
    # and others on damaged files.
    except Exception as error:
        raise ImageReadError(f"'{name}' {_cause(error)}", name) from error


def _cause(error: Exception) -> str:
    match error:
        case UndecodableError():
            return str(error)
        case UnidentifiedImageError():
            return (
                'is not an image that Pillow knows, whatever its suffix '
                'says; replace or remove it'
            )
        case Image.DecompressionBombError() | Image.DecompressionBombWarning():
            return (
                f'has too many pixels ({error}); scale or cut it down, or, '
                'if it can be trusted, raise PIL.Image.MAX_IMAGE_PIXELS'
            )
    return f'is damaged or truncated ({error}); copy or download it again'


@contextmanager
def _strict_pillow() -> Iterator[None]:
    # Other libraries set this flag, and would have us take images that end
    # in grey.
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
