import pytest
import torch
from exported import KINDS, images, make, maps
from torch import nn

from mmasgan.apis.exportable import ExportableGenerator, exportable
from mmasgan.generators import PixelUnshuffleUNet


@pytest.mark.filterwarnings('ignore:no semantic map')
@pytest.mark.parametrize('kind', KINDS)
def test_its_output_is_the_generators(kind):
    generator = make(**KINDS[kind])
    network = ExportableGenerator(generator)
    for size in ((1, 16, 16), (2, 17, 19), (1, 30, 22)):
        x = torch.from_numpy(images(*size))
        with torch.no_grad():
            torch.testing.assert_close(
                network(x), generator(x), atol=5e-5, rtol=0
            )


def test_maps_of_another_size_are_refused():
    network = ExportableGenerator(make(), semantic=True)
    x, classes = (torch.from_numpy(f(1, 16, 20)) for f in (images, maps))
    with pytest.raises(ValueError, match='differ in size'):
        network(x, classes[..., :16])


def test_maps_without_sft_layers_are_refused():
    with pytest.raises(ValueError, match='no SFT layers'):
        ExportableGenerator(make(sft=False), semantic=True)


class TestAnyGenerator:
    @staticmethod
    def unet(**changes):
        torch.manual_seed(0)
        network = PixelUnshuffleUNet(
            **dict(channels=(4, 5, 6), blocks=(1, 1, 1), up_blocks=(1, 1))
            | changes
        )
        for weight in network.parameters():
            nn.init.normal_(weight, std=0.2)
        return network

    def test_one_with_sft_layers_becomes_exportable(self):
        generator = make()
        network = exportable(generator, semantic=True)
        assert isinstance(network, ExportableGenerator)
        given = [torch.from_numpy(f(1, 17, 20)) for f in (images, maps)]
        with torch.no_grad():
            torch.testing.assert_close(
                network(*given), generator(*given), atol=5e-5, rtol=0
            )

    @pytest.mark.parametrize(
        'changes',
        [
            {},
            dict(clamp='always'),
            dict(clamp='never'),
            dict(channels=(4, 5), blocks=(1, 1), up_blocks=(1,)),
            dict(block_size=2),
        ],
    )
    def test_a_unet_puts_out_what_it_does_in_evaluation(self, changes):
        generator = self.unet(**changes).train()
        generator.to(memory_format=torch.channels_last)
        network = exportable(generator)
        assert generator.training
        for size in ((1, 16, 16), (2, 17, 31), (1, 48, 33)):
            x = torch.from_numpy(images(*size))
            with torch.no_grad():
                expected = generator.eval()(x)
                assert (expected - x).abs().max() > 0.1
                torch.testing.assert_close(network(x), expected)
            generator.train()

    def test_it_is_a_copy_in_single_precision(self):
        generator = self.unet().double()
        network = exportable(generator)
        weights = dict(network.named_parameters())
        assert all(w.dtype == torch.float32 for w in weights.values())
        assert all(w.is_contiguous() for w in weights.values())
        for weight in network.parameters():
            weight.data.zero_()
        assert generator.trunk.stem.weight.dtype == torch.float64
        assert generator.trunk.stem.weight.any()

    def test_another_is_taken_as_it_is(self):
        generator = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Dropout())
        network = exportable(generator)
        assert isinstance(network, nn.Sequential)
        assert not network.training
        assert network is not generator

    @pytest.mark.parametrize('kind', ['unet', 'identity'])
    def test_maps_without_sft_layers_are_refused(self, kind):
        generator = self.unet() if kind == 'unet' else nn.Identity()
        with pytest.raises(ValueError, match='semantic: this generator has n'):
            exportable(generator, semantic=True)
