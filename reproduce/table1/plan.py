"""One job for each row and seed: its config, its folder, what is done."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from ..config import load_config
from .budget import Budget, apply_budget, apply_vgg_weights, set_everywhere
from .data import inspect_data, locate_data
from .job import RESULT, newest_checkpoint
from .rows import ComparisonError, Row
from .settings import differences, shown, test_settings, training_settings
from .version import code_version

__all__ = ['RESULT', 'Job', 'plan_jobs', 'read_result']

FORMAT = 1


@dataclass
class Job:
    """A row with a seed.

    Attributes:
        row: What is trained.
        seed: Of the training.
        folder: Holds checkpoints, logs, result and pictures.
        cfg: All that the row is, budget and data included.
    """

    row: Row
    seed: int
    folder: Path
    cfg: Config

    @property
    def name(self) -> str:
        """Name to show."""
        return f'{self.row.name} seed {self.seed}'

    @property
    def iterations(self) -> int:
        """Iterations of the whole training."""
        return self.cfg.train_cfg.max_iters

    def trained_iterations(self) -> int:
        """Return the iteration of the newest checkpoint, 0 without one.

        Raises:
            ComparisonError: If it is of another row, or of this one trained
                in another way.
        """
        found = newest_checkpoint(self.folder)
        if found is None:
            return 0
        try:
            meta = torch.load(
                found, map_location='cpu', mmap=True, weights_only=False
            )['meta']
            theirs = Config.fromstring(meta['cfg'], '.py')
        except (RuntimeError, EOFError, KeyError, OSError) as error:
            raise ComparisonError(
                f"checkpoint '{found}' cannot be read ({error}); remove it"
            ) from error
        row = theirs.get('comparison', {}).get('row', self.row.name)
        self._check(f"checkpoint '{found}'", row, training_settings(theirs))
        return int(meta['iter'])

    def result(self) -> dict[str, Any] | None:
        """Return the result, or None if there is none of this very test.

        Raises:
            ComparisonError: If it cannot be read, or is of another training.
        """
        path = self.folder / RESULT
        if not path.is_file():
            return None
        result = read_result(path)
        self._check(f"'{path}'", result['row'], result['settings'])
        is_same = result['test_settings'] == test_settings(self.cfg)
        return result if is_same else None

    def _check(self, what: str, row: str, settings: dict[str, str]) -> None:
        mend = f"Name another --work-dir, or remove '{self.folder}'"
        found = differences(settings, training_settings(self.cfg))
        if row != self.row.name:
            raise ComparisonError(
                f'{what} is of the row {row!r}, not of {self.row.name!r}. '
                f'{mend}'
            )
        if found:
            raise ComparisonError(
                f'{what} is of another training: {shown(found)}. {mend}'
            )


def plan_jobs(
    rows: Sequence[Row],
    seeds: Sequence[int],
    data: str,
    budget: Budget,
    work_dir: str | os.PathLike[str],
    vgg: str | None = 'torchvision',
    cfg_options: dict[str, Any] | None = None,
) -> list[Job]:
    """Make a job of each row and seed, and check that they can be compared.

    Args:
        rows: To compare.
        seeds: Of the trainings.
        data: ``sample``, or a folder in GoPro's layout.
        budget: How long and how large to train.
        work_dir: A job's folder is ``<work_dir>/<row>/seed<seed>``.
        vgg: Weights of perceptual losses; None for random ones.
        cfg_options: Values by dotted key, for every row.

    Raises:
        ComparisonError: If rows are not tested in one way, or test images
            have several sizes.
        ValueError: If a test pair is not whole.
    """
    work_dir = Path(work_dir)
    options = cfg_options or {}
    name, root = locate_data(data)
    configs = [_placed(row, root, work_dir, options) for row in rows]
    _check_one_protocol(rows, configs)
    found = inspect_data(name, root, configs[0].test_dataloader.dataset)
    jobs = []
    for row, cfg in zip(rows, configs, strict=True):
        paper = load_config(str(row.config))
        changes = apply_budget(cfg, budget, found.pairs)
        changes += apply_vgg_weights(cfg, vgg)
        cfg.merge_from_dict(options)
        changes += [f'{key} = {value}' for key, value in options.items()]
        cfg.comparison = dict(
            format=FORMAT,
            row=row.name,
            budget=budget.name,
            config_iterations=paper.train_cfg.max_iters,
            changes=changes,
            data=asdict(found),
            commit=code_version(),
        )
        for seed in seeds:
            folder = work_dir / row.name / f'seed{seed}'
            jobs.append(_job(row, seed, folder, cfg))
    return jobs


def read_result(path: Path) -> dict[str, Any]:
    """Read a result that a job has written.

    Args:
        path: Of the file.

    Raises:
        ComparisonError: If it is none.
    """
    try:
        result = json.loads(path.read_text(encoding='utf-8'))
        if result['format'] == FORMAT:
            return result
    except (ValueError, KeyError, TypeError):
        pass
    raise ComparisonError(f"'{path}' is not a result; remove it")


def _placed(
    row: Row, root: str, work_dir: Path, options: dict[str, Any]
) -> Config:
    cfg = load_config(str(row.config), cfg_options=options)
    for part in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        set_everywhere(cfg[part], 'data_root', root)
        set_everywhere(cfg[part], 'split_file', str(work_dir / 'split.json'))
    return cfg


def _job(row: Row, seed: int, folder: Path, cfg: Config) -> Job:
    cfg = Config(cfg.to_dict())
    cfg.randomness.seed = seed
    cfg.comparison.seed = seed
    cfg.work_dir = str(folder)
    cfg.experiment_name = f'{row.name}_seed{seed}'
    return Job(row, seed, folder, cfg)


def _check_one_protocol(rows: Sequence[Row], configs: list[Config]) -> None:
    first = test_settings(configs[0])
    for row, cfg in zip(rows, configs, strict=True):
        found = {
            key: values
            for key, values in differences(test_settings(cfg), first).items()
            # May load what a row needs besides; that no image is changed
            # shows in the scores of the input, which the report compares.
            if '.pipeline.' not in key
        }
        if found:
            raise ComparisonError(
                f'{row.name!r} is tested in another way than '
                f'{rows[0].name!r}: {shown(found)}'
            )
