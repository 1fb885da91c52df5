"""Run jobs, one after the other, each in processes of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from .job import RESULT
from .plan import Job, read_result

__all__ = ['Failure', 'run_jobs']

ITERATION = re.compile(r'Iter\((train|test)\)\s*\[\s*(\d+)/\s*(\d+)')
LOG = 'log.txt'


@dataclass(frozen=True)
class Failure:
    """A job that did not end well.

    Attributes:
        job: Its name.
        error: What it said last.
        log: All that it said.
    """

    job: str
    error: str
    log: Path


def run_jobs(
    jobs: Sequence[Job], stages: Sequence[str], console: Console
) -> list[Failure]:
    """Train and test what is not done yet.

    What a job has computed stays, whatever becomes of the others; a training
    that was stopped goes on from its newest checkpoint.

    Args:
        jobs: In the order in which to run them.
        stages: ``train``, ``test`` or both.
        console: Where to tell how it goes.

    Returns:
        The jobs that failed; the others have gone on.

    Raises:
        ComparisonError: If a folder holds another job's work. Nothing has
            been computed then.
    """
    tasks = [task for job in jobs for task in _tasks(job, stages)]
    done = len(jobs) - len({job.name for job, _, _ in tasks})
    if done:
        console.print(f'{done} of {len(jobs)} jobs are done already.')
    if not tasks:
        return []
    failures: dict[str, Failure] = {}
    with _progress(console) as progress:
        total = sum(steps for _, _, steps in tasks)
        bar = progress.add_task('', total=total)
        for job, stage, steps in tasks:
            if job.name in failures:
                continue
            progress.update(bar, description=f'{stage} {job.name}')
            before = progress.tasks[bar].completed
            start = time.perf_counter()
            error = _run(job, stage, progress, bar)
            progress.update(bar, completed=before + steps)
            if error:
                failure = Failure(job.name, error, job.folder / LOG)
                failures[job.name] = failure
                console.print(
                    f'[red]{stage} {job.name} failed[/]: {error} (see '
                    f'{failure.log})',
                    soft_wrap=True,
                )
                continue
            _tell(console, job, stage, time.perf_counter() - start)
    return list(failures.values())


def _tasks(job: Job, stages: Sequence[str]) -> Iterator[tuple[Job, str, int]]:
    """Yield what is left to do, with the steps that it takes."""
    trained = job.trained_iterations()
    result = job.result()
    if result is not None:
        trained = max(trained, result['iterations'])
    if 'train' in stages and trained < job.iterations:
        yield job, 'train', job.iterations - trained
        trained = job.iterations
    if 'test' in stages and (
        result is None or result['iterations'] != trained
    ):
        yield job, 'test', job.cfg.comparison.data.pairs


def _run(job: Job, stage: str, progress: Progress, bar: TaskID) -> str:
    """Run a process; return its last words if it fails, else nothing."""
    job.folder.mkdir(parents=True, exist_ok=True)
    job.cfg.dump(job.folder / 'config.py')
    before = progress.tasks[bar].completed
    first: int | None = None
    last = ''
    with (
        open(job.folder / LOG, 'a', encoding='utf-8') as log,
        _process(stage, job.folder) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            last = line.strip() or last
            match = ITERATION.search(line)
            if match and match[1] == stage:
                step = int(match[2])
                first = min(step - 1, step if first is None else first)
                progress.update(bar, completed=before + step - first)
    return last or 'no output' if process.returncode else ''


@contextmanager
def _process(stage: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process, and leave none behind."""
    command = [sys.executable, '-m', __package__, stage, str(folder)]
    process = subprocess.Popen(
        [*command, '--stop-with-stdin'],
        stdin=subprocess.PIPE,  # ends with us, even if we are killed
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    )
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn('left:'),
        TimeRemainingColumn(),
        console=console,
        speed_estimate_period=600,
    )


def _tell(console: Console, job: Job, stage: str, seconds: float) -> None:
    text = f'{stage} {job.name}: {seconds:.0f} s'
    if stage == 'test':
        metrics = read_result(job.folder / RESULT)['metrics']
        text += (
            f', PSNR {metrics["PSNR"]:.2f}, of the input '
            f'{metrics["input/PSNR"]:.2f}'
        )
    console.print(text, highlight=False)
