import pytest
from mmengine.config import Config, config
from yapf.yapflib.yapf_api import FormatCode

from mmasgan.compat import repeated_formatting


@pytest.fixture
def formatted(monkeypatch, is_fork):
    """Format configs, which other tests are spared; see tests/conftest.py."""
    if not is_fork:
        original = config.FormatCode.__wrapped__
        monkeypatch.setattr(config, 'FormatCode', original)


def test_fault(symptoms):
    assert symptoms.without['repeated_formatting']['value'] == 2


def test_mend(symptoms, is_fork):
    # The fork imports YAPF where it calls it, and stays as it is.
    expected = 2 if is_fork else 1
    assert symptoms.patched['repeated_formatting']['value'] == expected
    assert symptoms.patched['patched']['repeated_formatting'] is not is_fork


def test_sound_afterwards():
    assert not repeated_formatting.is_present()


def test_texts_are_those_of_yapf(formatted):
    """Of one config and another in turn, also after one was changed."""
    first, second = Config(dict(a=[dict(b=1)])), Config(dict(c='d'))
    for cfg in (first, second, first, first):
        assert cfg.pretty_text == FormatCode(cfg.pretty_text)[0]
    first.a[0].b = 2
    assert 'b=2' in first.pretty_text


def test_what_cannot_be_formatted_is_refused_again(formatted):
    broken = Config({'a': object()})
    for _ in range(2):
        with pytest.raises(SyntaxError, match='Failed to format the config'):
            broken.pretty_text  # noqa: B018
