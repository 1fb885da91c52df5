"""Reading of PNG files, with verified checksums."""

import struct
import zlib

import imagecodecs
import numpy as np

from .kinds import UndecodableError, check_size
from .metadata import Metadata
from .photo import Photo
from .png import INCH, SIGNATURE, XMP_KEY, chunk

__all__ = ['decode_png']

GRAY, RGB, PALETTE, GRAY_ALPHA = 0, 2, 3, 4  # colour types
# Ancillary chunks that change the picture.
NEEDED = (b'tRNS', b'acTL')
CRITICAL = (b'IHDR', b'PLTE', b'IDAT', b'IEND')
# Colour information, which is also valid for the result.
COLOUR = (b'gAMA', b'cHRM', b'sRGB', b'cICP', b'mDCV', b'cLLI')
TEXTS = (b'tEXt', b'zTXt', b'iTXt')
# Chunks that describe the stored pixels or the original file.
STALE = (b'sBIT', b'bKGD', b'hIST', b'sPLT', b'tIME', b'fcTL', b'fdAT')
RAW_EXIF = (b'Raw profile type exif', b'Raw profile type APP1')
MOST_INFLATED = 64_000_000  # bytes of a text or profile
COPIED = 0x20  # bit of the last letter: safe to copy

Chunks = dict[bytes, list[bytes]]


def decode_png(content: bytes) -> Photo:
    """Decode a PNG file.

    Pillow does not verify the checksums of pixels, accepts incomplete files,
    and reduces 16 bits to 8. Here, libpng decodes the chunks of the picture,
    after their checksums were verified.

    Raises:
        UndecodableError: If it is damaged, or contains several pictures.
    """
    meta = Metadata()
    chunks = _chunks(content, meta.notes)
    header = chunks.get(b'IHDR', [b''])[0]
    if len(header) != 13 or b'IDAT' not in chunks:
        raise UndecodableError('is damaged: it is a PNG file without pixels')
    check_size(*struct.unpack('>II', header[:8]))
    if len(chunks.get(b'acTL', [b''])[0]) >= 4:
        (frames,) = struct.unpack('>I', chunks[b'acTL'][0][:4])
        if frames > 1:
            raise UndecodableError(
                f'contains {frames} frames; save each one as a separate file'
            )
    pixels, alpha = _pixels(header, chunks)
    _add_metadata(meta, chunks, header)
    is_gray = header[9] in (GRAY, GRAY_ALPHA)
    return meta.photo(pixels, alpha, is_gray, '.png')


def _chunks(content: bytes, notes: list[str]) -> Chunks:
    chunks: Chunks = {}
    place = len(SIGNATURE)
    while b'IEND' not in chunks:
        head = content[place : place + 8]
        kind = head[4:]
        size = int.from_bytes(head[:4], 'big')
        data = content[place + 8 : place + 8 + size]
        checksum = content[place + 8 + size : place + 12 + size]
        if len(checksum) < 4:
            if b'IDAT' in chunks and kind != b'IDAT':
                notes.append('it is truncated after its last pixel')
                return chunks  # missing pixels are refused later
            raise UndecodableError(
                'is damaged or truncated: it ends within its pixels; copy or '
                'download it again'
            )
        is_right = zlib.crc32(kind + data) == int.from_bytes(checksum, 'big')
        _check_chunk(kind, is_right, notes)
        if is_right:
            chunks.setdefault(kind, []).append(data)
        place += 12 + size
    if place < len(content):
        notes.append('bytes after its end are left out')
    return chunks


def _check_chunk(kind: bytes, is_right: bool, notes: list[str]) -> None:
    name = kind.decode('ascii', 'backslashreplace')
    if not kind.isalpha():
        raise UndecodableError(
            f'is damaged or truncated: {name!r} is not a PNG chunk; '
            'copy or download it again'
        )
    is_critical = kind in NEEDED or kind[:1].isupper()
    if not is_right and is_critical:
        raise UndecodableError(
            f'is damaged or truncated: the checksum of its chunk {name} is '
            'wrong; copy or download it again'
        )
    if not is_right:
        notes.append(
            f'the checksum of its chunk {name} is wrong; the chunk is left out'
        )
    if is_critical and kind not in (*CRITICAL, *NEEDED):
        raise UndecodableError(
            f'is a PNG file with an unsupported chunk ({name}); convert it '
            'to plain PNG'
        )


