"""The decorator: the function stays what it was, each argument is kept or refused by name."""

import itertools
from functools import partial
from typing import Any

import numpy as np
import pytest

from axiomkd import operator
from axiomkd.core.errors import UsageError
from axiomkd.core.operator import REGISTERED, describe, expand


@pytest.fixture(autouse=True)
def registered():
    """What the test registers, taken out again afterwards."""
    before = len(REGISTERED)
    yield lambda: REGISTERED[before:]
    del REGISTERED[before:]


def linear(P, w):
    return w @ P


def test_the_function_is_returned_unchanged(registered):
    assert operator(linear) is linear
    assert operator(name="other")(linear) is linear
    assert operator(linear, name="third") is linear
    assert [one.name for one in registered()] == ["linear", "other", "third"]
    np.testing.assert_array_equal(linear(np.eye(2), np.array([0.25, 0.75])), [0.25, 0.75])


def test_file_and_line_are_those_of_the_function(registered):
    @operator
    def here(P, w):
        return w @ P

    (one,) = registered()
    assert one.file == __file__
    assert one.line in (here.__code__.co_firstlineno, here.__code__.co_firstlineno + 1)


def test_a_parameter_named_T_takes_the_temperature():
    assert not describe(linear).takes_temperature
    with_default = describe(lambda P, w, T=2: w @ P, name="a")
    assert with_default.takes_temperature and with_default.default_temperature == 2.0
    without = describe(lambda P, w, T: w @ P, name="b")
    assert without.takes_temperature and without.default_temperature is None
    assert not describe(np.average, name="c").takes_temperature


def test_parameters_make_one_operator_a_combination(registered):
    @operator(params={"a": [1, 2], "b": ["x"]})
    def power(P, w, a, b):
        return a, b

    assert [one.name for one in registered()] == ["power[a=1,b=x]", "power[a=2,b=x]"]
    assert [one.fn(None, None) for one in registered()] == [(1, "x"), (2, "x")]


def test_callables_with_state_register(registered):
    class Pool:
        def __call__(self, P, w):
            return w @ P

    pool = operator(Pool(), name="pool")
    operator(partial(linear), name="bound")
    operator(Pool())
    assert isinstance(pool, Pool)
    assert [one.name for one in registered()] == ["pool", "bound", "pool"]


def test_sizes_are_an_int_a_range_or_a_list():
    one = describe(linear, K=2, C=range(2, 4))
    assert one.K == (2,) and one.C == (2, 3)
    assert one.supports(2, 3) and not one.supports(3, 3) and not one.supports(2, 4)
    assert describe(linear).supports(64, 1000)
    assert describe(linear, K=range(3, 9), C=[2]).K == (3, 4, 5, 6, 7, 8)
    three: Any = np.int64(3)
    found = describe(linear, K=three, C=(n for n in [4, 2]))
    assert found.K is not None and found.K == (3,) and type(found.K[0]) is int and found.C == (4, 2)
    assert describe(linear, K=np.arange(2, 4)).K == (2, 3)


def test_claims_are_a_profile_or_a_mapping():
    assert describe(linear, claims="log").claims == "log"
    assert describe(linear, claims={"convexity": "hull", "positivity": ["any-support"]}).claims == {
        "convexity": ("hull",),
        "positivity": ("any-support",),
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"domain": "open"}, "domain='open' is not one of 'closed', 'interior'"),
        ({"inputs": "logit"}, "inputs='logit' is not one of"),
        ({"outputs": "log"}, "outputs='log' is not one of"),
        ({"backend": "tensorflow"}, "backend='tensorflow' is not one of 'jax', 'numpy', 'torch'"),
        ({"K": 0}, "K=0 must be a positive int"),
        ({"C": []}, "C=[] must be a positive int"),
        ({"K": 3.0}, "K=3.0 must be a positive int"),
        ({"K": True}, "K=True must be a positive int"),
        ({"K": "3"}, "K='3' must be a positive int"),
        ({"C": range(5, 5)}, "C=range(5, 5) must be a positive int"),
        ({"C": itertools.count(2)}, "C names more than 100000 sizes"),
        ({"C": [2, "3"]}, "must be a positive int"),
    ],
)
def test_a_bad_argument_is_named_with_what_is_allowed(options, said):
    with pytest.raises(UsageError) as raised:
        describe(linear, **options)
    assert said in str(raised.value) and "`linear`" in str(raised.value)


def test_what_is_no_operator_is_refused():
    with pytest.raises(UsageError, match="needs a callable, got 3"):
        operator(3)  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="give a list of values"):
        expand(describe(linear), {"alpha": 2})  # type: ignore[dict-item]
    with pytest.raises(UsageError, match="is not a number"):
        describe(lambda P, w, T="warm": w @ P, name="warm")


def test_decorating_imports_no_jax():
    import subprocess
    import sys

    text = "import sys, axiomkd; axiomkd.operator(lambda P, w: P); assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", text], check=True)


SCORES = np.ones(3)


def test_parameters_that_keep_their_defaults_are_known():
    class Pool:
        def __call__(self, P, w, *, tau=None, scores=SCORES, T=1.0):
            return w @ P

    assert describe(lambda P, w, T=2.0: w @ P, name="a").constants == {}
    assert describe(lambda P, w, temperature=4.0, names=("x",): w @ P, name="b").constants == {
        "temperature": "4.0",
        "names": "('x',)",
    }
    assert describe(Pool()).constants == {"tau": "None", "scores": "a ndarray"}
    assert describe(partial(lambda P, w, alpha: w @ P, alpha=2), name="c").constants == {"alpha": "2"}
    assert describe(np.average, name="d").constants == {
        "weights": "None",
        "returned": "False",
        "keepdims": "a _NoValueType",
    }
    (one,) = expand(describe(lambda P, w, a=1, b=2: w @ P, name="e"), {"a": [3]})
    assert one.constants == {"b": "2"}
