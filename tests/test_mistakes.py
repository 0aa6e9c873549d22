"""The usual mistakes of a first day: each is told in words that name it and its remedy."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest

import axiomkd
from axiomkd.core.errors import UsageError
from axiomkd.core.operator import describe
from axiomkd.operators.signatures import misfit

SMALL = {"effort": "quick", "K": [2], "C": [2, 3], "readings": ["simplex"]}


def told(fn, **options) -> str:
    (one,) = axiomkd.check(describe(fn, **options), **SMALL).operators
    assert one.status == "error"
    return one.message


def forgets(P, w):
    q = w @ P  # noqa: F841


def mapping(P, w):
    return {"q": w @ P, "w": w}


def yields(P, w):
    yield w @ P


async def waits(P, w):
    return w @ P


def coroutine(P, w):
    return waits(P, w)


def inner(P, w):
    return yields(P, w)


def pair(P, w):
    return w @ P, w


def function(P, w):
    return lambda: w @ P


SAID = {
    forgets: ("None", "`return`"),
    mapping: ("dict", "'q'", "Return the aggregate alone"),
    yields: ("generator", "`return q`"),
    inner: ("generator", "`return q`"),
    waits: ("async", "not `async def`"),
    coroutine: ("coroutine", "not `async def`"),
    pair: ("tuple of 2", "`return q`"),
    function: ("function", "Call it"),
}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("backend", [None, "numpy"])
@pytest.mark.parametrize("fn", SAID, ids=lambda fn: fn.__name__)
@pytest.mark.weekly(4)
def test_what_is_no_array_is_named_with_the_remedy(fn, backend):
    message = told(fn, backend=backend)
    assert all(one in message for one in SAID[fn]), message
    assert "dtype object" not in message


class Moving:
    def __init__(self):
        self.state = None

    def __call__(self, P, w):
        q = w @ P
        self.state = q if self.state is None else 0.9 * self.state + 0.1 * q
        return self.state


@pytest.mark.parametrize("backend", [None, "jax", "numpy"])
def test_what_it_keeps_from_call_to_call_makes_two_calls_differ(backend):
    message = told(Moving(), backend=backend)
    assert "two calls at one point" in message and "not a function of its inputs" in message


def labelled(P, w, labels):
    return w @ P


def panel_only(P):
    return P.mean(0)


def temperature_only(T):
    return T


def named_only(P, w, *, alpha):
    return w @ P


def anything(*args, **kwargs):
    return args[1] @ args[0]


def cold(P, w, T, beta=1.0):
    return w @ P


def test_parameters_that_nobody_hands_over():
    assert "needs `labels` beside P and w" in told(labelled) and 'given={"labels": …}' in told(labelled)
    assert "takes no panel, and is called as A(P, w)" in told(temperature_only)
    assert "needs `alpha`" in told(named_only)


@pytest.mark.parametrize(
    "fn", [anything, cold, panel_only, functools.partial(named_only, alpha=1), functools.partial(max, 1)]
)
def test_what_can_be_called_so_is_let_be(fn):
    assert misfit(describe(fn, name="f")) is None


def test_an_argument_of_the_decorator_that_is_called_otherwise():
    with pytest.raises(UsageError, match=r"takes no profile; .* Did you mean claims=…\?"):
        axiomkd.operator(profile="log")(cold)
    with pytest.raises(UsageError, match=r"Did you mean backend=…\?"):
        axiomkd.operator(backned="numpy")(cold)


def scales(P, w):
    P *= w[:, None]
    return P.sum(0)


def shifts(P, w):
    w /= w.sum() * 1.5
    return w @ P * 1.5


def view(P, w):
    q = P[0]
    q += 0
    q *= w[0]
    return q + w[1:] @ P[1:]


@pytest.mark.parametrize(("fn", "name"), [(scales, "P"), (shifts, "w"), (view, "P")])
@pytest.mark.parametrize("backend", [None, "numpy"])
@pytest.mark.weekly(2)
@pytest.mark.whole
def test_one_rule_for_writes_in_place(fn, name, backend):
    """Whatever may be handed NumPy arrays must leave them as they are."""
    message = told(fn, backend=backend)
    assert f"{name} in place" in message and f"{name} = {name}.copy()" in message


@pytest.mark.parametrize("fn", [scales, shifts, view])
@pytest.mark.weekly(2)
def test_of_jax_arrays_no_line_changes_any(fn):
    (one,) = axiomkd.check(describe(fn, backend="jax"), **SMALL).operators
    assert one.status == "valid"


def test_a_copy_may_be_written_to():
    def copies(P, w):
        P = np.array(P) if isinstance(P, np.ndarray) else jnp.array(P)
        P *= w[:, None]
        return P.sum(0)

    (one,) = axiomkd.check(describe(copies), **SMALL).operators
    assert one.status == "valid"
