"""A counterexample evaluated again: the claim's margin at the printed point, and the printed aggregates there.

It trusts no search: only the margins' own formulas, exact arithmetic, and where that cannot follow the operator, floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.reading import OneTemperature, Pointwise, Reading, View
from axiomkd.core.report import WitnessModel
from axiomkd.tracing import digits, numbers
from axiomkd.tracing.arithmetic import EXACT
from axiomkd.tracing.numbers import Number, Undecided
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import beside, near, view, warmth
from axiomkd.verify.line import BALL, FLOATS, Failed
from axiomkd.verify.line import EXACT as EXACTLY
from axiomkd.verify.subject import Subject
from axiomkd.verify.view import Case, Undefined

PRECISIONS = (256, 1024)
RELATIVE = Fraction(1, 10**9)  # between a printed double and the number that it was rounded from
FLOAT_RELATIVE, FLOAT_ABSOLUTE = 1e-6, 1e-12  # another machine's floats differ in their last places
FLOAT_EPS = 2.0**-52  # of float64: what is coarser rounds more
GROSS = 1e-2  # beyond what a step in half precision, of eps 2^-11, does to a probability
ROUNDED = Fraction(1, 2**50)  # how far from 1 a row of floats may sum
AGGREGATES = ("q", "q_tilted", "q_vertex", "q_cold", "q_warm")  # in the order in which a witness prints them


def check(subject: Subject, reading: Reading, w: WitnessModel) -> tuple[str, ...]:
    """The layers that the refutation leans on. Raises Failed."""
    case = view.case_of(w)
    if not subject.operator.supports(w.K, w.C):
        raise Failed(f"the witness is of (K, C) = ({w.K}, {w.C}), which the operator does not support")
    if isinstance(reading.claim, OneTemperature):
        return warmth.check(subject, reading, w)
    if not isinstance(reading.claim, Pointwise):
        return near.check(subject, reading, w)
    _fields(reading.claim, w)
    _inside(subject, reading, case, w)
    if w.confirmed == "float64":
        return _in_floats(subject, reading.claim, case, w)
    return _exactly(subject, reading.claim, case, w)


def _fields(claim: Pointwise, w: WitnessModel) -> None:
    """The witness has what its claim speaks of, each in its range, and nothing else. Raises Failed."""
    probes = set(claim.probes)
    tilts, warms = "q_tilted" in probes, bool(probes & {"q_cold", "q_warm"})
    wanted = {
        "teacher": claim.of_one_teacher,
        "t": tilts,
        "T": warms,
        "direction": claim.adversary is not None,
        "w2": False,
        "Ts": False,
        **{name: name in beside.wanted(claim) for name in beside.FIELDS},
    }
    for name, there in wanted.items():
        if (getattr(w, name) is not None) != there:
            raise Failed(
                f"the witness {'names no' if there else 'has a'} {name}, which its claim {'needs' if there else 'never looks at'}"
            )
    if w.t is not None and w.t != ["1"] and not (len(w.t) == 2 and w.t[0] == "0"):
        raise Failed(f"the witness compares t = {', '.join(w.t)}, expected 0 and a second one")
    if w.T is not None and len(w.T) != 2:
        raise Failed(f"the witness compares T = {', '.join(w.T)}, expected two")
    if w.direction is not None and len(w.direction) != w.C:
        raise Failed(f"the witness's direction has {len(w.direction)} numbers for {w.C} classes")


def _class(w: WitnessModel, places: set[tuple[int, ...]]) -> None:
    """The classes that the witness names are a place at which the margin is least. Raises Failed."""
    said = () if w.cls is None else (w.cls,) if isinstance(w.cls, int) else tuple(w.cls)
    if said not in places:
        told = " or ".join(str(list(place)) for place in sorted(places)[:3])
        raise Failed(f"the witness names class {w.cls}, its margin is that of class {told}")


def _confirmed(w: WitnessModel, exact: bool) -> None:
    expected = "exact" if exact else "ball"
    if w.confirmed != expected:
        raise Failed(f"the witness is said to be confirmed by {w.confirmed}; its numbers are those of {expected}")


def _inside(subject: Subject, reading: Reading, case: Case, w: WitnessModel) -> None:
    """The witness is a point of the claim's domain."""
    assert isinstance(reading.claim, Pointwise)
    rounding = ROUNDED if w.confirmed == "float64" or any("0x" in x for p in w.P for x in p) else Fraction(0)
    beside.inside(reading.claim, case.beside, case.P, case.w, case.k, rounding)
    interior = subject.operator.domain == "interior"
    closed = reading.domain == "closed" and not interior
    defect = Fraction(0)
    for name, one in (*((f"row {k} of P", p) for k, p in enumerate(case.P)), ("w", case.w)):
        off = abs(sum(one) - 1)
        rounded = any("0x" in x for x in (*(x for p in w.P for x in p), *w.w))
        if min(one) < 0 or off > (ROUNDED if rounded else 0):
            raise Failed(f"the witness's {name} is no distribution: it sums to {sum(one)}")
        defect = max(defect, off)
    if not closed and min(x for p in case.P for x in p) <= 0:
        raise Failed(f"the witness has a probability of 0, and {reading.name} is about positive ones")
    if (reading.domain == "interior" or interior) and min(case.w) <= 0:
        raise Failed(f"the witness has a weight of 0, and {reading.name} is about positive ones")
    if interior and _leaves_the_interior(case):
        raise Failed("the witness gives all of a teacher's weight away, and the operator is declared for positive ones")
    softener = subject.evaluator.softener
    if (
        not 0 <= case.t <= 1
        or w.T is not None
        and not all(softener.lowest <= x <= softener.highest for x in (case.T1, case.T))
    ):
        raise Failed(f"the witness's t or T is out of range (t = {w.t}, T = {w.T})")
    if defect and w.margin is not None and abs(view.fraction(w.margin)) < 100 * defect:
        raise Failed("the witness's margin is within 100 times the rounding of its rows")


