import forks
import pytest
import torch
from numpy_reference import assert_close

from mmasgan.losses import RaGANLSLoss
from mmasgan.losses.functional import relativistic_average_ls


@pytest.fixture
def logits(device):
    return torch.randn(2, 2, 1, 3, 3, device=device)


def test_equals_the_function(logits):
    loss, (real, fake) = RaGANLSLoss(), logits
    expected = relativistic_average_ls(real, fake)
    assert loss.discriminator_loss(real, fake) == expected
    expected = relativistic_average_ls(fake, real)
    assert loss.generator_loss(real, fake) == expected


def test_generator_swaps_real_and_fake(logits):
    loss, (real, fake) = RaGANLSLoss(), logits
    swapped = loss.discriminator_loss(fake, real)
    assert loss.generator_loss(real, fake) == swapped


def test_is_1_for_equal_constant_logits(device):
    loss, logits = RaGANLSLoss(), torch.full((2, 1, 3, 3), 4.0, device=device)
    assert loss.discriminator_loss(logits, logits) == 1
    assert loss.generator_loss(logits, logits) == 1


@pytest.mark.parametrize(
    ('gap', 'discriminator_loss', 'generator_loss'), [(1, 0, 4), (-1, 4, 0)]
)
def test_each_side_wants_its_own_gap(gap, discriminator_loss, generator_loss):
    loss, fake = RaGANLSLoss(), torch.full((2, 1, 3, 3), 4.0)
    assert loss.discriminator_loss(fake + gap, fake) == discriminator_loss
    assert loss.generator_loss(fake + gap, fake) == generator_loss


def test_weight_scales_the_generators_loss_alone(logits):
    one, three, (real, fake) = RaGANLSLoss(), RaGANLSLoss(3), logits
    expected = 3 * one.generator_loss(real, fake)
    torch.testing.assert_close(three.generator_loss(real, fake), expected)
    expected = one.discriminator_loss(real, fake)
    assert three.discriminator_loss(real, fake) == expected


def test_is_relativistic_and_has_no_state(logits):
    loss, (real, fake) = RaGANLSLoss(), logits
    assert loss.relativistic
    assert not loss.state_dict()
    before = loss.generator_loss(real, fake)
    loss.discriminator_loss(real + 5, fake)
    assert loss.generator_loss(real, fake) == before


RANK = """
import sys, warnings
import torch
import torch.distributed as dist

from mmasgan.losses import RaGANLSLoss

inputs, result = sys.argv[1:]
dist.init_process_group('gloo')
rank = dist.get_rank()
real, fake, weight = torch.load(inputs)
weight.requires_grad_()
grads, losses, warned = [], [], []
for method in ('discriminator_loss', 'generator_loss'):
    half = slice(2 * rank, 2 * rank + 2)
    logits = real[half] @ weight, fake[half] @ weight
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        loss = getattr(RaGANLSLoss(), method)(*logits)
        (grad,) = torch.autograd.grad(loss, weight)
    warned += [str(warning.message) for warning in caught]
    # what DistributedDataParallel does
    dist.all_reduce(grad)
    grads.append(grad / 2)
    loss = loss.detach()
    dist.all_reduce(loss)
    losses.append(loss / 2)
if rank == 0:
    torch.save((torch.stack(grads), torch.stack(losses), warned), result)
dist.destroy_process_group()
"""


def losses_and_grads(real, fake, weight):
    weight = weight.clone().requires_grad_()
    grads, losses = [], []
    for method in ('discriminator_loss', 'generator_loss'):
        loss = getattr(RaGANLSLoss(), method)(real @ weight, fake @ weight)
        grads.append(torch.autograd.grad(loss, weight)[0])
        losses.append(loss.detach())
    return torch.stack(grads), torch.stack(losses)


@pytest.fixture(scope='module')
def two_ranks(tmp_path_factory):
    """Inputs, and what two processes with half of them each make of them."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp('ranks')
    real, fake = torch.randn(2, 4, 7, 5, dtype=torch.float64)
    # the halves differ, so the mean over ranks is not that over each
    real[2:] += 1
    inputs = real, fake, torch.randn(5, dtype=torch.float64)
    torch.save(inputs, folder / 'inputs')
    paths = [folder / 'inputs', folder / 'result']
    forks.run_ranks('-c', RANK, *paths, cwd=folder)
    return inputs, torch.load(folder / 'result')


@pytest.mark.process
def test_two_ranks_equal_one_process_with_both_batches(two_ranks):
    inputs, (grads, losses, _) = two_ranks
    expected_grads, expected_losses = losses_and_grads(*inputs)
    torch.testing.assert_close(losses, expected_losses, rtol=0, atol=1e-6)
    torch.testing.assert_close(grads, expected_grads, rtol=0, atol=1e-6)


@pytest.mark.process
def test_means_of_each_rank_alone_would_not_do(two_ranks):
    (real, fake, weight), (grads, losses, _) = two_ranks
    halves = [
        losses_and_grads(real[half], fake[half], weight)
        for half in (slice(2), slice(2, None))
    ]
    alone_grads, alone_losses = (
        (a + b) / 2 for a, b in zip(*halves, strict=True)
    )
    assert (alone_grads - grads).abs().max() > 1e-2
    assert (alone_losses - losses).abs().max() > 1e-2


@pytest.mark.process
def test_two_ranks_call_nothing_deprecated(two_ranks):
    _, (_, _, warned) = two_ranks
    assert warned == []


def test_one_process_needs_no_process_group(logits):
    assert not torch.distributed.is_initialized()
    value = RaGANLSLoss().discriminator_loss(*logits)
    assert_close(value, relativistic_average_ls(*logits).cpu())
