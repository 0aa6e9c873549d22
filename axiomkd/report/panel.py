"""A witness as labelled rows: teachers with their weights, the second point, and what each aggregate belongs to.

Numbers stay the exact strings of the report; how they are shown, and on what, is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import groupby, zip_longest

from axiomkd import axioms
from axiomkd.core.reading import POINTS, Growth, Jump, Limit, OneTemperature, Pointwise
from axiomkd.core.report import ReadingModel, WitnessModel
from axiomkd.report.bars import closer_than, short, value

CLOSE = Fraction(1, 2**60)
ALIKE = 3  # teachers that are alike and have rows of their own all the same


@dataclass(frozen=True)
class Row:
    """One line of the table. `kind` is teacher, aggregate, direction or heading; a heading has no numbers."""

    kind: str
    label: str
    weights: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """The table of a witness: `weights` are the headings of the columns of weights; `notes` are sentences below it."""

    weights: tuple[str, ...]
    rows: tuple[Row, ...]
    classes: tuple[int, ...]
    teacher: int | None
    notes: tuple[str, ...] = field(default=())


def panel(reading: ReadingModel, witness: WitnessModel) -> Panel:
    """The table of one witness of a reading."""
    tilted = tilt(witness) or _moved(witness)
    weights = ("w",) if tilted is None else ("w", f"w({short(witness.t[-1])})" if witness.t else "w'")
    teachers = tuple(
        Row("teacher", f"teacher {k}", (w,) if tilted is None else (w, tilted[k]), tuple(row))
        for k, (w, row) in enumerate(zip(witness.w, witness.P, strict=True))
    )
    if two_points(reading, witness):
        rows = _two_points(witness, teachers)
    else:
        aggregates = _aggregates(reading, witness)
        whole = tuple(row for row in aggregates if len(row.numbers) == witness.C)
        rows = (*teachers, *_second_rows(witness), *whole)
    for label, numbers in (
        ("direction d", witness.direction),
        ("truth y", witness.truth),
        ("student s", witness.student),
        ("likelihood l", witness.likelihood),
    ):
        if numbers is not None:
            rows += (Row("direction", label, (), tuple(numbers)),)
    classes = witness.cls if isinstance(witness.cls, list) else [] if witness.cls is None else [witness.cls]
    notes = (*_near(witness), *_gaining(witness, tilted), *_beside(reading, witness), *_alike(rows, witness))
    return Panel(weights, rows, tuple(classes), witness.teacher, notes)


def two_points(reading: ReadingModel, witness: WitnessModel) -> bool:
    """Whether the witness is two points that are close, and no claim's second rows."""
    known = axioms.BY_NAME.get(reading.reading)
    pointwise = known is not None and isinstance(known.claim, Pointwise)
    return not pointwise and (witness.P2 is not None or witness.w2 is not None)


def _second_rows(witness: WitnessModel) -> tuple[Row, ...]:
    """What the rows that change, or vary by chance, are else."""
    both = zip(witness.P, witness.P2 or witness.P, strict=True)
    return tuple(
        Row("teacher", f"teacher {k}, else", (), tuple(new)) for k, (old, new) in enumerate(both) if new != old
    )


def _moved(witness: WitnessModel) -> tuple[str, ...] | None:
    """The weights where some of one teacher's has gone to another."""
    if witness.delta is None or witness.teacher is None or witness.teacher2 is None:
        return None
    delta = value(witness.delta)
    return tuple(
        str(value(w) + delta * ((j == witness.teacher) - (j == witness.teacher2))) for j, w in enumerate(witness.w)
    )


