"""Certificates of a pool, handed to operators that are that pool up to a size and another thing beyond: each is rejected, and
the size is named."""

from __future__ import annotations

import pytest

from axiomkd.tracing.numerics import prepare
from axiomkd.verify.line import Failed
from axiomkd.verify.report import verify

from .reports import proved, reading, report, written

OPERATORS = """from axiomkd import operator
import jax
import jax.numpy as jnp
import numpy as np

@operator
def linear(P, w):
    return w @ P

@operator
def late_classes(P, w):
    return (w @ P) * (1 + (jnp.arange(P.shape[1]) >= 600))

@operator
def wraps(P, w):
    n = jnp.arange(P.shape[1]).astype(jnp.int8)
    return jnp.where(n < 0, 0.0, w @ P)

@operator
def branch(P, w):
    return P.mean(0) if P.shape[0] == 7 else w @ P

@operator
def excepts(P, w):
    try:
        w = w * jnp.ones(11)
        w = w[::-1]
    except TypeError:
        pass
    return w @ P

@operator
def many_teachers(P, w):
    v = w * (1 + (jnp.arange(P.shape[0]) >= 50))
    return v / v.sum() @ P

@operator
def corner(P, w):
    return (w @ P) - jnp.real((1j * jnp.maximum(P[0] - 0.99, 0.0)) ** 2)

@operator
def of_numpy(P, w):
    return P[0] if isinstance(P, np.ndarray) else w @ P
"""


@pytest.fixture(autouse=True)
def _there(monkeypatch, tmp_path):
    prepare("cpu")
    monkeypatch.chdir(tmp_path)
    written(tmp_path, OPERATORS)


@pytest.mark.whole
@pytest.mark.parametrize(
    "name, told",
    [
        ("late_classes", r"\(2, 60[12]\)"),
        ("wraps", r"\(2, 1(29|30)\)|\(40, 129\)|\(31, 130\)"),
        ("branch", r"another at \(7, 3\)"),
        ("excepts", r"another at \(11, 3\)|asks for the value of a size \(ops.py:26\)"),
        ("many_teachers", r"\(5\d, 3\)"),
        ("corner", "the operator, compiled"),
        ("of_numpy", "called with NumPy arrays"),
    ],
)
@pytest.mark.weekly(3)
def test_another_operator_from_a_size_on(name, told):
    given = proved("ops.py::linear")["hull"]
    row = reading("hull", "proved", method=given.method, scope=str(given.scope), certificate=given.certificate)
    with pytest.raises(Failed, match=told):
        list(verify(report(f"ops.py::{name}", [row])))
