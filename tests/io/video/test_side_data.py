from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pytest
from clips import planes, read_clip, same, write_clip
from PIL import Image

from mmasgan.apis.inference import deblur_video


def write_jpegs(path, image, orientation):
    """Write a video of JPEG with EXIF, as some cameras do."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = BytesIO()
    Image.fromarray(image).save(content, 'JPEG', exif=exif, quality=95)
    with av.open(str(path), 'w') as container:
        height, width = image.shape[:2]
        stream = container.add_mux_stream(
            'mjpeg', rate=25, width=width, height=height
        )
        stream.time_base = Fraction(1, 25)
        for number in range(3):
            packet = av.Packet(content.getvalue())
            packet.pts = packet.dts = number
            packet.time_base = stream.time_base
            packet.stream = stream
            container.mux(packet)
    return path


@pytest.mark.parametrize(
    ('orientation', 'turn'),
    [
        (1, lambda image: image),
        (2, lambda image: image[:, ::-1]),
        (5, lambda image: image.transpose(1, 0, 2)),
        (6, lambda image: np.rot90(image, -1)),
    ],
)
def test_side_data_that_pyav_does_not_know(tmp_path, orientation, turn):
    """EXIF, from which FFmpeg 8 also tells how the picture is turned."""
    image = np.full((48, 64, 3), 30, np.uint8)
    image[:16, :32] = 200
    source = write_jpegs(tmp_path / 'a.mkv', image, orientation)
    target = tmp_path / 'b.mkv'
    assert deblur_video(source, target, same).frames == 3
    luma = planes(read_clip(target).frames[0])[0]
    with av.open(str(source)) as container:
        frame = next(container.decode(video=0))
        is_turned = frame.rotation != 0 or orientation == 1
    assert not is_turned or np.abs(luma - turn(image)[..., 0]).max() < 12


def test_closed_captions_that_are_lost_are_told(tmp_path):
    plain = write_clip(tmp_path / 'plain.ts', count=5)
    user_data = b'\xb5\x00\x31GA94\x03\x42\xff\xfc\x94\x2c\xfc\x80\x80\xff'
    sei = b'\0\0\0\1\6\4' + bytes([len(user_data)]) + user_data + b'\x80'
    source = tmp_path / 'a.ts'
    with (
        av.open(str(plain)) as video,
        av.open(str(source), 'w') as container,
    ):
        stream = video.streams.video[0]
        copy = container.add_stream_from_template(stream)
        for packet in video.demux(stream):
            if packet.size:
                content = bytes(packet)
                # An access unit delimiter stands first.
                place = content.index(b'\0\0\1', 5) - 1
                assert content[:5] == b'\0\0\0\1\x09'
                changed = av.Packet(content[:place] + sei + content[place:])
                changed.pts, changed.dts = packet.pts, packet.dts
                changed.time_base = packet.time_base
                changed.stream = copy
                container.mux(changed)
    notes = deblur_video(source, tmp_path / 'b.ts', same).notes
    assert notes == ('closed captions within the picture are left out',)
    assert deblur_video(plain, tmp_path / 'c.ts', same).notes == ()
