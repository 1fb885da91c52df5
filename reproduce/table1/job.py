"""Train or test one job, in a separate process.

``python -m reproduce.table1.job {train,test} FOLDER`` reads the ``config.py``
of the folder. A separate process has the memory of one model and the random
numbers of one seed, and its failure does not affect other jobs.
"""

import argparse
import json
import os
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.runner import Runner
from PIL import Image

from benchmarks.machine import describe_machine
from mmasgan import compat  # noqa: F401  before anything of MMagic
from mmasgan.datasets.prepare.files import require_space
from mmasgan.engine import EvaluationTableHook
from mmasgan.utils.atomic_files import write_atomically
from mmasgan.utils.config_text import literal_config
from mmasgan.utils.tensor_file import read_tensors

from .rows import ComparisonError

RESULT = 'result.json'
SHOWN = (0.1, 0.5, 0.9)  # quantiles of the input's PSNR
SPARE = 200_000_000  # bytes
# Sections that determine the weights ('train') and their scores ('test').
SECTIONS = {
    'train': (
        *('model', 'optim_wrapper', 'param_scheduler', 'randomness'),
        *('train_cfg', 'train_dataloader'),
    ),
    'test': ('test_dataloader', 'test_evaluator'),
}
# Paths and loading options, which do not change the result.
PLACES = {'data_root', 'num_workers', 'persistent_workers', 'split_file'}
ABSENT = 'nothing'


def choose(images: Sequence[dict[str, Any]]) -> list[int]:
    """Return the indices of the pairs to show, selected by input PSNR."""
    order = sorted(
        range(len(images)),
        key=lambda i: (images[i]['input/PSNR'], images[i]['name']),
    )
    last = len(order) - 1
    return list(dict.fromkeys(order[round(q * last)] for q in SHOWN))


def train(cfg: Config) -> None:
    """Train; resume from the newest checkpoint if there is one."""
    cfg.resume = True
    cfg.load_from = newest_checkpoint(Path(cfg.work_dir))
    runner = Runner.from_cfg(cfg)
    weights = sum(weight.numel() for weight in runner.model.parameters())
    kept = cfg.default_hooks.checkpoint.get('max_keep_ckpts', 1)
    # A weight and Adam's two moments, four bytes each.
    needed = 3 * 4 * weights * (kept + 1) + SPARE
    require_space(Path(cfg.work_dir), needed, 'a training')
    runner.train()


def test(cfg: Config) -> None:
    """Test the newest checkpoint, and write pictures and result."""
    folder = Path(cfg.work_dir)
    checkpoint = newest_checkpoint(folder)
    if checkpoint is None:
        raise ComparisonError(f"no checkpoint in '{folder}': train first")
    cfg.load_from, cfg.resume = checkpoint, False
    runner = Runner.from_cfg(cfg)
    loaded = read_tensors(checkpoint, history=True, mmap=True)
    wrong = sorted(runner.model.state_dict().keys() ^ loaded['state_dict'])
    if wrong:
        raise ComparisonError(
            f"checkpoint '{checkpoint}' is from another model: "
            f'{len(wrong)} keys are missing or unexpected, for example '
            f'{wrong[0]!r}'
        )
    hooks = [h for h in runner.hooks if isinstance(h, EvaluationTableHook)]
    if not hooks:
        hooks = [EvaluationTableHook()]
        runner.register_hook(hooks[0])
    runner.test()
    images = [{'name': name, **found} for name, found in hooks[0].images]
    dataset = runner.test_loop.dataloaders[0].dataset
    trained = literal_config(loaded['meta']['cfg'])
    curve, seconds = _read_logs(folder)
    model: Any = runner.model
    network = (
        model.generators['sharp']
        if hasattr(model, 'generators')
        else model.generator
    )
    result = {
        **cfg.comparison,
        'settings': settings_of(cfg, 'train'),
        'test_settings': settings_of(cfg, 'test'),
        'iterations': loaded['meta']['iter'],
        'planned_iterations': cfg.train_cfg.max_iters,
        'trained_by': trained.get('comparison', {}).get('commit'),
        'checkpoint': Path(checkpoint).name,
        'parameters': sum(weight.numel() for weight in network.parameters()),
        'metrics': {k: float(v) for k, v in hooks[0].metrics.items()},
        'images': images,
        'pictures': _draw(model, dataset, images, folder / 'pictures'),
        'has_semantic_maps': 'semantic_blur' in dataset[0]['inputs'],
        'curve': curve,
        'seconds_per_iteration': seconds,
        'machine': describe_machine(),
        'date': datetime.now(timezone.utc).isoformat(timespec='seconds'),
    }
    write_atomically(folder / RESULT, json.dumps(result, indent=1).encode())


