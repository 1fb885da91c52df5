"""Unpacking of GoPro's archive, with checks and resume."""

import re
import stat
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from ...io.image.kinds import IMAGE_SUFFIXES
from ...utils.atomic_files import remove_leftovers, write_atomically
from ...utils.console import progress, shortened, shown_size
from .files import require_space

__all__ = ['unpack_gopro']

LARGEST = 100_000_000  # bytes of an image; GoPro's have 2 MB
MOST_TIMES = 100  # times the size of the archive
# With any prefix, 'GOPRO_Large/' in the published archive.
MEMBER = re.compile(
    r'(?:.*/)?((?:train|test)/'
    r'(?:[^/]+/(?:blur|blur_gamma|sharp)|input|target)/[^/]+)'
)


def unpack_gopro(archive: Path, folder: Path) -> int:
    """Unpack the images of GoPro's archive into ``folder/{train,test}``.

    Images are written atomically after their checksum was verified. Existing
    images are compared with their checksum. Other members are skipped. If a
    name is unsafe, nothing is written.

    Returns:
        Number of unpacked images, without existing ones.

    Raises:
        OSError: If the disk has too little space.
        ValueError: If the archive is damaged, unsafe, or not GoPro's.
    """
    try:
        with _opened(archive) as opened:
            members = _members(archive, opened)
            remove_leftovers(folder)
            todo = {
                name: info
                for name, info in progress(
                    list(members.items()), 'Checking existing images'
                )
                if not _is_there(folder / name, info)
            }
            needed = sum(info.file_size for info in todo.values())
            if needed > MOST_TIMES * archive.stat().st_size + LARGEST:
                raise ValueError(
                    f"'{archive}' unpacks to {shown_size(needed)}, too much "
                    'for images; nothing was unpacked: download it from the '
                    'site of its authors'
                )
            require_space(folder, needed, f"unpacking '{archive.name}'")
            for name, info in progress(list(todo.items()), 'Unpacking'):
                content = _content(archive, opened, info)
                write_atomically(folder / name, content)
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"'{archive}' is not a complete zip archive ({error}); download "
            'it again'
        ) from error
    return len(todo)


def _opened(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except (FileNotFoundError, PermissionError):
        raise
    # Invalid versions, sizes or names.
    except (OSError, ValueError, NotImplementedError) as error:
        raise zipfile.BadZipFile(str(error)) from error


def _members(
    archive: Path, opened: zipfile.ZipFile
) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    # Many file systems do not distinguish case.
    taken: dict[str, zipfile.ZipInfo] = {}
    for info in opened.infolist():
        _check_safe(archive, info)
        match = MEMBER.fullmatch(info.filename)
        hidden = any(
            part.startswith(('.', '__'))
            for part in PurePosixPath(info.filename).parts
        )
        if not match or hidden:
            continue
        if not info.filename.lower().endswith(IMAGE_SUFFIXES):
            continue
        key = unicodedata.normalize('NFC', match[1]).casefold()
        if key in taken:
            raise ValueError(
                f"'{archive}' contains '{shortened(match[1])}' twice, as "
                f"'{shortened(taken[key].filename)}' and "
                f"'{shortened(info.filename)}'; unpack it by hand, and give "
                'the correct folder'
            )
        if info.file_size > LARGEST:
            raise ValueError(
                f"'{archive}' contains '{shortened(info.filename)}' of "
                f'{shown_size(info.file_size)}, which is not an image of '
                'GoPro; nothing was unpacked: download it from the site of '
                'its authors'
            )
        members[match[1]] = taken[key] = info
    if not members:
        raise ValueError(
            f"'{archive}' is not GoPro's archive: it has no member like "
            "'GOPRO_Large/train/GOPR0372_07_00/blur/000047.png'; use the "
            'archive of the authors, GOPRO_Large.zip'
        )
    return members


def _check_safe(archive: Path, info: zipfile.ZipInfo) -> None:
    name = info.filename
    path = PurePosixPath(name)
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    if not name.isprintable():
        raise ValueError(
            f"'{archive}' contains {shortened(name)!a}, a name with "
            'unprintable characters; nothing was unpacked: the archive is not '
            'safe, download it from the site of its authors'
        )
    if (
        path.is_absolute()
        or '..' in path.parts
        or '\\' in name
        or ':' in name
        or is_link
    ):
        raise ValueError(
            f"'{archive}' contains '{shortened(name)}', which "
            f'{"is a link" if is_link else "points out of the folder"}; '
            'nothing was unpacked: the archive is not safe, download it from '
            'the site of its authors'
        )


def _is_there(path: Path, info: zipfile.ZipInfo) -> bool:
    return (
        path.is_file()
        and path.stat().st_size == info.file_size
        and zlib.crc32(path.read_bytes()) == info.CRC
    )


def _content(
    archive: Path, opened: zipfile.ZipFile, info: zipfile.ZipInfo
) -> bytes:
    name = shortened(info.filename)
    try:
        return opened.read(info)
    # OSError: an offset before the start.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise ValueError(
            f"'{name}' in '{archive}' is damaged ({shortened(str(error))}); "
            'download the archive again; unpacked images are kept'
        ) from error
    except (RuntimeError, NotImplementedError) as error:
        raise ValueError(
            f"'{name}' in '{archive}' cannot be unpacked "
            f'({shortened(str(error))}); unpack it with another program, and '
            'use its folder'
        ) from error