def _leaves_the_interior(case: Case) -> bool:
    """Whether a weight is 0 at another point that the witness compares. All the weight on one teacher is a limit there."""
    moved, j = case.beside.delta, case.beside.teacher2
    return (moved is not None and j is not None and moved >= case.w[j]) or (case.t == 1 and not case.alone)


# --- exactly -------------------------------------------------------------------------------------------------------------


def _exactly(subject: Subject, claim: Pointwise, case: Case, w: WitnessModel) -> tuple[str, ...]:
    interior = subject.operator.domain == "interior" and "q_vertex" in claim.probes
    why = ""
    for bits in PRECISIONS:
        try:
            with numbers.precision(4 * tolerances.JUMP_NEAR if interior else bits):
                return _at(subject, claim, case, w, max(bits, 4 * tolerances.JUMP_NEAR if interior else 0))
        except Undefined:
            raise Failed("the operator is undefined at a point that the witness looks at") from None
        except Undecided as e:
            why = str(e)
        except Unsupported as e:
            raise Failed(f"the witness is said to be exact, and the operator cannot be followed: {e}") from None
    raise Failed(f"the witness could not be decided at {PRECISIONS[-1]} bits: {why}")


def _at(subject: Subject, claim: Pointwise, case: Case, w: WitnessModel, bits: int) -> tuple[str, ...]:
    with digits.constants_met() as rounded:
        v = view.exact(subject.evaluator, case, claim, bits)
    margin, places = _least(_parts(claim, EXACT, v, case))
    if numbers.is_special(margin):
        raise Undefined
    if numbers.bounds(margin)[1] >= -tolerances.EXACT:
        raise Failed(f"the margin is {numbers.text(margin)} at the witness, not below -2^-40: the claim holds there")
    if numbers.bounds(margin)[1] > -tolerances.of_constants(rounded):
        raise Failed(
            f"the margin is {numbers.text(margin)} at the witness, within the rounding of the operator's constants"
        )
    if w.margin is None or not close(margin, w.margin):
        raise Failed(f"the margin is {numbers.text(margin)} at the witness, the report says {w.margin}")
    _class(w, places)
    exact = _values(claim, v, case, w, close) and numbers.is_rational(margin)
    _confirmed(w, exact)
    return (EXACTLY if exact else BALL,)


def _parts(claim: Pointwise, m: Any, v: View, case: Case) -> dict[str, Any]:
    """The margins by label; where all the weight is on one teacher, only what that says."""
    if case.alone and v.q_tilted is None:
        v.q_tilted = v.q
        return {"alone": claim.parts(m, v)["alone"]}
    every = claim.parts(m, v)
    return {label: part for label, part in every.items() if m is not NUMPY or label not in claim.ties}


