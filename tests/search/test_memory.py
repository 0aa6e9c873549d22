"""What failed before is tried first, adds a refutation where the search finds none, and never changes one that it finds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import jax.numpy as jnp
import pytest

from axiomkd.axioms import BY_NAME
from axiomkd.core.case import ExactCase
from axiomkd.core.operator import describe
from axiomkd.search.memory import Memory

from .checks import checked, from_zoo, verdicts


def pinned(P, w):
    return jnp.where(jnp.abs(P[0, 0] - 0.392975) < 1e-9, jnp.array([2.0, -1.0, *[0.0] * (P.shape[1] - 2)]), w @ P)


CASE = ExactCase(((F("0.392975"), 1 - F("0.392975")), (F(1, 2), F(1, 2))), (F(1, 2), F(1, 2)))


@pytest.fixture
def operator():
    return replace(describe(pinned), target="pinned.py::pinned")


def test_a_case_comes_back_as_it_was(tmp_path, operator):
    memory = Memory(str(tmp_path), operator)
    memory.keep(BY_NAME["simplex"], CASE)
    assert memory.recall(BY_NAME["simplex"]) == [CASE]
    assert memory.recall(BY_NAME["envelope"]) == []


@pytest.mark.whole
def test_a_remembered_case_refutes_what_the_search_cannot_find(tmp_path, operator):
    Memory(str(tmp_path), operator).keep(BY_NAME["simplex"], CASE)
    assert verdicts(checked(operator, "simplex"))["simplex"].verdict == "holds"
    found = verdicts(checked(operator, "simplex", examples=str(tmp_path)))["simplex"]
    assert found.verdict == "refuted"
    assert "earlier run" in found.message


@pytest.mark.whole
def test_a_refutation_of_its_own_stays_the_same(tmp_path):
    linear = from_zoo("linear")
    first, second = (checked(linear, "ranking", examples=str(tmp_path)) for _ in range(2))
    strip = {"seconds"}
    assert (
        first.model_dump(exclude=strip)["readings"][0]["witness"]
        == second.model_dump(exclude=strip)["readings"][0]["witness"]
    )
    assert verdicts(first)["ranking"].cases == verdicts(second)["ranking"].cases
    assert Memory(str(tmp_path), linear).recall(BY_NAME["ranking"])


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b'{"P": [["1/0"]], "w": ["1"]}', b'{"P": [["1/2", "1/3"]]}'])
def test_a_spoilt_entry_is_passed_over(tmp_path, operator, junk):
    memory = Memory(str(tmp_path), operator)
    memory._database.save(memory._key(BY_NAME["simplex"]), junk)
    assert memory.recall(BY_NAME["simplex"]) == []
