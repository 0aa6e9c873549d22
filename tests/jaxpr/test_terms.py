"""Terms: one object for one meaning, whatever variables are called, and no substitution that captures one."""

from __future__ import annotations

import itertools

import pytest

from axiomkd.tracing import reroll, terms
from axiomkd.tracing.terms import ONE, ZERO, P, add, bind, index, mul, num, replaced, substitute, w
from tests.prove import naive

K, C = terms.K, terms.C
PANEL = [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]
WEIGHTS = [0.25, 0.75]


def value(term, at):
    import numpy as np

    return naive.value(term, np.array(PANEL), np.array(WEIGHTS), 1.0, dict(at))


def test_names_of_bound_variables_do_not_matter():
    i, j, k = index(C, "i"), index(C, "j"), index(K, "k")
    assert bind("sum", i, P(k, i)) is bind("sum", j, P(k, j))
    assert bind("sum", i, P(k, i)) is not bind("sum", k, P(k, i))


def test_the_order_of_summands_and_factors_does_not_matter():
    i, k = index(C, "i"), index(K, "k")
    assert mul(w(k), P(k, i)) is mul(P(k, i), w(k))
    assert add(w(k), ONE, P(k, i)) is add(P(k, i), w(k), ONE)


def test_a_term_that_comes_in_keeps_its_own_variable():
    """Σ_j P[k, j]·x at x = Σ_j P[k, j]: the two sums are apart."""
    j, k, x = index(C, "j"), index(K, "k"), index(C, "x")
    outer = bind("sum", j, mul(P(k, j), x))
    inner = bind("sum", j, mul(P(k, j), P(k, j)))
    placed = substitute(outer, {x: inner})
    expected = sum(p * sum(q * q for q in PANEL[0]) for p in PANEL[0])
    assert value(placed, {k: 0}) == pytest.approx(expected)
    assert placed.args[0].data > inner.args[0].data


def test_deep_terms_come_in_at_every_depth():
    i, j, k, x = index(C, "i"), index(C, "j"), index(K, "k"), index(C, "x")
    deep = bind("sum", i, mul(P(k, i), bind("sum", j, mul(P(k, j), P(k, i)))))
    outer = bind("sum", i, add(P(k, i), bind("sum", j, mul(P(k, j), x))))
    placed = substitute(outer, {x: deep})
    p = PANEL[1]
    inner = sum(a * sum(b * a for b in p) for a in p)
    assert value(placed, {k: 1}) == pytest.approx(sum(a + sum(b * inner for b in p) for a in p))


def test_opening_a_binder_avoids_what_is_free_in_it():
    first = index(C, "o0")
    k = index(K, "k")
    j = index(C, "j")
    variable, body = terms.opened(bind("sum", j, mul(P(k, j), P(k, first))))
    assert variable is not first and {variable, first} <= body.free


def test_replacing_entries_inside_the_place_of_another():
    """The entry P[argmax_k P[k, 0], i] has an entry in its index: both are replaced."""
    i, k = index(C, "i"), index(K, "k")
    chosen = P(bind("argmax", k, P(k, ZERO)), i)
    swapped = replaced(chosen, lambda t: mul(num(2), t) if t.op == "P" else None)
    inner = [t for t in terms.walk(swapped) if t.op == "argmax"][0]
    assert inner.args[1].op == "mul"


@pytest.mark.parametrize("count", [2, 3, 5])
def test_written_out_loops_are_rolled_up(count):
    i, k = index(C, "i"), index(num(count), "k")
    written = add(*(mul(w(num(n)), P(num(n), i)) for n in range(count)))
    assert reroll.rerolled(written) is bind("sum", k, mul(w(k), P(k, i)))


def test_what_only_looks_like_a_loop_is_left():
    i = index(C, "i")
    uneven = add(mul(w(num(0)), P(num(0), i)), mul(num(2), w(num(1)), P(num(1), i)))
    assert reroll.rerolled(uneven) is uneven
    gap = add(mul(w(num(0)), P(num(0), i)), mul(w(num(2)), P(num(2), i)))
    assert reroll.rerolled(gap) is gap


def test_a_rolled_loop_has_the_value_of_the_written_one():
    i = index(C, "i")
    parts = [mul(add(ONE, mul(num(-1), w(num(n))), mul(w(num(n)), P(num(n), i)))) for n in range(2)]
    for op, join in (("mul", mul), ("add", add)):
        written = join(*parts)
        assert op in ("mul", "add")
        for c in range(3):
            assert value(reroll.rerolled(written), {i: c}) == pytest.approx(value(written, {i: c}))


def test_a_dump_names_free_indices_alike_and_bound_ones_by_height():
    i, k = index(C, "i"), index(K, "k")
    one, other = terms.dump_all([P(k, i), bind("sum", k, P(k, i))])
    assert one == ["P", ["index", "k", "K"], ["index", "i", "C"]]
    assert other == ["sum", ["bound", 1, "K"], ["P", ["bound", 1, "K"], ["index", "i", "C"]]]


def test_all_orders_of_nesting_have_one_height():
    a, b, c = (index(C, name) for name in "abc")
    k = index(K, "k")
    body = mul(P(k, a), P(k, b), P(k, c))
    for order in itertools.permutations((a, b, c)):
        term = body
        for variable in order:
            term = bind("sum", variable, term)
        assert term.args[0].data == 3 and term.free == frozenset({k})
