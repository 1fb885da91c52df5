"""The numbers of ``docs/paper.md``."""

import runpy
import sys

import pytest
from tiny import ROOT

pytestmark = pytest.mark.runner


@pytest.mark.parametrize(
    ('config', 'sizes'),
    [
        ('ascyclegan_gopro', ['11.79', '51.20', '2.76', '3.15']),
        ('cyclegan_gopro', ['11.38', '49.55', '2.76', '3.15']),
    ],
)
def test_sizes_of_a_row(monkeypatch, capsys, config, sizes):
    assert sizes_of(monkeypatch, capsys, config) == sizes
    assert f' {sizes[1]} ' in (ROOT / 'docs' / 'paper.md').read_text()


def sizes_of(monkeypatch, capsys, config):
    script = str(ROOT / 'tools' / 'complexity.py')
    path = str(ROOT / 'configs' / f'{config}.py')
    monkeypatch.setattr(sys, 'argv', [script, path])
    runpy.run_path(script, run_name='__main__')
    (row,) = (
        line for line in capsys.readouterr().out.splitlines() if config in line
    )
    return [cell.strip() for cell in row.split('│')[2:-1]]


def test_the_classifier_behind_a_backbone_is_not_counted(monkeypatch, capsys):
    sizes = sizes_of(monkeypatch, capsys, 'deblurganv2_gopro')
    assert sizes == ['35.84', '17.52', '13.92', '6.15']