def _beside(reading: ReadingModel, witness: WitnessModel) -> tuple[str, ...]:
    """What the table does not hold: chances, a set of classes, an aggregate of fewer classes."""
    notes: list[str] = []
    if witness.pi is not None:
        varying = [k for k, (old, new) in enumerate(zip(witness.P, witness.P2 or [], strict=True)) if old != new]
        notes += [f"Teacher {k} is as above with probability {short(witness.pi[k])}, else as below." for k in varying]
    if witness.classes is not None:
        merged = any(len(q) < witness.C for q in witness.value)
        named = ", ".join(map(str, witness.classes))
        notes.append(
            f"Class {witness.classes[-1]} is added to class {witness.classes[0]}." if merged else f"S = {{{named}}}."
        )
    for label, q in zip(labels(reading, witness), witness.value, strict=False):
        if len(q) < witness.C:
            notes.append(f"{label[:1].upper()}{label[1:]}: ({', '.join(map(short, q))}).")
    return tuple(notes)


def few(rows: Sequence[Row], teacher: int | None, most: int) -> list[Row]:
    """The rows, teachers that are alike in one of them, and the end of a list of more than `most` left out; never the teacher
    that the claim is about."""
    rows = _together(rows, f"teacher {teacher}")
    teachers = [row for row in rows if row.kind == "teacher"]
    if len(teachers) <= most:
        return list(rows)
    hidden = [row for row in teachers[most - 1 :] if row.label != f"teacher {teacher}"]  # its own row, not one of many
    out: list[Row] = []
    for row in rows:
        if not any(row is one for one in hidden):
            out.append(row)
        elif row is hidden[0]:
            out.append(Row("heading", f"… {len(hidden)} more"))
    return out


def _together(rows: Sequence[Row], apart: str) -> list[Row]:
    """The rows, neighbouring teachers of the same weight and probabilities in one, but for the teacher named."""
    out: list[Row] = []
    alike = groupby(rows, lambda row: (row.kind, row.weights, row.numbers, row.kind != "teacher" or row.label == apart))
    for (kind, *_), group in alike:
        same = list(group)
        if kind == "teacher" and len(same) > ALIKE:
            first, last = (one.label.removeprefix("teacher ") for one in (same[0], same[-1]))
            same = [replace(same[0], label=f"teachers {first}–{last}, each")]
        out += same
    return out


@dataclass(frozen=True)
class Others:
    """Classes that have no column of their own: how many, and one that all of them are like, None where they differ."""

    count: int
    like: int | None = None

    @property
    def heading(self) -> str:
        return "…" if self.like is None else f"{self.count} more, each"


def columns(rows: Sequence[Row], C: int, wanted: Sequence[int], fit: int) -> list[int | Others]:
    """The classes to show in so many columns: those that the claim is about, and those that differ from all the rest.

    Where the rest is not alike, it is the first ones, and those that the claim is about, with the gaps between them.
    """
    kinds: dict[tuple[str, ...], list[int]] = {}
    for i in range(C):
        kinds.setdefault(tuple(row.numbers[i] for row in rows if row.numbers), []).append(i)
    common = max(kinds.values(), key=len)
    apart = sorted({*wanted, *range(C)} - (set(common) - set(wanted))) or common[:1]
    if len(apart) < fit and len(common) > 1:
        return [*apart, Others(C - len(apart), common[-1])]
    return _with_gaps(C, wanted, max(fit, len(wanted), 1))


def _with_gaps(C: int, wanted: Sequence[int], fit: int) -> list[int | Others]:
    late = [i for i in wanted if i >= fit - len(wanted)]
    chosen = sorted({*range(fit - len(late)), *late})
    out: list[int | Others] = []
    for before, i in zip([-1, *chosen], [*chosen, C], strict=True):
        out += [Others(i - before - 1)] if i != before + 1 else []
        out += [i] if i < C else []
    return out


def tilt(witness: WitnessModel) -> tuple[str, ...] | None:
    """w(t) = (1 - t) w + t e_k where the witness compares the weights w with those, else None."""
    t, k = witness.t, witness.teacher
    if t is None or k is None or len(t) != 2 or not witness.value or len(witness.value) < 2:
        return None
    share = value(t[1])
    return tuple(str((1 - share) * value(w) + share * (j == k)) for j, w in enumerate(witness.w))


