import shutil
import subprocess

import pytest
import torch
from mmengine.config import Config
from PIL import Image

import mmasgan
from reproduce.table1 import plan
from reproduce.table1.budget import parse_budget
from reproduce.table1.job import settings_of
from reproduce.table1.plan import inspect_data, plan_jobs
from reproduce.table1.rows import ComparisonError, find_rows

pytestmark = pytest.mark.filterwarnings('ignore')
BOOM = "__import__('pathlib').Path('ran').touch()"
CYCLEGAN, RESNET = 'cyclegan_gopro', 'ascyclegan_resnet_gopro'


def test_a_job_is_all_that_its_config_says(fresh):
    jobs = fresh.plan(rows=[CYCLEGAN, RESNET], seeds=[3, 5])
    assert [job.name for job in jobs] == [
        f'{row} seed {seed}' for row in (CYCLEGAN, RESNET) for seed in (3, 5)
    ]
    cfg = jobs[1].cfg
    assert cfg.randomness.seed == cfg.comparison.seed == 5
    assert cfg.work_dir == str(fresh.work_dir / CYCLEGAN / 'seed5')
    assert jobs[0].cfg.randomness.seed == 3
    assert jobs[1].iterations == 2
    assert cfg.comparison.config_iterations == 300_000
    assert cfg.comparison.data.pairs == 6
    roots = {
        cfg[f'{stage}_dataloader'].dataset.data_root
        for stage in ('train', 'val', 'test')
    }
    assert roots == {str(fresh.data)}
    assert not fresh.work_dir.exists()


def test_options_are_told_and_come_last(fresh):
    (job,) = fresh.plan([CYCLEGAN], [0], **{'train_cfg.max_iters': 9})
    assert job.iterations == 9
    assert 'train_cfg.max_iters = 9' in job.cfg.comparison.changes


def test_the_paired_row_with_two_kinds_of_pairs_finds_its_data(fresh):
    (job,) = plan_jobs(
        find_rows(['deblurgan_comb']),
        [0],
        str(fresh.data),
        parse_budget('small'),
        fresh.work_dir,
    )
    text = str(job.cfg.train_dataloader.to_dict())
    assert text.count(f"'data_root': '{fresh.data}'") == 3
    assert text.count("'data_root'") == 3


def test_a_row_may_load_more_than_others(fresh):
    rows = ['ascyclegan', 'ascyclegan_semantic']
    plain, semantic = fresh.plan(rows=rows, seeds=[0])
    assert 'LoadSemantic' in str(settings_of(semantic.cfg, 'test'))
    assert 'LoadSemantic' not in str(settings_of(plain.cfg, 'test'))


def test_rows_under_two_protocols_are_refused(fresh, tmp_path):
    mine = tmp_path / 'mine.py'
    mine.write_text(
        'from mmengine.config import read_base\n'
        'with read_base():\n'
        '    from mmasgan.configs.cyclegan_gopro import *\n'
        "test_dataloader.dataset.update(blur_variant='blur_gamma')\n"
    )
    with pytest.raises(
        ComparisonError,
        match=r"'mine' has other test settings than 'cyclegan_gopro': "
        r'test_dataloader\.dataset\.blur_variant is blur_gamma',
    ):
        fresh.plan(rows=[CYCLEGAN, str(mine)])


def test_nothing_done_is_no_result(fresh):
    (job,) = fresh.plan([CYCLEGAN], [0])
    assert (job.trained_iterations(), job.result()) == (0, None)


def test_another_budget_is_refused_and_told(comparison):
    (job,) = comparison.plan([CYCLEGAN], [0], budget='3')
    for look in (job.trained_iterations, job.result):
        with pytest.raises(ComparisonError) as caught:
            look()
        message = str(caught.value)
        assert 'is from another training: ' in message
        assert 'train_cfg.max_iters is 2, not 3' in message
        assert f"or remove '{job.folder}'" in message


def test_other_training_data_are_refused(comparison, monkeypatch):
    (job,) = comparison.plan([CYCLEGAN], [0])
    job.cfg.comparison.data.train = 'other'
    with pytest.raises(ComparisonError, match=r'data is .*, not other'):
        job.result()


def test_a_result_of_other_test_data_is_none(comparison):
    (job,) = comparison.plan([CYCLEGAN], [0])
    assert job.result() is not None
    job.cfg.comparison.data.test = 'other'
    assert job.result() is None
    assert job.trained_iterations() == 2  # the weights are as good as before


def test_a_checkpoint_of_train_py_counts_for_the_same_training(comparison):
    (job,) = comparison.plan([CYCLEGAN], [0])
    path = job.folder / 'iter_2.pth'
    checkpoint = torch.load(path, weights_only=False)
    cfg = job.cfg.to_dict()
    del cfg['comparison']
    cfg = Config(cfg)
    checkpoint['meta']['cfg'] = cfg.pretty_text
    torch.save(checkpoint, path)
    assert job.trained_iterations() == 2

    cfg.model.adversarial_loss.type = 'mmasgan.losses.WGANLoss'
    checkpoint['meta']['cfg'] = cfg.pretty_text
    torch.save(checkpoint, path)
    with pytest.raises(ComparisonError, match=r'adversarial_loss\.type'):
        job.trained_iterations()


