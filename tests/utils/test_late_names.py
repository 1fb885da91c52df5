import sys
import warnings
from types import ModuleType

import pytest

from mmasgan.utils.late_names import give_late_names


@pytest.fixture
def package(monkeypatch):
    package = ModuleType('some_package')
    package.__path__ = []
    home = ModuleType('some_package.home')
    home.here, home.there = object(), object()
    for module in (package, home):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return package


def test_a_name_is_that_of_its_module(package):
    give_late_names('some_package', {'.home': 'here there'})
    home = sys.modules['some_package.home']
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert (package.here, package.there) == (home.here, home.there)
    assert {'here', 'there'} <= set(dir(package))


def test_a_module_is_imported_when_it_is_asked_for(package):
    give_late_names('some_package', {'.nowhere': 'lost'})
    with pytest.raises(ModuleNotFoundError, match=r'some_package\.nowhere'):
        package.lost  # noqa: B018


def test_an_old_name_warns_where_it_is_used(package):
    give_late_names('some_package', {'.home': 'here'}, are_old=True)
    told = (
        r'^some_package\.here is deprecated .* use some_package\.home\.here$'
    )
    with pytest.warns(DeprecationWarning, match=told) as caught:
        from some_package import here
    assert here is sys.modules['some_package.home'].here
    assert {warning.filename for warning in caught} == {__file__}
    assert 'here' not in dir(package)


def test_both_kinds_go_together(package):
    give_late_names('some_package', {'.home': 'here'}, are_old=True)
    give_late_names('some_package', {'.home': 'there'})
    assert package.there is sys.modules['some_package.home'].there
    with pytest.warns(DeprecationWarning, match='here is deprecated'):
        package.here  # noqa: B018
    with pytest.raises(AttributeError, match=r"'some_package' has no .*'x'"):
        package.x  # noqa: B018
