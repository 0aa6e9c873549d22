"""From a candidate to a witness: exact arithmetic decides, at one case, whether a pointwise claim fails there.

Floats suggest; this file concludes. It knows no search and no budget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd.claims import beside, float_rule, margins, nearby, views
from axiomkd.core import tolerances
from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.case import ExactCase, floats, more_of
from axiomkd.core.reading import POINTS, Pointwise, Reading, View
from axiomkd.core.verdict import Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import digits, numbers
from axiomkd.tracing.arithmetic import EXACT
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.walk import Unsupported

PRECISIONS = (256, 1024)


@dataclass(frozen=True)
class Confirmed:
    """The claim fails: `margin` is an upper bound of the true margin, below -2^-40."""

    case: ExactCase
    witness: Witness
    margin: Fraction
    message: str


@dataclass(frozen=True)
class Cleared:
    """Exact arithmetic finds no violation here: the float result was rounding, or worse."""


@dataclass(frozen=True)
class Undefined:
    """A is not defined at a point that the claim looks at, in exact arithmetic too."""


@dataclass(frozen=True)
class Rounded:
    """What floats show is what the operator's own arithmetic does: no violation, and a defect of the computation."""

    why: str


@dataclass(frozen=True)
class Open:
    """Exact arithmetic could not decide; `on_edge`: floats alone could look, and what they show passes a little to the side."""

    why: str
    on_edge: bool = False


Outcome = Confirmed | Cleared | Undefined | Rounded | Open


def confirm(evaluator: Evaluator, reading: Reading, case: ExactCase) -> Outcome:
    """Whether the reading fails at this case, concluded in exact arithmetic (floats where the operator cannot be followed)."""
    case = complete(evaluator, reading, case)
    if not evaluator.exactly:
        return _by_floats(evaluator, reading, case)
    why = ""
    for bits in PRECISIONS if case.size[0] * case.size[1] <= 64 else PRECISIONS[:1]:
        try:
            return _exactly(evaluator, reading, case, bits)
        except views.Undefined:
            return Undefined()
        except Undecided as e:
            why = str(e)
        except Unsupported as e:
            # It is followed elsewhere, and not here: code that branches may return plain floats on one side.
            found = _by_floats(evaluator, reading, case)
            lost = Open(f"no exact rule for `{e.primitive}`" + (f" ({e.where})" if e.where else ""))
            return found if isinstance(found, Confirmed) else lost
    return Open(why or "balls of 1024 bits left it open")


