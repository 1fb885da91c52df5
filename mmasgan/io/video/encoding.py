"""Choice of encoder and pixel format."""

import os
import sys
from contextlib import suppress
from fractions import Fraction
from typing import Any, NamedTuple

from . import import_av
from .colours import holds_rgb

__all__ = ['MUXERS', 'Encoding', 'choose_encoding', 'open_svt_av1']

MUXERS = {
    '.mp4': ('mp4', {}),
    '.m4v': ('mp4', {}),
    '.mov': ('mov', {}),
    '.mkv': ('matroska', {}),
    '.webm': ('webm', {}),
    '.avi': ('avi', {}),
    '.ts': ('mpegts', {}),
    '.mts': ('mpegts', {'mpegts_m2ts_mode': '1'}),
    '.m2ts': ('mpegts', {'mpegts_m2ts_mode': '1'}),
    '.3gp': ('3gp', {}),
}
"""Muxer of FFmpeg and its options, by suffix."""

# Visually lossless settings.
ENCODERS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    'h264': (('libx264', {'crf': '16'}),),
    'hevc': (('libx265', {'crf': '16', 'x265-params': 'log-level=error'}),),
    'vp8': (('libvpx', {'crf': '6', 'b': '50M', 'cpu-used': '2'}),),
    'vp9': (('libvpx-vp9', {'crf': '16', 'cpu-used': '3', 'row-mt': '1'}),),
    'av1': (
        ('libsvtav1', {'crf': '18', 'preset': '7'}),
        ('libaom-av1', {'crf': '16', 'cpu-used': '6', 'row-mt': '1'}),
    ),
    'mpeg4': (('mpeg4', {'flags': '+qscale', 'global_quality': '236'}),),
    'mjpeg': (
        (
            'mjpeg',
            # Limited range is unofficial.
            {'flags': '+qscale', 'global_quality': '236', 'strict': '-1'},
        ),
    ),
    'prores': (('prores_ks', {}),),
    'ffv1': (('ffv1', {'level': '3'}),),
    **{
        name: ((name, {}),)
        for name in ('ffvhuff', 'huffyuv', 'png', 'qtrle', 'utvideo')
    },
}
"""Encoders by codec, in order of preference; 236 is FFmpeg's quality 2."""

OTHERS = ('h264', 'vp9', 'av1')
"""Alternatives to a codec that cannot be written."""

FINEST_OF_MPEG4 = 65535  # time stamps per second

WHOLE_CHROMA = {
    'ffvhuff', 'huffyuv', 'libx264', 'libx265', 'prores_ks', 'utvideo',
}  # fmt: skip
"""Encoders that do not support subsampled chroma at odd sizes."""

# FFmpeg lists these, but fails.
NOT_IN = {'mov': {'libaom-av1', 'libsvtav1', 'libvpx', 'libvpx-vp9'}}
IN_TRANSPORT_STREAMS = {'libx264', 'libx265', 'mpeg4'}  # not listed by FFmpeg

THREADS = '/proc/self/task'


class Encoding(NamedTuple):
    """Encoder and pixel format of a video."""

    encoder: str
    pix_fmt: str
    options: dict[str, str]
    notes: tuple[str, ...]


class _Traits(NamedTuple):
    """Properties of a pixel format; more is better."""

    colour: int
    bits: int
    columns: int  # of chroma, per 4 of luma
    rows: int
    rgb: int
    alpha: int


def choose_encoding(
    codec: str,
    pix_fmt: str,
    size: tuple[int, int],
    time_base: Fraction,
    muxer: str,
) -> Encoding:
    """Choose the encoding that is closest to a source.

    It has the codec of the source, unless another codec preserves more bits
    or colour.

    Raises:
        ValueError: If no encoder is available.
    """
    av = import_av()
    source = _traits(av.VideoFormat(pix_fmt))
    names = [codec, *OTHERS]
    if codec in av.codecs_available:
        decoder = av.codec.Codec(codec, 'r')
        if decoder.lossless and not decoder.lossy:
            names.insert(1, 'ffv1')
    if time_base.denominator > FINEST_OF_MPEG4 and 'mpeg4' in names:
        names.remove('mpeg4')
    possible = []
    for name in names:
        for encoder, options in ENCODERS.get(name, ()):
            if encoder in _allowed(muxer):
                chosen = _nearest(pix_fmt, _offered(encoder, size))
                found = Encoding(encoder, chosen, dict(options), ())
                possible.append((name, found))
                break
    if not possible:
        raise ValueError(
            f'no encoder for {" or ".join(names)} is available for this '
            'container; name the result .mkv'
        )
    name, encoding = min(
        possible, key=lambda one: _lost(source, one[1].pix_fmt)[:4]
    )
    notes = _notes(codec, name, pix_fmt, encoding.pix_fmt)
    return encoding._replace(notes=notes)


