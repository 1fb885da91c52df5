"""A thousand damaged files: none may crash, hang or raise another error."""

import json
import random
import sys
import time
import zipfile
from io import BytesIO
from pathlib import Path

import forks
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from safetensors.torch import save, save_file
from tiny import make_checkpoint

pytestmark = pytest.mark.process

COUNTS = {'pth': 400, 'safetensors': 300, 'zip': 200, 'onnx': 100}
SLOWEST = 20  # seconds
LONGEST = 1000  # characters of an error
ODD = [None, -1, 10**30, 1e308, True, '', '\0', [], {}, [0] * 1000]
SEED = 19


def read(path):
    """Read a file by what users would give it to."""
    if path.suffix == '.pth':
        from mmasgan.apis.training_checkpoint import read_training_checkpoint

        read_training_checkpoint(path).build()
    elif path.suffix == '.safetensors':
        from mmasgan.apis.safetensors_file import read_safetensors

        read_safetensors(path).build()
    elif path.suffix == '.onnx':
        from mmasgan.apis.inference import OnnxBackend

        OnnxBackend(path, threads=1)
    else:
        from mmasgan.datasets.prepare.archive import unpack_gopro

        unpack_gopro(path, path.with_suffix(''))


def say(line):
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


def run(folder):
    """Read all files of a folder, and print what became of them."""
    for path in sorted(folder.iterdir()):
        if not path.is_file():
            continue
        say(f'begin {path.name}')  # says which one crashed
        start, outcome = time.monotonic(), 'read'
        try:
            read(path)
        except (ValueError, OSError) as error:
            outcome = 'refused'
            if path.name not in str(error):
                outcome = f'unnamed: {error!r}'
            elif len(str(error)) > LONGEST or '\n' in str(error):
                outcome = f'not one line: {error!r}'
        except BaseException as error:
            outcome = f'{type(error).__name__}: {error}'
        seconds = time.monotonic() - start
        line = json.dumps([path.name, outcome[:200], seconds])
        say(f'end {line}')


def originals(folder):
    make_checkpoint(folder / 'a.pth')
    about = {'generator': {'type': 'ResNetV2SFTGenerator', 'num_blocks': 1}}
    metadata = {'mmasgan': json.dumps(about)}
    save_file({'a': torch.ones(3)}, folder / 'a.safetensors', metadata)
    with zipfile.ZipFile(folder / 'a.zip', 'w') as archive:
        for number in range(3):
            archive.writestr(f'train/a/blur/{number}.png', b'x' * 50)
    value = helper.make_tensor_value_info(
        'image', TensorProto.FLOAT, [1, 3, 'h', 'w']
    )
    out = helper.make_tensor_value_info(
        'out', TensorProto.FLOAT, [1, 3, 'h', 'w']
    )
    node = helper.make_node('Identity', ['image'], ['out'])
    model = helper.make_model(
        helper.make_graph([node], 'g', [value], [out]), ir_version=8
    )
    entry = model.metadata_props.add()
    entry.key, entry.value = 'mmasgan', '{"classes": 0, "min_size": 16}'
    onnx.save(model, folder / 'a.onnx')


def mutated(content, draw):
    """Return the content with some bytes changed, cut, doubled or gone."""
    result = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 8])):
        at = draw.randrange(len(result))
        kind = draw.randrange(5)
        if kind == 0:
            result[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            result[at] = draw.choice([0, 1, 127, 128, 255])
        elif kind == 2:
            del result[at : at + draw.randrange(1, 9)]
        elif kind == 3:
            result[at:at] = result[at : at + draw.randrange(1, 65)]
        else:
            value = draw.choice([0, 1 << 31, (1 << 32) - 1])
            result[at : at + 4] = value.to_bytes(4, 'little')
        if not result:
            return b''
    return bytes(result if draw.random() < 0.9 else result[: at + 1])


def damaged_inside(path, draw):
    """Return an intact container with changed contents; None for others."""
    if path.suffix == '.pth':
        changed = BytesIO()
        with (
            zipfile.ZipFile(path) as old,
            zipfile.ZipFile(changed, 'w') as new,
        ):
            victim = draw.choice(old.namelist())
            for name in old.namelist():
                content = old.read(name)
                if name == victim:
                    content = mutated(content, draw) if content else b'x'
                new.writestr(name, content)
        return changed.getvalue()
    if path.suffix == '.safetensors':
        generator = {'type': 'ResNetV2SFTGenerator', 'num_blocks': 1}
        about = {'generator': generator, 'classes': 0}
        owner = draw.choice([about, generator])
        owner[draw.choice(list(owner))] = draw.choice(ODD)
        metadata = {'mmasgan': json.dumps(about)}
        return save({'a': torch.ones(3)}, metadata)
    return None


@pytest.fixture(scope='module')
def outcomes(tmp_path_factory):
    sources = tmp_path_factory.mktemp('sources')
    originals(sources)
    folder = tmp_path_factory.mktemp('fuzz')
    draw = random.Random(SEED)
    for kind, count in COUNTS.items():
        content = (sources / f'a.{kind}').read_bytes()
        for number in range(count):
            path = folder / f'{number:03}.{kind}'
            inside = None
            if number % 3 == 0:
                inside = damaged_inside(sources / f'a.{kind}', draw)
            path.write_bytes(inside or mutated(content, draw))
    done = forks.run(__file__, folder, modules=forks.BARE)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, (lines[-1:], done.stderr[-500:])
    return [json.loads(line[4:]) for line in lines if line[:3] == 'end']


def test_nothing_crashes_hangs_or_shows_a_traceback(outcomes):
    assert len(outcomes) == sum(COUNTS.values()) == 1000
    odd = [one for one in outcomes if one[1] not in ('read', 'refused')]
    assert odd == []
    assert max(seconds for *_, seconds in outcomes) < SLOWEST


def test_the_fuzz_reaches_both_ends(outcomes):
    for kind in ('pth', 'zip', 'onnx'):
        found = {what for name, what, _ in outcomes if name.endswith(kind)}
        assert found >= {'refused'}
    assert any(what == 'read' for _, what, _ in outcomes)


if __name__ == '__main__':
    run(Path(sys.argv[1]))
