"""Whole trainings of several processes, under torchrun, by gloo on the CPU.

What they need is trained by two forks, which are ranks as torchrun's: to
start torchrun takes longer than the trainings.
"""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import forks
import pytest
import torch
from tiny import CONFIG, ROOT, as_arguments, make_gopro, options
from trainings import assert_equal, build, logged, read, train

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings('ignore')]

# Without what ranks draw on their own. Adam's eps keeps it from blowing up
# the rounding errors of biases that instance norm takes away again.
ALIKE = {
    'model.generator.dropout': 0,
    'model.gradient_penalty': None,
    'model.pool_size': 0,
    'optim_wrapper.generators.optimizer.eps': 1e-3,
    'optim_wrapper.discriminators.optimizer.eps': 1e-3,
    # A number that does not divide by the processes.
    'val_dataloader.dataset.indices': 5,
    'train_cfg.val_interval': 10,
}
ENVIRONMENT = os.environ | {
    'OMP_NUM_THREADS': '1',
    'CUDA_VISIBLE_DEVICES': '',
    'PYTHON': sys.executable,
}


RECIPE = ROOT / 'configs' / 'ascyclegan_plus_unet_small_gopro.py'
MOTION = ROOT / 'configs' / 'motion_small_gopro.py'


@pytest.fixture(autouse=True)
def _on_cpu(monkeypatch):
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_gopro(tmp_path_factory.mktemp('gopro'))


@pytest.fixture(scope='module')
def trained(data, tmp_path_factory):
    """Folders of the trainings, each of two processes."""
    folder = tmp_path_factory.mktemp('trained')

    def job(name, iterations, config=CONFIG, **changes):
        values = options(iterations, folder / 'split.json', config=config)
        values |= changes
        if config == CONFIG:
            values['model.cycle_loss.weights'] = None
        return {
            'path': str(config),
            'work_dir': str(folder / name),
            'data_root': str(data),
            'cfg_options': values,
        }

    jobs = [
        *(
            job(f'alike_{last}', 10, **ALIKE, **{'model.channels_last': last})
            for last in (False, True)
        ),
        job('whole', 6),
        job('halves', 3),
        job('halves', 6, resume=True),
        job('recipe', 2, config=RECIPE),
        job('recipe', 4, config=RECIPE, resume=True),
        job('motion', 2, config=MOTION),
    ]
    script = Path(__file__).with_name('train_several.py')
    forks.run_ranks(
        *(script, json.dumps(jobs)), cwd=folder, env=ENVIRONMENT, limit=600
    )
    return folder


def ranks(folder):
    """Return what each rank of a training held at its end."""
    return [torch.load(folder / f'rank{rank}.pth') for rank in (0, 1)]


@pytest.mark.parametrize('channels_last', [False, True])
def test_ranks_end_equal_and_as_one_process(
    trained, data, tmp_path, channels_last
):
    """To the bit, and as one process with both batches would."""
    two = trained / f'alike_{channels_last}'
    first, second = ranks(two)
    assert_equal(first, second, 'rank')

    one = train(
        data,
        tmp_path,
        10,
        **ALIKE,
        **{
            'model.channels_last': channels_last,
            'train_dataloader.batch_size': 2,
        },
    )
    assert type(one.model.adversarial_loss).__name__ == 'RaGANLSLoss'
    saved = read(two, 10)['state_dict']
    for name, value in one.model.state_dict().items():
        torch.testing.assert_close(
            first[name], value, atol=1e-5, rtol=0, msg=name
        )
        torch.testing.assert_close(
            saved[name], value, atol=1e-5, rtol=0, msg=name
        )


@pytest.mark.parametrize('name', ['recipe', 'motion'])
def test_ranks_of_the_recipe_end_equal(trained, name):
    first, second = (
        {k: v for k, v in rank.items() if 'extra_state' not in k}
        for rank in ranks(trained / name)
    )
    assert_equal(first, second, 'rank')
    assert all(torch.isfinite(value).all() for value in first.values())


