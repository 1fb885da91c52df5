import pytest
from PIL import Image
from samples import RGB, by_pillow, by_tifffile, png

from mmasgan.io.image.kinds import UndecodableError, check_size, kind_of


@pytest.mark.parametrize(
    ('content', 'kind'),
    [
        (png(), 'PNG'),
        (by_pillow('JPEG'), 'JPEG'),
        (by_pillow('MPO'), 'JPEG'),
        (by_tifffile(RGB), 'TIFF'),
        (by_tifffile(RGB, byteorder='>'), 'TIFF'),
        (by_tifffile(RGB, bigtiff=True), 'TIFF'),
        (by_tifffile(RGB, bigtiff=True, byteorder='>'), 'TIFF'),
        (by_pillow('WEBP'), 'WEBP'),
        (by_pillow('BMP'), 'BMP'),
        (by_pillow('PPM'), 'PNM'),
        (by_pillow('GIF', Image.fromarray(RGB).quantize()), 'GIF'),
        (by_pillow('JPEG2000'), 'JPEG2000'),
        (by_pillow('JPEG2000', no_jp2=True), 'JPEG2000'),
        (by_pillow('AVIF'), 'AVIF'),
        (by_pillow('TGA'), 'TGA'),
    ],
)
def test_kinds_are_known_by_content(content, kind):
    assert kind_of(content, 'a.any') == kind


def test_targa_files_without_a_signature_are_known_by_name():
    content = by_pillow('TGA')[:-26]
    assert kind_of(content, 'A.TGA') == 'TGA'
    with pytest.raises(UndecodableError, match='not an image of a supp'):
        kind_of(content, 'a.png')


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'is a HEIC or HEIF file'),
        (b'\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'is a HEIC or HEIF file'),
        (b'\0\0\0\x18ftypcrx \0\0\0\x01crx isom', 'is a raw file of a cam'),
        (b'\0\0\0\x18ftypisom\0\0\0\0isommp41', 'is a video'),
        (b'\xff\x0a....', 'is a JPEG XL file'),
        (b'8BPS....', 'is a Photoshop file'),
        (b'%PDF-1.4', 'is a PDF file'),
        (b'\0\0\1\0....', 'is an icon'),
        (by_pillow('SGI'), 'is an SGI file'),
        (by_pillow('PCX'), 'is a PCX file'),
        (b'PF\n3 3\n-1.0\n', 'is a PFM file'),
        (b'PK\3\4....', 'is a zip archive'),
        (b'BMW is a maker of cars', 'is not an image of a supported format'),
        (b'', 'is not an image of a supported format'),
    ],
)
def test_others_are_named(content, words):
    with pytest.raises(UndecodableError, match=words):
        kind_of(content, 'a.jpg')


def test_sizes_are_those_of_pillow(monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 50)
    check_size(10, 10)
    with pytest.raises(UndecodableError, match='101x1: 101 pixels, more than'):
        check_size(101, 1)
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', None)
    check_size(10**6, 10**6)
