"""A small data set in GoPro's layout, created on first use.

The images are crops of photographs in scikit-image with synthetic blur.
Nothing is downloaded.
"""

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from mmengine.dist import is_main_process
from PIL import Image

from ..io.image.rgb import read_rgb_image
from ..layers.camera_path import camera_path
from ..utils.console import progress
from .camera_shake import path_reach, shoot
from .seeding import random_state

__all__ = ['prepare_sample_dataset']

MANIFEST = 'manifest.json'
# One sequence per photograph, so that no split has a scene in both domains.
# Increase 'version' with any change of the images.
RECIPE: dict[str, Any] = {
    'made_by': 'mmasgan.datasets.prepare_sample_dataset',
    'version': 1,
    'size': 256,
    'path_length': [8.0, 20.0],
    'images': {'train': 6, 'test': 5},
    'photographs': {
        'train': [
            'astronaut.png',
            'brick.png',
            'camera.png',
            'coins.png',
            'gravel.png',
            'ihc.png',
            'motorcycle_left.png',
            'rocket.jpg',
        ],
        'test': ['chelsea.png', 'coffee.png'],
    },
}


def prepare_sample_dataset(root: str | os.PathLike[str]) -> Path:
    """Create the sample data set, unless it exists.

    It has GoPro's layout, ``<root>/{train,test}/<sequence>/{blur,sharp}``, and
    always the same pixels. Creating it takes some seconds. It is written next
    to ``root`` and renamed when it is complete, so several processes may call
    this function at the same time. A data set of an older version is
    replaced.

    Use it as argument ``prepare=prepare_sample_dataset`` of a data set.

    Args:
        root: Folder to create.

    Returns:
        Path of the folder.

    Raises:
        FileExistsError: If ``root`` exists and is not this data set.
        FileNotFoundError: If scikit-image lacks a photograph.
    """
    root = Path(root)
    if _is_complete(root):
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=f'.{root.name}.', dir=root.parent))
    try:
        _make(part)
        part.chmod(0o755)  # mkdtemp denies access to other users
        _put_in_place(part, root)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return root


def _is_complete(root: Path) -> bool:
    if not root.exists():
        return False
    try:
        recipe = json.loads((root / MANIFEST).read_text(encoding='utf-8'))
        is_ours = recipe['made_by'] == RECIPE['made_by']
    except (OSError, ValueError, KeyError, TypeError):
        is_ours = root.is_dir() and not any(root.iterdir())
        recipe = None
    if not is_ours:
        raise FileExistsError(
            f"'{root}' exists and is not the sample data set; set data_root "
            'to another folder, or move this one away'
        )
    return recipe == RECIPE


def _put_in_place(part: Path, root: Path) -> None:
    if _is_complete(root):  # another process was faster
        return
    if root.exists():
        old = Path(mkdtemp(prefix=f'.{root.name}.', dir=root.parent))
        os.replace(root, old / root.name)
        shutil.rmtree(old, ignore_errors=True)
    try:
        os.rename(part, root)
    except OSError:
        if not _is_complete(root):
            raise


def _make(folder: Path) -> None:
    jobs = [
        (subset, photograph, number)
        for subset, photographs in RECIPE['photographs'].items()
        for photograph in photographs
        for number in range(RECIPE['images'][subset])
    ]
    words = 'Creating the sample data set'
    shown = progress(jobs, words) if is_main_process() else jobs
    for subset, photograph, number in shown:
        sequence = folder / subset / Path(photograph).stem
        photo = read_rgb_image(str(_photograph_path(photograph)))
        key = (RECIPE['version'], *photograph.encode(), number)
        blur, sharp = _shoot_somewhere(photo, random_state(*key))
        for kind, picture in (('blur', blur), ('sharp', sharp)):
            path = sequence / kind / f'{number:06}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
    manifest = json.dumps(RECIPE, indent=2) + '\n'
    (folder / MANIFEST).write_text(manifest, encoding='utf-8')


def _photograph_path(name: str) -> Path:
    # Find the package without importing it, which is slow.
    spec = find_spec('skimage')
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    folder = package / 'data'
    if not (folder / name).is_file():
        raise FileNotFoundError(
            f"scikit-image's photograph '{folder / name}', which the sample "
            'data set needs, is missing; reinstall scikit-image'
        )
    return folder / name


def _shoot_somewhere(
    photo: np.ndarray, random: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    size = RECIPE['size']
    path = camera_path(random, random.uniform(*RECIPE['path_length']))
    reach = path_reach(path, size)
    top, left = (
        random.randint(reach, side - size - reach + 1)
        for side in photo.shape[:2]
    )
    return shoot(photo, path, (top, left), size)
