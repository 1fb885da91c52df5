import pytest
import torch

from mmasgan.models.terms import needed_domains, translate

PIXELS = dict(type='mmasgan.PixelCycleLoss')
NO_GAN = dict(adversarial_loss=None, gradient_penalty=None, identity_loss=None)
PRIOR = dict(
    type='mmasgan.MotionReblurGenerator',
    prior=dict(type='mmasgan.CameraMotionPrior', styles=dict(any=dict())),
)


@pytest.mark.parametrize(
    ('changes', 'needed', 'translated'),
    [
        ({}, ['sharp', 'blur'], ['sharp', 'blur']),
        (NO_GAN | dict(loops=['reblur']), ['sharp'], ['blur']),
        (
            NO_GAN | dict(loops=['reblur'], reblur_generator=PRIOR),
            ['sharp'],
            ['blur'],
        ),
        (
            NO_GAN | dict(loops=['deblur'], reblur_generator=PRIOR),
            ['sharp', 'blur'],
            ['sharp'],
        ),
        (
            dict(loops=['reblur'], reblur_generator=PRIOR),
            ['sharp', 'blur'],  # one is judged
            ['sharp', 'blur'],
        ),
        (NO_GAN | dict(cycle_loss=None), ['sharp'], []),
    ],
)
def test_only_what_a_term_needs_is_read_and_translated(
    build_model, changes, needed, translated
):
    model = build_model(**dict(cycle_loss=PIXELS) | changes)
    sharp = torch.rand(1, 3, 32, 32)
    assert needed_domains(model) == needed
    images = {'sharp': sharp, 'blur': sharp.flip(3)}
    fake = translate(model, images, dict.fromkeys(images))
    assert sorted(fake) == sorted(translated)
