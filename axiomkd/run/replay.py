"""The operator at a witness once more: exactly where it can be followed, in floats where it can't, and what came of it.

The same rules conclude here as in a check (`confirm`, `nearby`), so that a report's words come out again. It searches nothing, and
raises nothing for what an operator does; `verify` is the judge that shares no code with the search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from axiomkd import axioms
from axiomkd.core import tolerances
from axiomkd.core.case import ExactCase
from axiomkd.core.errors import Misbehaviour, UsageError
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Growth, Limit, OneTemperature, Pointwise, Reading
from axiomkd.core.report import witness_model
from axiomkd.core.softener import softener
from axiomkd.report import phrases, plain
from axiomkd.report.bars import short
from axiomkd.report.witness.replayed import Replay
from axiomkd.report.witness.value import Witness

BITS = 2048  # enough for points 2^-400 apart whose moves are of second order


def replay(witness: Witness, op: Callable[..., Any] | Operator | None = None) -> Replay:
    """Evaluate `op`, or else the operator that `witness.target` names, at the witness."""
    from axiomkd.operators.evaluate import Evaluator
    from axiomkd.tracing.numerics import float64

    try:
        with float64():
            operator = _operator(witness, op)
            if not operator.supports(witness.K, witness.C):
                raise UsageError(f"`{operator.name}` does not support K={witness.K}, C={witness.C}.")
            if witness.verdict == "error":
                return _called(witness, operator)
            evaluator = Evaluator(operator, softener(witness.softener), witness.K, witness.C)
            return _evaluated(witness, evaluator)
    except UsageError as e:
        return _failed(witness, str(e))
    except Misbehaviour as e:
        return _failed(witness, f"{e}{chr(10) if e.details else ''}{e.details}".rstrip())


def _failed(witness: Witness, problem: str) -> Replay:
    return Replay(witness, None, (), problem)


def _operator(witness: Witness, op: Callable[..., Any] | Operator | None) -> Operator:
    """Raises UsageError, which says what is missing."""
    from axiomkd.operators.loading import lacking, load

    if op is not None:
        return _of_object(witness, op)
    if not witness.target:
        raise UsageError("the operator stands in no file. Give it: replay(fn).")
    missing = lacking(witness.target)
    if missing:
        raise UsageError(
            f"{missing} Run this in the folder in which the report was made, or give the operator: replay(fn)."
        )
    found = load(witness.target)
    if len(found) > 1:
        raise UsageError(f"{witness.target} names {len(found)} operators: {', '.join(one.target for one in found)}.")
    return found[0]


def _of_object(witness: Witness, op: Callable[..., Any] | Operator) -> Operator:
    from axiomkd.operators.objects import operators_of

    found = operators_of(op)
    of_name = [one for one in found if witness.target.endswith((f"::{one.name}", f":{one.name}"))]
    if len(found) > 1 and len(of_name) != 1:
        raise UsageError(f"{len(found)} operators are registered for it: give one of them, axiomkd's Operator.")
    return found[0] if len(found) == 1 else of_name[0]


# --- by the kind of claim ------------------------------------------------------------------------------------------------


def _evaluated(witness: Witness, evaluator: Any) -> Replay:
    reading = axioms.BY_NAME[witness.reading.partition("/")[2]]
    if witness.verdict == "fragile" or any(x != x for row in witness.exact.value for x in row):
        return _breaks(witness, evaluator, reading)
    if isinstance(reading.claim, Pointwise):
        return _pointwise(witness, evaluator, reading)
    if isinstance(reading.claim, OneTemperature):
        return _far(witness, evaluator, reading.claim)
    return _near(witness, evaluator, reading)


def case_of(witness: Witness) -> ExactCase:
    """The case of a pointwise claim. Where a number is not given, the claim does not look at it."""
    from axiomkd.claims import beside

    e = witness.exact
    t, T = e.t or (Fraction(1, 2),), e.T or (Fraction(1), Fraction(1, 2))
    k = witness.teacher or 0
    more = beside.read(
        axioms.BY_NAME[witness.reading.partition("/")[2]].claim,
        witness.model(),
        (e.P, e.w, e.P2, e.pi, e.delta),
        {"y": e.truth, "s": e.student, "l": e.likelihood},
    )
    return ExactCase(e.P, e.w, k, t[-1], T[0], T[-1], e.direction, more)  # type: ignore[arg-type]


def _pointwise(witness: Witness, evaluator: Any, reading: Reading) -> Replay:
    from axiomkd.claims import confirm

    found = confirm.confirm(evaluator, reading, case_of(witness))
    match found:
        case confirm.Confirmed():
            now = witness.found(witness_model(found.witness), found.message)
            return Replay(now, True, _shown(now))
        case confirm.Cleared():
            return Replay(witness, False, ("the claim holds at this point",))
        case confirm.Undefined():
            return _breaks(witness, evaluator, reading)
        case confirm.Rounded(why) | confirm.Open(why):
            return _failed(witness, why)


def _shown(now: Witness) -> tuple[str, ...]:
    """The table, the finding in words, and the margin."""
    said = (now.message,) if now.message else ()
    margin = now.model().margin
    unit = axioms.BY_NAME[now.reading.partition("/")[2]].unit
    told = (f"margin {short(margin)} ({unit})",) if margin is not None and unit else ()
    if phrases.tied(now.row(), now.model()):
        told = ("an equality, which counts as a margin of -1",)
    return (*plain.table(now.row(), whole=False), *said, *told)


def _near(witness: Witness, evaluator: Any, reading: Reading) -> Replay:
    """A at one or two exact points, which may be closer than doubles can tell apart."""
    from axiomkd.claims import nearby
    from axiomkd.tracing.numbers import Undecided

    softened = isinstance(reading.claim, Limit)
    if witness.exact.P2 is None and witness.exact.w2 is None and not softened:
        return _breaks(witness, evaluator, reading)  # one point alone: A is undefined there
    look = nearby.Look(evaluator, softened=softened)
    points = list(_points(witness, softened))
    try:
        values = [look.at(point, BITS) for point in points]
        low, told = _moves(values) if len(points) > 1 else _from_uniform(values[0])
        if isinstance(reading.claim, Growth):
            low, told = _quotient(points, values, told)
    except nearby.Undefined:
        return _breaks(witness, evaluator, reading)
    except Undecided as e:
        return _failed(witness, str(e))
    model = witness.model().model_copy(
        update={
            "value": [list(nearby.row(q)) for q in values],
            "margin": _margin(reading, low, alone=len(points) == 1),
            "confirmed": nearby.how(look.exactly, *values),
        }
    )
    now = witness.found(model)
    if isinstance(reading.claim, Growth):
        least = _reported(witness)
    else:
        least = tolerances.FAR if len(points) == 1 else look.threshold
    return Replay(now, low > least, (*plain.table(now.row(), whole=False), *told))


def _far(witness: Witness, evaluator: Any, claim: OneTemperature) -> Replay:
    """A with one temperature far on its way, and at the limit of its row."""
    from axiomkd.claims import nearby, one_temperature
    from axiomkd.claims.places import Point
    from axiomkd.tracing.exact import object_array
    from axiomkd.tracing.numbers import Undecided

    e, k = witness.exact, witness.teacher
    t = e.T[0] if e.T else e.Ts[k] if e.Ts and k is not None else None
    if t is None:
        return _failed(
            witness, "it names no temperature: Ts with that of each teacher, or T where the operator takes one"
        )
    look = nearby.Look(evaluator)
    base = Point(object_array([list(row) for row in e.P]), object_array(list(e.w)))
    move = one_temperature.Move(claim.cold, k if e.Ts else None)
    try:
        values, (low, _) = one_temperature.compared(look, base, move, object_array(t)[()])
    except nearby.Undefined:
        return _failed(witness, "the aggregate is undefined there, or at the limit: nothing is claimed")
    except Undecided as why:
        return _failed(witness, str(why))
    apart = one_temperature.Apart(object_array(t)[()], values, low)
    now = witness.found(witness_model(one_temperature.witness(look, base, move, apart)))
    told = f"TV to the aggregate at the limit: {short(str(low))}"
    least = tolerances.JUMP if look.exactly else tolerances.FLOAT_JUMP
    return Replay(now, low > least, (*plain.table(now.row(), whole=False), told))


def _margin(reading: Reading, low: Fraction, *, alone: bool) -> str:
    """As a report has it: a quotient in four digits, how far beyond what `limits` allows, a gap."""
    from axiomkd.claims import nearby

    if isinstance(reading.claim, Growth):
        return f"-{float(low):.4g}"
    return nearby.below(tolerances.FAR - low if alone else -low)


def _reported(witness: Witness) -> Fraction:
    """What a quotient must be above. That quotients grow without bound no pair shows alone (`axiomkd verify` looks at many):
    this one must be that of the report, or where the report is not at hand it must grow at all."""
    margin = witness.exact.margin
    return abs(margin) * (1 - tolerances.REPLAYED) if isinstance(margin, Fraction) else Fraction(1)


def _points(witness: Witness, softened: bool) -> Iterator[Any]:
    from axiomkd.claims.places import Point
    from axiomkd.tracing.exact import object_array

    e = witness.exact
    temperatures: Sequence[Any] = e.T or (Fraction(1),)
    pairs = [(e.P, e.w, temperatures[0])]
    if e.P2 is not None or e.w2 is not None or len(temperatures) > 1:
        pairs.append((e.P2 or e.P, e.w2 or e.w, temperatures[-1]))
    for P, w, T in pairs:
        third = object_array(T)[()] if softened else None
        yield Point(object_array([list(row) for row in P]), object_array(list(w)), third)


def _moves(values: Sequence[np.ndarray]) -> tuple[Fraction, tuple[str, ...]]:
    from axiomkd.claims import nearby

    low = nearby.gap(values[0], values[1], BITS)[0]
    return low, (f"sum of absolute differences of the aggregates: {short(str(low))}",)


def _quotient(
    points: Sequence[Any], values: Sequence[np.ndarray], told: tuple[str, ...]
) -> tuple[Fraction, tuple[str, ...]]:
    from axiomkd.claims import nearby

    x, y = points
    distance = nearby.gap(x.P.ravel(), y.P.ravel(), BITS)[1] + nearby.gap(x.w, y.w, BITS)[1]
    if not distance:
        raise nearby.Undefined
    quotient = nearby.gap(values[0], values[1], BITS)[0] / distance
    apart = f"distance of the points: {short(str(distance))}, quotient: {short(float(quotient).hex())}"
    return quotient, (*told, apart)


def _from_uniform(q: np.ndarray) -> tuple[Fraction, tuple[str, ...]]:
    from axiomkd.claims import nearby
    from axiomkd.tracing import numbers
    from axiomkd.tracing.arrays import full

    uniform = full(q.shape, numbers.ONE / numbers.rational(len(q)))
    low = nearby.gap(q, uniform, BITS)[0] / 2
    return low, (f"TV to the uniform distribution: {short(str(low))}",)


# --- floats that break, calls that go wrong ------------------------------------------------------------------------------


def _breaks(witness: Witness, evaluator: Any, reading: Reading) -> Replay:
    """What float64 gives at each point that the claim looks at, beside what exact arithmetic does."""
    from axiomkd.tracing import numbers

    rows: list[tuple[str, Sequence[str]]] = []
    seen = False
    for name, point in _probed(witness, reading):
        q, exact = _in_floats(evaluator, point), _in_exact(evaluator, point)
        rows.append((f"{name}float64", [repr(float(x)) for x in q]))
        if exact is not None:
            rows.append((f"{name}exact", [repr(numbers.to_float(x)) for x in exact]))
        seen |= not np.isfinite(q).all() or exact is not None and _differ(q, exact)
    return _plainly(witness, seen, [f"{label:<24}{'  '.join(told)}" for label, told in rows])


def _differ(q: np.ndarray, exact: Sequence[Any]) -> bool:
    """Whether floats are off by more than rounding, or lose the support: a 0 where there is a number above it."""
    from axiomkd.tracing import numbers

    lost = any(x == 0 and numbers.bounds(y)[0] > 0 for x, y in zip(q, exact, strict=True))
    return lost or not np.allclose(
        q, [numbers.to_float(y) for y in exact], rtol=tolerances.FRAGILE, atol=tolerances.FRAGILE
    )


def _probed(witness: Witness, reading: Reading) -> Iterator[tuple[str, tuple[Any, Any, Any]]]:
    """(name, (P, w, T)) of the points that the claim compares; the one given where it looks nowhere else."""
    e, k, claim = witness.exact, witness.teacher or 0, reading.claim
    if not isinstance(claim, Pointwise) or len(claim.probes) == 1:
        yield "", (e.P, e.w, e.T[0] if e.T and isinstance(claim, Limit) else None)
        return
    t, T = (e.t or (Fraction(1),))[-1], e.T or (Fraction(1),)

    def tilted(share: Any) -> tuple[Any, ...]:
        return tuple((1 - share) * x + share * (j == k) for j, x in enumerate(e.w))

    points = {
        "q": ("as given", (e.P, e.w, None)),
        "q_same": (f"all as teacher {k}", ((e.P[k],) * witness.K, e.w, None)),
        "q_tilted": (f"t = {t}", (e.P, tilted(t), None)),
        "q_vertex": (f"all on teacher {k}", (e.P, tilted(1), None)),
        "q_cold": (f"T = {T[0]}", (e.P, e.w, T[0])),
        "q_warm": (f"T = {T[-1]}", (e.P, e.w, T[-1])),
    }
    for probe in claim.probes:
        if probe in points:
            name, point = points[probe]
            yield f"{name}: ", point


def _in_floats(evaluator: Any, point: tuple[Any, Any, Any]) -> np.ndarray:
    from axiomkd.claims.nearby import plain_batch, soft_batch

    P, w, T = (None if x is None else np.array([x], float) for x in point)
    assert P is not None and w is not None
    with np.errstate(all="ignore"):
        if T is None:
            return plain_batch(evaluator, P, w, suggests=False)[0]
        return soft_batch(evaluator, P, w, T, suggests=False)[0]


def _in_exact(evaluator: Any, point: tuple[Any, Any, Any]) -> list[Any] | None:
    from axiomkd.claims import nearby
    from axiomkd.claims.places import Point
    from axiomkd.tracing import numbers
    from axiomkd.tracing.exact import object_array

    if not evaluator.exactly:
        return None
    P, w, T = point
    there = Point(object_array([list(row) for row in P]), object_array(list(w)), object_array(T or Fraction(1))[()])
    try:
        return list(nearby.Look(evaluator, softened=True).at(there, 1024))
    except (nearby.Undefined, numbers.Undecided):
        return None


def _called(witness: Witness, operator: Operator) -> Replay:
    """The call that went wrong, twice: an operator may raise, return what it should not, or change its mind."""
    from axiomkd.operators import guess
    from axiomkd.operators.frames import said, user_traceback
    from axiomkd.operators.heat import temperature

    P, w = witness.P, witness.w
    given = np.log(P) if operator.takes_logs else P
    more = temperature(operator, float(witness.exact.T[0]) if witness.exact.T else None, w)
    found: list[Any] = []
    kept = given.copy(), w.copy()
    told = []
    try:
        with np.errstate(all="ignore"):
            for name, point in (("it returned", (given.copy(), w.copy())), ("called once more", (given, w))):
                found.append(guess.settled(operator).fn(*point, **more))
                told.append(f"{name:<18}{found[-1]}")
    except (Exception, SystemExit) as e:  # whatever the operator raises is what was to be seen
        raised = user_traceback(e) or said(e)
        return _plainly(witness, True, [*told, *raised.rstrip().splitlines()])
    changed = not all(np.array_equal(*pair, equal_nan=True) for pair in zip(kept, (given, w), strict=True))
    told += ["it changed what it was given"] if changed else []
    return _plainly(witness, changed or not _behaves(found, witness.C), told)


def _behaves(found: Sequence[Any], C: int) -> bool:
    """Whether both results are the same C finite numbers."""
    try:
        first, second = (np.asarray(q, float) for q in found)
    except (TypeError, ValueError):
        return False
    return first.shape == (C,) and bool(np.isfinite(first).all()) and np.array_equal(first, second)


def _plainly(witness: Witness, seen: bool, lines: Sequence[str]) -> Replay:
    """A replay that has lines of its own instead of the table."""
    return Replay(witness.found(witness.model(), witness.message), seen, tuple(lines))
