from dataclasses import replace

import pytest

from mmasgan.apis.data_report.survey import Sample, survey
from mmasgan.apis.data_report.words import (
    apart,
    findings,
    opening,
    wrong_side,
)
from mmasgan.datasets.prepare.duplicates import NearDuplicate


@pytest.fixture
def found(data):
    return survey(data, data / 'split.json')


def samples(scores, size=(300, 300)):
    return tuple(Sample('x', *size, score, '0') for score in scores)


def with_scores(found, blur, sharp):
    return replace(
        found, samples={'blur': samples(blur), 'sharp': samples(sharp)}
    )


@pytest.mark.parametrize(
    ('blur', 'sharp', 'area', 'wrong'),
    [
        ([1, 2], [3, 4], 1, 0),
        ([3, 4], [1, 2], 0, 0.5),
        ([1, 2], [1, 2], 0.5, 0.5),
        ([1, 3], [2, 4], 0.75, 0.25),
    ],
)
def test_distance_of_the_domains(blur, sharp, area, wrong):
    assert apart(blur, sharp) == area
    assert wrong_side(blur, sharp) == wrong


def test_opening_counts(found):
    assert opening(found).startswith(
        '2 sequences to train with 6 blurred and 6 sharp images; 1 sequence '
        'to test with 3 blurred and 3 sharp images. '
    )


@pytest.mark.parametrize(
    ('blur', 'sharp', 'text'),
    [
        ([1, 2], [3, 4], 'The domains are clearly apart. A sharp image is '),
        ([1, 2, 3, 5], [4, 6, 7, 8], 'The domains overlap. '),
        ([1, 3], [2, 4], 'The domains are hardly apart. '),
        ([3, 4], [1, 2], 'The blurred domain is the sharper one. '),
    ],
)
def test_sharpness_in_words(found, blur, sharp, text):
    if text == 'The domains overlap. ':
        assert 0.8 <= apart(blur, sharp) < 0.95
    told = findings(with_scores(found, blur, sharp))
    assert any(line.startswith(text) for line in told)


def test_split_in_words(found):
    told = '\n'.join(findings(found))
    assert 'takes 3 blurred images of 1 sequence and 3 sharp ones' in told
    assert 'No blurred image looks like a sharp one, among 3 and 3' in told
    assert 'fewer than 256 pixels' in told
    assert 'no split file' in findings(replace(found, split=None))[0]


def test_leaks_and_broken_files_in_words(found):
    pair = NearDuplicate('a', 'b', 2)
    broken = tuple(f'file {n}' for n in range(7))
    told = findings(replace(found, alike=(pair,), unreadable=broken))
    assert told[0] == 'Not readable: file 0'
    assert told[5] == 'and 2 more are not readable'
    assert '1 pair of a blurred and a sharp image look alike' in told[-1]


def test_sizes_that_differ_are_told(found):
    both = {
        'blur': samples([1], (300, 300)),
        'sharp': samples([2], (600, 600)),
    }
    told = '\n'.join(findings(replace(found, samples=both)))
    assert 'The sharp domain has 4.0 times the pixels' in told
