"""The server behind a real nginx, by the file of the documentation."""

import re
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which('nginx', path='/usr/sbin:/usr/bin:/usr/local/sbin')
EXAMPLE = Path(__file__).parents[2] / 'deploy' / 'nginx.conf'
MAIN = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    include server.conf;
}}
"""


@contextmanager
def behind_nginx(address, folder):
    """Run nginx in front of a server; yields the address of the page."""
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    text = EXAMPLE.read_text()
    changed, count = re.subn(r'listen 80;', f'listen 127.0.0.1:{port};', text)
    assert count == 1
    ours = address.removeprefix('http://')
    changed, count = re.subn(r'127\.0\.0\.1:7860', ours, changed)
    assert count == 1
    (folder / 'server.conf').write_text(changed)
    kinds = ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')
    temporary = [f'{kind}_temp_path {folder}/{kind};' for kind in kinds]
    (folder / 'nginx.conf').write_text(
        MAIN.format(folder=folder, temporary=' '.join(temporary))
    )
    process = subprocess.Popen([NGINX, '-c', folder / 'nginx.conf'])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    break
            time.sleep(0.1)
        yield f'http://127.0.0.1:{port}/deblur'
    finally:
        process.terminate()
        process.wait(10)
    errors = (folder / 'error.log').read_text()
    assert '[emerg]' not in errors, errors
