"""The theorems by which a claim fails at every size from some on: what each says, and its hypotheses held against the formula.

Written from the theorems' statements, apart from the prover's own. What a written proof concludes from these is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Number
from axiomkd.verify import formulas, pools
from axiomkd.verify.algebra import split, summands
from axiomkd.verify.scene import Claim
from axiomkd.verify.stage import DERIVED, Stage, of_inputs, require
from axiomkd.verify.terms import Node, free, node, num, walk
from axiomkd.verify.theorems import INTERIOR, Known, on_formula
from axiomkd.verify.values import Point, value


@dataclass(frozen=True)
class Failing:
    """`known.concludes` are the readings that fail, at K and C from `least` on."""

    known: Known
    least: tuple[int, int]


def _alone(several: Sequence[Claim], *terms: Node) -> Claim:
    """The one claim on these terms, made under no condition."""
    found = [c for c in several if c.terms == terms]
    require(len(found) == 1 and not found[0].given, "a hypothesis of the theorem is claimed of other terms")
    return found[0]


def _teachers(at: Point, c: int) -> tuple[int, int]:
    """Two teachers: as the class runs, each beside the next."""
    return c % at.size[0], (c + 1) % at.size[0]


def _in_proportion(s: Stage, v: Node, to: Callable[[Point], Sequence[Number]], what: str) -> None:
    def crossed(at: Point, c: int, *, turned: bool) -> Number:
        a, b = _teachers(at, c)[:: -1 if turned else 1]
        return numbers.mul(pools.weights(s, v, at)[a], to(at)[b])

    s.identity(what, lambda at, c: crossed(at, c, turned=False), lambda at, c: crossed(at, c, turned=True))


# --- weights that bend in w ------------------------------------------------------------------------------------------------


def curved(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="curved")
    require(len(shape.terms) == 3 and not shape.given, "the shape claim is not on a weight, its share and the rest")
    v, g, rest = shape.terms
    pools.is_pool(s, v, rest)
    unmoved = _alone(s.of("free"), v)
    of_inputs(unmoved, "P")
    others = [c for c in s.of("free") if c is not unmoved]
    require(
        len(others) == 1 and len(others[0].terms) == 2 and others[0].terms[1] is rest,
        "what is free of w is not the rest",
    )
    of_inputs(others[0], "w")
    total = others[0].terms[0]
    pools.is_total(s, total, v)
    _alone(s.of("positive"), total)
    _in_proportion(s, v, lambda at: pools.weights(s, g, at), "v_k ∝ g(w_k)")
    require(bends(g, s.scene.axes[0]), "the share is no sum of c w^a e^(bw) that is not affine")
    s.scene.trust(DERIVED)


def bends(g: Node, length: Node) -> bool:
    """Whether g is a sum of c w_k^a e^(b w_k) with c ≠ 0 and different (a, b), not all of them (0, 0) or (1, 0)."""
    loose = free(g)
    if len(loose) != 1 or loose[0].op != "index" or loose[0].args[0] is not length:
        return False
    own = node("w", loose[0])
    powers: list[tuple[Fraction, Fraction]] = []
    for one in summands(g):
        c, factors = split(one)
        a, b = factors.pop(own, Fraction(0)), factors.pop(node("exp", own), Fraction(0))
        if not c or any(f.op != "size" for f in factors):
            return False
        powers.append((a, b))
    straight = {(Fraction(0), Fraction(0)), (Fraction(1), Fraction(0))}
    return len(set(powers)) == len(powers) and not set(powers) <= straight


def curved_pool(s: Stage) -> None:
    curved(s)
    (shape,) = s.of("shape", 1, rule="curved")
    require(shape.terms[2] is num(0), "the pool has a part that is no teacher's")
    _averages(s, shape.terms[0])


def _averages(s: Stage, v: Node) -> None:
    _alone(s.of("nonnegative"), v)
    ones = [c for c in s.of("equal") if len(c.terms) == 2 and c.terms[1] is num(1) and not c.given]
    require(len(ones) == 1, "it is not claimed that the weights sum to 1")
    pools.sums_to_one(s, ones[0], v)


# --- weights that look at the rows -----------------------------------------------------------------------------------------


def strengths(s: Stage) -> None:
    (shape,), (ends,) = s.of("shape", 1, rule="strength"), s.of("shape", 1, rule="ends")
    require(len(shape.terms) == 2 and len(ends.terms) == 3, "the shape claims are on other terms")
    (v, strength), (wider, even, sure) = shape.terms, ends.terms
    pools.is_pool(s, v)
    _averages(s, v)
    for one in (strength, wider):
        require(_of_its_row(one, s.scene.axes[0]), "a strength looks at more than its teacher's own row")
        _in_proportion(s, v, lambda at, one=one: _weighed(s, one, at), "v_k ∝ w_k s(p_k)")
    _alone(s.of("positive"), strength)
    smooth = _alone(s.of("continuous"), wider)
    of_inputs(smooth, "P")
    require(
        not smooth.more.get("where_defined") and not smooth.more.get("extended"), "continuity is claimed in part only"
    )
    require(smooth.domain[0] == "nonnegative", "continuity is not claimed where entries of a row are 0")
    (gap,) = (c for c in s.of("positive") if c.terms != (strength,))
    require(not gap.given and len(gap.terms) == 1, "the gap between the ends is claimed under conditions")
    s.identity("s at the uniform row", lambda at, _c: value(even, at), lambda at, _c: _at_row(s, wider, at, even=True))
    s.identity("s at a one-hot row", lambda at, _c: value(sure, at), lambda at, _c: _at_row(s, wider, at, even=False))
    s.identity(
        "the gap is that of the ends",
        lambda at, _c: value(gap.terms[0], at),
        lambda at, _c: numbers.absolute(numbers.sub(value(even, at), value(sure, at))),
    )


def _weighed(s: Stage, strength: Node, at: Point) -> list[Number]:
    return [numbers.mul(w, x) for w, x in zip(at.w, pools.weights(s, strength, at), strict=True)]


def _of_its_row(x: Node, length: Node) -> bool:
    """Whether a term reads one row, that of its one free index, and nothing else."""
    loose = free(x)
    if len(loose) != 1 or loose[0].op != "index" or loose[0].args[0] is not length or not x.reads <= {"P"}:
        return False
    return not any(n.op in ("opaque", "param") for n in walk(x)) and _only_in_P(x, loose[0])


def _only_in_P(x: Node, k: Node) -> bool:
    if x.op == "P":
        return x.args[0] is k and k not in free(x.args[1]) and _only_in_P(x.args[1], k)
    return x is not k and all(_only_in_P(a, k) for a in x.args)


def _at_row(s: Stage, strength: Node, at: Point, *, even: bool) -> Number:
    P = at.P.copy()
    K, C = at.size
    P[...] = numbers.div(numbers.ONE, numbers.number(C)) if even else numbers.ZERO
    if not even:
        for k in range(K):
            P[k, 0] = numbers.ONE
    return pools.weights(s, strength, Point(P, at.w))[0]


# --- means -----------------------------------------------------------------------------------------------------------------


def means(s: Stage) -> None:
    (shape,) = s.of("shape", 1, rule="mean")
    require(not shape.given, "the shape is claimed under conditions")
    require(
        "max" not in shape.text and "p_ki^1)" not in shape.text,
        "the mean named is no power mean of an order other than 1",
    )
    formulas.generalised_mean(s)


_CURVED = ("form", "defined", "shape", "free", "positive")
_STRENGTHS = ("form", "defined", "shape", "nonnegative", "equal", "positive", "continuous")
_MOVES = ("transfer", "strict-transfer")

FAILING: dict[str, Failing] = {
    "curved-weights": Failing(Known(on_formula(curved), _MOVES, _CURVED, INTERIOR), (3, 2)),
    "curved-pool": Failing(
        Known(
            on_formula(curved_pool),
            ("jensen", "bias-mean", "variance", "safety", "influence"),
            (*_CURVED, "nonnegative", "equal"),
            INTERIOR,
        ),
        (3, 2),
    ),
    "row-strengths": Failing(Known(on_formula(strengths), _MOVES, _STRENGTHS, INTERIOR), (3, 3)),
    "row-strengths-pool": Failing(
        Known(on_formula(strengths), ("jensen", "bias-mean", "safety", "influence"), _STRENGTHS, INTERIOR), (2, 2)
    ),
    "means-apart": Failing(
        Known(
            on_formula(means),
            (*_MOVES, "jensen", "bias-mean", "influence", "bias-max", "safety-set", "merge"),
            ("form", "defined", "shape"),
            INTERIOR,
        ),
        (2, 3),
    ),
}
