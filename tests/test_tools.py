"""``tools/train.py`` and ``tools/test.py``, as a user starts them."""

import forks
import pytest
from tiny import ROOT, as_arguments, make_gopro, options

# Without VGG, which is slow in bfloat16.
CONFIG = ROOT / 'configs' / 'ablation' / 'ascyclegan_pixel_cycle_gopro.py'


@pytest.mark.process
def test_the_tools_train_and_test(tmp_path):
    gopro = make_gopro(tmp_path / 'gopro')
    work_dir = tmp_path / 'work'
    common = ['--work-dir', work_dir, '--data-root', gopro, '--cfg-options']

    def tool(name, iterations, *flags, modules=()):
        values = options(iterations, tmp_path / 'split.json', config=CONFIG)
        values['default_hooks.visualization.interval'] = 1  # pictures
        script = ROOT / 'tools' / f'{name}.py'
        done = forks.run(
            script,
            CONFIG,
            *flags,
            *common,
            *as_arguments(values),
            cwd=tmp_path,
            modules=modules,
        )
        return done.returncode, done.stdout + done.stderr

    # tests/test_several_processes.py starts it in fresh interpreters.
    code, output = tool('train', 2, '--amp', modules=forks.TRAINING)
    assert code == 0, output
    assert 'Iter(train) [2/2]' in output

    code, output = tool('test', 2)
    assert code == 0, output
    assert f'{work_dir}/iter_2.pth' in output
    assert output.index('│ input │') < output.index('│ model │')
    assert 'Pictures (input | output | ground truth): ' in output
