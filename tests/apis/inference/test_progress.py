from mmasgan.apis.inference.progress import RunProgress


def test_messages_name_the_file(capsys):
    with RunProgress(2) as progress:
        progress.say('all goes slowly')
        progress.start('in/[red]a.png')
        progress.say('is large')
        progress.finish()
        progress.start('b\udcff.mp4')
        progress.frames(1, None)
        progress.frames(2, 9)
        progress.say('has no sound')
        progress.finish()
    told = capsys.readouterr()
    assert told.out == ''
    assert told.err.splitlines()[0] == 'all goes slowly'
    assert "'in/[red]a.png': is large\n" in told.err
    assert "b\\udcff.mp4': has no sound\n" in told.err
    assert '2/2' in told.err


def test_shares_of_a_photograph_move_the_bar():
    with RunProgress(2) as progress:
        shown = []
        for share in (0.25, 1):
            progress.share(share)
            shown.append(progress._bars.tasks[0].completed)
        progress.finish()
        shown.append(progress._bars.tasks[0].completed)
        progress.share(0.5)
        shown.append(progress._bars.tasks[0].completed)
    assert shown == [0.25, 1, 1, 1.5]
