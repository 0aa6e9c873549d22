"""What else a witness gives to a claim: the other teacher, what is true, a student, a set, a likelihood, second outcomes.

Written from the table of the readings and from the fields of the report; the search draws its own.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from axiomkd.core.arithmetic import Arithmetic
from axiomkd.core.extras import TEACHER
from axiomkd.core.reading import Pointwise, View
from axiomkd.core.report import WitnessModel
from axiomkd.verify.line import Failed

Numbers = tuple[Fraction, ...]
HALF = Fraction(1, 2)
FIELDS = ("teacher2", "delta", "P2", "pi", "truth", "student", "classes", "likelihood")


@dataclass(frozen=True)
class Beside:
    """The witness's further fields in fractions; None where it has none."""

    teacher2: int | None = None
    delta: Fraction | None = None
    P2: tuple[Numbers, ...] | None = None
    pi: Numbers | None = None
    truth: Numbers | None = None
    student: Numbers | None = None
    classes: tuple[int, ...] | None = None
    likelihood: Numbers | None = None


def wanted(claim: Pointwise) -> set[str]:
    """The fields that a witness against the claim has, of those beside the old ones."""
    needs, out = set(claim.needs), set()
    for need, fields in _OF_NEEDS.items():
        if need in needs:
            out |= fields
    return out


_OF_NEEDS = {
    "other": {"teacher2"},
    "share": {"delta"},
    "row": {"P2"},
    "mean": {"P2", "pi"},
    "second": {"P2", "pi"},
    "y": {"truth"},
    "s": {"student"},
    "l": {"likelihood"},
    "S": {"classes"},
    "pair": {"classes"},
}


def of(w: WitnessModel, number: Callable[[str], Fraction]) -> Beside:
    """The further fields of a witness. Raises Failed where a shape or a range is wrong."""

    def row(texts: list[str] | None, n: int, what: str) -> Numbers | None:
        if texts is None:
            return None
        if len(texts) != n:
            raise Failed(f"the witness's {what} has {len(texts)} numbers, expected {n}")
        return tuple(map(number, texts))

    if w.teacher2 is not None and (not 0 <= w.teacher2 < w.K or w.teacher2 == (w.teacher or 0)):
        raise Failed(f"the witness names teacher {w.teacher2} of {w.K} as the other one")
    if w.classes is not None and (
        not w.classes or sorted(set(w.classes)) != w.classes or not 0 <= w.classes[0] <= w.classes[-1] < w.C
    ):
        raise Failed(f"the witness names classes {w.classes} of {w.C}")
    if w.P2 is not None and len(w.P2) != w.K:
        raise Failed(f"the witness's P2 has {len(w.P2)} rows of {w.K}")
    P2 = None if w.P2 is None else tuple(row(p, w.C, "P2") or () for p in w.P2)
    return Beside(
        w.teacher2,
        None if w.delta is None else number(w.delta),
        P2,
        row(w.pi, w.K, "pi"),
        row(w.truth, w.C, "truth"),
        row(w.student, w.C, "student"),
        None if w.classes is None else tuple(w.classes),
        row(w.likelihood, w.C, "likelihood"),
    )


def inside(claim: Pointwise, b: Beside, P: tuple[Numbers, ...], w: Numbers, k: int, rounded: Fraction) -> None:
    """What the witness gives is of the claim's kind: distributions, positive where that is asked, of one mean. Raises Failed."""
    needs = set(claim.needs)
    for name, one, positive in (("student", b.student, True), ("truth", b.truth, False)):
        if one is not None and (min(one) < 0 or (positive and min(one) == 0) or abs(sum(one) - 1) > rounded):
            raise Failed(f"the witness's {name} is no distribution that the claim speaks of")
    if b.likelihood is not None and min(b.likelihood) <= 0:
        raise Failed("the witness's likelihood has an entry that is not positive")
    if b.delta is not None and (b.teacher2 is None or not 0 < b.delta <= w[b.teacher2] + rounded):
        raise Failed(f"the witness moves {b.delta} of weight, and the other teacher has no such weight")
    if b.P2 is not None and any(min(p) <= 0 or abs(sum(p) - 1) > rounded for p in b.P2):
        raise Failed("a row of the witness's P2 is no distribution of positive numbers")
    if b.pi is not None and not all(0 < x < 1 for x in b.pi):
        raise Failed("a chance of the witness is not between 0 and 1")
    if b.P2 is not None:
        _second_rows(needs, b, P, k, rounded)
    if "S" in needs and b.classes is not None and len(b.classes) == len(P[0]):
        raise Failed("the witness's set has all classes")
    if "pair" in needs and b.classes is not None and len(b.classes) != 2:
        raise Failed(f"the witness merges {len(b.classes)} classes, expected two")


