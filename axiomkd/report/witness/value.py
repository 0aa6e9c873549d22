"""The witness itself: exact numbers as fractions, the same as NumPy arrays, and the texts made of them.

It knows reports and their words; it runs no operator (`replay` does).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from numbers import Rational, Real
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from axiomkd import axioms
from axiomkd.core.errors import UsageError
from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.core.softener import DEFAULT
from axiomkd.report import plain
from axiomkd.report.bars import value as number_of

if TYPE_CHECKING:
    from axiomkd.core.operator import Operator
    from axiomkd.report.witness.replayed import Replay

Number = Fraction | float
"""A fraction; a float only where it is inf or nan."""
Row = tuple[Number, ...]
Rows = tuple[Row, ...]


@dataclass(frozen=True)
class Exact:
    """The numbers of a witness, each exactly: P is K rows of C, w is K weights, P2 and w2 a second point, t and T the values
    compared, Ts the temperature of each teacher, `direction`, `truth`, `student` and `likelihood` C numbers, `pi` the chance of
    each row of P against that of P2, `delta` the weight that moves, `value` the aggregate at each point compared, `margin` the
    claim's. None where a claim has no such number. A ball's value is the double nearest to it."""

    P: Rows
    w: Row
    P2: Rows | None = None
    w2: Row | None = None
    t: Row | None = None
    T: Row | None = None
    Ts: Row | None = None
    direction: Row | None = None
    truth: Row | None = None
    student: Row | None = None
    likelihood: Row | None = None
    pi: Row | None = None
    delta: Number | None = None
    value: Rows = ()
    margin: Number | None = None


@dataclass(frozen=True, init=False, repr=False)
class Witness:
    """A point at which a claim fails (or floats break, or a call goes wrong), as a report shows it.

    `exact` has its numbers as fractions; `P` (K, C), `w` (K,), `P2`, `w2`, `direction` (C,) and `value` (n, C) are float64
    arrays of the same. `classes` are the one or two classes that the claim is about, `teacher` the index k, `teacher2` the
    other one, `chosen` a set of classes, or the two that are merged. `confirmed` is exact,
    ball or float64, "" where nothing has been computed yet. `target` says where the operator is, `softener` what temperature does.
    """

    target: str
    reading: str
    exact: Exact
    classes: tuple[int, ...]
    teacher: int | None
    teacher2: int | None
    chosen: tuple[int, ...]
    confirmed: str
    verdict: str
    message: str
    softener: str
    # As the report has it, where it comes from one: a hexadecimal number there is the nearest double to what was computed, even
    # where it looks like a short fraction.
    _source: WitnessModel | None = field(default=None, compare=False)

    def __init__(
        self,
        target: str,
        reading: str,
        *,
        P: Any,
        w: Any,
        P2: Any = None,
        w2: Any = None,
        teacher: int | None = None,
        t: Any = None,
        T: Any = None,
        Ts: Any = None,
        direction: Any = None,
        truth: Any = None,
        student: Any = None,
        likelihood: Any = None,
        pi: Any = None,
        delta: Any = None,
        teacher2: int | None = None,
        chosen: Sequence[int] = (),
        value: Any = (),
        margin: Any = None,
        classes: Sequence[int] = (),
        confirmed: str = "",
        verdict: str = "refuted",
        message: str = "",
        softener: str = DEFAULT,
    ) -> None:
        """`target` as in a report ("my_op.py::name"), `reading` "envelope" or "convexity/envelope"; P (K, C) and w (K,) are
        nested lists of ints, fractions, floats (taken exactly) or strings such as "1/10". Raises UsageError."""
        exact = Exact(
            _rows("P", P) or (),
            _row("w", w) or (),
            _rows("P2", P2),
            _row("w2", w2),
            _row("t", t),
            _row("T", T),
            _row("Ts", Ts),
            _row("direction", direction),
            _row("truth", truth),
            _row("student", student),
            _row("likelihood", likelihood),
            _row("pi", pi),
            None if delta is None else _number("delta", delta),
            _rows("value", value) or (),
            None if margin is None else _number("margin", margin),
        )
        _fits(exact, teacher, teacher2, chosen)
        given = (
            target,
            axioms.reading_id(reading),
            exact,
            tuple(classes),
            teacher,
            teacher2,
            tuple(chosen),
            confirmed,
            verdict,
            message,
            softener,
            None,
        )
        for one, value_of in zip(fields(self), given, strict=True):
            object.__setattr__(self, one.name, value_of)

    # --- arrays ----------------------------------------------------------------------------------------------------------

    @property
    def K(self) -> int:
        return len(self.exact.P)

    @property
    def C(self) -> int:
        return len(self.exact.P[0])

    @property
    def P(self) -> np.ndarray:
        """(K, C) float64, the doubles nearest to the exact rows."""
        return _array(self.exact.P)

    @property
    def w(self) -> np.ndarray:
        """(K,) float64."""
        return _array(self.exact.w)

    @property
    def P2(self) -> np.ndarray | None:
        """(K, C) float64, None where there is no second panel."""
        return None if self.exact.P2 is None else _array(self.exact.P2)

    @property
    def w2(self) -> np.ndarray | None:
        """(K,) float64, None where there are no second weights."""
        return None if self.exact.w2 is None else _array(self.exact.w2)

    @property
    def direction(self) -> np.ndarray | None:
        """(C,) float64, None where the claim has none."""
        return None if self.exact.direction is None else _array(self.exact.direction)

    @property
    def value(self) -> np.ndarray:
        """(n, C) float64: the aggregate at each of the n points that the claim compares."""
        return _array(self.exact.value)

    @property
    def margin(self) -> float | None:
        """How far the claim is from failing, in its unit: negative where it fails."""
        return None if self.exact.margin is None else _float(self.exact.margin)

    # --- texts -----------------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        by = "" if self.margin is None or not math.isfinite(self.margin) else f", margin {self.margin:.6g}"
        return f"<axiomkd.Witness: {self.target} {self.reading} {self.verdict} at K={self.K}, C={self.C}{by}>"

    def __str__(self) -> str:
        head = f"{' · '.join(filter(None, (self.target, self.reading)))} {self.verdict}"
        said = [f"  {self.message}"] if self.message else []
        table = plain.table(self.row(), whole=False) if self.exact.value else []
        return "\n".join(
            [head + (f" ({self.confirmed})" if self.confirmed else ""), *said, *(f"  {one}" for one in table)]
        )

    def show(self) -> None:
        """Print the witness as a table."""
        print(self)

    def to_latex(self) -> str:
        """A counterexample for a paper, about six lines; needs amsmath."""
        from axiomkd.report.witness.writing import latex

        return latex(self)

    def to_markdown(self) -> str:
        """A sentence and a table."""
        from axiomkd.report.witness.writing import markdown

        return markdown(self)

    def to_python(self) -> str:
        """The lines of Python that see it again; they use nothing but the public interface."""
        from axiomkd.report.reproducer import lines

        return "\n".join(lines(self.target, self.row(), self.model(), self.softener))

    def replay(self, op: Callable[..., Any] | Operator | None = None) -> Replay:
        """Evaluate the operator at the witness again, as exactly as it can be, and say what came of it.

        `op` is the operator where `target` does not lead to it. Nothing is raised for what the operator does, or for its not being
        found: that is what the result says.
        """
        import axiomkd  # the package's door: what runs an operator stands above what is reported

        return axiomkd.replay(self, op)

    # --- as a report has it ----------------------------------------------------------------------------------------------

    def model(self) -> WitnessModel:
        """The same as in a report's JSON."""
        if self._source is not None:
            return self._source
        e = self.exact
        given: dict[str, Any] = {name: None if (x := getattr(e, name)) is None else _texts(x) for name in _LISTS}
        given["class"] = list(self.classes) if len(self.classes) > 1 else next(iter(self.classes), None)
        return WitnessModel(
            K=self.K,
            C=self.C,
            **given,
            teacher=self.teacher,
            teacher2=self.teacher2,
            delta=None if e.delta is None else _text(e.delta),
            classes=list(self.chosen) or None,
            margin=None if e.margin is None else _text(e.margin),
            confirmed=self.confirmed or "float64",  # type: ignore[arg-type]
        )

    def row(self) -> ReadingModel:
        """A row of a report that has this witness and nothing else, for whoever writes rows."""
        axiom, _, name = self.reading.partition("/")
        return ReadingModel(
            axiom=axiom,
            reading=name,
            required=True,
            verdict=self.verdict,  # type: ignore[arg-type]
            method="search",
            scope=None,
            cases=0,
            margin=None,
            seconds=0.0,
            message=self.message,
            certificate=None,
            witness=self.model(),
        )

    def found(self, model: WitnessModel, message: str = "") -> Witness:
        """The same point, with the values that were computed at it now."""
        return made(self.target, self.reading, model, verdict=self.verdict, message=message, softener=self.softener)


