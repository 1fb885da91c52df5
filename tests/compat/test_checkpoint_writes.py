from mmasgan.compat import checkpoint_writes


def test_fault(symptoms):
    left, _ = symptoms.without['checkpoint_writes']['value']
    assert left == 'new'  # a piece of it


def test_mend(symptoms):
    left, message = symptoms.patched['checkpoint_writes']['value']
    assert left == 'old'
    assert "True.pth' cannot be written: File too large" in message
    assert symptoms.patched['patched']['checkpoint_writes'] is True


def test_sound_afterwards():
    assert not checkpoint_writes.is_present()
