"""Exhaustion in exact fractions: how many cases there are, what is dropped, and that a certificate can be run again."""

from __future__ import annotations

from fractions import Fraction as F

import jax.numpy as jnp
import pytest

from axiomkd.axioms import BY_NAME, READINGS
from axiomkd.core.operator import describe
from axiomkd.core.softener import SOFTENERS
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import exhaustion
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES

numerics.prepare()


def of(fn, softener: str = "power", **options) -> Evaluator:
    return Evaluator(describe(fn, name=getattr(fn, "__name__", "it"), **options), SOFTENERS[softener])


def run(fn, *readings: str, denominator=4, sizes=((2, 2),), at_most=5000, **options):
    asked = [BY_NAME[name] for name in readings]
    return exhaustion.exhaust(of(fn, **options), asked, denominator=denominator, sizes=sizes, at_most=at_most)


def test_rows_are_all_rows():
    assert exhaustion.rows(2, 3, False) == ((F(1, 3), F(2, 3)), (F(1, 2), F(1, 2)), (F(2, 3), F(1, 3)))
    assert exhaustion.rows(2, 2, True) == ((F(0), F(1)), (F(1, 2), F(1, 2)), (F(1), F(0)))
    assert len(exhaustion.rows(3, 3, True)) == 3 + 3 + 7 and len(exhaustion.rows(3, 3, False)) == 1


@pytest.mark.parametrize(("parts", "n"), [(2, 5), (3, 4), (4, 3)])
def test_rows_agree_with_a_naive_search(parts, n):
    fractions = sorted({F(a, d) for d in range(1, n + 1) for a in range(d + 1)})
    rows = [()]
    for _ in range(parts):
        rows = [(*row, x) for row in rows for x in fractions]
    naive = {row for row in rows if sum(row) == 1 and any(all(x * d % 1 == 0 for x in row) for d in range(1, n + 1))}
    assert set(exhaustion.rows(parts, n, True)) == naive


def test_every_case_is_counted_once():
    evaluator = of(ENTRIES["linear"].fn)
    within = exhaustion.bounds(evaluator, BY_NAME["pull"], 3, [(2, 2), (2, 3)], 10_000)
    cases = list(exhaustion.cases(within))
    assert len(cases) == len(set(cases)) == (3 * 3 * 5 + 1 * 1 * 5) * 2 * 3  # P x w x teachers x tilts


def test_the_denominator_falls_until_the_cases_are_few():
    found = run(ENTRIES["linear"].fn, "envelope", denominator=9, sizes=((2, 2), (3, 3)), at_most=400)["envelope"]
    assert found.cases <= 400
    assert (
        found.scope
        == "every P and w whose rows are multiples of 1/n, n <= 4 at (K, C) = (2, 2), n <= 3 at (K, C) = (3, 3)"
    )


def test_the_certificate_is_all_that_a_second_run_needs():
    evaluator = of(ENTRIES["wsq"].fn)
    found = exhaustion.exhaust(evaluator, [BY_NAME["coordinate"]], denominator=3, sizes=((2, 3),), at_most=5000)
    certificate = found["coordinate"].certificate
    again = list(exhaustion.cases(certificate["bounds"]))
    assert certificate["kind"] == "exhaustion" and len(again) == certificate["cases"] == found["coordinate"].cases
    assert {exhaustion.judge(evaluator, BY_NAME["coordinate"], case) for case in again} == {"holds"}


HOLD = ("simplex", "unanimity", "envelope", "any-support", "responsive", "favourite", "coordinate", "nonexpansive")


def test_the_linear_pool_holds_what_is_true_of_it():
    asked = [reading.name for reading in READINGS]
    found = run(ENTRIES["linear"].fn, *asked, denominator=4, at_most=2000)
    assert set(found) >= set(HOLD)
    assert not {"commutation", "hull", "interior", "limits"} & set(found)


@pytest.mark.parametrize(
    ("name", "reading", "C"),
    [
        ("mean", "responsive", 2),
        ("smooth", "unanimity", 2),
        ("max_all", "envelope", 3),
        ("discount", "pull", 2),
        ("vote", "any-support", 2),
        ("topk_rows", "envelope", 3),
        ("softmax5", "pull", 2),
    ],
)
def test_what_fails_within_bounds_is_dropped(name, reading, C):
    assert run(ENTRIES[name].fn, reading, denominator=5, sizes=((2, C),), at_most=20_000) == {}


def needle(P, w):  # wrong at one case alone
    hit = (P[0, 0] == 1 / 4) & (P[1, 0] == 3 / 4) & (w[0] == 1 / 2)
    q = w @ P
    return q.at[0].add(jnp.where(hit, 1 / 8, 0)).at[1].add(jnp.where(hit, -1 / 8, 0))


def test_one_case_is_enough():
    assert run(needle, "envelope", denominator=3) != {}
    assert run(needle, "envelope", denominator=4) != {}  # the shift stays between the teachers
    assert run(needle, "coordinate", denominator=4) == {}


def test_undefined_cases_are_counted():
    found = run(ENTRIES["poe"].fn, "nonnegative", "any-support", denominator=2)
    assert "any-support" not in found
    found = run(ENTRIES["min_all"].fn, "nonnegative", denominator=2)["nonnegative"]
    assert found.certificate["undefined"] == 2 * 3 and found.scope.endswith("undefined at 6 of these")


def never(P, w):
    return P[0] / (w[0] - w[0])


def test_what_is_defined_nowhere_is_not_reported():
    assert run(never, "nonnegative") == {}


def test_temperatures_are_those_of_the_softener():
    found = run(ENTRIES["linear"].fn, "commutation", softener="uniform-mix", denominator=3)["commutation"]
    assert "(1, 2), (1, 3)}, softener uniform-mix" in found.scope


def test_an_interior_operator_gets_interior_cases():
    found = run(ENTRIES["linear"].fn, "any-support", "pull", "responsive", domain="interior")
    assert set(found) == {"any-support", "pull"}
    assert "zeros" not in found["pull"].scope and "t in {1/4, 1/2}" in found["pull"].scope


def test_no_size_that_the_operator_does_not_support():
    assert run(ENTRIES["trimmed"].fn, "simplex", K=(3,)) == {}
