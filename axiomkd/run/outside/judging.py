"""The process that asks and judges: it has never seen the user's code, and what it gets of it is numbers.

It looks at a few ordinary points only. A claim that is false at one of them by far more than rounding was not settled by who
settles here, or not of the function that runs elsewhere.
"""

from __future__ import annotations

import json
import math
import select
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from axiomkd import axioms
from axiomkd.claims import margins
from axiomkd.core import tolerances
from axiomkd.core.case import Cases
from axiomkd.core.incoming import Incoming, Nonsense
from axiomkd.core.layout import NONE, Call
from axiomkd.core.operator import EACH, Operator
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.run.outside.serving import ASK, RAISED, READY, VALUES
from axiomkd.search.effort import sizes

CASES = 6
# Copies of a point, each number moved by so many units in the last place of the largest, among which a branch that rounding
# decides takes either side: one that is taken at a copy in ten is missed by one look in a thousand.
COPIES, NUDGED = 64, 2
PATIENCE = 60.0  # seconds of one answer


class Meta(BaseModel):
    """How the operator is called, as its process says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    temperature: str
    domain: str
    K: list[int] | None
    C: list[int] | None
    weights: bool
    plain: bool


class Silent(Exception):
    """No answer, or none that can be used. `unable`: it could not be asked; `raised`: the user's code did."""

    def __init__(self, text: str, *, unable: bool = False, raised: bool = False) -> None:
        super().__init__(text)
        self.unable, self.raised = unable, raised


@dataclass(frozen=True)
class Against:
    """What was settled and is not so, in words, and where."""

    told: str
    P: list[list[float]]
    w: list[float]
    T: float | None = None


class Remote:
    """An operator that is asked over a pipe, in the place of an `Evaluator`: what margins are measured with."""

    def __init__(self, pipe: Connection, soft: str) -> None:
        self._pipe, self._incoming = pipe, Incoming(pipe.fileno())
        self.eps = 0.0
        told = self._hear()
        try:
            self.meta = Meta.model_validate_json(told)
        except ValidationError:
            raise Silent("what it says of itself is nothing") from None
        self.softener = softener(soft)
        self.operator = Operator(
            name="",
            fn=lambda *_: None,
            takes_temperature=bool(self.meta.temperature),
            each_temperature=self.meta.temperature == EACH,
            domain=self.meta.domain,
            K=None if self.meta.K is None else tuple(self.meta.K),
            C=None if self.meta.C is None else tuple(self.meta.C),
            call=Call() if self.meta.weights else Call(weights=NONE),
        )

    # Whoever wrote the function may ask for one temperature in a batch: points of a claim are not put together.
    mode = "single"

    def detect(self) -> float:
        """The violation below which a float margin is no candidate: what is false here is so by far more."""
        return tolerances.DETECT

    def batch(self, P: np.ndarray, w: np.ndarray, T: Any = None) -> np.ndarray:
        """The values (B, C). Raises Silent."""
        B, K, C = P.shape
        parts = [np.ascontiguousarray(x, float).tobytes() for x in (P, w)]
        if T is not None:
            parts.append(np.ascontiguousarray(np.broadcast_to(T, (B,)), float).tobytes())
        self._pipe.send_bytes(ASK.pack(B, K, C, T is not None) + b"".join(parts))
        told = self._hear()
        if len(told) != 8 + 8 * B * C:
            raise Silent("its values are not as many as were asked for")
        eps = struct.unpack_from("=d", told)[0]
        self.eps = max(self.eps, eps) if math.isfinite(eps) else 1.0
        return np.frombuffer(told, float, offset=8).reshape(B, C).copy()

    suggested = batch

    def _hear(self) -> bytes:
        until, found = time.monotonic() + PATIENCE, []
        while not found:
            left = until - time.monotonic()
            if left <= 0 or self._incoming.closed:
                raise Silent("it gave no answer", unable=left <= 0)
            select.select([self._pipe], [], [], left)
            try:
                found = self._incoming.read()
            except Nonsense as e:
                raise Silent(str(e)) from None
        if found[0][:1] == RAISED:
            raise _raised(found[0][1:])
        if len(found) != 1 or found[0][:1] not in (READY, VALUES):
            raise Silent("what it answers is nothing")
        return found[0][1:]