def _gaining(witness: WitnessModel, tilted: tuple[str, ...] | None) -> tuple[str, ...]:
    if tilted is None:
        return ()
    if not witness.t:
        moved = f"{short(witness.delta or '0')} of weight has gone from teacher {witness.teacher2} to teacher {witness.teacher}"
        return (f"w': {moved}.",)
    t = witness.t[-1]
    share = "all the weight" if t == "1" else f"{short(t)} of the weight"
    return (f"w({short(t)}): {share} has gone to teacher {witness.teacher}.",)


def _alike(rows: Sequence[Row], witness: WitnessModel) -> tuple[str, ...]:
    """A note where two rows of aggregates read alike: by rounding, or because they are."""
    shown = [tuple(map(short, row.numbers)) for row in rows if row.kind == "aggregate"]
    same = len(shown) > 1 and len(set(shown)) == 1 and "nan" not in shown[0]
    if not same:
        return ()
    equal = witness.confirmed == "exact" and all(q == witness.value[0] for q in witness.value)
    return ("The aggregates are equal." if equal else "The aggregates differ, by less than this table shows.",)


# --- aggregates ------------------------------------------------------------------------------------------------------


def _aggregates(reading: ReadingModel, witness: WitnessModel) -> tuple[Row, ...]:
    named = zip_longest(labels(reading, witness), witness.value)
    rows = [Row("aggregate", label or "aggregate", (), tuple(q)) for label, q in named if q is not None]
    if witness.t == ["1"] and len({row.numbers for row in rows}) == 1:
        return tuple(Row("aggregate", "aggregate", (), row.numbers) for row in rows[:1])
    if witness.t == ["1"] and len(rows) == 3:
        return rows[0], rows[2]
    return tuple(rows)


def labels(reading: ReadingModel, witness: WitnessModel) -> list[str]:
    """What each row of `value` is the aggregate of."""
    if reading.verdict == "fragile" or (reading.verdict == "error" and witness.confirmed == "float64"):
        return ["float64 gives"]
    claim = axioms.BY_NAME[reading.reading].claim if reading.reading in axioms.BY_NAME else None
    match claim:
        case Pointwise(probes=probes):
            return _of_probes(probes, witness)
        case Limit():
            return [f"aggregate, {_equals('T', T)}" for T in witness.T or []]
        case OneTemperature(cold=cold):
            return _at_the_ends(witness, "one-hot" if cold else "uniform")
        case Jump() | Growth() | None:
            return ["aggregate"]


def _at_the_ends(witness: WitnessModel, end: str) -> list[str]:
    k = witness.teacher
    if k is None or witness.Ts is None:
        return [f"aggregate, {_far('T', T)}" for T in witness.T or []] + [f"aggregate, all rows {end}"]
    return [f"aggregate, {_far(f't_{k}', witness.Ts[k])}", f"aggregate, row {k} {end}"]


def _far(name: str, text: str) -> str:
    """The same of a temperature near infinity."""
    number = value(text)
    power = number.numerator.bit_length() - 1 if isinstance(number, Fraction) and number.denominator == 1 else 0
    return f"{name} = 2^{power}" if number == 2**power and power > 9 else _equals(name, text)


