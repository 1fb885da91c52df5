"""Preparation of videos."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from ...utils.atomic_files import write_atomically
from ..gopro_split import GoProSplit, write_split
from .duplicates import perceptual_hash
from .finish import SPLIT_FILE, Prepared, find_leaks, listed, ready
from .photos import encode_png
from .recipe import recipe_side
from .render import render
from .scenes import Scene, assign_domains, cut_into_scenes, is_cut, thumbnail
from .sharpness import gradient_ratio
from .video_plan import Piece, plan_pairs, plan_sorted, thresholds
from .video_reader import VideoInfo, probe, read_frames
from .workspace import Workspace, fingerprint, safe_name

__all__ = ['prepare_video']

FAST = 119.0  # frames per second; '120' is 119.88 in many cameras
SHORTEST = 2.0  # seconds of a segment, including gaps
SPACING = 0.2  # seconds between images of a domain


def prepare_video(
    files: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    fps: float | None = None,
    segment: float | None = None,
    quantile: float = 0.3,
    allow_duplicates: bool = False,
    use_store: bool = True,
) -> Prepared:
    """Convert videos to ``<out>/train/<scene>/{blur,sharp}`` with a split.

    The arguments are the options of ``mmasgan prepare video``.

    With at least 120 frames per second, a blurred image is the mean of 7 to
    13 frames in linear light, as in GoPro, and the sharp image is their middle
    frame. The frames of other videos are sorted by sharpness. Each scene
    belongs to one domain, see :func:`~.scenes.assign_domains`. After an
    interruption, another call continues.

    Raises:
        ImportError: If PyAV is not installed.
        OSError: If a file cannot be read or written.
        ValueError: If a video cannot be used, or there are too few scenes.
    """
    if not 0 < quantile < 0.5:
        raise ValueError(f'quantile must be in (0, 0.5), got {quantile}')
    if segment is not None and segment < SHORTEST:
        raise ValueError(f'segment must be at least {SHORTEST}, got {segment}')
    videos = _named([Path(file) for file in files], fps)
    work = Workspace(
        Path(out),
        {
            'made_by': 'mmasgan prepare video',
            'fps': fps,
            'segment': segment,
            'quantile': quantile,
        },
        [fingerprint(path, name) for name, (path, _) in videos.items()],
    )
    notes: tuple[str, ...] = ()
    if not work.is_finished:
        measures = {
            name: _measured(work, name, path, info.fps < FAST)
            for name, (path, info) in videos.items()
        }
        plan = _plan(videos, measures, segment, quantile)
        split = _split(plan)
        _make_all(work, videos, plan)
        notes = _check_leaks(work, plan, split, allow_duplicates)
        write_split(work.part / SPLIT_FILE, split)
        listed(work.part, split)
        work.finish()
    return ready(work.out, use_store, notes)


def _named(
    paths: list[Path], fps: float | None
) -> dict[str, tuple[Path, VideoInfo]]:
    videos: dict[str, tuple[Path, VideoInfo]] = {}
    for path in paths:
        info = probe(path)
        if fps is not None:
            info = info._replace(fps=fps)
        name = safe_name(path.name)
        if name in videos:
            raise ValueError(
                f"'{videos[name][0]}' and '{path}' have the same name; "
                'rename one'
            )
        videos[name] = (path, info)
    return videos


def _measured(
    work: Workspace, name: str, path: Path, is_sorted: bool
) -> dict[str, Any]:
    state = fingerprint(path, name)
    entry = work.journal.entries.get(name)
    if entry is not None and entry['state'] == state:
        return entry
    cuts: list[int] = []
    scores: list[float] = []
    before, count = None, 0
    for image in _shown(path, 'Measuring'):
        if not count:
            _check_size(path, image)
        small = thumbnail(image)
        if before is not None and is_cut(before, small):
            cuts.append(count)
        if is_sorted:
            scores.append(round(gradient_ratio(image), 4))
        before, count = small, count + 1
    work.journal.add(name, state=state, count=count, cuts=cuts, scores=scores)
    return work.journal.entries[name]


def _check_size(path: Path, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    side = recipe_side()
    if min(height, width) < side:
        raise ValueError(
            f"'{path}' has {width}x{height} pixels, too few for crops of "
            f'{side}; remove it'
        )


def _plan(
    videos: dict[str, tuple[Path, VideoInfo]],
    measures: dict[str, dict[str, Any]],
    segment: float | None,
    quantile: float,
) -> dict[str, list[Piece]]:
    scenes: dict[str, list[tuple[str, Scene]]] = {}
    for name, (_, info) in videos.items():
        entry = measures[name]
        found = cut_into_scenes(
            entry['count'], entry['cuts'], info.fps, segment
        )
        scenes[name] = [(f'{name}-{i:03}', s) for i, s in enumerate(found)]
    ordinary = [
        measures[name]['scores'][scene.start : scene.stop]
        for name, (_, info) in videos.items()
        if info.fps < FAST
        for _, scene in scenes[name]
    ]
    limits = thresholds(ordinary, quantile) if ordinary else (0.0, 0.0)
    plan: dict[str, list[Piece]] = {}
    for name, (_, info) in videos.items():
        plan[name] = []
        for sequence, scene in scenes[name]:
            if info.fps >= FAST:
                plan[name] += plan_pairs(sequence, scene)
                continue
            scores = measures[name]['scores'][scene.start : scene.stop]
            spacing = max(1, round(SPACING * info.fps))
            plan[name] += plan_sorted(sequence, scene, scores, limits, spacing)
    return plan


def _split(plan: dict[str, list[Piece]]) -> GoProSplit:
    counts: dict[str, tuple[int, int]] = {}
    for pieces in plan.values():
        for piece in pieces:
            blur, sharp = counts.get(piece.sequence, (0, 0))
            is_blur = piece.domain == 'blur'
            counts[piece.sequence] = (blur + is_blur, sharp + (not is_blur))
    blur_names, sharp_names = assign_domains(counts)
    if not blur_names:
        raise ValueError(
            f'{len(counts)} scene(s) were found, but blurred and sharp images '
            'must come from different scenes: add videos of other scenes, or '
            'add --segment 10 to divide long ones, if their content changes'
        )
    return GoProSplit(
        'disjoint',
        None,
        'train',
        tuple(f'train/{name}' for name in sorted(blur_names)),
        tuple(f'train/{name}' for name in sorted(sharp_names)),
    )


def _make_all(
    work: Workspace,
    videos: dict[str, tuple[Path, VideoInfo]],
    plan: dict[str, list[Piece]],
) -> None:
    for name, pieces in plan.items():
        path = videos[name][0]
        state = fingerprint(path, name)
        todo = [p for p in pieces if not _is_made(work, p, state)]
        if todo:
            frames = _shown(path, 'Creating images of')
            for piece, image in render(frames, todo):
                key = _output(piece)
                write_atomically(work.part / key, encode_png(image))
                look = perceptual_hash(image)
                span = [piece.start, piece.stop]
                work.journal.add(key, state=state, frames=span, look=look)
    every = [piece for pieces in plan.values() for piece in pieces]
    work.keep_only(
        work.part / 'train', {work.part / _output(piece) for piece in every}
    )


def _is_made(work: Workspace, piece: Piece, state: str) -> bool:
    entry = work.journal.entries.get(_output(piece))
    return (
        entry is not None
        and entry['state'] == state
        and entry['frames'] == [piece.start, piece.stop]
        and (work.part / _output(piece)).is_file()
    )


def _output(piece: Piece) -> str:
    return f'train/{piece.sequence}/{piece.domain}/{piece.name:06}.png'


def _check_leaks(
    work: Workspace,
    plan: dict[str, list[Piece]],
    split: GoProSplit,
    allow: bool,
) -> tuple[str, ...]:
    looks: dict[str, dict[str, str]] = {'blur': {}, 'sharp': {}}
    used = {'blur': split.blur, 'sharp': split.sharp}
    for pieces in plan.values():
        for piece in pieces:
            if f'train/{piece.sequence}' in used[piece.domain]:
                key = _output(piece)
                look = work.journal.entries[key]['look']
                looks[piece.domain][key] = look
    return find_leaks(looks['blur'], looks['sharp'], allow)


def _shown(path: Path, what: str) -> Iterator[np.ndarray]:
    total = probe(path).frames or None
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(f'{what} {path.name}', total=total)
        for image in read_frames(path):
            yield image
            bar.advance(task)