MANTISSA = 20  # bits: the numerators of fractions that people or a shrinking search choose are shorter
_LISTS = ("P", "w", "P2", "w2", "t", "T", "Ts", "direction", "truth", "student", "likelihood", "pi", "value")


def made(target: str, reading: str, model: WitnessModel, **more: Any) -> Witness:
    """The public value of a witness in a report."""
    classes = model.cls if isinstance(model.cls, list) else [] if model.cls is None else [model.cls]
    given = {name: getattr(model, name) for name in _LISTS}
    out = Witness(
        target,
        reading,
        **given,
        teacher=model.teacher,
        teacher2=model.teacher2,
        delta=model.delta,
        chosen=model.classes or (),
        margin=model.margin,
        classes=classes,
        confirmed=model.confirmed,
        **more,
    )
    object.__setattr__(out, "_source", model)
    return out


def witness_of(report: Report, reading: str, operator: str | None = None, *, largest: bool = False) -> Witness:
    """The witness of a report against a reading. Raises UsageError where there is none, or `operator` has to choose."""
    name = axioms.reading_id(reading).partition("/")[2]
    found = [(one, r) for one in _named(report, operator) for r in one.readings if r.reading == name and r.witness]
    if not found:
        raise UsageError(_none(report, name, operator))
    if len(found) > 1:
        names, first = ", ".join(one.name for one, _ in found), found[0][0].name
        raise UsageError(
            f"{name} has a witness against each of {names}: say which operator, by its name: `--operator {first}` of the "
            f'command, or report.witness("{name}", "{first}").'
        )
    one, row = found[0]
    model = row.largest or row.witness if largest else row.witness
    assert model is not None
    return made(
        one.target, row.id, model, verdict=_shown(one, row), message=row.message, softener=report.settings.softener
    )


