import json

import pytest
import torch

from reproduce.table1.rows import ComparisonError

pytestmark = pytest.mark.filterwarnings('ignore')
CYCLEGAN, RESNET = 'cyclegan_gopro', 'ascyclegan_resnet_gopro'


def times(comparison):
    return {
        path.relative_to(comparison.work_dir): path.stat().st_mtime_ns
        for path in comparison.work_dir.rglob('result.json')
    }


def test_every_job_has_a_result(finished):
    found = [
        json.loads(path.read_text())
        for path in sorted(finished.work_dir.rglob('result.json'))
    ]
    assert [(r['row'], r['seed']) for r in found] == [
        (RESNET, 0),
        (RESNET, 1),
        (CYCLEGAN, 0),
        (CYCLEGAN, 1),
    ]
    assert all(r['iterations'] == r['planned_iterations'] == 2 for r in found)
    scores = {r['metrics']['PSNR'] for r in found}
    assert len(scores) == 4  # rows and seeds are told apart
    assert len({r['metrics']['input/PSNR'] for r in found}) == 1


def test_what_is_done_is_not_done_again(comparison):
    before = times(comparison)
    failures, text = comparison.run()
    assert (failures, times(comparison)) == ([], before)
    assert '4 of 4 jobs are already done' in text


def test_a_result_that_is_gone_is_computed_again_alone(comparison):
    path = comparison.folder(RESNET, 1) / 'result.json'
    first = json.loads(path.read_text())
    path.unlink()
    before = times(comparison)
    failures, text = comparison.run()
    assert not failures
    after = times(comparison)
    assert after.items() >= before.items()
    again = json.loads(path.read_text())
    assert again['images'] == first['images']
    assert '3 of 4 jobs are already done' in text
    assert f'train {RESNET}' not in text
    assert f'test {RESNET} seed 1: ' in text


def test_a_stopped_training_goes_on(fresh):
    jobs = fresh.plan(rows=[CYCLEGAN], seeds=[0], budget='4')
    (job,) = jobs
    whole = job.cfg.train_cfg.max_iters
    job.cfg.train_cfg.max_iters = 2  # as if stopped there
    fresh.run(jobs, ['train'])
    job.cfg.train_cfg.max_iters = whole
    checkpoint = torch.load(job.folder / 'iter_2.pth', weights_only=False)
    checkpoint['meta']['cfg'] = job.cfg.pretty_text
    torch.save(checkpoint, job.folder / 'iter_2.pth')

    failures, _ = fresh.run(jobs)
    assert not failures
    assert (
        json.loads((job.folder / 'result.json').read_text())['iterations'] == 4
    )
    log = (job.folder / 'log.txt').read_text()
    assert log.count('Iter(train) [1/4]') == 0
    assert log.count('Iter(train) [3/4]') == 1


def test_a_job_that_fails_leaves_the_others_alone(comparison):
    (comparison.folder(CYCLEGAN, 0) / 'result.json').unlink()
    (comparison.folder(RESNET, 0) / 'result.json').unlink()
    path = comparison.folder(CYCLEGAN, 0) / 'iter_2.pth'
    checkpoint = torch.load(path, weights_only=False)
    weight = next(iter(checkpoint['state_dict']))
    del checkpoint['state_dict'][weight]
    torch.save(checkpoint, path)
    before = times(comparison)

    (failure,), text = comparison.run()
    assert failure.job == f'{CYCLEGAN} seed 0'
    assert 'is from another model: 1 keys' in failure.error
    assert repr(weight) in failure.error
    assert (comparison.folder(CYCLEGAN, 0) / 'log.txt').is_file()
    assert f'test {CYCLEGAN} seed 0 failed' in text
    assert times(comparison).items() > before.items()  # the other row's


def test_a_test_without_a_training_is_an_error(fresh):
    jobs = fresh.plan(rows=[CYCLEGAN], seeds=[0])
    (failure,), _ = fresh.run(jobs, ['test'])
    assert f"no checkpoint in '{fresh.folder()}': train first" in failure.error


def test_nothing_runs_beside_work_of_another_row(comparison):
    theirs, ours = comparison.folder(RESNET), comparison.folder(CYCLEGAN)
    (ours / 'iter_2.pth').write_bytes((theirs / 'iter_2.pth').read_bytes())
    (theirs / 'result.json').unlink()
    before = times(comparison)
    with pytest.raises(
        ComparisonError, match=f"from row '{RESNET}', not '{CYCLEGAN}'"
    ):
        comparison.run()
    assert times(comparison) == before


def test_a_full_disk_is_told(fresh, monkeypatch):
    monkeypatch.setattr(
        'shutil.disk_usage', lambda _: type('', (), {'free': 5})
    )
    (failure,), _ = fresh.run(fresh.plan(rows=[CYCLEGAN], seeds=[0]))
    assert 'MB, but 5 bytes are free there' in failure.error