def test_each_image_counts_once(trained):
    """Five images, of which MMEngine gives each of two processes three."""
    (table,) = trained.glob('alike_False/*/gains.csv')
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len({row['image'] for row in rows}) == len(rows) == 5
    (log,) = trained.glob('alike_False/*/vis_data/scalars.json')
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    (scores,) = (entry for entry in entries if 'input/PSNR' in entry)
    for name in ('input/PSNR', 'gain/PSNR'):
        mean = sum(float(row[name]) for row in rows) / 5
        assert scores[name] == pytest.approx(mean, abs=1e-4)


def test_a_resumed_training_equals_one_that_never_stopped(trained):
    """With the pools of both ranks, which differ."""
    for whole, halves in zip(
        ranks(trained / 'whole'), ranks(trained / 'halves'), strict=True
    ):
        assert_equal(whole, halves)
    expected, found = read(trained / 'whole', 6), read(trained / 'halves', 6)
    for key in ('state_dict', 'optimizer', 'param_schedulers', 'rank_states'):
        assert_equal(expected[key], found[key], key)
    assert_equal(logged(trained / 'whole'), logged(trained / 'halves'))
    assert found['meta']['world_size'] == 2
    assert list(found['rank_states']) == [1]
    for name, pool in found['rank_states'][1].items():
        assert pool.shape == (2, 3, 32, 32)
        assert not torch.equal(pool, found['state_dict'][name])


def test_another_number_of_processes_is_refused(trained, data, tmp_path):
    checkpoint = str(trained / 'whole' / 'iter_6.pth')
    with pytest.raises(
        ValueError, match='of 2 processes and cannot be resumed by 1'
    ):
        train(data, tmp_path, 8, resume=True, load_from=checkpoint)
    # its weights can be started from
    runner = build(data, tmp_path, 8, load_from=checkpoint)
    runner.load_or_resume()
    assert_equal(
        dict(runner.model.generators.state_dict()),
        {
            name.removeprefix('generators.'): value
            for name, value in read(trained / 'whole', 6)['state_dict'].items()
            if name.startswith('generators.')
        },
    )


