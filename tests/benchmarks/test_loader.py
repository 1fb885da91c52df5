from argparse import Namespace

from tiny import make_gopro

from benchmarks import loader


def test_full_frames_stand_beside_the_store(tmp_path):
    root = str(make_gopro(tmp_path / 'g'))
    args = Namespace(
        data=root, store=None, scratch=None, crop=32, count=3, rounds=2
    )
    result = loader.measure(args)
    assert [row.name for row in result.rows] == ['full frames', 'store']
    assert all(row.note.endswith(' per second') for row in result.rows)
