"""A server whose model takes as long as it is told: SECONDS GRACE PROXY."""

import sys
import time

import click

from mmasgan.apis.inference.steps import report
from mmasgan.serve.logs import configure_logging
from mmasgan.serve.server import run_server
from mmasgan.serve.service import DeblurService

seconds, grace, proxy = sys.argv[1:]


def model(image, semantic=None):
    for step in range(20):
        report(step / 20)
        time.sleep(float(seconds) / 20)
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
