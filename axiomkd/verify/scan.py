"""A quick look of one's own at a claim: every margin in floats at many simple points, and whatever is below 0 again exactly.

It proves nothing. A verdict that is grossly wrong is seen here whatever its row says. It shares nothing with the search.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from axiomkd.core.arithmetic import NUMPY
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.core.tolerances import DETECT, SOFTENED_FLOOR
from axiomkd.verify import beside
from axiomkd.verify.subject import Size, Subject
from axiomkd.verify.view import Case, many_in_floats

CASES, CASES_ONE_BY_ONE = 300, 40  # a size
LARGEST_SIZE, SIZES = 30, 5  # K*C, and how many sizes, looked at
TILTS = (Fraction(1, 8), Fraction(1, 3), Fraction(1, 2), Fraction(1))
PAIRS = tuple((Fraction(a), Fraction(b)) for a, b in ((1, 2), (1, 8), (2, 4), (1, 32)))
COLD = tuple((Fraction(1), Fraction(1, n)) for n in (2, 3, 8))
TRIED = 6  # suspects looked at exactly
LARGE = ((7, 3), (2, 130), (2, 1000), (64, 5))  # really run elsewhere too, so that they are compiled already
CASES_LARGE = 6  # a size whose K*C is above LARGEST_SIZE
BESIDE = 30  # cases at which a claim about more than P, w, a teacher, t and T is looked at, a few choices each
STEPS = 60  # of Frank and Wolfe's method, towards the point of the hull that is nearest


@dataclass(eq=False)
class Scan:
    """Cases of one size in small fractions, and the aggregates there, each asked for once whatever the readings are."""

    subject: Subject
    size: Size
    _known: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def cases(self) -> list[Case]:
        K, C = self.size
        rng = random.Random(f"scan {K} {C}")
        operator, soft = self.subject.operator, self.subject.evaluator.softener
        inside = operator.domain == "interior"
        pairs = [(a, b) for a, b in (*PAIRS, *COLD) if min(a, b) >= soft.lowest]
        count = CASES_ONE_BY_ONE if self.subject.evaluator.mode == "single" else CASES
        count = count if K * C <= LARGEST_SIZE else CASES_LARGE
        out = []
        for n in range(count):
            top, zeros = (3, 6, 100)[n % 3], n % 4 == 3 and not inside
            skewed = n % 5 == 4
            P = tuple(_row(rng, C, top, zeros and n % 8 == 7, skewed) for _ in range(K))
            w = _row(rng, K, top, zeros)
            t = rng.choice([t for t in TILTS if t < 1 or not inside])
            T1, T = rng.choice(pairs)
            out.append(Case(P, w, rng.randrange(K), t, T1, T, None, alone=False))
        return out

    def chosen(self, reading: Reading) -> np.ndarray:
        """Which cases are of the reading's domain."""
        P, w = (self.view.P > 0).all((1, 2)), (self.view.w > 0).all(1)
        return P & w if reading.domain == "interior" else P if reading.domain != "closed" else np.ones(len(P), bool)

    def _floats(self, of) -> np.ndarray:
        return np.array([of(case) for case in self.cases], dtype=float)

    @cached_property
    def view(self) -> View:
        K = self.size[0]
        P = self._floats(lambda c: c.P)
        w = self._floats(lambda c: c.w)
        k = np.array([case.k for case in self.cases])
        rows = np.arange(len(P))
        others = np.stack([np.delete(p, j, axis=0) for p, j in zip(P, k, strict=True)])
        T, T1 = self._floats(lambda c: c.T), self._floats(lambda c: c.T1)
        soften = self.subject.evaluator.softener.rows
        v = View(P=P, w=w, p=P[rows, k], others=others, corner=np.eye(K)[k], t=self._floats(lambda c: c.t), T1=T1, T=T)
        v.warming, v.support, v.active, v.d = np.where(T > T1, 1, -1), P > 0, w > 0, None
        v.soften = lambda m, q, at: soften(m, q, at[..., None])
        v.P_warm, v.P_cold = (soften(NUMPY, P, x[..., None, None]) for x in (T, T1))
        return v

    def aggregate(self, name: str) -> np.ndarray:
        """(B, C): the aggregate that a margin sees under this name; NaN where there is none."""
        if name not in self._known:
            v, takes = self.view, self.subject.operator.takes_temperature
            t = v.t[:, None]
            tilted = (1 - t) * v.w + t * v.corner
            at = {
                "q": (v.P, v.w, 1.0),
                "q_same": (np.repeat(v.p[:, None], v.P.shape[1], axis=1), v.w, 1.0),
                "q_tilted": (v.P, tilted, 1.0),
                "q_vertex": (v.P, v.corner, 1.0),
                "q_warm": (v.P, v.w, v.T) if takes else (v.P_warm, v.w, None),
                "q_cold": (v.P, v.w, v.T1) if takes else (v.P_cold, v.w, None),
            }
            P, w, T = at[name]
            try:
                q = self.subject.evaluator.batch(P, w, T if takes else None)
            except Misbehaviour:
                q = np.full((len(P), self.size[1]), np.nan)
            if name in ("q_warm", "q_cold") and not takes:
                q = np.where(P.min((1, 2))[:, None] > SOFTENED_FLOOR, q, np.nan)
            self._known[name] = np.where(np.isfinite(q), q, np.nan)
        return self._known[name]

    def suspects(self, reading: Reading) -> list[Case]:
        """The cases at which a margin is below 0 in floats by more than rounding, the worst first."""
        claim = reading.claim
        assert isinstance(claim, Pointwise)
        if claim.needs:
            return self._suspects_beside(reading, claim)
        v = View(**vars(self.view))
        for name in ("q", "q_same", "q_tilted", "q_vertex", "q_warm", "q_cold"):
            wanted = name in claim.probes and not (name == "q_vertex" and self.subject.operator.domain == "interior")
            setattr(v, name, self.aggregate(name) if wanted else np.full_like(self.view.P[:, 0], np.nan))
        if claim.adversary is not None:
            v.d = _away(v.P, v.q)
        worst = np.full(len(self.cases), np.inf)
        with np.errstate(all="ignore"):
            for part in claim.parts(NUMPY, v).values():
                margins = np.asarray(part, float).reshape(len(self.cases), -1)
                worst = np.fmin(worst, np.where(np.isnan(margins), np.inf, margins).min(1))
        worst = np.where(self.chosen(reading), worst, np.inf)
        found = [int(i) for i in np.argsort(worst) if worst[i] < -max(DETECT, 1e-9)][:TRIED]
        return [self._aimed(i, v.d) for i in found]

    def _suspects_beside(self, reading: Reading, claim: Pointwise) -> list[Case]:
        """The same for a claim that looks at more: a few choices of it at some of the cases."""
        K, C = self.size
        if "pair" in claim.needs and (C < 3 or not self.subject.operator.supports(K, C - 1)):
            return []
        some = [case for case, here in zip(self.cases, self.chosen(reading), strict=True) if here][:BESIDE]
        inside = self.subject.operator.domain == "interior"
        cases = [
            replace(case, P=P, beside=more)
            for case in some
            for P, more in beside.simple(claim, case.P, case.w, case.k, "scan", inside=inside)
        ]
        try:
            views = many_in_floats(self.subject.evaluator, cases, claim)
        except Misbehaviour:
            return []
        worst = []
        with np.errstate(all="ignore"):
            for v in views:
                parts = [part for label, part in claim.parts(NUMPY, v).items() if label not in claim.ties]
                worst.append(min(float(np.nan_to_num(np.min(part), nan=np.inf)) for part in parts))
        found = [int(i) for i in np.argsort(worst) if worst[i] < -max(DETECT, 1e-9)][:TRIED]
        return [cases[i] for i in found]

    def _aimed(self, i: int, d: Any) -> Case:
        case = self.cases[i]
        if d is None:
            return case
        aim = tuple(Fraction(float(x)).limit_denominator(10**4) for x in d[i])
        return Case(case.P, case.w, case.k, case.t, case.T1, case.T, aim, alone=False)


