"""Compare rows: ``python tools/table1.py --data sample --budget small``.

Trains and tests each row with each seed, goes on where it stopped, and writes
``WORK_DIR/report/report.html``. Exits with 1 if a job failed.
"""

import argparse
import sys

from mmengine.config import DictAction
from rich.console import Console

from mmasgan.apis.comparison import (
    find_rows,
    parse_budget,
    plan_jobs,
    run_jobs,
    write_report,
)

STAGES = ['train', 'test', 'report']


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Train and test rows under one protocol, and report'
    )
    parser.add_argument(
        '--data',
        required=True,
        help="a folder in GoPro's layout, or 'sample': small photographs, "
        'made on first use in data/sample',
    )
    parser.add_argument(
        '--budget',
        required=True,
        help="'paper': as the configs say; a number of iterations; or "
        "'small', or 'small:N' for N iterations: minutes a row on a CPU, with "
        'small networks',
    )
    parser.add_argument(
        '--rows',
        nargs='+',
        default=['all'],
        help='all, unpaired, paired, names of configs or of ablations, or '
        'config files',
    )
    parser.add_argument(
        '--seeds', nargs='+', type=int, default=[0], help='one or several'
    )
    parser.add_argument(
        '--work-dir', help='where all goes; work_dirs/table1_DATA_BUDGET'
    )
    stages = parser.add_mutually_exclusive_group()
    stages.add_argument(
        '--stage', nargs='+', choices=STAGES, default=STAGES, help='what to do'
    )
    stages.add_argument(
        '--test-only',
        dest='stage',
        action='store_const',
        const=STAGES[1:],
        help='test and report what is trained',
    )
    stages.add_argument(
        '--report-only',
        dest='stage',
        action='store_const',
        const=STAGES[2:],
        help='report what is tested',
    )
    parser.add_argument(
        '--vgg',
        help="weights of VGG-19: a file, 'torchvision' to download them, or "
        "'none' for random ones (the small budget's default)",
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override config values of every row: key.sub=value',
    )
    return parser.parse_args()


def main() -> None:
    """Plan, run, report."""
    args = parse()
    console = Console(stderr=True)
    failures = []
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
        sys.exit('Stopped. The same command goes on from here.')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
