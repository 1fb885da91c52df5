from mmasgan.inference.progress import RunProgress


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
