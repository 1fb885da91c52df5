import io
import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mmasgan.engine.progress_figure import Validation, draw_progress

ACCURACY = {
    'discriminator_accuracy_deblur': [0.5, 0.9],
    'discriminator_accuracy_reblur': [0.6, 0.7],
}
LOSSES = {'loss_gan_deblur': [1.0, 2.0], 'loss_gan_reblur': [1.0, 20.0]}


def validation(iteration, gains, before=25.0):
    return Validation(
        iteration,
        {
            f'image-{i}': {'input/PSNR': before + i, 'gain/PSNR': value}
            for i, value in enumerate(gains)
        },
    )


@pytest.fixture
def drawn(monkeypatch):
    """Draw, and return the axes with what is in them."""
    figures = []
    save = Figure.savefig

    def keep(figure, *args, **kwargs):
        figures.append(figure)
        return save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, 'savefig', keep)

    def draw(*args):
        with Image.open(io.BytesIO(draw_progress(*args))) as image:
            assert image.format == 'PNG'
            assert np.asarray(image).std() > 1
        return figures[-1].axes

    return draw


def line(axes, label):
    (found,) = [x for x in axes.lines if x.get_label().startswith(label)]
    return found


def test_a_validation_knows_its_means():
    found = validation(10, [1.0, -2.0, 0.0])
    assert found.mean('gain/PSNR') == pytest.approx(-1 / 3)
    assert found.mean('input/PSNR') == 26
    assert found.count_below() == 1


def test_the_model_stands_beside_the_input(drawn):
    steps = [validation(10, [1.0, -2.0]), validation(20, [2.0, 4.0])]
    psnr, gains = drawn(steps, {})
    model = line(psnr, 'model')
    assert list(model.get_xdata()) == [10, 20]
    assert list(model.get_ydata()) == [25, 28.5]
    assert set(line(psnr, 'input: do nothing').get_ydata()) == {25.5}
    assert 'gain +3.00 dB (best +3.00 dB at 20)' in psnr.get_title()
    assert '0 of 2 images' in gains.get_title()


@pytest.mark.parametrize('count', [1, 3, 100])
def test_each_image_has_its_gains(drawn, count):
    values = np.linspace(-1, 2, count) if count > 1 else np.array([-1.0])
    steps = [validation(10, values), validation(20, values + 0.1)]
    _, gains = drawn(steps, {})
    dots = np.vstack([x.get_offsets() for x in gains.collections])
    expected = [
        (v.iteration, s['gain/PSNR']) for v in steps for s in v.images.values()
    ]
    np.testing.assert_allclose(sorted(map(tuple, dots)), sorted(expected))
    worst = line(gains, 'worst: -0.90 dB\nimage-0')
    assert list(worst.get_ydata()) == [-1, -0.9]
    low, high = gains.get_ylim()
    assert low < min(0, values.min())
    assert high > max(0, values.max())


def test_images_may_come_and_go(drawn):
    first = validation(10, [1.0, -2.0])
    second = Validation(20, {'other': {'input/PSNR': 9, 'gain/PSNR': 1.0}})
    _, gains = drawn([first, second], {})
    best = line(gains, 'best: +1.00 dB\nother').get_ydata()
    assert np.isnan(best[0])
    assert best[1] == 1


@pytest.mark.filterwarnings('error')
def test_a_perfect_image_does_no_harm(drawn):
    drawn([validation(10, [1.0, math.inf]), validation(20, [1.0, 0.0])], {})


@pytest.mark.parametrize(
    ('curves', 'panels'), [({}, 2), (ACCURACY, 3), (ACCURACY | LOSSES, 4)]
)
def test_there_are_as_many_panels_as_needed(drawn, curves, panels):
    assert len(drawn([validation(10, [1.0])], curves)) == panels


def test_curves_are_thinned_by_means(drawn):
    values = np.arange(3000.0)
    curves = {'loss_gan_deblur': values, 'loss_gan_reblur': values[::5]}
    *_, losses = drawn([validation(3000, [1.0])], curves)
    for label in ('gan deblur', 'gan reblur'):
        steps, means = line(losses, label).get_data()
        assert len(steps) <= 200
        assert steps[-1] == 3000
        assert means.mean() == pytest.approx(values.mean(), abs=3)


@pytest.mark.parametrize(
    ('values', 'scale'),
    [([1.0, 5.0], 'linear'), ([1.0, 50.0], 'log'), ([-1.0, 5.0], 'symlog')],
)
def test_losses_fit_into_one_panel(drawn, values, scale):
    *_, losses = drawn([validation(2, [1.0])], {'loss_disc_deblur': values})
    assert losses.get_yscale() == scale
