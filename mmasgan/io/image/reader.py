"""Read an image file, or say what is wrong with it."""

import os
import stat
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from .decoder import decode
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
    profiles are kept and not applied. What was damaged, converted or left
    out is in :attr:`Photo.notes`; docs/formats.md has it for each format.

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


def check_regular(path: str | os.PathLike[str]) -> None:
    """Refuse what would be waited for, such as a pipe, or never ends.

    Args:
        path: A file; it need not exist.

    Raises:
        ImageReadError: If it is a pipe, a socket or a device.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # reading it says what is wrong
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ImageReadError(
            f"'{os.fspath(path)}' is a pipe or device, and not a file; "
            'remove it',
            os.fspath(path),
        )


def photo_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Return width and height of the pixels as a file stores them.

    Only what the header of the file says is read.

    Args:
        path: An image file.

    Raises:
        ImageReadError: If it cannot be read so far.
    """
    name = os.fspath(path)
    check_regular(path)
    with read_errors(name), Path(path).open('rb') as file:
        head = file.read(4096)
        file.seek(0)
        with _decoding(name):
            return _size(file, head, name)


def content_size(content: bytes, name: str) -> tuple[int, int]:
    """Return width and height as :func:`photo_size` does.

    Args:
        content: Of the file.
        name: For messages.
    """
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


def _read(content: bytes, name: str) -> Photo:
    _check_some(content, name)
    with _decoding(name):
        return decode(content, name)


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Turn whatever a library raises into an error that names the file."""
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
        text = 'what it says of itself does not fit together'
    elif 'support' in text.lower():
        return f'is damaged, or of a kind that is not read ({text})'
    return f'is damaged or truncated ({text or type(error).__name__})'


@contextmanager
def _strict_pillow() -> Iterator[None]:
    """Keep Pillow from half images, and from lines of its own."""
    # Other libraries set this flag, and would have us take images that end
    # in grey.
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings('ignore', module=r'PIL\.')
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
