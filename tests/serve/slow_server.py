"""A server whose model takes as long as it is told: SECONDS GRACE PROXY."""

import sys
import time

import click

from mmasgan.serve.logs import configure_logging
from mmasgan.serve.server import run_server
from mmasgan.serve.service import DeblurService

seconds, grace, proxy = sys.argv[1:]


def model(image, semantic=None):
    time.sleep(float(seconds))
    return -image


configure_logging('info', 'json')
run_server(
    DeblurService({'slow': lambda: model}),
    port=0,
    tell=click.echo,
    proxy=proxy or None,
    root_path='/deblur',
    grace=float(grace),
)
click.echo(f'torch: {"torch" in sys.modules}')
