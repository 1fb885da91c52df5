"""Clients at a server for minutes, every fourth one malicious.

    python tests/soak_serve.py --minutes 30

Health has to be answered within a second throughout, every honest request
gets its right answer or a 503 with ``Retry-After``, and memory and files end
where they began. A bare server beside it tells what the machine itself takes:
where that one is late too, health may be late by as much.
"""

import argparse
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import click
import httpx
import numpy as np
from PIL import Image

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / 'serve')]

from served import served  # noqa: E402
from tiny import make_checkpoint  # noqa: E402

PNG = {'Content-Type': 'image/png'}
HEAD = b'POST /%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n'


BARE = """
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

server = HTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def photo(seed):
    """Return the content of an image file."""
    draw = np.random.default_rng(seed)
    file = BytesIO()
    pixels = draw.integers(0, 256, (64, 80, 3), np.uint8)
    Image.fromarray(pixels).save(file, 'png')
    return file.getvalue()


def resident(port):
    """Return the megabytes of the process that listens there."""
    found = subprocess.run(
        ['ps', '-eo', 'rss,args'], capture_output=True, text=True, check=True
    )
    rows = [
        row.split(None, 1)
        for row in found.stdout.splitlines()
        if f'--port {port} ' in f'{row} ' and 'mmasgan.cli serve' in row
    ]
    return max(int(size) for size, _ in rows) / 1024


def megabytes(folder):
    """Return the size of all files in a folder."""
    sizes = [p.stat().st_size for p in folder.rglob('*') if p.is_file()]
    return sum(sizes) / 1e6


@contextmanager
def bare_server():
    """Run a server that does nothing but answer; yields its address."""
    command = [sys.executable, '-c', BARE]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f'http://127.0.0.1:{int(process.stdout.readline())}'
    finally:
        process.kill()
        process.wait()


class Soak:
    """Clients, and what became of their requests.

    Args:
        address: Address of the server.
        bare: Address of the one beside it.
    """

    def __init__(self, address, bare):
        self.address = address
        self.bare = bare
        self.lag = deque([0.0], 50)  # seconds, of the last ten
        self.slowest_lag = 0.0
        self.counts = Counter()
        self.slowest = 0.0
        self.wrong = []
        self.done = Event()
        self.photos = [photo(seed) for seed in range(20)]
        self.expected = [self.ask(content) for content in self.photos]

    def ask(self, content):
        """Return the pixels of what comes back, or the answer."""
        answer = httpx.post(
            f'{self.address}/api/deblur',
            content=content,
            headers=PNG,
            timeout=120,
        )
        if answer.status_code == 200:
            return np.asarray(Image.open(BytesIO(answer.content)))
        return answer

    def honest(self, number):
        """Ask, and compare, again and again."""
        draw = random.Random(number)
        while not self.done.is_set():
            index = draw.randrange(len(self.photos))
            found = self.ask(self.photos[index])
            if isinstance(found, np.ndarray):
                self.counts['right'] += 1
                if (found != self.expected[index]).any():
                    self.wrong.append(f'photograph {index} differs')
            elif found.status_code == 503 and 'retry-after' in found.headers:
                self.counts['refused'] += 1
                time.sleep(0.2)
            else:
                self.wrong.append(f'{found.status_code}: {found.text}')

    def malicious(self, number):
        """Be slow, huge, broken or gone."""
        draw = random.Random(number)
        host, port = self.address.removeprefix('http://').split(':')
        attacks = (self.slow, self.huge, self.broken, self.away, self.files)
        while not self.done.is_set():
            attack = draw.choice(attacks)
            try:
                with socket.create_connection((host, int(port)), 5) as peer:
                    attack(peer, draw)
            except (OSError, httpx.HTTPError):
                self.counts['thrown out'] += 1
            self.counts[attack.__name__] += 1

    def slow(self, peer, draw):
        peer.sendall(HEAD % b'api/deblur' + b'Content-Length: 900\r\n\r\n')
        for _ in range(draw.randrange(10)):
            peer.sendall(b'x')
            time.sleep(0.2)

    def huge(self, peer, draw):
        path = draw.choice((b'api/deblur', b'gradio_api/queue/join'))
        peer.sendall(HEAD % path + b'Transfer-Encoding: chunked\r\n\r\n')
        for _ in range(100):
            peer.sendall(b'186A0\r\n' + b'x' * 100_000 + b'\r\n')

    def broken(self, peer, draw):
        peer.sendall(draw.randbytes(draw.randrange(1, 3000)))
        peer.recv(1000)

    def away(self, peer, draw):
        content = draw.choice(self.photos)
        size = len(content)
        peer.sendall(HEAD % b'api/deblur' + b'Content-Length: %d\r\n' % size)
        peer.sendall(b'\r\n' + content[: draw.choice((size, size // 2))])

    def files(self, peer, draw):
        httpx.post(
            f'{self.address}/gradio_api/upload',
            files={'files': ('a.png', draw.choice(self.photos))},
        )

    def health(self):
        """Ask how it is, all the time."""
        client = httpx.Client(timeout=30)
        while not self.done.wait(0.2):
            start = time.monotonic()
            answer = client.get(f'{self.address}/health')
            took = time.monotonic() - start
            self.slowest = max(self.slowest, took)
            lag = max(self.lag)
            if answer.status_code != 200 or took > 1 + lag:
                self.wrong.append(
                    f'health {answer.status_code} {took:.1f} s, '
                    f'{lag:.1f} s beside it'
                )

    def machine(self):
        """Ask the bare server, all the time."""
        while not self.done.wait(0.2):
            start = time.monotonic()
            httpx.get(self.bare, timeout=30)
            self.lag.append(time.monotonic() - start)
            self.slowest_lag = max(self.slowest_lag, self.lag[-1])

    def run(self, seconds):
        """Let all of them go on for that long."""
        threads = [Thread(target=self.health), Thread(target=self.machine)]
        for number in range(8):
            work = self.honest if number % 4 else self.malicious
            threads.append(Thread(target=work, args=(number,)))
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.done.set()
        for thread in threads:
            thread.join(180)


def main():
    """Run it, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=30)
    seconds = parser.parse_args().minutes * 60
    with tempfile.TemporaryDirectory() as name:
        weights = Path(name, 'tiny.pth')
        make_checkpoint(weights)
        folder = Path(name, 'folder')
        folder.mkdir()
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        options = ('--weights', weights, '--port', port, '--per-client', 7)
        options += ('--max-total-megabytes', 100, '--max-megabytes', 5)
        with (
            bare_server() as bare,
            served(*options, folder=folder) as address,
        ):
            soak = Soak(address, bare)
            soak.run(min(20, seconds / 3))  # until memory has settled
            soak.done.clear()
            before = resident(port)
            soak.run(seconds)
            time.sleep(3)
            after = resident(port)
            disk = megabytes(folder)
    click.echo(dict(soak.counts))
    click.echo(f'slowest answer of health: {soak.slowest:.2f} s')
    click.echo(f'of a bare server beside it: {soak.slowest_lag:.2f} s')
    click.echo(f'disk: {disk:.1f} MB, of which uploads go after an hour')
    click.echo(f'memory: {before:.0f} MB before, {after:.0f} MB after')
    if after > 1.05 * before:
        soak.wrong.append('memory has grown')
    click.echo('\n'.join(map(str, soak.wrong[:20])) or 'nothing is wrong')
    return bool(soak.wrong)


if __name__ == '__main__':
    sys.exit(main())
