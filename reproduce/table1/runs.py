"""Run jobs one after another, each in a separate process."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress, TaskID

from .plan import Job

ITERATION = re.compile(r'Iter\((train|test)\)\s*\[\s*(\d+)/')
LOG = 'log.txt'


class Failure(NamedTuple):
    """Name of a failed job, and its last line of output."""

    job: str
    error: str


def run_jobs(
    jobs: Sequence[Job], stages: Sequence[str], console: Console
) -> list[Failure]:
    """Train and test the unfinished jobs; return the failures.

    A failure does not affect other jobs. An interrupted training resumes from
    its newest checkpoint.

    Raises:
        ComparisonError: If a folder contains another job's files; no job has
            been started then.
    """
    tasks = [task for job in jobs for task in _tasks(job, stages)]
    done = len(jobs) - len({job.name for job, _, _ in tasks})
    if done:
        console.print(f'{done} of {len(jobs)} jobs are already done.')
    if not tasks:
        return []
    failures: dict[str, Failure] = {}
    with Progress(console=console, speed_estimate_period=600) as progress:
        bar = progress.add_task('', total=sum(task[2] for task in tasks))
        before = 0
        for job, stage, steps in tasks:
            if job.name in failures:
                continue
            title = f'{stage} {job.name}'
            progress.update(bar, completed=before, description=title)
            start = time.perf_counter()
            error = _run(job, stage, progress, bar)
            before += steps
            text = f'{title}: {time.perf_counter() - start:.0f} s'
            if error:
                failures[job.name] = Failure(job.name, error)
                text = f'{title} failed: {error} (see {job.folder / LOG})'
            elif stage == 'test' and (result := job.result()):
                text += f', PSNR {result["metrics"]["PSNR"]:.2f}, of the '
                text += f'input {result["metrics"]["input/PSNR"]:.2f}'
            console.print(text, soft_wrap=True, highlight=False, markup=False)
    return list(failures.values())


def _tasks(job: Job, stages: Sequence[str]) -> Iterator[tuple[Job, str, int]]:
    """Yield the remaining tasks, with their number of steps."""
    trained, result = job.trained_iterations(), job.result()
    tested = result['iterations'] if result else 0
    trained = max(trained, tested)
    if 'train' in stages and trained < job.iterations:
        yield job, 'train', job.iterations - trained
        trained = job.iterations
    if 'test' in stages and (result is None or tested != trained):
        yield job, 'test', job.cfg.comparison.data.pairs


def _run(job: Job, stage: str, progress: Progress, bar: TaskID) -> str:
    """Run a process; return its last line if it fails, else ``''``."""
    job.folder.mkdir(parents=True, exist_ok=True)
    job.cfg.dump(job.folder / 'config.py')
    step, last = 0, 'no output'
    with (
        open(job.folder / LOG, 'a', encoding='utf-8') as log,
        _process(stage, str(job.folder)) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            last = line.strip() or last
            match = ITERATION.search(line)
            if match and match[1] == stage:
                # A resumed training starts later.
                progress.advance(bar, int(match[2]) - step if step else 1)
                step = int(match[2])
    return last if process.returncode else ''


@contextmanager
def _process(stage: str, folder: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process, and end it on exit."""
    module = f'{__package__}.job'
    with subprocess.Popen(
        [sys.executable, '-m', module, stage, folder, '--stop-with-stdin'],
        stdin=subprocess.PIPE,  # closes with the parent, even if it is killed
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    ) as process:
        try:
            yield process
            process.wait()
        finally:
            process.terminate()
