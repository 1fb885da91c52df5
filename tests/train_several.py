"""Train under torchrun, one after the other; save what each rank holds.

Usage: ``torchrun ... train_several.py JOBS``, JOBS being JSON of a list of
arguments of ``load_config`` (without launcher).
"""

import json
import sys
import uuid
from pathlib import Path

import torch
from mmengine.dist import get_rank
from mmengine.runner import Runner
from mmengine.runner.checkpoint import get_state_dict

from mmasgan.apis import load_config


def main():
    for job in json.loads(sys.argv[1]):
        cfg = load_config(**job, launcher='pytorch')
        # a name of its own, since MMEngine's message hubs go by names
        cfg.experiment_name = f'{Path(cfg.work_dir).name}_{uuid.uuid4().hex}'
        runner = Runner.from_cfg(cfg)
        runner.train()
        path = Path(cfg.work_dir, f'rank{get_rank()}.pth')
        torch.save(get_state_dict(runner.model), path)


if __name__ == '__main__':
    main()
