import av
import numpy as np
import pytest
from clips import planes

from mmasgan.io.video.colours import Coding, coding_of, from_rgb, to_rgb

# Weights of red and blue: ITU-R BT.709-6, BT.601-7, BT.2020-2.
WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
FORMATS = [
    ('yuv420p', 8),
    ('yuv422p', 8),
    ('nv12', 8),
    ('yuv420p10le', 10),
    ('yuv420p10be', 10),
    ('p010le', 10),
    ('yuv422p12le', 12),
    ('yuv444p16le', 16),
]


def numbers_of(colour, matrix, is_full, bits):
    """Y'CbCr of RGB in [0, 1], as the recommendations define it."""
    red, green, blue = colour
    of_red, of_blue = WEIGHTS[matrix]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    cb, cr = (blue - luma) / 2 / (1 - of_blue), (red - luma) / 2 / (1 - of_red)
    if is_full:
        most, half = 2**bits - 1, 2 ** (bits - 1)
        return [
            round(luma * most),
            *(round(c * most) + half for c in (cb, cr)),
        ]
    step = 2 ** (bits - 8)
    return [
        round((16 + 219 * luma) * step),
        *(round((128 + 224 * c) * step) for c in (cb, cr)),
    ]


def frame_of(numbers, name, size=(34, 18)):
    """A frame of one colour, made without conversion of the numbers."""
    bits = av.VideoFormat(name).components[0].bits
    plain = 'yuv444p' if bits == 8 else f'yuv444p{bits}le'
    frame = av.VideoFrame(*size, plain)
    for plane, number in zip(frame.planes, numbers, strict=True):
        dtype = np.uint8 if bits == 8 else np.uint16
        count = plane.buffer_size // np.dtype(dtype).itemsize
        plane.update(np.full(count, number, dtype).tobytes())
    return frame.reformat(format=name, threads=1)


@pytest.mark.parametrize(('name', 'bits'), FORMATS)
@pytest.mark.parametrize('matrix', WEIGHTS)
@pytest.mark.parametrize('is_full', [False, True])
def test_colours_are_those_of_the_recommendations(name, bits, matrix, is_full):
    # Full range has no number for chroma of 1/2 exactly.
    most = 0.98 if is_full else 1
    colours = most * np.array(
        [*np.eye(3), [0, 0, 0], [1, 1, 1], [0.2, 0.5, 0.7]]
    )
    for colour in colours:
        numbers = numbers_of(colour, matrix, is_full, bits)
        frame = frame_of(numbers, name)
        frame.colorspace, frame.color_range = matrix, 2 if is_full else 1
        image = to_rgb(frame)
        most = 255 if bits == 8 else 65535
        assert image.dtype == (np.uint8 if bits == 8 else np.uint16)
        assert image.shape == (18, 34, 3)
        # Half a step of luma, and one of chroma, which counts up to double.
        error = np.abs(image / most - colour).max()
        assert error < 2.2 / 2**bits
        # And back to the same numbers, but for what lay out of gamut.
        again = from_rgb(image, name, Coding(matrix, is_full))
        assert again.format.name == name
        for plane, expected in zip(planes(again), planes(frame), strict=True):
            assert np.abs(plane - expected).max() <= 1


@pytest.mark.parametrize(
    'name',
    ['rgb24', 'bgr0', 'gbrp', 'gbrp10le', 'gbrp12le', 'rgb48le', 'rgb48be'],
)
@pytest.mark.parametrize('size', [(34, 18), (33, 17)])
def test_rgb_stays_as_it_is(name, size):
    bits = av.VideoFormat(name).components[0].bits
    dtype = np.uint8 if bits == 8 else np.uint16
    levels = np.random.randint(0, 2**bits, (size[1], size[0], 3))
    most = np.iinfo(dtype).max
    image = np.rint(levels * (most / (2**bits - 1))).astype(dtype)
    frame = from_rgb(image, name, Coding(1, True))
    assert frame.format.name == name
    tolerance = 1 if bits in (10, 12) else 0  # float32, near to a half
    assert np.abs(to_rgb(frame).astype(int) - image).max() <= tolerance
    if name == 'rgb24':
        assert np.array_equal(frame.to_ndarray(), image)


@pytest.mark.parametrize(('name', 'bits'), [('gray', 8), ('gray10le', 10)])
@pytest.mark.parametrize('is_full', [False, True])
def test_gray_has_no_colour(name, bits, is_full):
    dtype = np.uint8 if bits == 8 else np.uint16
    most = np.iinfo(dtype).max
    ramp = np.linspace(0, most, 34).round().astype(dtype)
    image = np.broadcast_to(ramp[None, :, None], (18, 34, 3))
    frame = from_rgb(image, name, Coding(1, is_full))
    frame.color_range = 2 if is_full else 1
    error = np.abs(to_rgb(frame).astype(int) - image).max() / most
    assert error < (0.51 if is_full else 1.01) / 2**bits


def test_other_depths_are_rounded():
    frame = av.VideoFrame.from_ndarray(
        np.full((18, 34, 3), 200 * 257 + 127, np.uint16), format='rgb48le'
    )
    assert np.unique(to_rgb(frame, np.uint8)) == [200]
    assert np.unique(to_rgb(frame)) == [200 * 257 + 127]


def test_chroma_keeps_its_place():
    size = (64, 32)
    frame = av.VideoFrame(*size, 'yuv420p')
    ramp = np.linspace(100, 156, 32).round().astype(np.uint8)
    for plane, number in zip(frame.planes, (120, 0, 128), strict=True):
        rows = np.full((plane.height, plane.line_size), number, np.uint8)
        if not number:
            rows[:, :32] = ramp
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range = 1, 1
    again = from_rgb(to_rgb(frame), 'yuv420p', Coding(1, False))
    assert np.abs(planes(again)[1] - ramp)[:, 2:30].max() <= 1


@pytest.mark.parametrize(
    ('size', 'matrix'),
    [((1280, 720), 1), ((720, 1280), 1), ((720, 576), 6), ((640, 480), 6)],
)
def test_what_is_not_told_is_as_players_guess(size, matrix):
    assert coding_of(av.VideoFrame(*size, 'yuv420p')) == (matrix, False)
    assert coding_of(av.VideoFrame(*size, 'yuvj420p')) == (matrix, True)
    assert coding_of(av.VideoFrame(*size, 'gray')) == (matrix, True)


def test_colours_that_cannot_be_computed_with_are_refused():
    frame = av.VideoFrame(32, 32, 'yuv444p')
    frame.colorspace = 8  # YCgCo
    with pytest.raises(ValueError, match=r'matrix 8 of FFmpeg.*out_color_ma'):
        to_rgb(frame)
    with pytest.raises(ValueError, match='the pixel format gbrpf32le'):
        to_rgb(av.VideoFrame(32, 32, 'gbrpf32le'))
