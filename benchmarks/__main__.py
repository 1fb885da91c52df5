"""Measure speed: ``python -m benchmarks step``, in a clone.

All measured calls run in one process and take turns in rounds, so that other
work on the machine disturbs them equally.
"""

import argparse
from pathlib import Path

from rich.console import Console

from . import (
    describe_machine,
    draw,
    inference,
    loader,
    memory,
    onnx,
    print_table,
    scaling,
    step,
    write_json,
)

SUITES = {
    'step': step,
    'inference': inference,
    'onnx': onnx,
    'loader': loader,
    'memory': memory,
    'scaling': scaling,
}


def main() -> None:
    """Run a suite."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks', description='Measure speed'
    )
    suites = parser.add_subparsers(
        required=True, metavar='SUITE', dest='suite'
    )
    for name, module in SUITES.items():
        suite = suites.add_parser(
            name,
            help=str(module.__doc__).splitlines()[0],
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        suite.add_argument('--rounds', type=int, default=7)
        suite.add_argument('--out', type=Path, help='folder for JSON and PNG')
        module.add_arguments(suite)
    args = parser.parse_args()
    machine = describe_machine()
    Console().print(', '.join(f'{k}: {v}' for k, v in machine.items()))
    result = SUITES[args.suite].measure(args)
    print_table(result)
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        write_json(args.out / f'{args.suite}.json', result, machine)
        draw(args.out / f'{args.suite}.png', result)


if __name__ == '__main__':
    main()
