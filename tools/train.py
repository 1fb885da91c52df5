"""Train a model: ``python tools/train.py configs/ascyclegan_gopro.py``."""

from mmengine.runner import Runner
from torch.distributed.elastic.multiprocessing.errors import record

from mmasgan.apis import config_parser, enable_amp, parsed_config


@record  # so that torchrun ends with the error of the process that failed
def main() -> None:
    """Build the runner and train."""
    parser = config_parser('Train a model')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='go on from a checkpoint; without a path, from the newest in '
        'the work directory',
    )
    parser.add_argument(
        '--amp', action='store_true', help='train in mixed precision'
    )
    args = parser.parse_args()
    cfg = parsed_config(args)
    if args.amp:
        enable_amp(cfg)
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    runner = Runner.from_cfg(cfg)
    runner.train()
    runner.logger.info(f'Checkpoints: {cfg.work_dir}; logs: {runner.log_dir}')


if __name__ == '__main__':
    main()
