"""Train under torchrun; save what each rank holds at the end."""

import json
import sys
from pathlib import Path

import torch
from mmengine.dist import get_rank
from mmengine.runner import Runner
from mmengine.runner.checkpoint import get_state_dict

from mmasgan.apis import load_config

if __name__ == '__main__':
    config, work_dir, data_root, options = sys.argv[1:]
    cfg = load_config(
        config, work_dir, data_root, json.loads(options), 'pytorch'
    )
    runner = Runner.from_cfg(cfg)
    runner.train()
    path = Path(work_dir, f'rank{get_rank()}.pth')
    torch.save(get_state_dict(runner.model), path)
