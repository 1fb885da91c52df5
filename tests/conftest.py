"""What all tests share: a fixed seed, and the devices of this machine."""

import random

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def fixed_seed():
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(
    params=[
        'cpu',
        pytest.param(
            'cuda',
            marks=pytest.mark.skipif(
                not torch.cuda.is_available(), reason='no GPU'
            ),
        ),
    ]
)
def device(request, monkeypatch):
    """The CPU, and a GPU where there is one, in full float32 precision."""
    monkeypatch.setattr(torch.backends.cudnn, 'allow_tf32', False)
    monkeypatch.setattr(torch.backends.cuda.matmul, 'allow_tf32', False)
    return torch.device(request.param)
