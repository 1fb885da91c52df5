"""Publish weights: ``publish_model.py CHECKPOINT OUT.safetensors``.

Extracts the deblurring generator of a training checkpoint, in float16, and
prints its entry of ``configs/metafile.yml``.
"""

import argparse
import sys

from rich.console import Console

from mmasgan.apis.publish import publish_generator


def main() -> None:
    """Write the file and print its entry."""
    parser = argparse.ArgumentParser(
        description='Extract the deblurring generator of a checkpoint'
    )
    parser.add_argument('checkpoint', help='checkpoint of ASCycleGAN')
    parser.add_argument('out', help='NAME.safetensors')
    parser.add_argument(
        '--config',
        help='config file of the training; default: the config in the '
        'checkpoint',
    )
    parser.add_argument(
        '--overwrite', action='store_true', help='replace OUT if it exists'
    )
    args = parser.parse_args()
    try:
        done = publish_generator(
            args.checkpoint, args.out, args.config, args.overwrite
        )
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"'{done.path}': {done.size} bytes, sha256 {done.sha256}")
    console.print('For configs/metafile.yml:')
    console.print(done.entry)


if __name__ == '__main__':
    main()
