"""Train or test one job, in a process of its own.

``python -m mmasgan.apis.comparison {train,test} FOLDER`` reads the
``config.py`` of the folder. A process of its own has the memory of one model,
the random numbers of one seed, and takes no other job down with it.
"""

import argparse
import json
import os
import shutil
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.runner import Runner
from PIL import Image

from ... import compat  # noqa: F401  before anything of MMagic
from ...atomic_files import write_atomically
from ...engine.progress_hook import image_scores
from .rows import ComparisonError
from .settings import test_settings, training_settings
from .version import machine

__all__ = [
    'PICTURES',
    'RESULT',
    'ScoresHook',
    'choose',
    'main',
    'newest_checkpoint',
]

RESULT = 'result.json'
PICTURES = (0.1, 0.5, 0.9)
"""Quantiles of the input's PSNR at which pairs are shown."""

ADAM = 3  # a weight and its two moments
SPARE = 200e6


class ScoresHook(Hook):
    """Keep what each metric says of each image of a test.

    Attributes:
        images: For each image its ``name`` and its scores by metric.
        metrics: What the test found: means, seconds, memory.
    """

    def __init__(self) -> None:
        self.images: list[dict[str, Any]] = []
        self.metrics: dict[str, float] = {}

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Take the newest entry of each metric."""
        evaluator = runner.test_loop.evaluator
        for name, scores in image_scores(evaluator, outputs or []):
            self.images.append({'name': name, **scores})

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Take the means."""
        self.metrics = {k: float(v) for k, v in (metrics or {}).items()}


def choose(images: Sequence[dict[str, Any]]) -> list[int]:
    """Choose the pairs to show, by what the input scores and nothing else.

    Args:
        images: With ``name`` and ``input/PSNR``.

    Returns:
        Positions of the images at :data:`PICTURES`, worst first.
    """
    order = sorted(
        range(len(images)),
        key=lambda i: (images[i]['input/PSNR'], images[i]['name']),
    )
    last = len(order) - 1
    return list(dict.fromkeys(order[round(q * last)] for q in PICTURES))


def train(cfg: Config) -> None:
    """Train, from the newest checkpoint on if there is one."""
    cfg.resume = True
    cfg.load_from = newest_checkpoint(Path(cfg.work_dir))
    runner = Runner.from_cfg(cfg)
    _check_disk(cfg, runner)
    runner.train()


def test(cfg: Config) -> None:
    """Test the newest checkpoint, and write pictures and result."""
    folder = Path(cfg.work_dir)
    checkpoint = newest_checkpoint(folder)
    if checkpoint is None:
        raise ComparisonError(
            f"there is no checkpoint in '{folder}': train first"
        )
    cfg.load_from, cfg.resume = checkpoint, False
    runner = Runner.from_cfg(cfg)
    loaded = torch.load(
        checkpoint, map_location='cpu', mmap=True, weights_only=False
    )
    _check_keys(checkpoint, runner.model, loaded['state_dict'])
    hook = ScoresHook()
    runner.register_hook(hook, priority='LOWEST')
    runner.test()
    pictures = _draw(runner, hook.images, folder / 'pictures')
    trained = Config.fromstring(loaded['meta']['cfg'], '.py')
    curve, seconds = _read_logs(folder)
    write_json(
        folder / RESULT,
        {
            **cfg.comparison,
            'settings': training_settings(cfg),
            'test_settings': test_settings(cfg),
            'iterations': loaded['meta']['iter'],
            'planned_iterations': cfg.train_cfg.max_iters,
            'trained_by': trained.get('comparison', {}).get('commit'),
            'checkpoint': Path(checkpoint).name,
            'parameters': _parameters(runner.model),
            'metrics': hook.metrics,
            'images': hook.images,
            'pictures': pictures,
            'has_semantic_maps': _has_semantic_maps(runner),
            'curve': curve,
            'seconds_per_iteration': seconds,
            'machine': machine(),
            'date': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        },
    )


def newest_checkpoint(folder: Path) -> str | None:
    """Return the checkpoint that was written last, if there is one.

    Args:
        folder: Of the job.
    """
    try:
        path = (folder / 'last_checkpoint').read_text('utf-8').strip()
    except FileNotFoundError:
        return None
    # The folder may have been moved.
    path = str(folder / Path(path).name)
    return path if os.path.isfile(path) else None


def write_json(path: Path, content: Any) -> None:
    """Write a file that is whole or not there.

    Args:
        path: Of the file.
        content: What JSON can hold.
    """
    write_atomically(path, (json.dumps(content, indent=1) + '\n').encode())


def _check_disk(cfg: Config, runner: Runner) -> None:
    weights = sum(weight.numel() for weight in runner.model.parameters())
    kept = cfg.default_hooks.checkpoint.get('max_keep_ckpts', 1)
    needed = 4 * ADAM * weights * (kept + 1) + SPARE
    free = shutil.disk_usage(cfg.work_dir).free
    if free < needed:
        raise ComparisonError(
            f"'{cfg.work_dir}' has {free / 1e9:.1f} GB left, and this "
            f'training needs {needed / 1e9:.1f} GB for checkpoints'
        )


def _check_keys(path: str, model: Any, state: dict[str, Any]) -> None:
    wrong = sorted(model.state_dict().keys() ^ state.keys())
    if wrong:
        raise ComparisonError(
            f"checkpoint '{path}' is of another model: {len(wrong)} entries "
            f'are not in both, such as {wrong[0]!r}'
        )


def _parameters(model: Any) -> int:
    """Count the weights that deblurring needs."""
    if hasattr(model, 'generators'):
        network = model.generators['sharp']
    else:
        network = model.generator
    return sum(weight.numel() for weight in network.parameters())


def _has_semantic_maps(runner: Runner) -> bool:
    sample = runner.test_loop.dataloaders[0].dataset[0]
    return 'semantic_blur' in sample['inputs']


def _draw(
    runner: Runner, images: list[dict[str, Any]], folder: Path
) -> list[str]:
    """Write input, output and truth of the chosen pairs."""
    folder.mkdir(exist_ok=True)
    dataset = runner.test_loop.dataloaders[0].dataset
    names = []
    for index in choose(images):
        (sample,) = runner.model.test_step(pseudo_collate([dataset[index]]))
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
    """Return PSNRs of validations by iteration, and seconds an iteration."""
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


def _wait_for_stdin() -> None:
    sys.stdin.read()
    os._exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description='Train or test one job')
    parser.add_argument('stage', choices=['train', 'test'])
    parser.add_argument('folder', type=Path)
    parser.add_argument(
        '--stop-with-stdin',
        action='store_true',
        help='stop when the standard input ends, as when its writer dies',
    )
    args = parser.parse_args(arguments)
    if args.stop_with_stdin:
        threading.Thread(target=_wait_for_stdin, daemon=True).start()
    cfg = Config.fromfile(args.folder / 'config.py')
    {'train': train, 'test': test}[args.stage](cfg)


if __name__ == '__main__':
    main()