def _of_probes(probes: Sequence[str], witness: WitnessModel) -> list[str]:
    temperatures = witness.T or []
    if temperatures == ["1"]:
        return ["aggregate, T = 1", "aggregate, no T"]
    first, last = (temperatures[0], temperatures[-1]) if temperatures else ("", "")
    compared = bool({"q_tilted", "q_warm"} & set(probes))
    base = "aggregate" if not compared else "T = 1" if temperatures else "t = 0"
    of = {
        "q": base,
        "q_tilted": _equals("t", witness.t[-1]) if witness.t else "",
        "q_vertex": f"all on teacher {witness.teacher}",
        "q_cold": _equals("T", first) if first else "",
        "q_warm": _equals("T", last) if last else "",
        "q_moved": "w'",
        "q_changed": f"row {witness.teacher} changed",
        "q_weighed": "rows updated",
        "q_merged": "classes merged first",
        **{f"{letter}_{which}": told for letter in "qu" for which, told in _chances(witness).items()},
    }
    return [of[name] if of[name] == "aggregate" else f"aggregate, {of[name]}" for name in POINTS if name in probes]


def _chances(witness: WitnessModel) -> dict[str, str]:
    """Which of the rows that vary are as in P (a) or else (b), the named teacher first."""
    first, second = witness.teacher, witness.teacher2
    return {
        "aa": "no row else",
        "ab": f"row {second} else",
        "ba": f"row {first} else",
        "bb": f"rows {first} and {second} else",
    }


def _equals(name: str, text: str) -> str:
    shown = short(text)
    return f"{name} ≈ {shown[1:]}" if shown.startswith("≈") else f"{name} = {shown}"


# --- two points ------------------------------------------------------------------------------------------------------


def _two_points(witness: WitnessModel, teachers: tuple[Row, ...]) -> tuple[Row, ...]:
    """Both points, of the second what differs; each with its aggregate."""
    P2, w2 = witness.P2 or witness.P, witness.w2 or witness.w
    second = [
        Row("teacher", old.label, (w,), tuple(row))
        for old, w, row in zip(teachers, w2, P2, strict=True)
        if (w,) != old.weights or tuple(row) != old.numbers
    ]
    values = [Row("aggregate", "aggregate", (), tuple(q)) for q in witness.value]
    return (
        Row("heading", "first point"),
        *teachers,
        *values[:1],
        Row("heading", "second point"),
        *second,
        *values[1:],
    )


def _near(witness: WitnessModel) -> tuple[str, ...]:
    """A note where the two points are too close for the table to tell them apart."""
    moves = [(name, gap) for name, gap in _moves(witness) if gap]
    total = sum((abs(gap) for _, gap in moves), Fraction(0))
    if not moves or total > CLOSE:
        return ()
    shown = ", ".join(f"{name} by {_signed(gap)}" for name, gap in moves[:4])
    more = f", and {len(moves) - 4} more" if len(moves) > 4 else ""
    what = "The two temperatures" if moves[0][0] == "T" else "The two points"
    kept = " Rows not repeated are the same at both." if witness.P2 is not None or witness.w2 is not None else ""
    return (
        f"{what} lie within {closer_than(total)} of each other: a trailing + or - marks a number just above or below "
        f"the one shown. From the first to the second: {shown}{more}.{kept}",
    )


def _signed(gap: Fraction) -> str:
    return short(str(gap)) if gap < 0 else f"+{short(str(gap))}"


def _moves(witness: WitnessModel) -> list[tuple[str, Fraction]]:
    """(name of a number, second - first) for all numbers of two points, or of two temperatures."""
    pairs: list[tuple[str, str, str]] = []
    for k, (a, b) in enumerate(zip(witness.P, witness.P2 or witness.P, strict=True)):
        pairs += [(f"teacher {k} class {i}", x, y) for i, (x, y) in enumerate(zip(a, b, strict=True))]
    pairs += [
        (f"w of teacher {k}", x, y) for k, (x, y) in enumerate(zip(witness.w, witness.w2 or witness.w, strict=True))
    ]
    if witness.T is not None and len(witness.T) == 2:
        pairs.append(("T", witness.T[0], witness.T[1]))
    return [(name, _difference(x, y)) for name, x, y in pairs if x != y]


def _difference(x: str, y: str) -> Fraction:
    a, b = value(x), value(y)
    return b - a if isinstance(a, Fraction) and isinstance(b, Fraction) else Fraction(0)
