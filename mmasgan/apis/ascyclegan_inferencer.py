"""Inferencer with the interface of OpenMMLab."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmagic.structures import DataSample
from mmengine.config import Config, ConfigDict
from mmengine.infer import BaseInferencer
from torch import nn

from ..datasets.prepare.photos import find_photos
from ..io.image.encoder import encode_photo, writable_name
from ..io.image.losses import lost_in
from ..io.image.photo import Photo, warn_of
from ..io.image.reader import read_photo
from ..registry import INFERENCERS
from ..utils.atomic_files import write_atomically
from ..utils.model_index import DEFAULT, read_model_index
from .inference import deblur_pixels
from .inference.torch_backend import TorchBackend
from .pretrained import load_generator

__all__ = ['ASCycleGANInferencer']

Image = str | os.PathLike[str] | np.ndarray
Entry = dict[str, Any]
PACKAGE = Path(__file__).parents[1]
UNUSED = ('video', 'label', 'trimap', 'mask')  # of `MMagicInferencer`


@INFERENCERS.register_module()
class ASCycleGANInferencer(BaseInferencer):
    """Deblur images from files or arrays.

    ::

        inferencer = ASCycleGANInferencer()
        result = inferencer(['a.jpg', 'b.png'], result_out_dir='deblurred')
        sharper = result['visualization'][0]

    It is also available as
    ``MMagicInferencer('ascyclegan').infer(img='a.jpg')``.

    Args:
        model: Config, path of a config, or name of a model in the model
            index. None means the config saved with ``weights``.
        weights: Path of weights, or name of a model in the model index, see
            :func:`~mmasgan.apis.load_generator`. None means those of
            ``model``, or the default model if both are None.
        device: Device of the model. None means a GPU if available.
        scope: Ignored; the scope is ``mmasgan``.
        show_progress: Whether to show a progress bar.
        precision: Data type of the computation, see
            :class:`~mmasgan.apis.TorchBackend`.

    Raises:
        OSError: If a file does not exist.
        ValueError: If the model is unknown, or a config has no weights.
    """

    preprocess_kwargs = {'channel_order'}
    forward_kwargs = {'strength', 'self_ensemble'}
    visualize_kwargs = {'result_out_dir', 'overwrite'}
    postprocess_kwargs: set[str] = set()

    def __init__(
        self,
        model: str | os.PathLike[str] | Config | dict | None = None,
        weights: str | os.PathLike[str] | None = None,
        device: str | None = None,
        scope: str | None = 'mmasgan',
        show_progress: bool = True,
        precision: str = 'float32',
    ) -> None:
        if model is None and weights is None:
            model = DEFAULT
        if isinstance(model, os.PathLike):
            model = str(model)
        super().__init__(model, weights, device, 'mmasgan', show_progress)
        self.backend = TorchBackend(self.model, precision)

    def __call__(
        self,
        inputs: Image | Sequence[Image] | None = None,
        return_datasamples: bool = False,
        batch_size: int = 1,
        img: Image | Sequence[Image] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Deblur images.

        Args:
            inputs: Paths of files and folders (without subfolders), and
                arrays, (H, W, 3), uint8 or uint16, H and W at least 16.
            return_datasamples: Whether ``predictions`` are data samples with
                ``output.pred_img``, (3, H, W), BGR, as in MMagic.
            batch_size: Number of images in memory. The model processes them
                one by one, because their sizes differ.
            img: Another name of ``inputs``, as in MMagic.
            **kwargs: ``channel_order`` of arrays and results, ``'RGB'`` or
                ``'BGR'``; ``strength`` and ``self_ensemble``, see
                :func:`~mmasgan.apis.inference.deblur_pixels`;
                ``result_out_dir``, an output folder, or an output file for
                one image; ``overwrite``, whether to replace files.

        Returns:
            Dict with ``predictions``, for each image a dict of ``img_path``,
            ``out_path`` (or None), ``height`` and ``width``, and
            ``visualization``, the deblurred images.

        Raises:
            OSError: If a file is missing, exists, or cannot be written.
            TypeError: If an array has a wrong dtype.
            ValueError: If an image cannot be read, or an argument is invalid.
        """
        if (inputs is None) is (img is None):
            raise ValueError('set either inputs or img')
        for name in UNUSED:
            if kwargs.pop(name, None) is not None:
                raise ValueError(
                    f'{name} is not an input of this model, which takes '
                    'images; for videos, use mmasgan deblur'
                )
        return super().__call__(
            img if inputs is None else inputs,
            return_datasamples,
            batch_size,
            **kwargs,
        )

    def preprocess(
        self,
        inputs: list[Image],
        batch_size: int = 1,
        channel_order: str = 'RGB',
    ) -> Iterator[list[Entry]]:
        """Read images in batches; see :meth:`__call__`."""
        if channel_order not in ('RGB', 'BGR'):
            raise ValueError(
                f"channel_order must be 'RGB' or 'BGR', got {channel_order!r}"
            )
        read = partial(self.pipeline, channel_order=channel_order)
        yield from self._get_chunk_data(map(read, inputs), batch_size)

    def forward(
        self,
        inputs: list[Entry],
        strength: float = 1.0,
        self_ensemble: bool = False,
    ) -> list[Entry]:
        """Deblur a batch; see :meth:`__call__`."""
        for entry in inputs:
            photo = entry['photo']
            sharper = deblur_pixels(
                self.backend,
                photo.pixels,
                strength=strength,
                self_ensemble=self_ensemble,
            )
            entry['photo'] = replace(photo, pixels=sharper)
        return inputs

    def visualize(
        self,
        inputs: list[Image],
        preds: list[Entry],
        result_out_dir: str | os.PathLike[str] = '',
        overwrite: bool = False,
    ) -> list[np.ndarray]:
        """Write the results if needed; see :meth:`__call__`."""
        if result_out_dir:
            self._write(preds, Path(result_out_dir), overwrite)
        return [_in_order(entry) for entry in preds]

    def postprocess(
        self,
        preds: list[Entry],
        visualization: list[np.ndarray],
        return_datasamples: bool = False,
    ) -> dict[str, Any]:
        """Pack the results; see :meth:`__call__`."""
        pack = _data_sample if return_datasamples else _plain
        predictions = [pack(entry) for entry in preds]
        return dict(predictions=predictions, visualization=visualization)

    def _inputs_to_list(self, inputs: Image | Sequence[Image]) -> list[Image]:
        if isinstance(inputs, str | os.PathLike | np.ndarray):
            inputs = [inputs]
        listed: list[Image] = []
        for entry in inputs:
            if not isinstance(entry, np.ndarray) and Path(entry).is_dir():
                photos, _ = find_photos({'blur': Path(entry)})
                listed += [photo.source for photo in photos]
            else:
                listed.append(entry)
        return listed

    def _load_model_from_metafile(self, model: str) -> tuple[Config, str]:
        models = read_model_index()
        if model not in models:
            raise ValueError(
                f'model={model!r} is neither a config file nor one of the '
                f'models {", ".join(sorted(models))}'
            )
        return Config.fromfile(str(PACKAGE / models[model].config)), model

    def _init_model(
        self, cfg: Config | ConfigDict, weights: str | None, device: str
    ) -> nn.Module:
        if weights is None:
            raise ValueError(
                'model is a config without weights; set weights, for example '
                'to a checkpoint of a training'
            )
        return load_generator(weights, device, cfg or None)

    def _init_pipeline(self, cfg: Config | ConfigDict) -> Any:
        return _read

    def _init_collate(self, cfg: Config | ConfigDict) -> Any:
        return list  # images may have different sizes

    def _init_visualizer(self, cfg: Config | ConfigDict) -> None:
        return None

    @staticmethod
    def _write(preds: list[Entry], out: Path, overwrite: bool) -> None:
        """Write photographs, after checking that no file would be replaced."""
        if len(preds) == 1 and out.suffix:
            targets = [out]
        else:
            names = [
                Path(entry['img_path'] or f'{index:06}').name
                for index, entry in enumerate(preds)
            ]
            targets = [out / writable_name(name) for name in names]
        for target in targets:
            if targets.count(target) > 1:
                raise ValueError(
                    f"two images would be written to '{target}'; write them "
                    'to separate folders'
                )
            if target.exists() and not overwrite:
                raise FileExistsError(
                    f"'{target}' already exists; overwrite=True replaces it"
                )
        for target, entry in zip(targets, preds, strict=True):
            photo = entry['photo']
            content = encode_photo(photo, target.suffix)
            warn_of(str(target), lost_in(photo, target.suffix))
            write_atomically(target, content)
            entry['out_path'] = str(target)


def _read(image: Image, channel_order: str) -> Entry:
    if isinstance(image, np.ndarray):
        pixels = image[..., ::-1] if channel_order == 'BGR' else image
        photo, path = Photo(pixels), None
    else:
        photo, path = read_photo(image), str(image)
        warn_of(path, photo.notes)
    return dict(
        photo=photo, img_path=path, out_path=None, channel_order=channel_order
    )


def _in_order(entry: Entry) -> np.ndarray:
    pixels = entry['photo'].pixels
    if entry['channel_order'] == 'BGR':
        pixels = np.ascontiguousarray(pixels[..., ::-1])
    return pixels


def _plain(entry: Entry) -> dict[str, Any]:
    height, width = entry['photo'].pixels.shape[:2]
    paths = {key: entry[key] for key in ('img_path', 'out_path')}
    return dict(paths, height=height, width=width)


def _data_sample(entry: Entry) -> DataSample:
    bgr = entry['photo'].pixels[..., ::-1].transpose(2, 0, 1)
    pred = torch.from_numpy(np.ascontiguousarray(bgr))
    sample = DataSample(metainfo=_plain(entry))
    sample.output = DataSample()
    sample.output.set_tensor_data({'pred_img': pred})
    return sample