def _shown(one: OperatorModel, row: ReadingModel) -> str:
    """The verdict that the witness speaks for: a counterexample that contradicts a proof is one, whatever became of the row."""
    return "refuted" if one.defect else row.verdict


def _named(report: Report, operator: str | None) -> Sequence[OperatorModel]:
    if operator is None:
        return report.operators
    found = [one for one in report.operators if operator in (one.name, one.target)]
    if not found:
        raise UsageError(
            f"no operator {operator!r} in the report; there are {', '.join(o.name for o in report.operators)}."
        )
    return found


def _none(report: Report, name: str, operator: str | None) -> str:
    rows = [(one, r) for one in _named(report, operator) for r in one.readings if r.reading == name]
    if not rows:
        return f"the report has no reading {name}: it was not asked for."
    told = ", ".join(f"{r.verdict} for {one.name}" for one, r in rows)
    there = sorted({r.reading for one in _named(report, operator) for r in one.readings if r.witness})
    also = f" There are witnesses against {', '.join(there)}." if there else ""
    return f"{name} has no witness: it is {told}.{also}"


# --- numbers -------------------------------------------------------------------------------------------------------------


def _number(name: str, x: Any) -> Number:
    try:
        if isinstance(x, str):
            return number_of(x)
        if isinstance(x, Rational):
            return Fraction(x)
        if isinstance(x, Real):
            return Fraction(float(x)) if math.isfinite(x) else float(x)
    except ValueError:
        pass
    raise UsageError(f"{name}: {x!r} is no number; give an int, a Fraction, a float or a text such as '1/10'.")


def _row(name: str, x: Any) -> Row | None:
    if x is None:
        return None
    if isinstance(x, str) or not isinstance(x, Iterable):
        raise UsageError(f"{name}: {x!r} is no list of numbers.")
    return tuple(_number(name, one) for one in cast(Iterable[Any], x))


def _rows(name: str, x: Any) -> Rows | None:
    if x is None:
        return None
    if isinstance(x, str) or not isinstance(x, Iterable):
        raise UsageError(f"{name}: {x!r} is no list of rows.")
    return tuple(_row(name, one) or () for one in cast(Iterable[Any], x))


def _fits(e: Exact, teacher: int | None, teacher2: int | None, chosen: Sequence[int]) -> None:
    """Raises UsageError where the shapes are not those of K teachers and C classes."""
    K, C = len(e.P), len(e.P[0]) if e.P else 0
    sizes = [("w", e.w), ("w2", e.w2), ("P2", e.P2), ("Ts", e.Ts), ("pi", e.pi)]
    if not K or not C or any(len(row) != C for row in (*e.P, *(e.P2 or ()))):
        raise UsageError("P: give K rows of C numbers each.")
    for name, one in sizes:
        if one is not None and len(one) != K:
            raise UsageError(f"{name} has {len(one)} entries for the {K} rows of P.")
    for name in ("direction", "truth", "student", "likelihood"):
        if (one := getattr(e, name)) is not None and len(one) != C:
            raise UsageError(f"{name} has {len(one)} numbers for {C} classes.")
    for k in (teacher, teacher2):
        if k is not None and not 0 <= k < K:
            raise UsageError(f"teacher {k}: P has the teachers 0 to {K - 1}.")
    if any(not 0 <= i < C for i in chosen):
        raise UsageError(f"chosen {list(chosen)}: P has the classes 0 to {C - 1}.")


def _texts(x: Any) -> Any:
    return [_texts(one) for one in cast(tuple[Any, ...], x)] if isinstance(x, tuple) else _text(x)


def _text(x: Number) -> str:
    """A double with a long mantissa in hexadecimal, as reports have it: it is the nearest one to what was computed, and a reader
    must not take it for a number that lies next to a short fraction."""
    double = (
        isinstance(x, Fraction)
        and x.numerator.bit_length() > MANTISSA
        and math.isfinite(_float(x))
        and Fraction(_float(x)) == x
    )
    return float(x).hex() if double else str(x)


def _float(x: Number) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def _array(x: Any) -> np.ndarray:
    return np.array(
        [[_float(one) for one in cast(tuple[Any, ...], row)] if isinstance(row, tuple) else _float(row) for row in x]
    )
