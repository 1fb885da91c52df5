"""Compare rows: ``python -m reproduce.table1 --data sample --budget small``.

Trains and tests each row with each seed, resumes if interrupted, and writes
``WORK_DIR/report/report.html``. Exits with 1 if a job failed.
"""

import argparse
import sys
from typing import Any

from mmengine.config import DictAction
from rich.console import Console

from .budget import parse_budget
from .plan import plan_jobs
from .report import write_report
from .rows import find_rows
from .runs import run_jobs

STAGES = ['train', 'test', 'report']
OPTIONS = {
    '--data': "a folder in GoPro's layout, or 'sample': small photographs, "
    'created on first use in data/sample',
    '--budget': "'paper': as in the configs; a number of iterations; "
    "or 'small' or 'small:N' with N iterations: minutes per row on a CPU, "
    'with small networks',
    '--rows': 'all, unpaired, paired, names of configs or of ablations, or '
    'config files',
    '--seeds': 'one or more seeds',
    '--work-dir': 'folder of all results; default: '
    'work_dirs/table1_DATA_BUDGET',
    '--vgg': "weights of VGG-19: a file, 'torchvision' to download them, or "
    "'none' for random ones (default of the small budget)",
    '--cfg-options': 'override config values of every row: key.sub=value',
    '--stage': 'steps to do',
}
SETTINGS: dict[str, dict[str, Any]] = {
    '--data': dict(required=True),
    '--budget': dict(required=True),
    '--rows': dict(nargs='+', default=['all']),
    '--seeds': dict(nargs='+', type=int, default=[0]),
    '--cfg-options': dict(nargs='+', action=DictAction),
    '--stage': dict(nargs='+', choices=STAGES, default=STAGES),
}


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m reproduce.table1',
        description='Train and test models with one protocol, and report',
    )
    stages = parser.add_mutually_exclusive_group()
    for flag, text in OPTIONS.items():
        group = stages if flag == '--stage' else parser
        group.add_argument(flag, help=text, **SETTINGS.get(flag, {}))
    for flag, first, text in (
        ('--test-only', 1, 'test trained models, write the report'),
        ('--report-only', 2, 'only write the report'),
    ):
        fixed: Any = dict(action='store_const', const=STAGES[first:])
        stages.add_argument(flag, dest='stage', help=text, **fixed)
    return parser.parse_args()


def main() -> None:
    """Run the comparison and write the report."""
    args = parse()
    console = Console(stderr=True)
    try:
        budget = parse_budget(args.budget)
        vgg = args.vgg or ('none' if budget.is_small else 'torchvision')
        name = args.data.rstrip('/').rpartition('/')[2]
        work_dir = args.work_dir or f'work_dirs/table1_{name}_{budget.name}'
        jobs = plan_jobs(
            find_rows(args.rows),
            args.seeds,
            args.data,
            budget,
            work_dir,
            None if vgg == 'none' else vgg,
            args.cfg_options,
        )
        failures = run_jobs(jobs, args.stage, console)
        if 'report' in args.stage:
            report = write_report(jobs, f'{work_dir}/report', failures)
            console.print(f'Report: {report}', soft_wrap=True)
    except (ValueError, OSError) as error:
        sys.exit(f'{error}')
    except KeyboardInterrupt:
        sys.exit('Interrupted. Run the same command to resume.')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
