"""A server that is told to stop while a photograph is deblurred."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mmasgan.serve.stopping import Stopping

pytestmark = pytest.mark.app

SCRIPT = Path(__file__).parent / 'slow_server.py'
PNG = {'Content-Type': 'image/png', 'X-Forwarded-For': '203.0.113.9'}
SLACK = 10  # seconds, on a machine that does other things; 2 are promised


@contextmanager
def slow_server(seconds, grace, proxy=''):
    command = [sys.executable, '-W', 'ignore', SCRIPT]
    command += [str(seconds), str(grace), proxy]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def stopped_while_deblurring(process, address, photo, meanwhile):
    """Return the answer, and what became of the process and its log."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(
            httpx.post,
            f'{address}/api/deblur',
            content=photo(),
            headers=PNG,
            timeout=60,
        )
        url = f'{address}/gradio_api/heartbeat/h'
        with httpx.stream('GET', url, timeout=60) as stream:
            while not httpx.get(f'{address}/health').json()['in_progress']:
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            start = time.monotonic()
            time.sleep(0.3)
            meanwhile(address)
            for _ in stream.iter_raw():
                pass  # it ends without an error
        out, log = process.communicate(timeout=60)
        took = time.monotonic() - start
        return answer.result(), took, out, log.splitlines()


def clients(log):
    """Return who sent the photograph, as the log has it."""
    entries = map(json.loads, log)
    return {e['client'] for e in entries if e['route'] == '/api/deblur'}


def refuses(address, photo):
    ready = httpx.get(f'{address}/ready')
    assert ready.status_code == 503
    assert ready.json()['status'] == 'stopping'
    assert httpx.get(f'{address}/health').status_code == 200
    for path in ('api/deblur', 'gradio_api/upload', 'gradio_api/queue/join'):
        files = {'photo': photo()}
        late = httpx.post(f'{address}/deblur/{path}', files=files)
        assert late.status_code == 503
        assert late.headers['retry-after'] == '5'
        assert late.json() == {'error': 'the server is stopping'}


def test_the_running_photograph_finishes_and_new_ones_are_refused(photo):
    with slow_server(4, 60) as (process, address):
        answer, took, out, log = stopped_while_deblurring(
            process, address, photo, lambda there: refuses(there, photo)
        )
    assert answer.status_code == 200
    assert answer.headers['content-type'] == 'image/png'
    assert took < 4 + SLACK
    assert process.returncode == 0
    assert out == 'torch: False\n'  # not needed for it
    entries = [json.loads(line) for line in log]
    assert {entry['level'] for entry in entries} == {'info'}, log
    assert {entry['status'] for entry in entries} == {200, 503}
    # Nobody is believed who asks, but a proxy that is named.
    assert clients(log) == {'127.0.0.1'}


def test_what_takes_too_long_is_answered_and_the_process_ends(photo):
    with slow_server(300, 1, '127.0.0.1') as (process, address):
        answer, took, _, log = stopped_while_deblurring(
            process, address, photo, lambda address: None
        )
    assert answer.status_code == 503
    assert answer.headers['retry-after'] == '5'
    assert 'the server has been stopped' in answer.json()['error']
    assert took < 1 + SLACK
    assert process.returncode == 0
    assert not [line for line in log if 'Traceback' in line]
    assert clients(log) == {'203.0.113.9'}


def test_nothing_stops_by_itself():
    stopping = Stopping()
    assert not stopping.has_begun
    assert not stopping.streams_end.is_set()
