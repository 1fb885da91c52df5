import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.registry import INFERENCERS
from PIL import Image
from tiny import make_checkpoint

from mmasgan.apis import ASCycleGANInferencer, deblur_image, load_generator
from mmasgan.io.image.photo import ImageWarning


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp('inferencer') / 'a.pth'
    make_checkpoint(path)
    return path


@pytest.fixture(scope='module')
def inferencer(weights):
    return ASCycleGANInferencer(
        weights=weights, device='cpu', show_progress=False
    )


@pytest.fixture(scope='module')
def expected(weights):
    generator = load_generator(weights)
    return lambda image: deblur_image(generator, image)


def pixels(height=20, width=25, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (height, width, 3), np.uint8)


def test_it_is_an_inferencer_of_mmengine(inferencer):
    assert isinstance(inferencer, BaseInferencer)
    kind = INFERENCERS.get('mmasgan.ASCycleGANInferencer')
    assert kind is ASCycleGANInferencer


def test_an_array_is_deblurred(inferencer, expected):
    result = inferencer(pixels())
    (sharper,) = result['visualization']
    np.testing.assert_array_equal(sharper, expected(pixels()))
    assert json.loads(json.dumps(result['predictions'])) == [
        dict(img_path=None, out_path=None, height=20, width=25)
    ]


def test_arrays_in_bgr_come_back_in_bgr(inferencer, expected):
    bgr = pixels()[..., ::-1]
    result = inferencer(bgr, channel_order='BGR')
    np.testing.assert_array_equal(
        result['visualization'][0][..., ::-1], expected(pixels())
    )


@pytest.mark.parametrize('batch_size', [1, 2, 5])
def test_paths_folders_and_arrays_in_their_order(
    inferencer, expected, tmp_path, batch_size
):
    images = [pixels(seed=seed, height=18 + seed) for seed in range(4)]
    folder = tmp_path / 'photos'
    folder.mkdir()
    for seed in (0, 1):
        Image.fromarray(images[seed]).save(folder / f'{seed}.png')
    Image.fromarray(images[2]).save(tmp_path / '2.png')
    result = inferencer(
        [folder, str(tmp_path / '2.png'), images[3]], batch_size=batch_size
    )
    names = [entry['img_path'] for entry in result['predictions']]
    assert names == [
        str(folder / '0.png'),
        str(folder / '1.png'),
        str(tmp_path / '2.png'),
        None,
    ]
    for image, sharper in zip(images, result['visualization'], strict=True):
        np.testing.assert_array_equal(sharper, expected(image))


def test_data_samples_are_as_the_models_return_them(inferencer, expected):
    result = inferencer(pixels(), return_datasamples=True)
    (sample,) = result['predictions']
    found = sample.output.pred_img
    assert found.dtype == torch.uint8
    rgb = found.flip(0).permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(rgb, expected(pixels()))
    assert (sample.height, sample.width) == (20, 25)


def test_strength_and_self_ensemble_are_applied(inferencer, expected):
    (same,) = inferencer(pixels(), strength=0)['visualization']
    np.testing.assert_array_equal(same, pixels())
    (mean,) = inferencer(pixels(), self_ensemble=True)['visualization']
    assert (mean != expected(pixels())).any()


def test_results_are_written(inferencer, expected, tmp_path):
    Image.fromarray(pixels()).save(tmp_path / 'a.png')
    out = tmp_path / 'out'
    result = inferencer(
        [tmp_path / 'a.png', pixels(seed=1)], result_out_dir=out
    )
    paths = [entry['out_path'] for entry in result['predictions']]
    assert paths == [str(out / 'a.png'), str(out / '000001.png')]
    for path, seed in zip(paths, (0, 1), strict=True):
        found = np.asarray(Image.open(path))
        np.testing.assert_array_equal(found, expected(pixels(seed=seed)))
    with pytest.raises(FileExistsError, match=r'a\.png.*overwrite=True'):
        inferencer(tmp_path / 'a.png', result_out_dir=out)
    inferencer(tmp_path / 'a.png', result_out_dir=out, overwrite=True)


def test_one_result_may_be_given_a_name(inferencer, expected, tmp_path):
    inferencer(img=pixels(), result_out_dir=str(tmp_path / 'sharp.png'))
    found = np.asarray(Image.open(tmp_path / 'sharp.png'))
    np.testing.assert_array_equal(found, expected(pixels()))