def _pixels(
    header: bytes, chunks: Chunks
) -> tuple[np.ndarray, np.ndarray | None]:
    depth, kind = header[8:10]
    has_key = kind in (GRAY, RGB) and b'tRNS' in chunks
    kinds = [b'IHDR', b'PLTE', b'tRNS', b'IDAT']
    if has_key:  # libpng would add a channel
        kinds.remove(b'tRNS')
    plain = SIGNATURE + b''.join(
        chunk(kind, data) for kind in kinds for data in chunks.get(kind, [])
    )
    samples = imagecodecs.png_decode(plain + chunk(b'IEND', b''))
    samples = samples.reshape(*samples.shape[:2], -1)
    count = samples.shape[2]
    colours = samples[..., : 3 if count > 2 else 1]
    pixels = np.repeat(colours, 3, axis=2) if count < 3 else colours
    if has_key:
        return pixels, _key_alpha(colours, depth, chunks[b'tRNS'][0])
    return pixels, samples[..., -1] if count in (2, 4) else None


def _key_alpha(colours: np.ndarray, depth: int, key: bytes) -> np.ndarray:
    """Return the opacity for a transparent colour."""
    high = np.iinfo(colours.dtype).max
    values = np.frombuffer(key, '>u2')[: colours.shape[2]]
    scaled = values.astype(int) * high // (2**depth - 1)
    is_clear = (colours == scaled).all(axis=2)
    return np.where(is_clear, 0, high).astype(colours.dtype)


def _add_metadata(meta: Metadata, chunks: Chunks, header: bytes) -> None:
    for data in chunks.get(b'iCCP', [])[:1]:
        meta.icc_profile = _inflated(data.partition(b'\0')[2][1:])
        if meta.icc_profile is None:
            meta.notes.append('its colour profile is damaged and left out')
    if len(sizes := chunks.get(b'pHYs', [b''])[0]) == 9:
        x, y, unit = struct.unpack('>IIB', sizes)
        if unit == 1:
            meta.dpi = x * INCH, y * INCH
        elif x != y:
            meta.notes.append('its pixel aspect ratio is left out')
    kept = [(kind, chunks[kind][0]) for kind in COLOUR if kind in chunks]
    for kind in TEXTS:
        for data in chunks.get(kind, []):
            if not _take_text(meta, kind, data):
                kept.append((kind, data))
    if b'bKGD' in chunks and header[8] >= 8 and header[9] != PALETTE:
        kept.append((b'bKGD', chunks[b'bKGD'][0]))
    if b'eXIf' in chunks:
        meta.load_exif(chunks[b'eXIf'][0])
    known = (*CRITICAL, *NEEDED, *COLOUR, *TEXTS, *STALE)
    for kind in set(chunks) - {*known, b'iCCP', b'pHYs', b'eXIf'}:
        if kind[3] & COPIED:
            kept += [(kind, data) for data in chunks[kind]]
        else:
            meta.notes.append(
                f'its chunk {kind.decode()}, which may describe the original '
                'pixels, is left out'
            )
    meta.png_chunks = tuple(kept)


def _take_text(meta: Metadata, kind: bytes, data: bytes) -> bool:
    """Read XMP and EXIF data that are stored as texts."""
    key, _, rest = data.partition(b'\0')
    if key == XMP_KEY and kind == b'iTXt':
        is_packed = rest[:1] == b'\1'
        text = rest[2:].split(b'\0', 2)[-1]
        meta.xmp = _inflated(text) if is_packed else text
        return True
    if key not in RAW_EXIF:
        return False
    text = (_inflated(rest[1:]) or b'') if kind == b'zTXt' else rest
    words = text.split(None, 2)  # kind, length, digits
    try:
        meta.load_exif(bytes.fromhex(words[2].decode('ascii')))
    except (IndexError, ValueError):
        meta.notes.append('its EXIF data are damaged and left out')
    return True


def _inflated(data: bytes) -> bytes | None:
    """Decompress; return None if data are damaged or too large."""
    inflate = zlib.decompressobj()
    try:
        found = inflate.decompress(data, MOST_INFLATED)
    except zlib.error:
        return None
    return found if inflate.eof else None
