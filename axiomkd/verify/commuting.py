"""Hypotheses of theorems on commutation: both sides of the identity are what they are said to be, with S_T worked out anew.

It softens by the softener's own definition.
"""

from __future__ import annotations

from collections.abc import Callable

from axiomkd.tracing.numbers import Number
from axiomkd.verify.stage import Stage, require
from axiomkd.verify.terms import Node
from axiomkd.verify.values import Point, Unknown


def _strictly(s: Stage) -> None:
    require(any(c.more.get("strict") and not c.given for c in s.of("sign")), "no claim says that q > 0")


def commuting(s: Stage) -> None:
    _strictly(s)
    (claim,) = s.of("equal", 1)

    def softened_first(at: Point, c: int) -> Number:
        return s.entry(_soft(s, at), c)

    _side(s, claim.terms[0], "A(S_T P, w)", softened_first)
    _side(s, claim.terms[1], "S_T(A(P, w))", lambda at, c: _softened_after(s, at)[c])


def commuting_with_T(s: Stage) -> None:
    _strictly(s)
    (claim,) = s.of("equal", 1)
    forms = [c for c in s.of("form") if c.more.get("T")]
    require(len(forms) == 1 and forms[0].terms[0] is claim.terms[0], "the equal claim is not on the formula with T")
    _side(s, claim.terms[1], "S_T(A(P, w, 1))", lambda at, c: _softened_after(s, at)[c])


def softened_rows(s: Stage) -> None:
    """A(P, w, T) = A(S_T P, w, 1), each row at its own temperature where the operator takes one a teacher."""
    each = s.scene.subject.operator.each_temperature
    (claim,) = s.of("equal", 1)
    forms = [c for c in s.of("form") if c.more.get("each" if each else "T")]
    require(len(forms) == 1 and forms[0].terms[0] is claim.terms[0], "the equal claim is not on the formula with T")
    (defined,) = s.of("defined", 1)
    require(not claim.given and not defined.given, "a claim is made under conditions")
    # The formula at T = 1 may be one for the closed domain, with logarithms of 0 in it: inside, it is a formula all the same.
    _side(
        s, claim.terms[1], "A(S_T P, w, 1)", lambda at, c: s.entry(_each_softened(s, at) if each else _soft(s, at), c)
    )


def _each_softened(s: Stage, at: Point) -> Point:
    key = ("each softened", s.scene.subject.softener)
    if key not in at.memo:
        if at.Ts is None:
            raise Unknown("temperatures of a point in letters")
        P = at.P.copy()
        for k, t in enumerate(at.Ts):
            P[k] = s.scene.subject.softened(at.P[k], t)
        at.memo[key] = Point(P, at.w, at.T, at.Ts)
    return at.memo[key]


def _side(s: Stage, side: Node, name: str, other: Callable[[Point, int], Number]) -> None:
    s.identity(f"a side of the equal claim is {name}", lambda at, c: s.entry(at, c, side), other)


def _soft(s: Stage, at: Point) -> Point:
    key = ("softened", s.scene.subject.softener)
    if key not in at.memo:
        at.memo[key] = Point(s.scene.subject.softened(at.P, at.T), at.w, at.T)
    return at.memo[key]


def _softened_after(s: Stage, at: Point):
    key = ("after", s.scene.subject.softener, s.q)
    if key not in at.memo:
        q = at.P[0].copy()
        q[:] = [s.entry(at, c) for c in range(at.size[1])]
        at.memo[key] = s.scene.subject.softened(q, at.T)
    return at.memo[key]
