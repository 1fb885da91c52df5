"""Damage that FFmpeg only logs."""

from pathlib import Path

from . import import_av, open_video

__all__ = ['skipped_by_ffmpeg']


def skipped_by_ffmpeg(path: Path) -> str | None:
    """Return damage in a video that FFmpeg skips.

    Most readers continue after a damaged part, and only log it. The file is
    read again, without decoding.
    """
    av = import_av()
    level = av.logging.get_level()
    corrupt = 0
    av.logging.set_level(av.logging.ERROR)
    try:
        with (
            av.logging.Capture() as log,
            open_video(path) as container,
        ):
            for packet in container.demux():
                corrupt += packet.is_corrupt
    except av.FFmpegError as error:
        return str(error.strerror)
    finally:
        av.logging.set_level(level)
    if corrupt:
        return f'{corrupt} packets are incomplete'
    return log[0][2].strip() if log else None
