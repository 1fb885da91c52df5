import os
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mmasgan.datasets.prepare import download as module
from mmasgan.datasets.prepare.download import download

CONTENT = bytes(range(256)) * 500


class Server(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.content, self.tag = CONTENT, '"one"'
        self.knows_ranges, self.stop_after = True, None
        self.sent = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        if self.path != '/x.zip':
            self.send_error(404)
            return
        start = 0
        asked = re.fullmatch(r'bytes=(\d+)-', self.headers.get('Range', ''))
        same = self.headers.get('If-Range') == server.tag
        if asked and same and server.knows_ranges:
            start = int(asked[1])
            if start >= len(server.content):
                self.send_error(416)
                return
            self.send_response(206)
            end = len(server.content)
            self.send_header('Content-Range', f'bytes {start}-{end - 1}/{end}')
        else:
            self.send_response(200)
        rest = server.content[start:]
        self.send_header('Content-Length', str(len(rest)))
        if server.tag:
            self.send_header('ETag', server.tag)
        self.end_headers()
        sent = rest[: server.stop_after]
        server.sent.append(len(sent))
        self.wfile.write(sent)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module, 'CHUNK', 1000)
    monkeypatch.setenv('no_proxy', '*')
    server = Server()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={'poll_interval': 0.01}
    )
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def url(server):
    return f'http://127.0.0.1:{server.server_port}/x.zip'


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'new' / 'x.zip'


def stop(server, url, path, count=50_000):
    server.stop_after = count
    with pytest.raises(OSError, match='run the same command again'):
        download(url, path)
    server.stop_after = None
    assert not path.exists()


def test_file_comes_whole_and_once(server, url, path):
    download(url, path)
    download(url, path)
    assert path.read_bytes() == CONTENT
    assert server.sent == [len(CONTENT)]
    assert [p.name for p in path.parent.iterdir()] == ['x.zip']


def test_it_goes_on_where_it_stopped(server, url, path):
    stop(server, url, path)
    download(url, path)
    assert path.read_bytes() == CONTENT
    assert server.sent == [50_000, len(CONTENT) - 50_000]


def test_it_begins_anew_where_the_file_has_changed(server, url, path):
    stop(server, url, path)
    server.content, server.tag = CONTENT[::-1], '"two"'
    download(url, path)
    assert path.read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize('tag', [None, 'W/"weak"'])
def test_it_begins_anew_where_nothing_tells_files_apart(
    server, url, path, tag
):
    server.tag = tag
    stop(server, url, path)
    download(url, path)
    assert path.read_bytes() == CONTENT
    assert server.sent[1] == len(CONTENT)


def test_it_begins_anew_where_ranges_are_not_known(server, url, path):
    stop(server, url, path)
    server.knows_ranges = False
    download(url, path)
    assert path.read_bytes() == CONTENT


def test_part_that_is_too_long_is_thrown_away(server, url, path):
    stop(server, url, path)
    part = path.with_name('x.zip.part')
    part.write_bytes(bytes(2 * len(CONTENT)))
    download(url, path)
    assert path.read_bytes() == CONTENT


def test_answer_of_the_server_is_told(server, url, path):
    with pytest.raises(OSError, match='the server answers 404'):
        download(url.replace('x.zip', 'y.zip'), path)


def test_server_that_is_away_is_told(path):
    with pytest.raises(OSError, match=r'stopped: .*run the same'):
        download('http://127.0.0.1:9/x.zip', path)


@pytest.mark.parametrize('url', ['x.zip', 'file:///etc/passwd', 'ftp://x/y'])
def test_other_addresses_are_refused(url, path):
    with pytest.raises(ValueError, match='must begin with http'):
        download(url, path)


def test_full_disk_is_told(server, url, path, full_disk):
    with pytest.raises(OSError, match=r'needs 128\.0 kB, but 1\.0 kB'):
        download(url, path)


@pytest.mark.parametrize('kind', ['symbolic', 'hard', 'pipe'])
def test_nothing_is_written_through_a_link(server, url, path, kind):
    path.parent.mkdir()
    victim = path.with_name('victim')
    victim.write_bytes(b'mine')
    part = path.with_name('x.zip.part')
    {
        'symbolic': lambda: part.symlink_to(victim),
        'hard': lambda: part.hardlink_to(victim),
        'pipe': lambda: os.mkfifo(part),
    }[kind]()
    with pytest.raises(
        OSError, match=r"x\.zip\.part' is a link, or not a file"
    ):
        download(url, path)
    assert victim.read_bytes() == b'mine'
    assert server.sent == []


ANSWERS = {
    'no_http': b'SSH-2.0-OpenSSH_9.9\r\n\r\n',
    'nothing': b'',
    'endless_line': b'HTTP/1.1 200 OK\r\nX: ' + b'x' * 70_000 + b'\r\n\r\n',
    'many_headers': b'HTTP/1.1 200 OK\r\n' + b'X: y\r\n' * 200 + b'\r\n',
    'odd_length': b'HTTP/1.1 200 OK\r\nContent-Length: 1e9\r\n\r\nx',
    'negative': b'HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\nx',
    'odd_chunks': b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz',
    'odd_range': b'HTTP/1.1 206 OK\r\nContent-Range: x\r\n\r\nx',
    'far_range': b'HTTP/1.1 206 OK\r\nContent-Range: bytes 99-100/9\r\n\r\nx',
    'no_range': b'HTTP/1.1 206 OK\r\n\r\nx',
    'ftp': b'HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\n\r\n',
    'file': b'HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n',
    'loop': b'HTTP/1.1 302 Found\r\nLocation: /x.zip\r\n\r\n',
}


@pytest.mark.parametrize('name', ANSWERS)
def test_broken_answers_end_in_one_line(path, name, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    with socket.create_server(('127.0.0.1', 0)) as listener:

        def answer():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(ANSWERS[name])
                    connection.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(
            OSError, match=r'cannot be downloaded|stopped'
        ) as e:
            download(f'http://127.0.0.1:{port}/x.zip', path)
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    assert len(str(e.value)) < 500
    assert not path.exists()
