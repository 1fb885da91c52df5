"""From the archive as published to a tested model, by the commands."""

import gc
import hashlib
import shlex
import uuid
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from mmengine.runner import Runner
from tiny import ROOT, make_archive, options

from mmasgan.apis import load_config
from mmasgan.cli import main
from mmasgan.datasets import image_store
from mmasgan.semantic import store

pytestmark = [pytest.mark.runner, pytest.mark.filterwarnings('ignore')]


@pytest.fixture(autouse=True)
def _cheap_collections(monkeypatch):
    monkeypatch.setattr(gc, 'collect', lambda: 0)


@pytest.fixture
def archive(tmp_path):
    return make_archive(tmp_path / 'GOPRO_Large.zip')


@pytest.fixture
def network(tmp_path):
    """A segmenter of 8 classes, as an ONNX file."""
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnxruntime')
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    weight = np.random.default_rng(0).normal(size=(8, 3, 1, 1))
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node('Conv', ['image', 'weight'], ['logits'])],
        'segmenter',
        [value('image', kind, (1, 3, 'h', 'w'))],
        [value('logits', kind, None)],
        [onnx.numpy_helper.from_array(weight.astype(np.float32), 'weight')],
    )
    opset = [helper.make_opsetid('', 13)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(model, str(tmp_path / 'segmenter.onnx'))
    return tmp_path / 'segmenter.onnx'


def call(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    return result.exit_code, result.output


def printed_options(output):
    """Return the ``--cfg-options`` of the command that was printed."""
    text = output.partition('To train on the images:\n')[2].replace(
        '\\\n', ' '
    )
    words = shlex.split(text)
    chosen = words[words.index('--cfg-options') + 1 :]
    return dict(word.split('=', 1) for word in chosen)


def runner_of(root, work_dir, values, checkpoint=None):
    config = ROOT / 'configs' / 'ablation' / 'ascyclegan_semantic_gopro.py'
    split_file = values['train_dataloader.dataset.split_file']
    values = options(2, split_file, config=config) | values
    values['load_from'] = checkpoint
    cfg = load_config(str(config), str(work_dir), str(root), values)
    cfg.experiment_name = uuid.uuid4().hex
    cfg.model.cycle_loss.weights = None
    return Runner.from_cfg(cfg)


def test_archive_to_tested_model(archive, network, tmp_path, monkeypatch):
    root, work_dir = tmp_path / 'gopro', tmp_path / 'work'
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    prepare = ['prepare', 'gopro', archive, '--out', root, '--allow-partial']
    code, output = call(*prepare, '--sha256', digest, '--report')
    assert code == 0, output
    assert "'train/GOPR0372_07_00' has 1 of 100 pairs" in output
    assert '11 blurred and 11 sharp images in' in output
    values = printed_options(output)
    page = (root / 'report' / 'index.html').read_text(encoding='utf-8')
    assert page.count('22 images to train, 11 to test') == 2

    code, output = call(
        *('priors', root, '--source', 'onnx', '--weights', network),
        *('--classes', 'outdoor'),
    )
    assert code == 0, output
    (maps,) = (root / 'semantic').iterdir()
    assert len(list(maps.rglob('*.npz'))) == 2 * (22 + 11)

    read = {'store': [], 'maps': []}

    def watch(owner, name, kind):
        function = getattr(owner, name)

        def watched(*args, **kwargs):
            read[kind].append(args)
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    watch(image_store.ImageStore, 'read', 'store')
    watch(store.MapStore, 'read', 'maps')
    runner_of(root, work_dir, values).train()
    assert len(read['store']) == 2 * 2  # both domains, two iterations
    assert len(read['maps']) >= 2 * 2

    tester = runner_of(root, work_dir, values, f'{work_dir}/iter_2.pth')
    tester.test()
    log = Path(tester.log_dir, f'{tester.timestamp}.log').read_text()
    assert log.index('│ input │') < log.index('│ model │')
