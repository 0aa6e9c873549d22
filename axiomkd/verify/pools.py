"""Hypotheses of theorems on pools Σ v_k p_k: that v is the formula's weight, what it sums to, and how it follows w.

Each claim may be true by itself and yet speak of something else; here they are held against the formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.verify import shapes
from axiomkd.verify.algebra import same
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Claim, shown
from axiomkd.verify.stage import DERIVED, Stage, holding, of_inputs, require, total
from axiomkd.verify.terms import Node, free, num, walk
from axiomkd.verify.values import Point, Unknown, holds, value


def _index_of(v: Node, length: Node) -> Node | None:
    """The free index of a weight; None where it has none."""
    loose = free(v)
    require(
        len(loose) <= 1 and all(k.op == "index" and k.args[0] is length for k in loose),
        "a weight of the certificate depends on something else than its teacher",
    )
    return loose[0] if loose else None


def weights(s: Stage, v: Node, at: Point) -> list[Number]:
    k = _index_of(v, s.scene.axes[0])
    return [value(v, at, {} if k is None else {k: j}) for j in range(at.size[0])]


def is_pool(s: Stage, v: Node, rest: Node | None = None, given: Sequence[Node] = ()) -> None:
    """q_i = Σ_k v_k p_ki + rest_i."""
    _index_of(v, s.scene.axes[0])

    def pooled(at: Point, c: int) -> Number:
        parts = [numbers.mul(x, at.P[j, c]) for j, x in enumerate(weights(s, v, at))]
        return total(parts if rest is None else [*parts, s.entry(at, c, rest)])

    s.identity("q_i = Σ v_k p_ki", s.entry, pooled, given)


def is_total(s: Stage, x: Node, v: Node, given: Sequence[Node] = ()) -> None:
    """x = Σ_k v_k."""
    s.identity("the sum claimed is Σ v_k", lambda at, _c: value(x, at), lambda at, _c: total(weights(s, v, at)), given)


def sums_to_one(s: Stage, claim: Claim, v: Node) -> None:
    require(len(claim.terms) == 2 and claim.terms[1] is num(1), "the equal claim is not that a sum is 1")
    is_total(s, claim.terms[0], v, claim.given)


def branches(s: Stage, kinds: Sequence[str]) -> list[list[Claim]]:
    """The claims beside the formula, by the conditions under which they are made; together these cover every point."""
    groups: dict[frozenset[Node], list[Claim]] = {}
    for claim in s.claims:
        if claim is not s.form:
            groups.setdefault(frozenset(claim.given), []).append(claim)
    for group in groups.values():
        found = [c.kind for c in group]
        require(found == list(kinds), f"a branch of the certificate makes the claims {found}, expected {list(kinds)}")
        require(not any(free(c) for c in group[0].given), "a branch of the certificate depends on the class")
    for at in s.scene.points(s.form.domain):
        try:
            covered = any(all(holds(c, at) for c in given) for given in groups)
        except (Undecided, Unknown):
            continue
        require(covered, f"the branches of the certificate leave out {shown(at)}")
    return list(groups.values())


def averages(s: Stage) -> None:
    for nonnegative, one in branches(s, ("nonnegative", "equal")):
        is_pool(s, nonnegative.terms[0], None, nonnegative.given)
        sums_to_one(s, one, nonnegative.terms[0])


def vanishing(s: Stage) -> None:
    for nonnegative, one, shape in branches(s, ("nonnegative", "equal", "shape")):
        (v,) = nonnegative.terms
        is_pool(s, v, None, nonnegative.given)
        sums_to_one(s, one, v)
        require(shape.terms == (v,), "the shape claim is on another weight")
        k = _index_of(v, s.scene.axes[0])
        require(k is not None, "the weight does not depend on its teacher, so it does not vanish with w")
        if k is not None and shapes.vanishes(v, k, s.scene.signs(shape)):
            s.scene.trust(DERIVED)
        else:
            _vanish_at_points(s, v, shape)


def _vanish_at_points(s: Stage, v: Node, claim: Claim) -> None:
    count = 0
    for at in s.scene.points(claim.domain):
        if not holding(claim.given, at):
            continue
        try:
            found = weights(s, v, at)
        except (Undecided, Unknown):
            continue
        for j, x in enumerate(found):
            if at.w[j] == 0 and not numbers.is_special(x):
                require(
                    numbers.is_rational(x) and x == 0, f"w_k = 0 ⇒ v_k = 0: at {shown(at)}, v_{j} = {numbers.text(x)}"
                )
                count += 1
    s.scene.trust(f"rule table (v_k = 0 where w_k = 0 not re-derived, {count} points checked)")


def sums(s: Stage) -> None:
    for nonnegative, one in branches(s, ("nonnegative", "equal")):
        (t,) = nonnegative.terms
        s.identity("the branch is the formula", s.entry, lambda at, c, t=t: s.entry(at, c, t), one.given)
        require(len(one.terms) == 2 and one.terms[1] is num(1), "the equal claim is not that a sum is 1")
        s.identity(
            "the sum claimed is Σ q_i",
            lambda at, _c, one=one: value(one.terms[0], at),
            lambda at, _c, t=t: total([s.entry(at, j, t) for j in range(at.size[1])]),
            one.given,
        )


def shares(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="share")
    positive, nonnegative = s.of("positive"), s.of("nonnegative")
    require(len(positive) + len(nonnegative) == 2 and len(nonnegative) > 0, "the claims are not that v ≥ 0 and c ≥ 0")
    (v,), strength = nonnegative[0].terms, (positive or nonnegative[1:])[0]
    # Where vertices are never given to the operator, A(P, e_k) is a limit, and a strength of 0 would spoil it.
    interior = s.scene.subject.operator.domain == "interior"
    require(
        bool(positive) or not interior, "the strength is not claimed to be above 0, for an operator of the interior"
    )
    require(shape.terms == (v,), "the shape claim is on another weight")
    is_pool(s, v)
    sums_to_one(s, s.of("equal", 1)[0], v)
    proportional(s, v, strength.terms[0], shape.text)


def affine_shares(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="share")
    nonnegative, strength = s.of("nonnegative", 2)
    (kept,) = s.of("free", 1)
    of_inputs(kept, "w")
    require(len(shape.terms) == len(kept.terms) == 2, "the claims are not on v, Σ v and the rest")
    (v,), (whole, rest) = nonnegative.terms, kept.terms
    require(shape.terms == (v, rest), "the shape claim is on other terms")
    is_pool(s, v, rest)
    is_total(s, whole, v)
    proportional(s, v, strength.terms[0], shape.text)


def proportional(s: Stage, v: Node, c: Node, text: str) -> None:
    """v_k = w_k^a c_k, up to a factor that does not depend on k; c free of w."""
    found = re.search(r"w_k\^(\d+(?:/\d+)?) c_k", text)
    require(found is not None and Fraction(found[1]) > 0, "the shape claim names no power of the weights above 0")
    require(not c.reads & {"w", "T"}, "the strength c depends on w")
    power = numbers.rational(found[1] if found else 1)

    def scale(at: Point, j: int) -> Number:
        return numbers.mul(numbers.power(at.w[j], power), weights(s, c, at)[j])

    for shift in (1, 2, 3):
        s.identity(
            "v_k is proportional to w_k^a c_k",
            lambda at, _i, n=shift: numbers.mul(weights(s, v, at)[0], scale(at, min(n, at.size[0] - 1))),
            lambda at, _i, n=shift: numbers.mul(weights(s, v, at)[min(n, at.size[0] - 1)], scale(at, 0)),
        )


def chosen(s: Stage) -> None:
    (shape,), (strength,) = s.of("shape", 1, rule="choice"), s.of("positive", 1)
    (v,) = shape.terms
    is_pool(s, v)
    k = _index_of(v, s.scene.axes[0])
    score = None if k is None else shapes.choice(v, k)
    if k is None or score is None:
        raise Failed("the weight is no choice of the teacher with the largest score")
    a, rest = shapes.power_of_weight(score, k)
    require(a > 0 and not rest.reads & {"w", "T"}, "the scores are no w_k^a c_k with c free of w")
    require(same(rest, strength.terms[0]), "the positive claim is not on the strength of the choice")
    s.scene.trust(DERIVED)


def fixed_pool(s: Stage) -> None:
    (kept,) = s.of("free", 1)
    of_inputs(kept, "P")
    nonnegative, slack = s.of("nonnegative", 2)
    (v,) = nonnegative.terms
    require(len(kept.terms) == 2 and kept.terms[0] is v, "the free claim is not on v and the rest")
    is_pool(s, v, kept.terms[1])
    s.identity(
        "the slack is 1 − Σ v_k",
        lambda at, _c: value(slack.terms[0], at),
        lambda at, _c: numbers.sub(numbers.ONE, total(weights(s, v, at))),
    )


def _mean(at: Point, c: int) -> Number:
    """Σ_k w_k p_kc."""
    return total([numbers.mul(w, at.P[k, c]) for k, w in enumerate(at.w)])


def linear(s: Stage) -> None:
    (claim,) = s.of("equal", 1)
    require(len(claim.terms) == 2 and claim.terms[0] is s.q, "the equal claim is not on the formula")
    s.identity("q_i = Σ w_k p_ki", s.entry, _mean)
    s.identity("a side of the equal claim is Σ w_k p_ki", lambda at, c: s.entry(at, c, claim.terms[1]), _mean)


def _mixed(s: Stage, share: Node, rest: Node) -> None:
    """q_i = a Σ w_k p_ki + g_i."""
    for x in (share, rest):
        require(set(free(x)) <= {s.i}, "a part of the certificate depends on something else than its class")
    s.identity(
        "q_i = a Σ w_k p_ki + g_i",
        s.entry,
        lambda at, c: numbers.add(numbers.mul(s.entry(at, c, share), _mean(at, c)), s.entry(at, c, rest)),
    )


def affine(*, strict: bool) -> Callable[[Stage], None]:
    def check(s: Stage) -> None:
        (shape,), (kept,) = s.of("shape", 1, rule="affine"), s.of("free", 1)
        (bound,) = s.of("positive" if strict else "nonnegative", 1)
        of_inputs(kept, "w")
        require(len(shape.terms) == 2 and kept.terms == shape.terms, "the free claim is not on a and g")
        require(bound.terms == shape.terms[:1], "the bound is not on a")
        require(not any(c.given for c in (shape, kept, bound)), "a claim is made under conditions")
        _mixed(s, *shape.terms)

    return check


def small_shares(s: Stage) -> None:
    (kept,) = s.of("free", 1)
    of_inputs(kept, "P")
    nonnegative, room = s.of("nonnegative", 2)
    (v,) = nonnegative.terms
    require(len(kept.terms) == 2 and kept.terms[0] is v, "the free claim is not on v and the rest")
    is_pool(s, v, kept.terms[1])
    for j in range(3):
        s.identity(
            "the room is w_k − v_k",
            lambda at, _c, j=j: weights(s, room.terms[0], at)[min(j, at.size[0] - 1)],
            lambda at, _c, j=j: numbers.sub(at.w[min(j, at.size[0] - 1)], weights(s, v, at)[min(j, at.size[0] - 1)]),
        )


def positive_shares(s: Stage) -> None:
    for positive, one in branches(s, ("positive", "equal")):
        is_pool(s, positive.terms[0], None, positive.given)
        sums_to_one(s, one, positive.terms[0])


def toward_uniform(s: Stage) -> None:
    (share,), (rest,) = (claim.terms for claim in s.of("nonnegative", 2))
    (claim,) = s.of("equal", 1)
    require(not free(share) and not free(rest), "a or b depends on the class")
    require(not any(c.given for c in s.claims), "a claim is made under conditions")
    _mixed(s, share, rest)
    require(len(claim.terms) == 2 and claim.terms[1] is num(1), "the equal claim is not that a sum is 1")
    s.identity(
        "the sum claimed is a + C b",
        lambda at, _c: value(claim.terms[0], at),
        lambda at, _c: numbers.add(value(share, at), numbers.mul(numbers.number(at.size[1]), value(rest, at))),
    )


def label_wise(s: Stage) -> None:
    (kept,) = s.of("free", 1)
    of_inputs(kept, "P")
    require(len(kept.terms) == 1, "the free claim is not on v alone")
    (v,) = kept.terms
    seen = {n.op for n in walk(v)} | {n.data for n in walk(v) if n.op == "size"}
    require("C" not in seen and "opaque" not in seen, "the weights may depend on the number of classes")
    is_pool(s, v)
