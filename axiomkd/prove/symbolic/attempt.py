"""A reading at one size: the margins of its claim over every region, each shown nonnegative, or the reason why not.

Steps are counted, never seconds. What is shown, and why, is the certificate; `verify` works it out anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from axiomkd.claims import views
from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.core.scope import at_sizes
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import smt
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.prove.symbolic.nonnegative import Below, shown
from axiomkd.prove.symbolic.quotients import LETTERS, Home, Quotient
from axiomkd.prove.symbolic.regions import OutOfSteps, Purse, Region, Split, parts, portable, starts, written
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.numbers import ONE, ZERO, Number, Undecided
from axiomkd.tracing.smt_terms import Declined
from axiomkd.tracing.walk import Unsupported

FIXED = {f"a{n}" for n in range(LETTERS)}
KNOWN_PROBES = {"q", "q_same", "q_tilted", "q_vertex", "q_warm", "q_cold"}


def attempt(evaluator: Evaluator, reading: Reading, size: tuple[int, int], purse: Purse) -> Proof | NotProved:
    """A proof of the reading at a size, or why there is none. `purse` bounds the steps."""
    try:
        cases = derived(evaluator, reading, size, purse)
        smt.hold_the_exact_rules(evaluator, size)
    except (Below, OutOfSteps):
        return NotProved(reading.name, f"SymPy did not show every margin nonnegative at (K, C) = {size}")
    except (Declined, Undecided, Unsupported) as e:
        return NotProved(reading.name, f"SymPy has no expression of it: {e}")
    certificate = {"kind": "sympy", "derivations": [{"size": list(size), "claim": reading.name, "cases": cases}]}
    return Proof(reading.name, at_sizes([size]), "sympy", None, certificate, told(reading, [certificate]))


def told(reading: Reading, certificates: list[dict[str, Any]]) -> str:
    """What such proofs come to, in one sentence."""
    derivations = [one for c in certificates for one in c["derivations"]]
    scope = at_sizes((one["size"][0], one["size"][1]) for one in derivations)
    count = sum(_count(case["node"]) for one in derivations for case in one["cases"])
    what = "quotient" if count == 1 else "quotients"
    return (
        f"SymPy shows every margin of {reading.name} nonnegative for {scope}: {count} {what} of polynomials in positive "
        "parameters."
    )


def _count(node: Mapping[str, Any]) -> int:
    return len(node.get("margins", ())) + sum(_count(part["node"]) for part in node.get("sides", {}).values())


def derived(evaluator: Evaluator, reading: Reading, size: tuple[int, int], purse: Purse) -> list[dict[str, Any]]:
    """The derivation: for each starting region where it starts, and what is split and shown. Raises what `attempt` catches."""
    claim = reading.claim
    if not isinstance(claim, Pointwise):
        raise Declined(f"{reading.name} is no claim about finitely many values")
    probes = set(claim.probes)
    _suits(evaluator, claim, probes)
    inside = evaluator.operator.domain == "interior"
    regions = starts(
        size,
        reading.domain,
        inside=inside,
        tilts="q_tilted" in probes,
        warms="q_warm" in probes or "q_cold" in probes,
        teachers=size[0] if claim.of_one_teacher or "q_vertex" in probes else 1,
    )
    cases = [{"start": one.start, "node": _node(evaluator, claim, one, size, purse)} for one in regions]
    if not any(_count(case["node"]) for case in cases):
        raise Declined("the aggregate is defined nowhere")
    return cases


def _suits(evaluator: Evaluator, claim: Pointwise, probes: set[str]) -> None:
    """Decline what can be seen not to work before anything is traced."""
    if evaluator.mode != "jax":
        raise Declined("NumPy code is not traced")
    if claim.adversary is not None or probes - KNOWN_PROBES or claim.drawn or claim.ties:
        raise Declined("the claim is on more than the points, weights and temperatures that are written so")
    if evaluator.operator.domain == "interior" and "q_vertex" in probes:
        raise Declined("all the weight on one teacher is a limit for an operator declared for the interior")
    soft = evaluator.softener
    if probes & {"q_warm", "q_cold"} and (
        "rational" not in soft.facts or soft.lowest < 1 or evaluator.operator.takes_temperature
    ):
        raise Declined(f"the softener {soft.name} is not rational in T >= 1, or the operator softens by itself")


def _node(
    evaluator: Evaluator, claim: Pointwise, region: Region, size: tuple[int, int], purse: Purse
) -> dict[str, Any]:
    found = _leaf(evaluator, claim, Home(region, purse), size)
    if not isinstance(found, Split):
        purse.done()
        return found
    sides = {}
    for side, part in parts(region, found, FIXED):
        solved = part.steps[-1].letter if len(part.steps) > len(region.steps) else None
        sides[side] = {"solved": solved, "node": _node(evaluator, claim, part, size, purse)}
    return {"split": written(found.f), "loose": found.loose, "sides": sides}


def _leaf(evaluator: Evaluator, claim: Pointwise, home: Home, size: tuple[int, int]) -> dict[str, Any] | Split:
    try:
        return {"margins": [_shown(home, label, x) for label, x in _margins(evaluator, claim, home, size).items()]}
    except views.Undefined:
        return {"undefined": True}
    except Split as split:
        return split


def _shown(home: Home, label: str, x: Number) -> dict[str, Any]:
    if numbers.is_special(x):
        raise Declined("the aggregate is undefined on a part of the domain")
    if not isinstance(x, Quotient):
        if numbers.sign_of(x) < 0:
            raise Below
        return {"part": label, "numerator": numbers.text(x), "denominator": []}
    how = shown(home, x.num)
    below = sorted(written(portable(d)) for d in x.den)
    return {"part": label, "numerator": written(portable(x.num)), "denominator": below, **how}


# ---- the claim on a region


def values(home: Home) -> dict[str, Number]:
    """Each letter that the region starts with as a quotient in those it has now."""
    region = home.region
    now: dict[str, Number] = {x: home.letter(x) for x in region.names}
    for step in reversed(region.steps):
        above, below = (_at(f, now) for f in (step.above, step.below))
        extra = now.get(step.extra, ZERO)
        if not step.below:
            now[step.letter] = extra
        elif step.side == "-":
            now[step.letter] = numbers.div(below, numbers.mul(above, numbers.add(ONE, extra)))
        else:
            now[step.letter] = numbers.div(numbers.add(below, extra), above)
    return now


def _at(f: Mapping, now: Mapping[str, Number]) -> Number:
    total: Number = ZERO
    for m, c in f.items():
        term: Number = numbers.rational(c)
        for x, n in m:
            term = numbers.mul(term, numbers.power(now[x], numbers.rational(n)))
        total = numbers.add(total, term)
    return total


def view_of(home: Home) -> View:
    """The points of the region as margins see them, without the aggregates."""
    region, now = home.region, values(home)
    known = {"0": ZERO, "1": ONE}

    def row(names: tuple[str, ...]) -> list[Number]:
        xs = [known.get(x, now.get(x)) for x in names]
        total: Number = ZERO
        for x in xs:
            total = numbers.add(total, x)
        return [numbers.div(x, total) for x in xs]

    P, w = np.array([row(names) for names in region.P], dtype=object), np.array(row(region.w), dtype=object)
    s = now.get("s", ZERO)
    t = ONE if region.t == "1" else ZERO if region.t == "0" else numbers.div(s, numbers.add(ONE, s))
    K = len(region.w)
    corner = wrap(np.array([numbers.rational(int(j == region.k)) for j in range(K)], dtype=object))
    P = wrap(P)
    return View(
        P=P,
        w=wrap(w),
        p=P[region.k],
        others=np.delete(P, region.k, axis=0),
        corner=corner,
        corner_alone=corner,
        t=wrap(_single(t)),
        T1=wrap(_single(ONE)),
        T=wrap(_single(numbers.add(ONE, now["u"]) if "u" in now else ONE)),
        T1_is_one=True,
        warming=1,
        d=None,
        support=np.array([[x != "0" for x in names] for names in region.P]),
        active=np.array([x != "0" for x in region.w]),
        k=region.k,
    )


def _single(x: Number) -> np.ndarray:
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def _margins(evaluator: Evaluator, claim: Pointwise, home: Home, size: tuple[int, int]) -> dict[str, Number]:
    def A(P: Any, w: Any, T: Any) -> np.ndarray:
        q = evaluator.exact(unwrap(P), unwrap(w), None if T is None else unwrap(T)[()])
        if q.shape != (size[1],):
            raise Declined(f"the operator returns the shape {q.shape}")
        if any(numbers.is_special(x) for x in q):
            raise views.Undefined
        return wrap(q)

    v = views.build(EXACT, views.one_at_a_time(A), evaluator, view_of(home), claim.probes, one=wrap(_single(ONE)))
    out = {}
    for label, part in claim.parts(EXACT, v).items():
        for at, x in np.ndenumerate(np.asarray(part, dtype=object)):
            out[label + "".join(f"[{i}]" for i in at)] = x.x if hasattr(x, "x") else numbers.number(x)
    return out
