"""The examples of docs/export.md, run as they stand."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from tiny import ROOT, make_checkpoint

from mmasgan.apis import deblur_image, export_generator

pytestmark = pytest.mark.process

PAGE = (ROOT / 'docs' / 'export.md').read_text()
EXAMPLES = [
    text
    for text in re.findall(r'```python\n(.*?)```', PAGE, re.DOTALL)
    if 'photo.png' in text
]


@pytest.mark.parametrize('number', [0, 1])
def test_an_example_deblurs_as_the_library_does(number, tmp_path):
    generator = make_checkpoint(tmp_path / 'w.pth')
    draw = np.random.default_rng(0)
    photo = draw.integers(0, 256, (37, 50, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / 'photo.png')
    for suffix in ('.onnx', '.pt2'):
        if f'model{suffix}' in EXAMPLES[number]:
            export_generator(generator, tmp_path / f'model{suffix}')
    assert len(EXAMPLES) == 2
    subprocess.run(
        [sys.executable, '-c', EXAMPLES[number]], cwd=tmp_path, check=True
    )
    found = np.array(Image.open(tmp_path / 'sharp.png')).astype(int)
    expected = deblur_image(generator, photo).astype(int)
    assert np.abs(found - expected).max() <= 1
    assert np.abs(expected - photo).max() > 1
