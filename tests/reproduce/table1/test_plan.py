import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmasgan.apis.comparison import (
    ComparisonError,
    find_rows,
    parse_budget,
    plan_jobs,
)
from mmasgan.apis.comparison.plan import read_result
from mmasgan.apis.comparison.settings import test_settings as of_test

pytestmark = pytest.mark.filterwarnings('ignore')
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
    assert 'LoadSemantic' in str(of_test(semantic.cfg))
    assert 'LoadSemantic' not in str(of_test(plain.cfg))


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
        match=r"'mine' is tested in another way than 'cyclegan_gopro': "
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
        assert 'is of another training: ' in message
        assert 'train_cfg.max_iters is 2, asked for is 3' in message
        assert f"or remove '{job.folder}'" in message


def test_other_training_data_are_refused(comparison, monkeypatch):
    (job,) = comparison.plan([CYCLEGAN], [0])
    job.cfg.comparison.data.train = 'other'
    with pytest.raises(
        ComparisonError, match=r'data is .*, asked for is other'
    ):
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


@pytest.mark.parametrize('text', ['{', '[]', '{}', '{"format": 0}'])
def test_what_is_no_result_is_named(tmp_path, text):
    path = Path(tmp_path, 'result.json')
    path.write_text(text)
    with pytest.raises(ComparisonError, match=f"'{path}' is not a result"):
        read_result(path)
    path.write_text(json.dumps({'format': 1}))
    assert read_result(path) == {'format': 1}
