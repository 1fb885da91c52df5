import pytest
import torch

from benchmarks.models import our_step, peer_generator, peer_step, random_batch


def test_a_batch_is_what_the_loader_gives():
    data = random_batch(size=24, count=2)
    assert data['inputs'].keys() == {'img_blur', 'img_sharp'}
    for images in data['inputs'].values():
        assert [tuple(image.shape) for image in images] == [(3, 24, 24)] * 2
        assert {image.dtype for image in images} == {torch.uint8}
    assert data['data_samples'][0].img_blur_channel_order == 'RGB'


@pytest.mark.parametrize(
    'build',
    [
        lambda: peer_step(32, 1, width=4),
        lambda: our_step('cyclegan_gopro', 32, 1, amp=False, width=4),
        lambda: our_step('ascyclegan_gopro', 32, 1, amp=True, width=4),
    ],
    ids=['peer', 'CycleGAN', 'flagship'],
)
def test_a_step_trains(build):
    step = build()
    first, second = ({**step(n)} for n in range(2))
    assert first.keys() == second.keys()
    assert first != second


def test_both_generators_have_one_size():
    theirs = sum(w.numel() for w in peer_generator().parameters())
    assert theirs == pytest.approx(11.38e6, rel=0.001)
