"""Time to deblur an image in ONNX Runtime and in PyTorch, on a CPU."""

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch
from mmengine.registry import MODELS
from torch import nn

from mmasgan.apis.config import load_config
from mmasgan.apis.exporting import export_generator
from mmasgan.apis.inference import OnnxBackend
from mmasgan.apis.inference.backend import Backend
from mmasgan.apis.inference.torch_backend import TorchBackend
from mmasgan.apis.pretrained import load_generator

from .machine import products, rated
from .models import CONFIGS
from .results import Result, rows_of
from .turns import Job, take_turns

__all__ = ['add_arguments', 'measure']


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the suite."""
    parser.add_argument('--size', nargs=2, type=int, default=(720, 1280))
    parser.add_argument('--count', type=int, default=1, help='calls per round')
    parser.add_argument(
        '--weights',
        help='as in mmasgan deblur; default: the weights of the package',
    )
    parser.add_argument(
        '--config',
        help='name of one of our configs, to use random weights instead',
    )


def measure(args: argparse.Namespace) -> Result:
    """Time one generator in both, with equal threads and arrays."""
    generator = _generator(args)
    # Smooth, because deblurring leaves white noise unchanged.
    noise = np.random.default_rng(0).random((6, 6, 3), np.float32) * 2 - 1
    image = cv2.resize(noise, args.size[::-1])
    pytorch = TorchBackend(generator, in_strips=False)
    machine = {'float32': products()['float32']}
    with TemporaryDirectory() as folder:
        path = Path(folder, 'model.onnx')
        export_generator(generator, path)
        runtime = OnnxBackend(path, threads=torch.get_num_threads())
    apart = np.abs(runtime(image) - pytorch(image)).max() * 127.5
    jobs = [
        rated('PyTorch, float32', _job(pytorch, image), machine),
        Job('ONNX Runtime, float32', _job(runtime, image)),
    ]
    jobs[-1].note = f'maximum difference from PyTorch {apart:.3f}/255'
    jobs += machine.values()
    take_turns(jobs, args.rounds, args.count)
    height, width = args.size
    return Result(f'One image of {width}x{height}', 'ms', rows_of(jobs))


def _generator(args: argparse.Namespace) -> nn.Module:
    if args.config is None:
        return load_generator(args.weights, 'cpu')
    cfg = load_config(str(CONFIGS / f'{args.config}.py'))
    torch.manual_seed(0)
    return MODELS.build(cfg.model.generator).eval()


def _job(backend: Backend, image: np.ndarray) -> Callable[[int], np.ndarray]:
    return lambda _: backend(image)