def test_a_broken_checkpoint_is_named(comparison):
    (job,) = comparison.plan([CYCLEGAN], [0])
    (job.folder / 'iter_2.pth').write_bytes(b'half')
    with pytest.raises(ComparisonError, match=r"iter_2.pth' cannot be read"):
        job.trained_iterations()


class Evil:
    def __reduce__(self):
        return exec, (BOOM,)


@pytest.mark.parametrize('where', ['pickle', 'config'])
def test_a_checkpoint_of_somebody_else_runs_no_code(
    comparison, tmp_path, monkeypatch, where
):
    (job,) = comparison.plan([CYCLEGAN], [0])
    path = job.folder / 'iter_2.pth'
    checkpoint = torch.load(path, weights_only=False)
    if where == 'pickle':
        checkpoint['evil'] = Evil()
    else:
        checkpoint['meta']['cfg'] = f'{BOOM}\nmodel = dict(a={BOOM})'
    torch.save(checkpoint, path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ComparisonError, match=r'iter_2\.pth'):
        job.trained_iterations()
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('text', ['{', '[]', '{}', '{"format": 0}'])
def test_what_is_no_result_is_named(comparison, text):
    (job,) = comparison.plan([CYCLEGAN], [0])
    path = job.folder / 'result.json'
    path.write_text(text)
    with pytest.raises(ComparisonError, match=f"'{path}' is not a result"):
        job.result()


TEST_SET = dict(type='mmasgan.PairedGoProDataset', test_mode=True)


@pytest.fixture
def data(gopro, tmp_path):
    return shutil.copytree(gopro, tmp_path / 'data')


def inspect(data):
    return inspect_data(
        'data', str(data), {**TEST_SET, 'data_root': str(data)}
    )


def test_what_there_is(data):
    found = inspect(data)
    with Image.open(next((data / 'test').rglob('*.png'))) as image:
        size = image.size
    assert (found['pairs'], found['size']) == (6, size)
    assert found['train_files'] == 24


def test_a_fingerprint_follows_the_files_not_their_place(data, tmp_path):
    first = inspect(data)
    moved = inspect(data.rename(tmp_path / 'moved'))
    assert moved == first
    extra = next((tmp_path / 'moved' / 'train').rglob('000002.png'))
    extra.unlink()
    fewer = inspect(tmp_path / 'moved')
    assert fewer['train'] != first['train']
    assert fewer['test'] == first['test']


def test_a_missing_partner_is_named(data):
    path = data / 'test' / 'GOPR0001_00_00' / 'sharp' / '000001.png'
    path.unlink()
    blur = path.parents[1] / 'blur' / '000001.png'
    with pytest.raises(ValueError, match=f"'{blur}' has no 'sharp' image"):
        inspect(data)


def test_mixed_sizes_are_named(data):
    path = data / 'test' / 'GOPR0001_00_00' / 'blur' / '000001.png'
    with Image.open(path) as image:
        width, height = image.size
    Image.new('RGB', (width + 4, height)).save(path)
    with pytest.raises(ComparisonError) as caught:
        inspect(data)
    first = data / 'test' / 'GOPR0000_00_00' / 'blur' / '000000.png'
    sizes = f'{width}x{height}', f'{width + 4}x{height}'
    assert f"'{first}' has {sizes[0]} and '{path}' has {sizes[1]}" in str(
        caught.value
    )


def test_the_sample_is_made_and_the_commit_named(
    tiny_sample, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (job,) = plan_jobs(
        find_rows(['cyclegan']), [0], 'sample', parse_budget('1'), 'work'
    )
    assert job.cfg.comparison.data.name == 'sample'
    assert (tmp_path / 'data' / 'sample' / 'test').is_dir()
    head = git(plan.ROOT, 'rev-parse', 'HEAD')
    commit = job.cfg.comparison.commit.removesuffix('+dirty')
    assert len(commit) == 12
    assert head.startswith(commit)


def git(folder, *arguments):
    command = ['git', '-C', folder, '-c', 'user.name=n', '-c', 'user.email=e']
    return subprocess.run(
        [*command, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_commit_and_whether_files_differ(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, 'ROOT', tmp_path)
    assert plan.code_version() == f'release {mmasgan.__version__}'
    (tmp_path / 'file').write_text('1')
    git(tmp_path, 'init', '-q')
    git(tmp_path, 'add', 'file')
    git(tmp_path, 'commit', '-qm', 'm')
    git(tmp_path, 'tag', 'v1')
    commit = git(tmp_path, 'rev-parse', '--short=12', 'HEAD')
    assert plan.code_version() == commit
    (tmp_path / 'file').write_text('2')
    assert plan.code_version() == f'{commit}+dirty'
