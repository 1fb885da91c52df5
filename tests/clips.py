"""Small videos that tests write, and what can be seen of one."""

from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np

from mmasgan.io.video.encoding import open_svt_av1

TAGS = ('color_range', 'color_primaries', 'color_trc', 'colorspace')
SHARP = {'crf': '8'}
QUIET = {'libx265': {'x265-params': 'log-level=error'}}
SOUND_RATE = 48000


class Clip(NamedTuple):
    """What is seen of a video; times are in seconds."""

    codec: str
    pix_fmt: str
    size: tuple[int, int]
    time_base: Fraction
    rate: Fraction
    ratio: Fraction | None
    tags: tuple[int, ...]
    times: list[Fraction]
    frames: list[Any]
    others: list[tuple[int, Fraction, bytes]]  # stream, time, content
    metadata: dict[str, str]
    streams: list[tuple[str, str, dict[str, str]]]


def picture(number, size=(64, 48), dtype=np.uint8):
    """A smooth picture that moves, RGB."""
    x, y = np.meshgrid(*(np.arange(side) for side in size))
    waves = [
        np.sin(x / 17 + number / 5),
        np.cos(y / 13 + number / 7),
        np.sin((x + y) / 19 - number / 3),
    ]
    levels = 0.5 + 0.4 * np.stack(waves, -1)
    return np.rint(levels * np.iinfo(dtype).max).astype(dtype)


def same(image):
    """Deblur nothing."""
    return image


def psnr(a, b):
    """PSNR of images of one kind, in dB."""
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    peak = np.iinfo(a.dtype).max
    return np.inf if error == 0 else 10 * np.log10(peak**2 / error)


def write_clip(
    path,
    encoder='libx264',
    pix_fmt='yuv420p',
    count=10,
    size=(64, 48),
    frames=None,
    rate=30,
    times=None,
    time_base=None,
    options=(),
    tags=(),
    ratio=None,
    sound=(),
    metadata=(),
    muxer_options=(),
):
    """Write a video of :func:`picture`; times are in units of time_base."""
    if frames is None:
        deep = av.VideoFormat(pix_fmt).components[0].bits > 8
        dtype = np.uint16 if deep else np.uint8
        frames = [picture(i, size, dtype) for i in range(count)]
    with av.open(
        str(path), 'w', container_options=dict(muxer_options)
    ) as container:
        container.metadata.update(dict(metadata))
        stream = container.add_stream(
            encoder,
            rate=rate,
            width=size[0],
            height=size[1],
            pix_fmt=pix_fmt,
            options={**QUIET.get(encoder, {}), **dict(options)},
            **({'time_base': time_base} if time_base else {}),
        )
        tags = dict(tags)
        for tag, value in tags.items():
            setattr(stream.codec_context, tag, value)
        if ratio:
            stream.codec_context.sample_aspect_ratio = ratio
        if encoder == 'libsvtav1':
            open_svt_av1(stream.codec_context)
        sounds = [container.add_stream(c, rate=SOUND_RATE) for c in sound]
        for each in sounds:
            _write_sound(container, each, len(frames) / rate)
        for number, image in enumerate(frames):
            frame = _frame(image, pix_fmt)
            frame.pts = None
            for tag, value in tags.items():
                if hasattr(frame, tag):
                    setattr(frame, tag, value)
            if times is not None:
                frame.pts, frame.time_base = times[number], time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def read_clip(path):
    with av.open(str(path)) as container:
        stream = container.streams.best('video')
        context = stream.codec_context
        times, frames, others = [], [], []
        for packet in container.demux():
            if packet.stream.index == stream.index:
                for frame in packet.decode():
                    times.append(frame.pts * frame.time_base)
                    frames.append(frame)
            elif packet.size:
                time = packet.pts * packet.time_base
                others.append((packet.stream.index, time, bytes(packet)))
        return Clip(
            context.codec.canonical_name,
            context.pix_fmt,
            (context.width, context.height),
            stream.time_base,
            stream.average_rate,
            stream.sample_aspect_ratio,
            tuple(int(getattr(context, tag)) for tag in TAGS),
            times,
            frames,
            others,
            dict(container.metadata),
            [
                (s.type, s.codec_context and s.codec_context.name, s.metadata)
                for s in container.streams
            ],
        )


def planes(frame):
    """The numbers of a frame, one array a plane."""
    deep = frame.format.components[0].bits > 8
    found = []
    for plane in frame.planes:
        numbers = np.frombuffer(bytes(plane), np.uint16 if deep else np.uint8)
        rows = numbers.reshape(plane.height, -1)
        found.append(rows[:, : plane.width].astype(int))
    return found


def _frame(image, pix_fmt):
    if isinstance(image, av.VideoFrame):
        return image
    rgb = 'rgb24' if image.dtype == np.uint8 else 'rgb48le'
    frame = av.VideoFrame.from_ndarray(image, format=rgb)
    # Several threads of FFmpeg 8.1 spoil pixels of 10 bits.
    return frame.reformat(format=pix_fmt, threads=1)


def _write_sound(container, stream, seconds):
    random = np.random.RandomState(stream.index)
    block = 960
    planar = stream.codec_context.format.name == 'fltp'
    for start in range(0, int(seconds * SOUND_RATE), block):
        noise = 0.1 * random.standard_normal((2, block)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(
            noise if planar else noise.T.reshape(1, -1),
            format='fltp' if planar else 'flt',
            layout='stereo',
        )
        frame.sample_rate, frame.pts = SOUND_RATE, start
        frame.time_base = Fraction(1, SOUND_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