def complete(evaluator: Evaluator, reading: Reading, case: ExactCase) -> ExactCase:
    """The case with all that the reading needs, drawn and chosen where it lacks something, and nothing else."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    needs, has = claim.drawn, dict(case.more)
    if not needs <= has.keys():
        measured = margins.measure(evaluator, [reading], floats([case]))
        has = {**more_of(measured.of(reading), 0), **has}
    return replace(case, more=tuple(sorted((name, x) for name, x in has.items() if name in needs)))


def _exactly(evaluator: Evaluator, reading: Reading, case: ExactCase, bits: int) -> Outcome:
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    if not margins.posed(evaluator, claim, case.size):
        return Cleared()
    near = tolerances.JUMP_NEAR if evaluator.operator.domain == "interior" and "q_vertex" in claim.probes else 0
    with digits.constants_met() as rounded:
        v = views.of_exact(evaluator, case, claim.probes, bits=max(bits, 4 * near), near=near)
    with numbers.precision(bits):
        label, index, value = _least(claim.parts(EXACT, v))
        if numbers.is_special(value):
            return Undefined()
        margin = numbers.bounds(value)[1]
        if margin >= -tolerances.EXACT:
            return Cleared()
        if margin > -tolerances.of_constants(rounded):
            return Open(
                f"a constant of the operator was rounded to {max(rounded):.2g}, and the violation of {-float(margin):.3g} is "
                "within what that does. Make constants in float64: 0.1, and no float32(0.1)"
            )
        if near and label == "alone" and not _stays(evaluator, reading, case):
            return Open("the aggregate still moves as the last weight goes to the teacher")
        settled = _canonical(evaluator, case, label)
        if settled is not case:
            return _exactly(evaluator, reading, settled, bits)
        text = claim.tell[label](v, index) if label in claim.tell else ""
        whole = numbers.sub(value, numbers.number(claim.slack)) if claim.slack and label not in claim.ties else value
        return Confirmed(case, _exact_witness(claim, v, case, label, index, whole), margin, text)


def _stays(evaluator: Evaluator, reading: Reading, case: ExactCase) -> bool:
    """The limit t → 1 of an operator declared for the interior: whether the distance is still there ever nearer to the
    vertex. Near is relative: a weight of 2^-200 outweighs all others in a power mean of exponent -16 where p = 1e-13."""
    distances = []
    for n in (tolerances.JUMP_NEAR, tolerances.JUMP_NEARER, tolerances.BELOW_FLOATS, tolerances.DEEPEST):
        low, high = _distance_alone(evaluator, reading, case, n)
        distances.append((-high, -low))
        if not nearby.settles(distances, tolerances.SETTLED):
            return False
    return True


def _distance_alone(evaluator: Evaluator, reading: Reading, case: ExactCase, near: int) -> tuple[Fraction, Fraction]:
    """Bounds of the margin of "alone" with 2^-near of the weight on the other teachers."""
    assert isinstance(reading.claim, Pointwise)
    v = views.of_exact(evaluator, case, reading.claim.probes, bits=4 * near, near=near)
    with numbers.precision(4 * near):
        _, _, value = _least({"alone": reading.claim.parts(EXACT, v)["alone"]})
        return numbers.bounds(value)


def _least(parts: dict[str, Any]) -> tuple[str, tuple[int, ...], Any]:
    """The label, index and value of the smallest margin. Floats choose the place, and only the place."""
    best: tuple[float, str, tuple[int, ...], Any] | None = None
    for label, part in parts.items():
        part = np.asarray(part, dtype=object)
        approximate = np.array([_key(x) for x in part.ravel()]).reshape(part.shape)
        at = np.unravel_index(int(np.argmin(approximate)), part.shape) if part.ndim else ()
        here = float(approximate[at])
        if best is None or here < best[0]:
            best = here, label, tuple(int(i) for i in at), _raw(part[at])
    assert best is not None
    return best[1:]


def _raw(x) -> Any:
    return numbers.number(x) if isinstance(x, int) else x.x


def _key(x) -> float:
    value = numbers.to_float(_raw(x))
    return -np.inf if np.isnan(value) else value


def _canonical(evaluator: Evaluator, case: ExactCase, label: str) -> ExactCase:
    """The case with what the failing part does not look at made plain: agreeing teachers, or all weight on one."""
    if label.startswith(("same", "moved")):
        plain = replace(case, P=(case.P[case.k],) * len(case.P), k=0)
    elif label == "alone" and evaluator.operator.domain == "closed":
        plain = replace(case, w=tuple(Fraction(int(j == case.k)) for j in range(len(case.w))), t=Fraction(1))
    else:
        return case
    return case if plain == case else plain


def _exact_witness(
    claim: Pointwise, v: View, case: ExactCase, label: str, index: tuple[int, ...], value: Any
) -> Witness:
    values = [[x.x for x in getattr(v, name)] for name in _printed(claim, label)]
    exact = all(numbers.is_rational(x) for row in (*values, [value]) for x in row)
    named = tuple(tuple(name_of(x) for x in row) for row in values)
    return _witness(claim, case, label, index, named, name_of(value), "exact" if exact else "ball")


def _looked_at(claim: Pointwise) -> list[str]:
    """The aggregates that a witness shows, by the names of the view."""
    return [name for name in POINTS if name in claim.probes]


def _printed(claim: Pointwise, label: str) -> list[str]:
    """The same, as they are printed: where all the weight goes to one teacher, that is how far the tilt goes too."""
    return ["q_vertex" if label == "alone" and name == "q_tilted" else name for name in _looked_at(claim)]


def _witness(
    claim: Pointwise,
    case: ExactCase,
    label: str,
    index: tuple[int, ...],
    value: tuple[tuple[str, ...], ...],
    margin: str,
    confirmed: str,
) -> Witness:
    tilts, warms = "q_tilted" in claim.probes, bool({"q_cold", "q_warm"} & set(claim.probes))
    case, more = beside.told(claim, case)
    K, C = case.size
    return Witness(
        K=K,
        C=C,
        P=tuple(tuple(str(x) for x in row) for row in case.P),
        w=tuple(str(x) for x in case.w),
        margin=margin,
        confirmed=confirmed,
        value=value,
        cls=None if not index else (index[0] if len(index) == 1 else (index[0], index[1])),
        teacher=case.k if claim.of_one_teacher else None,
        t=(("1",) if label == "alone" else ("0", str(case.t))) if tilts else None,
        T=(str(case.T1), str(case.T)) if warms else None,
        direction=None if claim.adversary is None or case.d is None else tuple(str(x) for x in case.d),
        **more,
    )


def name_of(x: Any) -> str:
    """One exact number as text: the fraction itself, or the double nearest to a ball, in hexadecimal.

    A fraction too long for Python to write, as variances of means of tiny entries may be, is told by the nearest double too.
    """
    if numbers.is_rational(x):
        found = numbers.as_fraction(x)
        if max(found.numerator.bit_length(), found.denominator.bit_length()) <= LONGEST:
            return str(found)
        return float(found).hex()
    return float(numbers.to_float(x)).hex()


LONGEST = 13_000  # bits of a number that is written out: Python writes 4300 digits at most


# --- where the operator cannot be followed exactly ---------------------------------------------------------------------------


def _by_floats(evaluator: Evaluator, reading: Reading, case: ExactCase) -> Outcome:
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    found = float_rule.judge(evaluator, reading, case)
    match found:
        case float_rule.Nothing():
            return Cleared()
        case float_rule.Rounding(why):
            return Rounded(why)
        case float_rule.Doubtful(why, on_edge):
            return Open(why, on_edge)
    if found.label == "alone" and not _stays_in_floats(evaluator, claim, case):
        return Open("the aggregate still moves as the last weight goes to the teacher")
    settled = _canonical(evaluator, case, found.label)
    if settled is not case:
        return _by_floats(evaluator, reading, settled)
    named = _float_values(claim, found.view, found.label)
    margin = found.margin - float(claim.slack)
    witness = _witness(claim, case, found.label, found.index, named, margin.hex(), "float64")
    text = (
        f"{reading.statement} It fails here by {-margin:.3g}, {-margin / found.noise:.2g} times the rounding "
        f"error; confirmed in floats only, since {evaluator.why_not_exact or 'the operator cannot be followed exactly there'}"
    )
    return Confirmed(case, witness, Fraction(found.margin), text)


def _stays_in_floats(evaluator: Evaluator, claim: Pointwise, case: ExactCase) -> bool:
    """`_stays`, as near to the vertex as doubles come."""
    if evaluator.operator.domain != "interior":
        return True
    distances = []
    for nearly in (1e-100, views.NEARLY_ALL, 1e-290):
        alone = claim.parts(NUMPY, views.of_floats(evaluator, floats([case]), claim.probes, nearly=nearly))["alone"]
        distance = Fraction(max(-float(np.min(alone)), 0.0))
        distances.append((distance, distance))
    return nearby.settles(distances, nearby.FLOAT_SETTLED)


def _float_values(claim: Pointwise, v: View, label: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(float(x).hex() for x in getattr(v, name)[0]) for name in _printed(claim, label))


def reproducer(evaluator: Evaluator, reading: Reading, case: ExactCase) -> Witness:
    """The inputs at which floats go wrong and what the float computation returned, with what the claim looks at only."""
    claim = reading.claim
    assert isinstance(claim, Pointwise)
    case = complete(evaluator, reading, case)
    v = margins.measure(evaluator, [reading], floats([case]), suggests=False).view
    if claim.adversary == "direction" and case.d is None:
        case = case.with_direction(tuple(Fraction(float(x)) for x in v.d[0]))
    with np.errstate(all="ignore"):
        label, index = float_rule.least(margins.parts(claim, NUMPY, v, ties=False))
    values = _float_values(claim, v, label)
    broken = not all(np.isfinite(float.fromhex(x)) for row in values for x in row)
    confirmed = "exact" if evaluator.exactly else "float64"
    return _witness(claim, case, label, () if broken else index, values, "0", confirmed)
