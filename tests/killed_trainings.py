"""Kill a training while it saves, again and again; then let it end.

Usage: ``python killed_trainings.py CONFIG WORK_DIR DATA_ROOT OPTIONS KILLS``.
Writes to ``WORK_DIR.pieces`` how many of the kills left a piece of a file.
"""

import faulthandler
import gc
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
from mmengine.runner import Runner

from mmasgan.apis import load_config

PIECES = '*.mmasgan-tmp'
HANGS = 120  # seconds after which a training is given up


def start(cfg):
    """Resume the training in a process of its own."""
    child = os.fork()
    if child == 0:
        with open(f'{cfg.work_dir}.log', 'a') as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        # If it hangs, the log shows where.
        faulthandler.dump_traceback_later(HANGS, exit=True)
        # MMEngine names visualizers by experiment and second. That of the
        # parent has a thread, which this process does not have.
        cfg.experiment_name = f'child_{os.getpid()}'
        try:
            Runner.from_cfg(cfg).train()
        except BaseException as error:
            sys.stderr.write(f'{error}\n')
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return child


def saves(work_dir):
    """Return the newest of the checkpoints that are being saved."""
    return max((p.name for p in work_dir.glob(PIECES)), default=None)


def kill_in_a_save(child, work_dir):
    """Wait for some saves to begin, then kill at a moment of the next."""
    for _ in range(random.randint(1, 2)):
        before = saves(work_dir)
        while (now := saves(work_dir)) is None or now == before:
            if os.waitpid(child, os.WNOHANG)[0]:
                sys.exit('the training ended before it was killed')
            time.sleep(0.0002)
    time.sleep(random.uniform(0, 0.01))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return saves(work_dir) is not None


if __name__ == '__main__':
    config, work_dir, data_root, options, kills = sys.argv[1:]
    cfg = load_config(config, work_dir, data_root, json.loads(options))
    cfg.resume = True
    torch.set_num_threads(1)
    # What this imports and formats, no child has to.
    Runner.from_cfg(cfg)
    random.seed(0)
    gc.freeze()
    pieces = 0
    for _ in range(int(kills)):
        pieces += kill_in_a_save(start(cfg), Path(work_dir))
    _, status = os.waitpid(start(cfg), 0)
    Path(f'{work_dir}.pieces').write_text(str(pieces))
    sys.exit(os.waitstatus_to_exitcode(status))
