"""Hypotheses of theorems on the formula as a whole: one-hot vectors, orders, agreement, continuity, means, winners.

Each claim may be true by itself and yet speak of something else; here they are held against the formula.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.verify import means, shapes
from axiomkd.verify.agree import sign
from axiomkd.verify.line import Failed
from axiomkd.verify.monotone import DOWN, LEVEL, slope
from axiomkd.verify.scene import shown
from axiomkd.verify.stage import DERIVED, Stage, of_inputs, require, total
from axiomkd.verify.terms import Node, free
from axiomkd.verify.values import Env, Point, Unknown, value


def one_hot(s: Stage) -> None:
    require(shapes.one_hot_place(s.q) is not None, "the formula is no one-hot vector of an argmax over the classes")
    s.scene.trust(DERIVED)


def ordered(s: Stage) -> None:
    require(shapes.only_order(s.q), "the formula looks at more of P than the order within rows")
    s.scene.trust(DERIVED)


def by_argmax(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="argmax")
    require(shape.terms == (s.q,) and not shape.given, "the shape claim is on another term than the formula")
    require(shapes.only_argmax(s.q), "the formula looks at more of P than the argmax of each row")
    s.scene.trust(DERIVED)


def ordered_one_hot(s: Stage) -> None:
    ordered(s)
    one_hot(s)


def agreeing(s: Stage) -> None:
    (claim,) = s.of("equal", 1)
    stars = [v for n in claim.terms for v in free(n) if v is not s.i]
    star = stars[0] if stars else None
    require(len(set(stars)) == 1, "the equal claim is not on one teacher's row")

    def at_one_row(at: Point, c: int, row: int) -> Number:
        P = at.P.copy()
        P[:] = at.P[row]
        return s.entry(Point(P, at.w), c)

    for side, name in ((0, "A((p, …, p), w)"), (1, "p")):
        for row in range(2):
            s.identity(
                f"a side of the equal claim is {name}",
                lambda at, c, side=side, row=row: value(claim.terms[side], at, _env(s.i, c, star, row)),
                lambda at, c, side=side, row=row: at.P[row, c] if side else at_one_row(at, c, row),
            )


def _env(i: Node | None, c: int, star: Node | None, row: int) -> Env:
    return {n: place for n, place in ((i, c), (star, row)) if n is not None}


def smooth(kind: str, *of: str) -> Callable[[Stage], None]:
    def check(s: Stage) -> None:
        (claim,) = s.of(kind, 1)
        require(claim.terms == (s.q,), f"the {kind} claim is on another term than the formula")
        of_inputs(claim, *of)
        require(not claim.more.get("extended"), "continuity is claimed in the extended real numbers only")
        alone = "defined" not in {c.kind for c in s.claims}
        require(alone or not claim.more.get("where_defined"), "continuity is claimed only where the formula is defined")

    return check


def flowing(s: Stage) -> None:
    (claim,) = s.of("continuous", 1)
    require(claim.terms == (s.q,), "the continuous claim is on another term than the formula")
    of_inputs(claim, "P")
    require(bool(claim.more.get("extended")), "continuity is not claimed in the extended real numbers")


def even(s: Stage) -> None:
    smooth("continuous", "P")(s)
    (claim,) = s.of("equal", 1)

    def at_uniform(at: Point, c: int) -> Number:
        P = at.P.copy()
        P[...] = numbers.div(numbers.ONE, numbers.number(at.size[1]))
        return s.entry(Point(P, at.w), c)

    env: Callable[[int], Mapping[Node, int]] = lambda c: {} if s.i is None else {s.i: c}  # noqa: E731
    s.identity(
        "a side of the equal claim is A((U, …, U), w)", lambda at, c: value(claim.terms[0], at, env(c)), at_uniform
    )
    s.identity(
        "a side of the equal claim is 1/C",
        lambda at, c: value(claim.terms[1], at, env(c)),
        lambda at, _c: numbers.div(numbers.ONE, numbers.number(at.size[1])),
    )


def without_weights(s: Stage) -> None:
    (claim,) = s.of("free", 1)
    require(claim.terms == (s.q,), "the free claim is on another term than the formula")
    of_inputs(claim, "w")


def generalised_mean(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="mean")
    (f,) = shape.terms
    mean = means.named(shape.text)
    require(mean is not None, "the shape claim names no mean of the pull lemma")
    s.identity("f_i is the mean named", lambda at, c: s.entry(at, c, f), lambda at, c: mean(at.P[:, c], at.w))  # type: ignore[misc]
    s.identity(
        "q_i = f_i / Σ_j f_j",
        lambda at, c: numbers.mul(s.entry(at, c), total([s.entry(at, j, f) for j in range(at.size[1])])),
        lambda at, c: s.entry(at, c, f),
    )


def pooled_scores(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="scores")
    place = shapes.one_hot_place(s.q)
    if place is None or place.op != "argmax" or shape.terms != (s.q,):
        raise Failed("the formula is no one-hot vector of the argmax over the classes")
    votes = "s_ki = [i = argmax p_k]" in shape.text
    require(votes or "s_ki = p_ki" in shape.text, "the shape claim names no scores")
    s.identity(
        "the scores are Σ_k w_k s_ki",
        lambda at, c: value(place.args[1], at, {place.args[0]: c}),
        lambda at, c: total([numbers.mul(w, _score(at, k, c, votes)) for k, w in enumerate(at.w)]),
    )


def _score(at: Point, k: int, c: int, votes: bool) -> Number:
    if not votes:
        return at.P[k, c]
    row = list(at.P[k])
    return numbers.ONE if row.index(max(row)) == c else numbers.ZERO


def class_wise(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="class-wise")
    require(shape.terms == (s.q,) and not shape.given, "the shape claim is on another term than the formula")
    found = LEVEL if s.i is None else slope(s.q, s.i, s.scene.signs(shape))
    if found is None:
        s.scene.trust("rule table (that each class rises with its entries is not re-derived)")
    else:
        require(found != DOWN, "an entry of the formula falls where the teachers' entries rise")
        s.scene.trust(DERIVED)
    _ordered_at_points(s)


def _ordered_at_points(s: Stage) -> None:
    """Where every teacher gives one class more, so does the formula."""
    for at in s.scene.points(s.form.domain):
        for i, j in itertools.permutations(range(at.size[1]), 2):
            if all(at.P[k, i] > at.P[k, j] for k in range(at.size[0])):
                try:
                    gap = sign(numbers.sub(s.entry(at, i), s.entry(at, j)))
                except (Undecided, Unknown):
                    continue
                require(
                    gap is None or gap >= 0,
                    f"at {shown(at)} class {i} is above class {j} for all, and below in the formula",
                )