def _least(parts: dict[str, Any]) -> tuple[Number, set[tuple[int, ...]]]:
    """The smallest of the margins, chosen by their nearest floats, and every place at which it is as small."""
    every = [(_raw(x), at) for part in parts.values() for at, x in np.ndenumerate(np.asarray(part, dtype=object))]
    near = [-np.inf if numbers.is_nan(x) else numbers.to_float(x) for x, _ in every]
    least = min(near)
    room = float(RELATIVE) * abs(least) if np.isfinite(least) else 0.0
    return every[near.index(least)][0], {at for (_, at), x in zip(every, near, strict=True) if x <= least + room}


def _raw(x: Any) -> Number:
    return numbers.number(x) if isinstance(x, int) else x.x


def close(x: Number, printed: str) -> bool:
    """Whether a number is what was printed: the fraction itself, or the double nearest to it."""
    said = view.fraction(printed)
    if "0x" not in printed and numbers.is_rational(x):
        return numbers.as_fraction(x) == said
    low, high = numbers.bounds(x)
    room = RELATIVE * max(abs(said), Fraction(1, 10**12))
    return low - room <= said <= high + room


def aggregate(v: View, name: str, case: Case) -> Any:
    """The aggregate that a witness prints under this name: where all the weight is on one teacher, the tilt goes that far."""
    return getattr(v, "q_vertex" if name == "q_tilted" and case.alone else name)


def _values(claim: Pointwise, v: View, case: Case, w: WitnessModel, same: Any) -> bool:
    """Whether the printed aggregates are those at the points compared; returns whether all are rational. Raises Failed."""
    names = [*(name for name in AGGREGATES if name in claim.probes), *beside.compared(claim)]
    if len(w.value) != len(names):
        raise Failed(f"the witness prints {len(w.value)} aggregates, expected {len(names)}")
    exact = True
    for name, printed in zip(names, w.value, strict=True):
        found = [x.x if hasattr(x, "x") else x for x in aggregate(v, name, case)]
        if len(found) != len(printed) or not all(same(x, text) for x, text in zip(found, printed, strict=True)):
            shown = ", ".join(numbers.text(x) if numbers.is_number(x) else str(x) for x in found)
            raise Failed(f"an aggregate at the witness is [{shown}], the report says [{', '.join(printed)}]")
        exact &= all(numbers.is_rational(x) for x in found)
    return exact


# --- in floats -----------------------------------------------------------------------------------------------------------


def _in_floats(subject: Subject, claim: Pointwise, case: Case, w: WitnessModel) -> tuple[str, ...]:
    if subject.evaluator.exactly and _followed(subject, claim, case):
        raise Failed("the witness is confirmed in floats only, and the operator can be followed exactly")
    v = view.in_floats(subject.evaluator, case, claim)
    parts = _parts(claim, NUMPY, v, case)
    margin = min(float(np.min(part)) for part in parts.values())
    every = [(float(x), at) for part in parts.values() for at, x in np.ndenumerate(np.asarray(part))]
    _class(w, {at for x, at in every if x <= margin + FLOAT_RELATIVE * abs(margin) + FLOAT_ABSOLUTE})
    if not margin < -tolerances.FLOAT_FLOOR:
        raise Failed(f"the margin is {margin} in floats at the witness: no violation far above rounding")
    if w.margin is None or not _near(margin, w.margin):
        raise Failed(f"the margin is {margin} in floats at the witness, the report says {w.margin}")
    _values(claim, v, case, w, _near)
    return (FLOATS,)


def _followed(subject: Subject, claim: Pointwise, case: Case) -> bool:
    """Whether the operator is followed exactly at all that the witness looks at: a branch may return plain floats there."""
    try:
        with numbers.precision(PRECISIONS[0]):
            view.exact(subject.evaluator, case, claim, PRECISIONS[0])
    except Unsupported:
        return False
    except (Undefined, Undecided):
        pass
    return True


def _near(x: Any, printed: str) -> bool:
    said = float(view.fraction(printed))
    return bool(abs(float(x) - said) <= FLOAT_RELATIVE * abs(said) + FLOAT_ABSOLUTE)


def both(subject: Subject, reading: Reading, several: Sequence[WitnessModel | None]) -> tuple[str, ...]:
    """The layers of every witness given."""
    return tuple(dict.fromkeys(layer for one in several if one is not None for layer in check(subject, reading, one)))
