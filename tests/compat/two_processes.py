"""Train as one of several processes without a GPU, and report the weights.

Usage: ``torchrun --nproc_per_node 2 two_processes.py FOLDER``.
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path
from unittest import mock

warnings.simplefilter('ignore')

import torch  # noqa: E402
import toy_cyclegan  # noqa: E402
from mmengine import MessageHub  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.dist import get_backend, get_rank  # noqa: E402
from mmengine.model import (  # noqa: E402
    BaseModel,
    MMSeparateDistributedDataParallel,
)
from mmengine.runner import Runner  # noqa: E402
from torch import nn  # noqa: E402

import mmasgan.compat  # noqa: E402, F401  late, as a plugin may be

FOLDER = Path(sys.argv[1])


def digest(model):
    """Return a hash of all weights, equal if and only if every bit is."""
    weights = b''.join(
        value.detach().numpy().tobytes() for value in model.parameters()
    )
    return hashlib.sha256(weights).hexdigest()


def train_cyclegan(train_step=None, accumulate=1):
    """Train MMagic's CycleGAN, on other images in each process."""
    from mmagic.models.editors.cyclegan import CycleGAN

    torch.manual_seed(0)
    model = toy_cyclegan.build()
    wrapper = MMSeparateDistributedDataParallel(model, device_ids=[0])
    with mock.patch.object(
        CycleGAN, 'train_step', train_step or CycleGAN.train_step
    ):
        seeds = [[2 * step + get_rank()] for step in range(4)]
        _train(model, wrapper, seeds, accumulate)
    return model


def train_cyclegan_on_all_images(accumulate=1):
    """Train it in each process, on the images of both."""
    torch.manual_seed(0)
    model = toy_cyclegan.build()
    with mock.patch('mmengine.dist.dist.get_world_size', return_value=1):
        seeds = [[2 * step, 2 * step + 1] for step in range(4)]
        _train(model, model, seeds, accumulate)
    return model


def _train(model, wrapper, seeds, accumulate):
    optimizers = toy_cyclegan.optimizers(model)
    for part in optimizers.values():
        part._accumulative_counts = accumulate
    for step, drawn in enumerate(seeds):
        MessageHub.get_current_instance().update_info('iter', step)
        wrapper.train_step(toy_cyclegan.batch(*drawn), optimizers)


def distance(model, other):
    """Return the largest difference of any weight."""
    pairs = zip(model.parameters(), other.parameters(), strict=True)
    return max((a - b).abs().max().item() for a, b in pairs)


class Regression(BaseModel):
    """The least a runner can train, as one whole."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, inputs, mode):
        return dict(loss=self.layer(torch.stack(inputs)).square().mean())


class Parts(Regression):
    """The same with an own optimiser, as GANs have for each part."""

    def train_step(self, data, optim_wrapper):
        inputs = torch.stack(data['inputs'])
        loss = self.layer(inputs).square().mean()
        optim_wrapper.update_params(loss)
        return dict(loss=loss.detach())


def runner(kind, **kwargs):
    torch.manual_seed(0)
    model = kind()
    data = [dict(inputs=torch.randn(2)) for _ in range(8)]
    return Runner(
        model=model,
        work_dir=str(FOLDER / 'work'),
        train_dataloader=dict(
            dataset=data,
            sampler=dict(type='DefaultSampler', shuffle=True),
            batch_size=2,
        ),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        launcher='pytorch',
        randomness=dict(seed=0),
        default_scope='mmagic',
        **kwargs,
    )


def main():
    report = {}
    # The default backend is nccl.
    whole = runner(Regression, experiment_name='whole')
    report['backend'] = get_backend()
    whole.train()
    report['wrapper'] = type(whole.model).__name__
    report['whole'] = digest(whole.model)

    cfg = Config.fromfile(FOLDER / 'parts.py', lazy_import=True)
    parts = runner(Parts, cfg=cfg, experiment_name='parts')
    parts.train()
    report['parts wrapper'] = type(parts.model).__name__
    report['parts'] = digest(parts.model)

    from mmagic.models.editors.cyclegan import CycleGAN

    alone = CycleGAN.train_step.__wrapped__
    report['alone'] = digest(train_cyclegan(alone))
    for accumulate in (1, 2):
        together = train_cyclegan(accumulate=accumulate)
        one = train_cyclegan_on_all_images(accumulate)
        report[f'together {accumulate}'] = digest(together)
        report[f'distance {accumulate}'] = distance(together, one)

    rank = get_rank()
    torch.distributed.destroy_process_group()
    (FOLDER / f'rank{rank}.json').write_text(json.dumps(report))


if __name__ == '__main__':
    main()
