"""The files of deploy/, as far as they run without a daemon."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
import yaml
from PIL import Image

sys.path.append(str(Path(__file__).parent / 'serve'))

from proxied import NGINX, behind_nginx
from served import served
from tiny import make_checkpoint

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / 'deploy'
PNG = {'Content-Type': 'image/png'}


def photo(seed):
    file = BytesIO()
    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(pixels).save(file, 'png')
    return file.getvalue()


@pytest.mark.app
@pytest.mark.skipif(NGINX is None, reason='needs nginx')
def test_nothing_is_lost_behind_nginx(tmp_path):
    make_checkpoint(tmp_path / 'tiny.pth')
    folder = tmp_path / 'folder'
    folder.mkdir()
    options = ('--weights', tmp_path / 'tiny.pth', '--root-path', '/deblur')
    options += ('--proxy', '127.0.0.1')
    with (
        served(*options, folder=folder, modules=()) as address,
        behind_nginx(address, tmp_path) as outside,
    ):
        client = httpx.Client(timeout=120)

        def ask(seed):
            return client.post(
                f'{outside}/api/deblur', content=photo(seed), headers=PNG
            )

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(200)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 200

        root = outside.removesuffix('/deblur')
        answer = client.get(f'{root}/deblur')
        assert answer.status_code == 301
        assert answer.headers['location'] == '/deblur/'
        config = client.get(f'{outside}/config').json()
        assert config['root'] == outside
        assert client.get(f'{outside}/metrics').status_code == 404
        described = client.get(f'{outside}/openapi.json').json()
        assert described['servers'] == [{'url': '/deblur'}]
        page = client.get(f'{outside}/docs').text
        for name in re.findall(r'(?:src|href)="([^"]+)"', page):
            assert client.get(f'{root}{name}').status_code == 200, name


def commands():
    """Return the command lines of the server in all files."""
    compose = yaml.safe_load((DEPLOY / 'compose.yml').read_text())
    unit = (DEPLOY / 'mmasgan.service').read_text()
    docker = (DEPLOY / 'Dockerfile').read_text()
    (nginx,) = re.findall(
        r'as: mmasgan serve (.*)', (DEPLOY / 'nginx.conf').read_text()
    )
    (start,) = re.findall(r'ExecStart=\S+ serve (.*)', unit)
    (entry,) = re.findall(r'^ENTRYPOINT \["(.*)"\]', docker, re.M)
    entry = entry.replace('mmasgan", "serve", "', '').split('", "')
    service = compose['services']['mmasgan']['command']
    return {
        'nginx.conf': nginx.split(),
        'mmasgan.service': start.split(),
        'Dockerfile': entry,
        'compose.yml': [*entry, *service],
    }


@pytest.mark.parametrize('name', commands())
def test_their_options_are_those_of_the_command(name):
    from mmasgan.cli import main

    words = commands()[name]
    context = main.commands['serve'].make_context('serve', list(words))
    assert context.params['log_level'] == 'info'
    if name != 'Dockerfile':
        assert context.params['root_path'] == '/deblur'
        assert context.params['proxy']


def test_the_proxy_of_compose_is_the_one_that_is_trusted():
    compose = yaml.safe_load((DEPLOY / 'compose.yml').read_text())
    services = compose['services']
    address = services['nginx']['networks']['inside']['ipv4_address']
    assert f'--proxy={address}' in services['mmasgan']['command']


def test_the_small_image_has_what_setup_cfg_asks_for():
    """The same floors as the package's own extras, and nothing of torch."""
    setup = (ROOT / 'setup.cfg').read_text()
    lines = (DEPLOY / 'requirements.txt').read_text().splitlines()
    for line in lines:
        if line.startswith('#'):
            continue
        assert 'torch' not in line
        if '>=' in line:
            assert f'\n    {line}\n' in setup, line


@pytest.mark.process
@pytest.mark.skipif(
    shutil.which('systemd-analyze') is None, reason='needs systemd-analyze'
)
def test_systemd_reads_the_unit(tmp_path):
    unit = (DEPLOY / 'mmasgan.service').read_text()
    unit = unit.replace('/opt/mmasgan/bin/mmasgan', sys.executable)
    (tmp_path / 'mmasgan.service').write_text(unit)
    done = subprocess.run(
        ['systemd-analyze', 'verify', tmp_path / 'mmasgan.service'],
        capture_output=True,
        text=True,
    )
    assert 'mmasgan.service' not in done.stderr, done.stderr