class Started:
    """A command at work, whose output is read while it goes on."""

    def __init__(self, folder, *command, **environment):
        self.log = folder / f'{len(list(folder.iterdir()))}.log'
        with self.log.open('wb') as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=folder,
                env=ENVIRONMENT | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def output(self):
        return self.log.read_text(errors='replace')

    def wait_for(self, text, seconds=120):
        """Return once a text was printed."""
        deadline = time.monotonic() + seconds
        while not re.search(text, self.output()):
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def ended(self, seconds):
        """Return status and output; it must end in time."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f'goes on after {seconds} s: {self.output()}')
        return status, self.output()

    def rank(self, number):
        """Return the process id of a rank."""
        pid = self.process.pid
        children = Path(f'/proc/{pid}/task/{pid}/children').read_text()
        for child in children.split():
            environment = Path(f'/proc/{child}/environ').read_bytes()
            if f'RANK={number}'.encode() in environment.split(b'\0'):
                return int(child)
        raise AssertionError(children)


@pytest.fixture
def start():
    """Start commands, and leave none behind."""
    started = []

    def start(*args, **environment):
        started.append(Started(*args, **environment))
        return started[-1]

    yield start
    for job in started:
        if job.process.poll() is None:
            job.process.kill()
            job.process.wait()


def arguments(data, folder, workers=0, iterations=100_000):
    """Return arguments of ``tools/train.py``."""
    values = options(iterations, folder / 'split.json', workers)
    values['model.cycle_loss.weights'] = None
    values['default_hooks.visualization.interval'] = 100_000  # no pictures
    values['train_cfg.val_interval'] = 100_000
    return [
        *('--work-dir', folder / 'work', '--data-root', data),
        *('--cfg-options', *as_arguments(values)),
    ]


DIST_TRAIN = ['bash', ROOT / 'tools' / 'dist_train.sh']


@pytest.fixture
def forked_ranks(tmp_path_factory):
    """Variables that let torchrun fork ranks, and not start an interpreter."""
    python = tmp_path_factory.mktemp('bin') / 'python'
    python.write_text(f'#!/bin/sh\nexec {forks.in_shell()} "$@"\n')
    python.chmod(0o755)
    return {'PYTHON_EXEC': str(python)}


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, 'PORT', str(forks.free_port()))


needs_proc = pytest.mark.skipif(
    not Path('/proc/self/task').is_dir(), reason='finds ranks by /proc'
)


@needs_proc
def test_a_stopped_job_goes_on_and_a_killed_rank_ends_it(
    start, data, tmp_path, port, forked_ranks
):
    """SIGTERM to ``dist_train.sh``, resumed; then SIGKILL to one rank.

    With data workers, which get the signals too.
    """
    command = [*DIST_TRAIN, CONFIG, 2, *arguments(data, tmp_path, workers=1)]
    # As users start it: forks are of other process groups, which get signals.
    job = start(tmp_path, *command)
    job.wait_for(r'Iter\(train\) \[ *2/')
    job.process.send_signal(signal.SIGTERM)
    status, output = job.ended(seconds=30)
    assert status != 0
    assert output.count('SIGTERM: saving a checkpoint, then stopping') == 1
    (saved,) = (tmp_path / 'work').glob('iter_*.pth')
    iteration = int(saved.stem.removeprefix('iter_'))
    last = re.findall(r'Iter\(train\) \[ *(\d+)/', output)[-1]
    assert int(last) == iteration

    job = start(tmp_path, *command, '--resume', **forked_ranks)
    job.wait_for(rf'Iter\(train\) \[ *{iteration + 1}/')
    os.kill(job.rank(1), signal.SIGKILL)
    status, output = job.ended(seconds=30)
    first = re.search(r'Iter\(train\) \[ *(\d+)/', output)
    assert int(first[1]) == iteration + 1
    assert status != 0
    assert 'Signal 9 (SIGKILL) received by PID' in output


def test_a_rank_that_fails_ends_the_job_with_its_error(
    start, data, tmp_path, forked_ranks
):
    job = start(
        tmp_path,
        *(sys.executable, '-m', 'torch.distributed.run', '--standalone'),
        *(
            '--nproc_per_node',
            2,
            Path(__file__).with_name('fail_on_rank_1.py'),
        ),
        *(CONFIG, '--launcher', 'pytorch'),
        *arguments(data, tmp_path),
        **forked_ranks,
    )
    job.wait_for('this disk is broken')
    status, output = job.ended(seconds=30)
    assert status == 1
    # torchrun compares times in whole seconds. If the connection of rank 0
    # breaks within the same second, it may name rank 0 as the first failure.
    _, *failures = re.split(r'\n\[\d\]:\n', output)
    (own,) = (text for text in failures if re.search(r'rank +: 1 ', text))
    assert 'RuntimeError: this disk is broken' in own


@pytest.mark.parametrize('script', ['dist_train.sh', 'slurm_train.sh'])
def test_a_script_says_what_it_needs(script):
    done = subprocess.run(
        ['bash', ROOT / 'tools' / script, 'config.py'],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert 'usage: ' in done.stderr
    assert 'CONFIG' in done.stderr


def test_slurm_train_asks_for_a_task_a_gpu(tmp_path, monkeypatch):
    srun = tmp_path / 'srun'
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    srun.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv('GPUS', '16')
    monkeypatch.setenv('PYTHON', 'python3')
    monkeypatch.setenv('SRUN_ARGS', '--nice --time=1:00')
    done = subprocess.run(
        [
            *('bash', ROOT / 'tools' / 'slurm_train.sh'),
            *('gpus', 'deblur', 'a b.py', 'work', '--resume', '--amp'),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        '--partition=gpus',
        '--job-name=deblur',
        '--gres=gpu:8',
        '--ntasks=16',
        '--ntasks-per-node=8',
        '--cpus-per-task=5',
        '--kill-on-bad-exit=1',
        '--nice',
        '--time=1:00',
        'python3',
        '-u',
        str(ROOT / 'tools' / 'train.py'),
        'a b.py',
        '--work-dir=work',
        '--launcher=slurm',
        '--resume',
        '--amp',
    ]