def _raised(data: bytes) -> Silent:
    try:
        told = json.loads(data)
        text = f"{told['kind']}: {told['text']}" if told["text"] else str(told["kind"])
        return Silent(text, unable=told["unable"] is True, raised=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Silent("what it answers is nothing")


def sample(size: tuple[int, int], seed: int) -> Cases:
    """A few ordinary cases of a size: no entry near 0, nothing near another, one with equal rows."""
    K, C = size
    rng = np.random.default_rng((seed, K, C, 1717))
    P, w = rng.dirichlet(np.full(C, 2.0), (CASES, K)) + 0.02, rng.dirichlet(np.full(K, 2.0), CASES) + 0.02
    P[0] = P[0, :1]
    T = np.resize([2.0, 0.5, 3.0], CASES)
    return Cases(
        P / P.sum(-1, keepdims=True),
        w / w.sum(-1, keepdims=True),
        rng.integers(0, K, CASES),
        rng.uniform(0.1, 0.7, CASES),
        np.ones(CASES),
        T,
    )


def size_for(supports: Any, settings: Settings) -> tuple[int, int] | None:
    """The one size that is looked at: small, and one at which a check calls the function as it is anyhow."""
    found = sizes(supports, settings.K, settings.C)
    return next(iter([*found[1:2], *found[:1]]), None)


def tell_apart(remote: Remote, settings: Settings) -> None:
    """Ask at a size of its own where the one that is looked at is square: there a function of (C, K) answers too, with something
    else than it was checked as. Raises Silent where the function cannot be called as A(P, w)."""
    size = size_for(remote.operator.supports, settings)
    if size is not None and size[0] == size[1] and remote.operator.supports(size[0], size[1] + 1):
        cases = sample((size[0], size[1] + 1), settings.seed)
        remote.batch(cases.P, cases.w, 1.0 if remote.operator.takes_temperature else None)


def judge(remote: Remote, good: Sequence[str], settings: Settings) -> Against | None:
    """The first of the readings `good` that is false at an ordinary point, None where none is. Raises Silent."""
    size = size_for(remote.operator.supports, settings)
    if size is None:
        return None
    readings = [one for one in margins.pointwise(axioms.BY_NAME[one] for one in good) if one.claim.measurable]  # type: ignore[union-attr]
    cases = sample(size, settings.seed)
    measured = margins.measure(remote, readings, cases, ties=False, suggests=False)
    if 2 * int(measured.undefined.sum()) > CASES:  # at one alone, with equal rows, an honest one may divide by 0
        n = int(np.flatnonzero(measured.undefined)[0])
        return Against("its value is no number", cases.P[n].tolist(), cases.w[n].tolist())
    for reading in readings:
        margin = np.nan_to_num(measured.margins[reading.name], nan=np.inf, posinf=np.inf)
        n = int(np.argmin(margin))
        if margin[n] < -tolerances.outside(remote.eps) - settings.tolerance:
            return _false(reading, float(margin[n]), measured, n)
    return None


def _false(reading: Any, margin: float, measured: Any, n: int) -> Against:
    q = ", ".join(f"{x:.6g}" for x in measured.view.q[n][:8]) if measured.view.q is not None else ""
    told = f"{reading.id} is said to hold, and is false: its margin is {margin:.6g}" + (
        f", the aggregate [{q}]" if q else ""
    )
    return Against(told, measured.cases.P[n].tolist(), measured.cases.w[n].tolist())


def compare(remote: Remote, size: tuple[int, int], values: Sequence[Sequence[float]], seed: int) -> Against | None:
    """Where the function gives something else than where it was checked, and not because rounding decides. Raises Silent."""
    cases = sample(size, seed)
    now = 1.0 if remote.operator.takes_temperature else None
    here = remote.batch(cases.P, cases.w, now)
    there = np.array(values, float)
    if there.shape != here.shape:
        return Against("the values that it was checked on are not as many", cases.P[0].tolist(), cases.w[0].tolist())
    room = tolerances.elsewhere(remote.eps)
    apart = np.atleast_1d(~np.isclose(here, there, rtol=room, atol=room, equal_nan=True).all(-1))
    apart[0] = False  # where all teachers agree the last digit may decide, and compiled code has others
    for n in map(int, np.flatnonzero(apart)):
        if not _at_the_side(remote, cases.P[n], cases.w[n], now, there[n], room):
            told = f"it gives {_row(here[n])}, and gave {_row(there[n])} where it was checked"
            return Against(told, cases.P[n].tolist(), cases.w[n].tolist(), now)
    return None


def _at_the_side(
    remote: Remote, P: np.ndarray, w: np.ndarray, now: float | None, value: np.ndarray, room: float
) -> bool:
    """Whether the function gives a value (C,) within rounding of a point P (K, C), w (K,): then a branch on a sum that is 1, say,
    is decided by the order of its terms, which a compiler chooses. What it makes of the claims is judged as of any function."""
    rng = np.random.default_rng(COPIES)

    def moved(x: np.ndarray) -> np.ndarray:
        steps = rng.integers(-NUDGED, NUDGED + 1, (COPIES, *x.shape))
        return x + steps * np.spacing(np.abs(x).max())

    near = remote.batch(moved(P), moved(w), now)
    return bool(np.isclose(near, value, rtol=room, atol=room).all(-1).any())


def _row(q: np.ndarray) -> str:
    return f"[{', '.join(f'{x:.6g}' for x in q[:8])}]"