def open_svt_av1(context: Any) -> None:
    """Open the encoder SVT-AV1 without real-time priority.

    For the user root, it takes that priority for its threads and the calling
    one, and other processes would have to wait.

    Args:
        context: PyAV codec context.
    """
    os.environ.setdefault('SVT_LOG', '1')  # less output on stderr
    if sys.platform != 'linux':
        context.open()
        return
    priority = os.sched_getscheduler(0), os.sched_getparam(0)
    before = set(os.listdir(THREADS))
    try:
        context.open()
    finally:
        new = set(os.listdir(THREADS)) - before
        for thread in ('0', *new):  # 0 is this one
            with suppress(OSError):  # ended, or restricted
                os.sched_setscheduler(int(thread), *priority)


def _allowed(muxer: str) -> set[str]:
    av = import_av()
    if muxer == 'mpegts':
        names = IN_TRANSPORT_STREAMS
    else:
        with av.open(os.devnull, 'w', format=muxer) as container:
            names = container.supported_codecs
    return (names & av.codecs_available) - NOT_IN.get(muxer, set())


def _offered(encoder: str, size: tuple[int, int]) -> list[Any]:
    """Return the pixel formats that an encoder supports for a size."""
    codec = import_av().codec.Codec(encoder, 'w')
    # Those that FFmpeg can convert to; the range is a separate tag.
    formats = [
        pix_fmt
        for pix_fmt in codec.video_formats
        if not pix_fmt.name.startswith(('yuvj', 'nv', 'pal', 'bayer'))
    ]
    if encoder in WHOLE_CHROMA:
        odd_width, odd_height = size[0] % 2, size[1] % 2
        formats = [
            pix_fmt
            for pix_fmt in formats
            if not (odd_width and pix_fmt.chroma_width(2) == 1)
            and not (odd_height and pix_fmt.chroma_height(2) == 1)
        ]
    return formats


def _nearest(wanted: str, offered: list[Any]) -> str:
    wanted = wanted.replace('yuvj', 'yuv')
    # Alpha is not kept.
    source = _traits(import_av().VideoFormat(wanted))
    aim = source._replace(alpha=0)

    def distance(pix_fmt: Any) -> tuple[Any, ...]:
        mine = _traits(pix_fmt)
        extra = [max(0, b - a) for a, b in zip(aim, mine, strict=True)]
        is_other = pix_fmt.name != wanted
        return (*_lost(aim, pix_fmt.name), *extra, is_other, pix_fmt.name)

    return str(min(offered, key=distance).name)


def _lost(source: _Traits, pix_fmt: str) -> list[int]:
    result = _traits(import_av().VideoFormat(pix_fmt))
    return [max(0, a - b) for a, b in zip(source, result, strict=True)]


def _traits(pix_fmt: Any) -> _Traits:
    opaque = [part for part in pix_fmt.components if not part.is_alpha]
    is_rgb = holds_rgb(pix_fmt)
    has_chroma = is_rgb or len(opaque) > 1
    return _Traits(
        colour=int(has_chroma),
        bits=max(8, *(part.bits for part in opaque)),
        columns=4 if is_rgb else pix_fmt.chroma_width(4) * has_chroma,
        rows=4 if is_rgb else pix_fmt.chroma_height(4) * has_chroma,
        rgb=int(is_rgb),
        alpha=len(pix_fmt.components) - len(opaque),
    )


def _notes(
    codec: str, chosen_codec: str, pix_fmt: str, chosen: str
) -> tuple[str, ...]:
    notes = []
    if codec != chosen_codec:
        notes.append(
            f'the picture becomes {chosen_codec}, since no available encoder '
            f'writes {codec} with its pixel format to this container'
        )
    named = import_av().VideoFormat
    source, result = _traits(named(pix_fmt)), _traits(named(chosen))
    if source[:-1] != result[:-1]:
        notes.append(f'the pixels become {chosen} instead of {pix_fmt}')
    if source.alpha:
        notes.append('transparency is left out')
    return tuple(notes)
