"""Reading of image files, with errors that name the file."""

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from .decoder import decode
from .files import is_special
from .kinds import PILLOW_FORMATS, UndecodableError, kind_of
from .photo import Photo
from .tiff_reader import tiff_size

__all__ = [
    'ImageReadError',
    'UnusableImageError',
    'check_regular',
    'content_size',
    'photo_size',
    'read_errors',
    'read_photo',
]


class UnusableImageError(ValueError):
    """An unusable image file; ``path`` is its path in the data set."""

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class ImageReadError(UnusableImageError):
    """An image file that cannot be read."""


def read_photo(
    source: str | os.PathLike[str] | bytes, name: str | None = None
) -> Photo:
    """Read an image file.

    The EXIF orientation is applied. Palettes are converted to RGB. CMYK and
    Lab are converted to RGB without their profile, which is dropped. Other
    profiles are kept and not applied. :attr:`Photo.notes` lists what was
    damaged, converted or left out; see docs/formats.md.

    Args:
        source: Path of a file, or its content.
        name: Name for messages; None means that of the file.

    Raises:
        ImageReadError: If the file is missing, unreadable, not an image,
            truncated, too large or animated.
        MemoryError: If the image does not fit into the memory.
    """
    if isinstance(source, str | os.PathLike):
        name = name or os.fspath(source)
        with read_errors(name):
            source = Path(source).read_bytes()
    name = name or 'image'
    _check_some(source, name)
    with _decoding(name):
        return decode(source, name)


@contextmanager
def read_errors(name: str, hint: str = '') -> Iterator[None]:
    """Convert errors of reading a file to errors with its name.

    Args:
        name: Name of the file.
        hint: Addition to the message if the file does not exist.

    Raises:
        ImageReadError: For any OSError.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise ImageReadError(f"'{name}' does not exist{hint}", name) from error
    except PermissionError as error:
        raise ImageReadError(
            f"'{name}' cannot be read: permission denied; allow this user to "
            'read it (chmod u+r)',
            name,
        ) from error
    except OSError as error:
        raise ImageReadError(
            f"'{name}' cannot be read: {error}", name
        ) from error


def check_regular(path: str | os.PathLike[str]) -> None:
    """Refuse pipes and devices, whose reading may block or never end.

    Raises:
        ImageReadError: If it is a pipe, a socket or a device.
    """
    if is_special(Path(path)):
        raise ImageReadError(
            f"'{os.fspath(path)}' is a pipe or device, not a file; remove it",
            os.fspath(path),
        )


def photo_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Return width and height in the header of an image file.

    Raises:
        ImageReadError: If the header cannot be read.
    """
    name = os.fspath(path)
    check_regular(path)
    with read_errors(name), Path(path).open('rb') as file:
        head = file.read(4096)
        file.seek(0)
        with _decoding(name):
            return _size(file, head, name)


def content_size(content: bytes, name: str) -> tuple[int, int]:
    """Return width and height in the header of an image file."""
    _check_some(content, name)
    with _decoding(name):
        return _size(BytesIO(content), content[:4096], name)


def _size(file: BinaryIO, head: bytes, name: str) -> tuple[int, int]:
    kind = kind_of(head, name)
    if kind == 'TIFF':
        return tiff_size(file)
    if kind == 'PNG':  # Pillow would read all texts
        width, height = struct.unpack('>II', head[16:24])
        return width, height
    with Image.open(file, formats=PILLOW_FORMATS) as image:
        return image.size


def _check_some(content: bytes, name: str) -> None:
    if not content:
        raise ImageReadError(
            f"'{name}' is empty (0 bytes); copy or download it again", name
        )


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Convert errors of libraries to errors with the name of the file."""
    try:
        with _strict_pillow():
            yield
    except MemoryError:
        raise
    except UndecodableError as error:
        raise ImageReadError(f"'{name}' {error}", name) from error
    # The libraries raise OSError, SyntaxError, struct.error, zlib.error and
    # others on damaged files.
    except Exception as error:
        raise ImageReadError(
            f"'{name}' {_cause(error)}; copy or download it again, or "
            'convert it to PNG',
            name,
        ) from error


def _cause(error: Exception) -> str:
    text = str(error)
    if isinstance(error, UnidentifiedImageError | LookupError | TypeError):
        text = 'its header is inconsistent'
    elif 'support' in text.lower():
        return f'is damaged or not supported ({text})'
    return f'is damaged or truncated ({text or type(error).__name__})'


@contextmanager
def _strict_pillow() -> Iterator[None]:
    """Let Pillow refuse truncated images, without warnings."""
    # Other libraries may set this flag, which accepts truncated images.
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings('ignore', module=r'PIL\.')
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