def _second_rows(needs: set[str], b: Beside, P: tuple[Numbers, ...], k: int, rounded: Fraction) -> None:
    """P2 differs from P only in rows that the witness names, and has the same mean where that is asked. Raises Failed."""
    assert b.P2 is not None
    named = (k,) if "row" in needs else (k, b.teacher2)
    if any(b.P2[j] != P[j] for j in range(len(P)) if j not in named):
        raise Failed("the witness changes a row beside those of the teachers that it names")
    if "mean" in needs and b.pi is not None:
        rows = zip(P, b.P2, b.pi, strict=True)
        means = [tuple(c * x + (1 - c) * y for x, y in zip(p, p2, strict=True)) for p, p2, c in rows]
        off = max(abs(x - y) for mean in means for x, y in zip(mean, means[0], strict=True))
        if off > rounded:
            raise Failed(f"the rows of the witness have not one mean: they are up to {float(off):.3g} apart")


def fill(
    m: Arithmetic, v: View, claim: Pointwise, b: Beside, k: int, array: Callable[[Any], Any], A: Callable, now: Any
) -> None:
    """The view's further fields, and the aggregates at the further points. `array` makes numbers of fractions."""
    needs, (K, C) = set(claim.needs), (len(v.w), np.shape(v.P)[-1])

    def hot(j: int, n: int) -> Any:
        return array([Fraction(int(i == j)) for i in range(n)])

    def panel(rows: dict[int, Any]) -> Any:
        return np.stack([rows.get(j, v.P[j]) for j in range(K)])

    if TEACHER in needs:
        v.w_k = m.sum(v.w * hot(k, K), -1)
    if "other" in needs:
        _other_teacher(m, v, needs, b, hot, K, k, array, A, now)
    if "row" in needs:
        assert b.P2 is not None
        v.row = array(list(b.P2[k]))
        v.q_changed = A(panel({k: v.row}), v.w, now)
    for need, values in (("y", b.truth), ("s", b.student), ("l", b.likelihood)):
        if need in needs:
            setattr(v, need, array(list(values or ())))
    if "S" in needs:
        v.S = array([Fraction(int(i in (b.classes or ()))) for i in range(C)])
    if "l" in needs:
        weighed = v.P * v.l[None, :]
        v.q_weighed = A(weighed / m.sum(weighed, -1)[..., None], v.w, now)
    if "pair" in needs:
        _merge(m, v, b, array, A, now)
    if needs & {"mean", "second"}:
        _vary(v, needs, b, k, array, A, now, panel)


def _other_teacher(
    m: Arithmetic, v: View, needs: set[str], b: Beside, hot: Callable, K: int, k: int, array: Any, A: Callable, now: Any
) -> None:
    """The row and the weight of the other teacher, and A where some of that weight has moved to teacher k."""
    assert b.teacher2 is not None
    v.other, v.p2, v.w_other = b.teacher2, v.P[b.teacher2], m.sum(v.w * hot(b.teacher2, K), -1)
    if "share" in needs:
        assert b.delta is not None
        v.delta = array(b.delta)
        v.q_moved = A(v.P, v.w + v.delta[..., None] * (hot(k, K) - hot(b.teacher2, K)), now)


def _merge(m: Arithmetic, v: View, b: Beside, array: Callable[[Any], Any], A: Callable, now: Any) -> None:
    """Two classes added up: the later one goes."""
    (i, j), C = b.classes or (0, 1), np.shape(v.P)[-1]
    v.M = array(_merging(i, j, C))
    v.q_merged = A(m.sum(v.P[:, :, None] * v.M[None], -2), v.w, now)


@cache
def _merging(i: int, j: int, C: int) -> np.ndarray:
    """(C, C - 1), zeros and ones: made of fractions one by one it takes minutes where there are a thousand classes."""
    every = np.eye(C)
    every[j, i] = 1
    return np.delete(every, j, axis=1)


def _vary(v: View, needs: set[str], b: Beside, k: int, array: Any, A: Callable, now: Any, panel: Callable) -> None:
    """Two rows that are those of P or those of P2; all others are the same in both."""
    assert b.P2 is not None and b.pi is not None and b.teacher2 is not None
    j = b.teacher2
    second, second2 = array(list(b.P2[k])), array(list(b.P2[j]))
    chance, chance2 = array(b.pi[k]), array(b.pi[j])
    if "mean" in needs:
        v.b, v.b2, v.chance, v.chance2, letter = second, second2, chance, chance2, "q"
    else:
        v.second, v.second2, v.pi, v.pi2, letter = second, second2, chance, chance2, "u"
    for name, rows in {"aa": {}, "ab": {j: second2}, "ba": {k: second}, "bb": {k: second, j: second2}}.items():
        setattr(v, f"{letter}_{name}", A(panel(rows), v.w, now))


