"""One job per row and seed: its config, its folder and its state."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import DATASETS

from mmasgan import __version__
from mmasgan.apis.config import load_config
from mmasgan.datasets import prepare_sample_dataset
from mmasgan.io.image.kinds import IMAGE_SUFFIXES
from mmasgan.io.image.reader import photo_size
from mmasgan.utils.config_text import literal_config
from mmasgan.utils.tensor_file import read_tensors

from .budget import Budget, apply_budget, apply_vgg_weights, set_everywhere
from .job import (
    RESULT,
    differences,
    newest_checkpoint,
    settings_of,
    shown,
)
from .rows import ComparisonError, Row

FORMAT = 1
ROOT = Path(__file__).parents[2]


@dataclass
class Job:
    """A row with a seed, with folder and complete config."""

    row: Row
    seed: int
    folder: Path
    cfg: Config

    @property
    def name(self) -> str:
        """Row and seed."""
        return f'{self.row.name} seed {self.seed}'

    @property
    def iterations(self) -> int:
        """Number of iterations of the training."""
        return self.cfg.train_cfg.max_iters

    def trained_iterations(self) -> int:
        """Return the iteration of the newest checkpoint, 0 without one.

        Raises:
            ComparisonError: If the checkpoint is from another row or another
                training.
        """
        found = newest_checkpoint(self.folder)
        if found is None:
            return 0
        try:
            meta = read_tensors(found, history=True, mmap=True)['meta']
            theirs = Config(literal_config(meta['cfg']))
            iteration = int(meta['iter'])
            row = theirs.get('comparison', {}).get('row', self.row.name)
            settings = settings_of(theirs, 'train')
        # The file may contain anything.
        except (
            AttributeError,
            KeyError,
            OSError,
            TypeError,
            ValueError,
        ) as error:
            raise ComparisonError(
                f"checkpoint '{found}' cannot be read ({error}); remove it"
            ) from error
        self._check(f"checkpoint '{found}'", row, settings)
        return iteration

    def result(self) -> dict[str, Any] | None:
        """Return the result, or None if this test has not been run.

        Raises:
            ComparisonError: If the result cannot be read or is from another
                training.
        """
        path = self.folder / RESULT
        if not path.is_file():
            return None
        try:
            result = json.loads(path.read_text(encoding='utf-8'))
            is_result = result['format'] == FORMAT
        except (ValueError, KeyError, TypeError):
            is_result = False
        if not is_result:
            raise ComparisonError(f"'{path}' is not a result; remove it")
        self._check(f"'{path}'", result['row'], result['settings'])
        is_same = result['test_settings'] == settings_of(self.cfg, 'test')
        return result if is_same else None

    def _check(self, what: str, row: str, settings: dict[str, str]) -> None:
        found = differences(settings, settings_of(self.cfg, 'train'))
        if row != self.row.name:
            problem = f'row {row!r}, not {self.row.name!r}'
        elif found:
            problem = f'another training: {shown(found)}'
        else:
            return
        raise ComparisonError(
            f'{what} is from {problem}. Set another --work-dir, or remove '
            f"'{self.folder}'"
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
    """Create a job per row and seed, and check that they can be compared.

    ``data`` is ``sample`` or a folder in GoPro's layout; ``vgg`` is None for
    random weights of perceptual losses; ``cfg_options`` are set in every row.

    Raises:
        ComparisonError: If the rows have different test settings, or the test
            images different sizes.
        ValueError: If a test pair is incomplete.
    """
    work_dir, options = Path(work_dir), cfg_options or {}
    name, root = Path(data).resolve().name, data
    if data == 'sample':
        root = str(prepare_sample_dataset('data/sample'))
    configs = [_placed(row, root, work_dir, options) for row in rows]
    _check_one_protocol(rows, configs)
    found = inspect_data(name, root, configs[0].test_dataloader.dataset)
    jobs = []
    for row, cfg in zip(rows, configs, strict=True):
        iterations = load_config(str(row.config)).train_cfg.max_iters
        changes = apply_budget(cfg, budget, found['pairs'])
        changes += apply_vgg_weights(cfg, vgg)
        cfg.merge_from_dict(options)
        changes += [f'{key} = {value}' for key, value in options.items()]
        cfg.comparison = dict(
            format=FORMAT,
            row=row.name,
            budget=budget.name,
            config_iterations=iterations,
            changes=changes,
            data=found,
            commit=code_version(),
        )
        for seed in seeds:
            own = Config(cfg.to_dict())
            own.randomness.seed = own.comparison.seed = seed
            folder = work_dir / row.name / f'seed{seed}'
            own.work_dir = str(folder)
            own.experiment_name = f'{row.name}_seed{seed}'
            jobs.append(Job(row, seed, folder, own))
    return jobs


def code_version() -> str:
    """Return the commit of this code, or its version without a repository.

    The commit ends in ``+dirty`` if files differ from it.
    """
    release = f'release {__version__}'
    if not (ROOT / '.git').exists():
        return release
    command = ['git', 'describe', '--always', '--exclude=*', '--abbrev=12']
    try:
        return subprocess.run(
            [*command, '--dirty=+dirty'],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return release


def _placed(
    row: Row, root: str, work_dir: Path, options: dict[str, Any]
) -> Config:
    cfg = load_config(str(row.config), cfg_options=options)
    for part in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        set_everywhere(cfg[part], 'data_root', root)
        set_everywhere(cfg[part], 'split_file', str(work_dir / 'split.json'))
    return cfg


def _check_one_protocol(rows: Sequence[Row], configs: list[Config]) -> None:
    first = settings_of(configs[0], 'test')
    for row, cfg in zip(rows, configs, strict=True):
        found = {
            key: values
            for key, values in differences(
                settings_of(cfg, 'test'), first
            ).items()
            # The pipeline may load additional inputs of a row. The report
            # compares the scores of the input, so images must be equal.
            if not {'pipeline', 'semantic'} & {*key.split('.')}
        }
        if found:
            raise ComparisonError(
                f'{row.name!r} has other test settings than '
                f'{rows[0].name!r}: {shown(found)}'
            )


def inspect_data(
    name: str, root: str, test_set: dict[str, Any]
) -> dict[str, Any]:
    """Count pairs and images, check sizes, and hash names and file sizes.

    Raises:
        ComparisonError: If the test images have different sizes.
        FileNotFoundError: If there are no test images.
        ValueError: If an image has no partner; the message names the file.
    """
    dataset: Any = DATASETS.build(
        {**test_set, 'pipeline': [], 'semantic': None}
    )
    dataset.full_init()
    test = [
        dataset.get_data_info(index)[key]
        for index in range(len(dataset))
        for key in ('img_blur_path', 'img_sharp_path')
    ]
    sizes: dict[tuple[int, int], str] = {}
    for file in test:
        sizes.setdefault(photo_size(file), file)
    if len(sizes) != 1:
        raise ComparisonError(
            'test images must have one size, for the mean score and the '
            'seconds per image, but '
            + ' and '.join(
                f"'{v}' has {k[0]}x{k[1]}" for k, v in sizes.items()
            )
        )
    train = [
        str(path)
        for path in sorted(Path(root, 'train').rglob('*'))
        if path.suffix.lower() in IMAGE_SUFFIXES
    ]
    return dict(
        name=name,
        pairs=len(dataset),
        size=next(iter(sizes)),
        train_files=len(train),
        train=_fingerprint(root, train),
        test=_fingerprint(root, test),
    )


def _fingerprint(root: str, files: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for file in files:
        name = Path(os.path.relpath(file, root)).as_posix()
        digest.update(f'{name} {os.path.getsize(file)}\n'.encode())
    return digest.hexdigest()[:16]