def test_mmagic_reaches_it(weights, expected, tmp_path):
    from mmagic.apis import MMagicInferencer

    Image.fromarray(pixels()).save(tmp_path / 'a.png')
    inferencer = MMagicInferencer(
        'ascyclegan', model_ckpt=str(weights), device=torch.device('cpu')
    )
    result = inferencer.infer(
        img=str(tmp_path / 'a.png'), result_out_dir=str(tmp_path / 'out.png')
    )
    (sharper,) = result['visualization']
    np.testing.assert_array_equal(sharper, expected(pixels()))
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / 'out.png')), sharper
    )


def test_nothing_is_said_while_it_is_made(weights, monkeypatch):
    """MMEngine would look for a function in a registry that we lack."""
    said = []
    monkeypatch.setattr(
        'mmengine.logging.print_log', lambda text, *_, **__: said.append(text)
    )
    ASCycleGANInferencer(weights=weights)
    assert said == []


def test_the_default_and_a_name_are_the_published_model(photo):
    expected = deblur_image(load_generator(), photo)
    assert (expected != photo).any()
    for arguments in ({}, dict(model='ascyclegan_plus_unet_small_gopro')):
        inferencer = ASCycleGANInferencer(
            **arguments, device='cpu', show_progress=False
        )
        (found,) = inferencer(photo)['visualization']
        np.testing.assert_array_equal(found, expected)
        assert inferencer.cfg.model.generator.channels == (80, 112, 144)


def test_a_config_says_what_the_weights_must_fit(weights, expected, tmp_path):
    text = torch.load(weights, weights_only=False)['meta']['cfg']
    fitting = Config.fromstring(text, '.py')
    fitting.dump(tmp_path / 'fitting.py')
    for config in (fitting, str(tmp_path / 'fitting.py')):
        inferencer = ASCycleGANInferencer(
            config, weights, device='cpu', show_progress=False
        )
        (found,) = inferencer(pixels())['visualization']
        np.testing.assert_array_equal(found, expected(pixels()))
    fitting.model.generator.base_channels *= 2
    with pytest.raises(ValueError, match=r'should be \(4, 3, 7, 7\)'):
        ASCycleGANInferencer(fitting, weights, device='cpu')
    with pytest.raises(ValueError, match='without weights; set weights'):
        ASCycleGANInferencer(fitting, device='cpu')


@pytest.mark.parametrize(
    ('arguments', 'options', 'message'),
    [
        ((), {}, 'set either inputs or img'),
        ((pixels(),), dict(img=pixels()), 'set either inputs or img'),
        ((pixels(),), dict(channel_order='GRB'), "channel_order .* 'GRB'"),
        ((pixels(),), dict(video='a.mp4'), 'video is not an input'),
        ((pixels(8),), {}, 'at least 16x16'),
        (('gone.png',), {}, r"'gone\.png' does not exist"),
        ((pixels(),), dict(strenght=1), 'unknown argument'),
    ],
)
def test_bad_input_is_named(inferencer, arguments, options, message):
    with pytest.raises(ValueError, match=message):
        inferencer(*arguments, **options)


def test_unknown_models_are_named():
    with pytest.raises(ValueError, match="model='unheard' is neither"):
        ASCycleGANInferencer('unheard', device='cpu')


def test_two_results_of_one_name_are_refused(inferencer, tmp_path):
    for folder in 'ab':
        (tmp_path / folder).mkdir()
        Image.fromarray(pixels()).save(tmp_path / folder / 'x.png')
    images = [tmp_path / 'a', tmp_path / 'b']
    with pytest.raises(ValueError, match='two images would be written'):
        inferencer(images, result_out_dir=tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_what_a_result_lacks_is_a_warning(weights, tmp_path):
    image = Image.new('P', (20, 20))
    image.save(tmp_path / 'a.gif', comment=b'x')
    Image.new('RGB', (20, 20)).save(tmp_path / 'b.bmp', dpi=(300, 300))
    inferencer = ASCycleGANInferencer(weights=weights, show_progress=False)
    result = inferencer(str(tmp_path), result_out_dir=str(tmp_path / 'out'))
    assert sorted(entry['out_path'] for entry in result['predictions']) == [
        str(tmp_path / 'out' / 'a.gif.png'),
        str(tmp_path / 'out' / 'b.bmp'),
    ]
    path = tmp_path / 'c.png'
    Image.new('RGB', (20, 20)).save(path)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.warns(ImageWarning, match=r"c\.png': it is truncated"):
        inferencer(str(path))
