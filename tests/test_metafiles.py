"""The model index and its metafiles tell the truth about every config."""

import functools
import re
from collections import Counter

import pytest
import yaml
from mmengine.config import Config
from tiny import ROOT, build

import mmasgan.compat  # noqa: F401  before anything of MMagic
from mmasgan.apis import load_generator
from mmasgan.apis.pretrained import read_trained
from mmasgan.utils.model_index import DEFAULT, obtain_weights, read_model_index

CONFIGS = [
    path.relative_to(ROOT).as_posix()
    for path in sorted((ROOT / 'configs').rglob('*.py'))
    if path.parent.name != '_base_'
]


@functools.cache
def metafiles():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    return {
        path: yaml.safe_load((ROOT / path).read_text())
        for path in index['Import']
    }


ENTRIES = [
    entry for metafile in metafiles().values() for entry in metafile['Models']
]
each_entry = pytest.mark.parametrize(
    'entry', ENTRIES, ids=lambda entry: entry['Name']
)


def test_each_config_is_listed_once():
    assert sorted(entry['Config'] for entry in ENTRIES) == CONFIGS
    assert sorted(metafiles()) == sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / 'configs').rglob('metafile.yml')
    )


def test_names_are_unique_and_there_is_a_default():
    names = Counter()
    for entry in ENTRIES:
        names.update([entry['Name'], *entry.get('Alias', ())])
    assert set(names.values()) == {1}
    assert set(read_model_index()) == set(names)
    assert DEFAULT in names


@each_entry
def test_an_entry_has_the_form_and_its_files_exist(entry):
    assert list(entry) == [
        key
        for key in (
            *('Name', 'Alias', 'In Collection', 'Config', 'README'),
            *('Metadata', 'Results', 'Weights'),
        )
        if key in entry or key not in ('Alias', 'README', 'Weights')
    ]
    assert (ROOT / entry['Config']).stem == entry['Name']
    if 'README' in entry:
        assert (ROOT / entry['README']).is_file()
    for result in entry['Results'] or ():
        assert set(result) == {'Task', 'Dataset', 'Metrics'}


@each_entry
def test_an_entry_is_of_a_collection(entry):
    collections = {
        collection['Name']: collection
        for metafile in metafiles().values()
        for collection in metafile.get('Collections', ())
    }
    collection = collections[entry['In Collection']]
    assert (ROOT / collection['README']).is_file()
    assert collection['Paper']['Title']


@pytest.mark.runner
@each_entry
def test_the_metadata_are_those_of_the_config(entry):
    cfg = Config.fromfile(ROOT / entry['Config'])
    model = build(cfg.model)
    if hasattr(model, 'generators'):
        generator = model.generators['sharp']
    elif hasattr(model, 'motion_network'):
        generator = model.motion_network
    else:
        generator = model.generator
    metadata = entry['Metadata']
    assert metadata['Training Data']
    if 'Weights' in entry:  # may be of a training that went another way
        origin = read_trained(entry['Name']).origin
        assert metadata['Iterations'] == origin['iteration']
    else:
        assert metadata['Iterations'] == cfg.train_cfg.max_iters
        assert metadata['Batch Size'] == cfg.train_dataloader.batch_size
    assert metadata['Parameters'] == sum(
        weight.numel()
        for weight in generator.parameters()
        if weight.requires_grad
    )


@each_entry
def test_results_are_those_of_the_docs(entry):
    """Each number, as it is printed there."""
    pages = [ROOT / 'README.md', ROOT / 'docs' / 'results.md']
    text = ''.join(page.read_text() for page in pages)
    numbers = set(re.findall(r'[\d.]*\.\d+', text))
    for result in entry['Results'] or ():
        for name, value in result['Metrics'].items():
            printed = f'{value:.3f}' if 'SSIM' in name else f'{value:.2f}'
            assert numbers & {printed, printed.lstrip('0')}, name


@each_entry
def test_weights_are_what_was_published_or_named_as_missing(entry):
    model = read_model_index()[entry['Name']]
    if 'Weights' not in entry:
        assert 'SHA256' not in entry['Metadata']
        with pytest.raises(ValueError, match=f'no weights of {model.name} ar'):
            load_generator(model.name)
        return
    read_trained(model.name).build()
    card = ROOT / entry['README']
    assert card.read_text().startswith(f'# {entry["Name"]}\n')
    if '://' not in entry['Weights']:
        assert (ROOT / entry['Weights']).samefile(obtain_weights(model))


def test_openmmlabs_tools_find_the_same():
    for name in ('configs', 'tools', 'model-index.yml'):
        assert (ROOT / 'mmasgan' / '.mim' / name).samefile(ROOT / name)
