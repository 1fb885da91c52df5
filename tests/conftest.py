"""What all tests share: a fixed seed, and the devices of this machine."""

import os
import random
from pathlib import Path

# Threads fight over tensors as small as the tests'; read when torch is
# imported, here and in the processes that tests start.
os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np
import pytest
import torch


def pytest_collection_modifyitems(items):
    """Run the table's tests first: a fork cannot train once its parent has."""
    forking = Path(__file__).parent / 'reproduce'
    items.sort(key=lambda item: forking not in item.path.parents)


@pytest.fixture(autouse=True)
def fixed_seed():
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(
    params=['cpu', 'cuda'] if torch.cuda.is_available() else ['cpu']
)
def device(request):
    """The CPU, and a GPU where there is one, in full float32 precision."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    allowed = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = False
    yield torch.device(request.param)
    cudnn.allow_tf32, matmul.allow_tf32 = allowed
