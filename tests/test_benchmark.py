"""The figures of ``docs/data.md`` come from a tool that compares alike."""

import runpy
import sys

import pytest
from tiny import ROOT, make_gopro

SCRIPT = str(ROOT / 'tools' / 'benchmark.py')


def test_loader_prints_a_ratio(monkeypatch, capsys, tmp_path):
    root = str(make_gopro(tmp_path / 'g'))
    args = ['loader', '--data', root, '--crop=32', '--count=3', '--rounds=2']
    monkeypatch.setattr(sys, 'argv', [SCRIPT, *args])
    runpy.run_path(SCRIPT, run_name='__main__')
    output = capsys.readouterr().out
    rows = [
        [cell.strip() for cell in line.split('│')[1:-1]]
        for line in output.splitlines()
        if '│' in line
    ]
    assert [row[0] for row in rows] == ['full frames', 'store']
    for _, median, lowest, highest, _ in rows:
        assert 0 < float(lowest) <= float(median) <= float(highest)
    assert rows[0][-1] == '1.0'
    assert 'torch ' in output


def test_rounds_take_turns():
    calls = []
    names = runpy.run_path(SCRIPT)
    jobs = {
        name: lambda number, name=name: calls.append((name, number))
        for name in 'ab'
    }
    rates = names['interleaved'](jobs, rounds=2, count=2)
    assert [len(found) for found in rates.values()] == [2, 2]
    assert calls[:6] == [*zip('aabbaa', (0, 1, 0, 1, 2, 3), strict=True)]
    assert len(calls) == 12


def test_suite_must_be_named(monkeypatch):
    monkeypatch.setattr(sys, 'argv', [SCRIPT])
    with pytest.raises(SystemExit):
        runpy.run_path(SCRIPT, run_name='__main__')
