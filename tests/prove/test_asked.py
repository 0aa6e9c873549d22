"""A size that is asked for by its kind, or by the text of what has it in it: one trace does not stand for all sizes."""

from __future__ import annotations

import builtins

import jax
import jax.numpy as jnp
import pytest

from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import prover
from axiomkd.tracing.numerics import prepare


def shaped(P):
    return jax.ShapeDtypeStruct(P.shape, P.dtype)


KIND = type  # under a name of one's own

ASKED = {
    "text of the array": lambda P: ",777]" in str(P),
    "text of its type": lambda P: "777" in str(jax.typeof(P)),
    "kind": lambda P: [3, P.shape[1]][isinstance(P.shape[1], int)] == 777,
    "type": lambda P: [3, P.shape[1]][type(P.shape[1]) is int] == 777,
    "type by another name": lambda P: [3, P.shape[1]][KIND(P.shape[1]) is int] == 777,
    "class": lambda P: [3, P.shape[1]][P.shape[1].__class__ is int] == 777,
    "types of arrays": lambda P: jax.typeof(P) == jax.typeof(jnp.ones((2, 777))),
    "types of arrays, by hash": lambda P: jax.typeof(P) in {jax.typeof(jnp.ones((2, 777)))},
    "shapes that JAX compares": lambda P: shaped(P) == jax.ShapeDtypeStruct((2, 777), P.dtype),
    "has": lambda P: [3, P.shape[1]][hasattr(P.shape[1], "bit_length")] == 777,
}


@pytest.mark.parametrize("how", ASKED)
def test_one_trace_is_not_taken_for_all(how):
    prepare("cpu")
    asked = ASKED[how]
    operator = describe(lambda P, w: [w @ P, 2 * (w @ P)][asked(P)], name="two", backend="jax")
    traced, why = prover._traced(Evaluator(operator, softener("power")), None, None)
    assert traced is None and "asks for the value of a size" in why


def test_code_that_takes_a_size_for_a_number_by_its_kind_is_one_function():
    def kept(P, w):
        K, C = P.shape
        assert isinstance(C, int) and type(K) is int and issubclass(KIND, type)
        return (w @ P) * jnp.ones(C)

    prepare("cpu")
    traced, why = prover._traced(Evaluator(describe(kept, backend="jax"), softener("power")), None, None)
    assert traced is not None, why
    assert KIND is type is builtins.type
