"""Small image files, made by other programs than the library's encoders."""

import struct
import zlib
from io import BytesIO

import numpy as np
import tifffile
from PIL import Image, ImageCms

DRAW = np.random.default_rng(0)
DEEP = DRAW.integers(0, 65536, (18, 21, 3), np.uint16)
DEEP_ALPHA = DEEP[::-1, :, 0].copy()
RGB, ALPHA = (DEEP >> 8).astype('u1'), (DEEP_ALPHA >> 8).astype('u1')
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
GRAY_PROFILE = SRGB[:16] + b'GRAY' + SRGB[20:]
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description '
    b'tiff:Orientation="6" dc:rights="somebody"/></x:xmpmeta>'
)
IPTC = b'\x1c\x02\x74\x00\x08somebody'


def exif(orientation=None, resolution=None):
    data = Image.Exif()
    data[271] = 'Maker'
    data.get_ifd(0x8769)[0x9003] = '2024:05:06 07:08:09'
    if orientation:
        data[274] = orientation
    if resolution:
        data[282], data[283] = resolution
        data[296] = 2
    return data.tobytes()


def gray(channel):
    return np.repeat(channel[..., None], 3, axis=2)


def by_pillow(kind, image=RGB, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def by_tifffile(samples, **options):
    file = BytesIO()
    tifffile.imwrite(file, samples, **{'metadata': None, **options})
    return file.getvalue()


def chunk(kind, content):
    checksum = struct.pack('>I', zlib.crc32(kind + content))
    return struct.pack('>I', len(content)) + kind + content + checksum


def png(samples=RGB, *before, after=(), bits=None, colour=None, palette=None):
    """Return a PNG file with some chunks before and after the pixels."""
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    bits = bits or 8 * samples.itemsize
    if colour is None:
        colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = samples.reshape(height, -1)
    if bits < 8:
        digits = np.unpackbits(rows[..., None], axis=2)[..., -bits:]
        rows = np.packbits(digits.reshape(height, -1), axis=1)
    raw = rows.astype(f'>u{rows.itemsize}').tobytes()
    size = len(raw) // height
    lines = b''.join(
        b'\0' + raw[n : n + size] for n in range(0, len(raw), size)
    )
    header = struct.pack('>IIBBBBB', width, height, bits, colour, 0, 0, 0)
    chunks = [(b'IHDR', header), *before]
    chunks += [(b'PLTE', palette)] * (palette is not None)
    chunks += [(b'IDAT', zlib.compress(lines)), *after, (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(chunk(*one) for one in chunks)


def png_chunks(content):
    """Return kind and content of each chunk."""
    place, found = 8, []
    while place < len(content):
        (size,) = struct.unpack('>I', content[place : place + 4])
        kind = content[place + 4 : place + 8]
        found.append((kind, content[place + 8 : place + 8 + size]))
        place += 12 + size
    return found


def segment(marker, content):
    return struct.pack('>BBH', 0xFF, marker, 2 + len(content)) + content


def jpeg(*segments, image=RGB, **options):
    """Return a JPEG file with some segments at its start."""
    content = by_pillow('JPEG', image, **options)
    return content[:2] + b''.join(segments) + content[2:]