def newest_checkpoint(folder: Path) -> str | None:
    """Return the newest checkpoint of a folder, even if it was moved."""
    try:
        path = (folder / 'last_checkpoint').read_text('utf-8').strip()
    except FileNotFoundError:
        return None
    path = str(folder / Path(path).name)
    return path if os.path.isfile(path) else None


def _draw(
    model: Any, dataset: Any, images: list[dict[str, Any]], folder: Path
) -> list[str]:
    """Write input, output and ground truth of the selected pairs."""
    folder.mkdir(exist_ok=True)
    names = []
    for index in choose(images):
        (sample,) = model.test_step(pseudo_collate([dataset[index]]))
        for kind, image in (
            ('input', sample.output.input_img),
            ('output', sample.output.pred_img),
            ('truth', sample.gt_img),
        ):
            pixels = image.cpu().numpy()[::-1].transpose(1, 2, 0)
            Image.fromarray(np.ascontiguousarray(pixels)).save(
                folder / f'{sample.name}.{kind}.png'
            )
        names.append(sample.name)
    return names


def _read_logs(folder: Path) -> tuple[list[list[float]], float | None]:
    """Return validation PSNR by iteration, and seconds per iteration."""
    curve, seconds = {}, []
    for path in sorted(folder.glob('*/vis_data/*.json')):
        for line in path.read_text('utf-8').splitlines():
            entry = json.loads(line)
            if 'input/PSNR' in entry and 'step' in entry:
                curve[entry['step']] = entry['PSNR'], entry['input/PSNR']
            elif 'time' in entry and 'iter' in entry:
                seconds.append(entry['time'])
    points = [[step, *scores] for step, scores in sorted(curve.items())]
    return points, median(seconds) if seconds else None


def settings_of(cfg: Config, stage: str) -> dict[str, str]:
    """Return the settings that determine a stage's result, by dotted key."""
    tree = cfg.to_dict()
    data = tree.get('comparison', {}).get('data', {})
    leaves = _flat({key: tree[key] for key in SECTIONS[stage]})
    return leaves | {'data': data.get(stage, ABSENT)}


def differences(
    theirs: dict[str, str], ours: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """Return the settings that differ, with both values.

    The data are compared only if both settings describe them.
    """
    pairs = {
        key: (theirs.get(key, ABSENT), ours.get(key, ABSENT))
        for key in sorted(theirs.keys() | ours.keys())
    }
    if ABSENT in pairs.get('data', ()):
        del pairs['data']
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def shown(found: dict[str, tuple[str, str]], most: int = 3) -> str:
    """Describe the first differences."""
    first = [
        f'{key} is {theirs}, not {ours}'
        for key, (theirs, ours) in list(found.items())[:most]
    ]
    if len(found) > most:
        first.append(f'and {len(found) - most} more')
    return '; '.join(first)


def _flat(tree: Any, prefix: str = '') -> dict[str, str]:
    items: Any
    if isinstance(tree, dict):
        items = [(k, v) for k, v in tree.items() if k not in PLACES]
    elif isinstance(tree, list | tuple):
        items = enumerate(tree)
    else:
        return {prefix.rstrip('.'): str(tree)}
    leaves: dict[str, str] = {}
    for key, value in items:
        leaves |= _flat(value, f'{prefix}{key}.')
    return leaves


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Train or test one job')
    parser.add_argument('stage', choices=['train', 'test'])
    parser.add_argument('folder', type=Path)
    parser.add_argument(
        '--stop-with-stdin',
        action='store_true',
        help='stop when standard input closes, for example if the parent dies',
    )
    args = parser.parse_args(arguments)
    if args.stop_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    cfg = Config.fromfile(args.folder / 'config.py')
    {'train': train, 'test': test}[args.stage](cfg)


if __name__ == '__main__':
    main()
