"""The figures of the docs come from a tool that compares alike."""

import json
import runpy
import sys

import pytest
from PIL import Image


def test_a_suite_prints_writes_and_draws(monkeypatch, capsys, tmp_path):
    small = ['--rounds=1', '--size', '32', '48', '--width=4']
    out = f'--out={tmp_path / "out"}'
    monkeypatch.setattr(sys, 'argv', ['benchmarks', 'inference', *small, out])
    runpy.run_module('benchmarks', run_name='__main__')
    assert 'torch: ' in capsys.readouterr().out
    found = json.loads((tmp_path / 'out' / 'inference.json').read_text())
    assert found['rows'][0]['ratio'] == 1
    assert {'processor', 'threads', 'torch'} <= found['machine'].keys()
    with Image.open(tmp_path / 'out' / 'inference.png') as picture:
        assert picture.width > 500


def test_suite_must_be_named(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['benchmarks'])
    with pytest.raises(SystemExit):
        runpy.run_module('benchmarks', run_name='__main__')
