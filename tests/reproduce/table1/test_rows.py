import re

import pytest
from tiny import ROOT

from reproduce.table1.rows import TABLE_1, ComparisonError, find_rows


def test_all_is_the_papers_table_in_its_order():
    rows = find_rows(['all'])
    assert [row.name for row in rows] == list(TABLE_1)
    design = {
        'cyclegan_gopro': (23.8, 0.928, 1.73),
        'ascyclegan_resnet_gopro': (27.6, 0.935, 0.92),
        'ascyclegan_resnetv2_gopro': (28.3, 0.935, 0.96),
        'ascyclegan_gopro': (28.8, 0.938, 1.04),
        'deblurgan_wild_gopro': (27.2, 0.954, 0.85),
        'deblurgan_comb_gopro': (28.7, 0.958, 0.87),
        'deblurganv2_gopro': (29.5, 0.934, 0.35),
    }
    assert {row.name: row.paper for row in rows} == design


def test_groups_names_ablations_and_files_mix_without_repetition(tmp_path):
    mine = tmp_path / 'mine.py'
    mine.write_text('a = 1')
    names = ['unpaired', 'cyclegan', 'ascyclegan_lsgan_gopro', str(mine)]
    rows = find_rows([*names, str(ROOT / 'configs' / 'cyclegan_gopro.py')])
    assert [row.name for row in rows] == [
        *list(TABLE_1)[:4],
        'ascyclegan_lsgan_gopro',
        'mine',
    ]
    assert rows[0].label == 'CycleGAN'
    assert rows[-1].paper is rows[-2].paper is None
    assert [row.name for row in find_rows(['paired'])] == list(TABLE_1)[4:]


def test_a_file_with_a_rows_name_is_not_the_papers(tmp_path):
    (tmp_path / 'cyclegan_gopro.py').write_text('a = 1')
    path = str(tmp_path / 'cyclegan_gopro.py')
    (row,) = find_rows([path])
    assert (row.label, row.paper) == ('cyclegan_gopro', None)
    with pytest.raises(ComparisonError, match='have the same name'):
        find_rows(['cyclegan_gopro', path])


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('ascyclgan_gopro', "did you mean 'ascyclegan_gopro'? Rows are all, "),
        ('unpared', "did you mean 'unpaired'?"),
        ('xyz', "unknown row 'xyz'; Rows are all, unpaired, paired, "),
        ('no_such.py', "no config file 'no_such.py'"),
    ],
)
def test_an_unknown_row_is_named_with_its_nearest(name, message):
    with pytest.raises(ComparisonError, match=re.escape(message)):
        find_rows([name])