def _row(rng: random.Random, n: int, top: int, zeros: bool, skewed: bool = False) -> tuple[Fraction, ...]:
    odds = [
        (rng.choice((1, 1, 3000)) if skewed else rng.randint(1, top)) * (rng.random() > 0.4 if zeros else 1)
        for _ in range(n)
    ]
    odds[rng.randrange(n)] += not any(odds)
    return tuple(Fraction(int(x), int(sum(odds))) for x in odds)


def _away(P: np.ndarray, q: np.ndarray) -> np.ndarray:
    """From the nearest point of the teachers' hull to the aggregate, by Frank and Wolfe's method (1956)."""
    q = np.nan_to_num(q)
    rows, x = np.arange(len(P)), P.mean(1)
    for n in range(STEPS):
        best = np.einsum("bkc,bc->bk", P, q - x).argmax(1)
        x = x + (P[rows, best] - x) * 2 / (n + 3)
    d = q - x
    most = np.abs(d).max(1, keepdims=True)
    return d / np.where(most > 1e-9, most, 1)


def sizes(subject: Subject, wanted: Sequence[Size]) -> list[Size]:
    """The smallest of these sizes that the operator supports."""
    found = [(K, C) for K, C in dict.fromkeys(wanted) if subject.operator.supports(K, C)]
    by_size = sorted(found, key=lambda size: (size[0] * size[1], size))
    small = [(K, C) for K, C in by_size if K * C <= LARGEST_SIZE]
    return small[:SIZES] or by_size[:2]


def spread(subject: Subject, wanted: Sequence[Size]) -> list[Size]:
    """The smallest of these sizes, and a few that are large."""
    large = [size for size in wanted if size in LARGE]
    return [*sizes(subject, wanted)[:3], *large]


def suspects(scans: Sequence[Scan], reading: Reading) -> Iterator[Case]:
    for scan in scans:
        yield from scan.suspects(reading)
