import pytest
import torch
from exported import KINDS, images, make, maps

from mmasgan.apis.exportable import ExportableGenerator


@pytest.mark.filterwarnings('ignore:no semantic map')
@pytest.mark.parametrize('kind', KINDS)
def test_its_output_is_the_generators(kind):
    generator = make(**KINDS[kind])
    exportable = ExportableGenerator(generator)
    for size in ((1, 16, 16), (2, 17, 19), (1, 30, 22)):
        x = torch.from_numpy(images(*size))
        with torch.no_grad():
            torch.testing.assert_close(
                exportable(x), generator(x), atol=5e-5, rtol=0
            )


def test_maps_of_another_size_are_refused():
    exportable = ExportableGenerator(make(), semantic=True)
    x, classes = (torch.from_numpy(f(1, 16, 20)) for f in (images, maps))
    with pytest.raises(ValueError, match='differ in size'):
        exportable(x, classes[..., :16])


def test_maps_without_sft_layers_are_refused():
    with pytest.raises(ValueError, match='no SFT layers'):
        ExportableGenerator(make(sft=False), semantic=True)
