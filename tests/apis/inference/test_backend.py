import inspect

from mmasgan.apis import TorchBackend
from mmasgan.apis.inference.backend import Backend


def test_what_runs_models_has_the_arguments_of_the_protocol():
    expected = inspect.signature(Backend.__call__)
    assert inspect.signature(TorchBackend.__call__) == expected
