import asyncio
import gc
import threading
import time

import pytest
import torch

from mmasgan.serve.jobs import Job, Pool, StoppedError, check_current
from mmasgan.serve.limits import Limits
from mmasgan.serve.service import DeblurService


@pytest.fixture(scope='module')
def pool():
    return Pool(1)


def never():
    return False


def until(condition):
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_work_is_done_in_turn(pool):
    done = []
    jobs = [Job(pool, lambda job, n=n: done.append(n), 60) for n in range(5)]
    for job in jobs:
        job.wait(never)
    assert done == list(range(5))
    with pytest.raises(KeyError):
        Job(pool, lambda job: {}['a'], 60).wait(never)


def endless(ended):
    def work(job):
        try:
            while True:
                check_current()
                time.sleep(0.01)
        finally:
            ended.set()

    return work


def test_what_takes_too_long_ends_with_a_message(pool):
    ended = threading.Event()
    with pytest.raises(StoppedError, match=r'longer than 0\.3 seconds') as e:
        Job(pool, endless(ended), 0.3).wait(never)
    assert e.value.status == 413
    assert ended.wait(5)


def test_what_cannot_be_stopped_is_not_waited_for(pool):
    go = threading.Event()
    job = Job(pool, lambda job: go.wait(30), 0.3)
    start = time.monotonic()
    with pytest.raises(StoppedError, match='took longer'):
        job.wait(never)
    assert time.monotonic() - start < 5
    go.set()


def test_work_stops_when_nobody_waits(pool):
    ended = threading.Event()
    running = Job(pool, endless(ended), 60)
    waiting = Job(pool, lambda job: pytest.fail('nobody waits'), 60)
    with pytest.raises(StoppedError, match='disconnected'):
        waiting.wait(lambda: True)
    with pytest.raises(StoppedError, match='disconnected'):
        running.wait(lambda: True)
    assert ended.wait(5)
    assert Job(pool, lambda job: 'next', 60).wait(never) == 'next'


def test_it_waits_without_a_thread(pool):
    ended = threading.Event()

    async def ask():
        async def gone():
            return threading.active_count() and ended.is_set()

        job = Job(pool, endless(ended), 0.3)
        before = threading.active_count()
        others = [
            asyncio.ensure_future(
                Job(pool, lambda job, n=n: n, 60).wait_async(gone)
            )
            for n in range(50)
        ]
        await asyncio.sleep(0.05)
        assert threading.active_count() == before
        for other in others[:10]:  # the server stops, or a task is cancelled
            other.cancel()
        with pytest.raises(StoppedError, match='took longer'):
            await job.wait_async(never_async)
        return [other.cancelled() for other in others]

    async def never_async():
        return False

    assert sum(asyncio.run(ask())) == 10


def test_what_is_stopped_leaves_nothing_to_log(pool):
    logged, go = [], threading.Event()

    def work(job):
        go.wait(30)  # one step of a model
        check_current()

    async def never():
        return False

    async def stop():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, found: logged.append(found))
        job = Job(pool, work, 60)
        loop.call_later(0.1, job.stop, StoppedError('it stops', 503))
        with pytest.raises(StoppedError, match='it stops'):
            await job.wait_async(never)
        go.set()
        await Job(pool, lambda job: None, 60).wait_async(never)
        del job
        gc.collect()
        await asyncio.sleep(0.1)

    asyncio.run(stop())
    gc.collect()
    assert logged == []


def test_a_model_stops_between_two_layers(photo):
    passed = []

    class Slow(torch.nn.Module):
        def forward(self, image):
            passed.append(len(passed))
            time.sleep(0.05)
            return image

    class Backend:
        generator = torch.nn.Sequential(*[Slow() for _ in range(100)])

        def __call__(self, image, semantic=None):
            return self.generator(torch.as_tensor(image)).numpy()

    service = DeblurService({'a': Backend}, Limits(seconds=0.3))
    with pytest.raises(StoppedError, match='took longer'):
        service.deblur(photo(), 'a.png')
    time.sleep(0.3)
    count = len(passed)
    assert count < 50
    time.sleep(0.2)
    assert len(passed) == count
    assert service.in_progress == 0