def simple(
    claim: Pointwise, P: tuple[Numbers, ...], w: Numbers, k: int, seed: str, *, inside: bool
) -> Iterator[tuple[tuple[Numbers, ...], Beside]]:
    """A few choices of all that the claim needs beside P, w and k, in simple numbers, with P as they ask for it. `inside`: no
    weight moves away altogether, as of operators declared for the interior."""
    needs, K, rng = set(claim.needs), len(w), random.Random(f"{seed} {k} {P} {w}")
    if not claim.drawn:
        yield P, Beside()
        return
    for _ in range(CHOICES):
        j = (k + rng.randint(1, K - 1)) % K
        if "share" in needs and w[j] == 0:
            return
        fields = {name: choose(rng, P, w, k, j) for need, (name, choose) in _CHOSEN.items() if need in needs}
        if inside and "share" in needs:
            fields["delta"] = min(fields["delta"], w[j] / 2)
        shown = P
        if "mean" in needs:
            shown, fields["P2"], fields["pi"] = _about(rng, P, k, j)
        yield shown, Beside(**fields)


_CHOSEN: dict[str, tuple[str, Callable[[random.Random, tuple[Numbers, ...], Numbers, int, int], Any]]] = {
    "other": ("teacher2", lambda _rng, _P, _w, _k, j: j),
    "share": ("delta", lambda rng, _P, w, _k, j: w[j] * rng.choice((HALF, Fraction(1), Fraction(1, 5)))),
    "row": ("P2", lambda rng, P, _w, k, _j: _changed(rng, P, k)),
    "y": (
        "truth",
        lambda rng, P, _w, _k, _j: rng.choice((_hot(rng.randrange(len(P[0])), len(P[0])), _row(rng, len(P[0])))),
    ),
    "s": (
        "student",
        lambda rng, P, _w, _k, _j: rng.choice((_row(rng, len(P[0])), _nearly(rng.randrange(len(P[0])), len(P[0])))),
    ),
    "S": ("classes", lambda rng, P, _w, _k, _j: _some(rng, len(P[0]), rng.randint(1, len(P[0]) - 1))),
    "pair": ("classes", lambda rng, P, _w, _k, _j: _some(rng, len(P[0]), 2)),
    "l": ("likelihood", lambda rng, P, _w, _k, _j: tuple(Fraction(rng.randint(1, 5)) for _ in P[0])),
    "second": ("P2", lambda rng, P, _w, k, j: _changed(rng, P, k, j)),
    "pi": ("pi", lambda rng, _P, w, _k, _j: tuple(Fraction(rng.randint(1, 4), 5) for _ in w)),
}
"""By what a claim needs: the witness's field, and a simple choice of it."""


def _changed(rng: random.Random, P: tuple[Numbers, ...], *which: int) -> tuple[Numbers, ...]:
    return tuple(_row(rng, len(p)) if i in which else p for i, p in enumerate(P))


def _some(rng: random.Random, C: int, count: int) -> tuple[int, ...]:
    return tuple(sorted(rng.sample(range(C), count)))


CHOICES = 3


def _row(rng: random.Random, C: int) -> Numbers:
    odds = [rng.randint(1, 9) for _ in range(C)]
    return tuple(Fraction(x, sum(odds)) for x in odds)


def _hot(i: int, C: int) -> Numbers:
    return tuple(Fraction(int(i == n)) for n in range(C))


def _nearly(i: int, C: int) -> Numbers:
    """Nearly nothing on one class, the others even."""
    least = Fraction(1, 10**12)
    return tuple(least if n == i else (1 - least) / (C - 1) for n in range(C))


def _about(
    rng: random.Random, P: tuple[Numbers, ...], k: int, j: int
) -> tuple[tuple[Numbers, ...], tuple[Numbers, ...], Numbers]:
    """Two rows with the middle of the two as their mean, all other rows staying there."""
    mean = tuple((x + y) / 2 for x, y in zip(P[k], P[j], strict=True))
    first, second, chances = [], [], []
    for i in range(len(P)):
        p = P[i] if i in (k, j) else mean
        chance = Fraction(rng.randint(1, 4), 5) * min(m / x for m, x in zip(mean, p, strict=True))
        first.append(p)
        second.append(tuple((m - chance * x) / (1 - chance) for m, x in zip(mean, p, strict=True)))
        chances.append(chance)
    return tuple(first), tuple(second), tuple(chances)


def compared(claim: Pointwise) -> list[str]:
    """The further aggregates that a witness prints, in order."""
    return [name for name in (*_SINGLE, *map("".join, itertools.product(("q_", "u_"), _FOUR))) if name in claim.probes]


_SINGLE = ("q_moved", "q_changed", "q_weighed", "q_merged")
_FOUR = ("aa", "ab", "ba", "bb")
