"""Laws of every report: the ladder of readings, and witnesses that show what they say when they are worked out anew in floats.

It knows readings by their names alone; no margin of the package is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from . import naive

IMPLIES = {
    "hull": ("envelope",),
    "envelope": ("unanimity",),
    "unanimity": ("simplex",),
    "any-support": ("common-support",),
    "common-support": ("nonnegative", "inheritance"),
    "lipschitz": ("closed",),
    "closed": ("interior", "cold"),
    "interior": ("hot",),
    "responsive": ("pull",),
    "coordinate": ("pull",),
    "strict-transfer": ("transfer",),
    "transfer": ("favourite",),
}
STANDS = ("proved", "holds")
NUDGES = 16


def breaches(verdicts: Mapping[str, str], sizes: tuple[int, ...] | None = None) -> list[str]:
    """What is better than something that it implies: `hull holds, envelope fragile`. `sizes` are the C of a declared operator."""
    found = [
        f"{strong} {verdicts[strong]}, {weak} {verdicts[weak]}"
        for strong, weaker in IMPLIES.items()
        for weak in weaker
        if strong in verdicts and weak in verdicts and _better(verdicts[strong], verdicts[weak])
    ]
    if sizes == (2,):
        for a, b in (("hull", "envelope"), ("coordinate", "pull")):
            if {verdicts.get(a), verdicts.get(b)} > {"refuted"} and {verdicts.get(a), verdicts.get(b)} & set(STANDS):
                found.append(f"at two classes {a} {verdicts.get(a)}, {b} {verdicts.get(b)}")
    if "commutation" in verdicts and verdicts.get("simplex") in STANDS:
        found += [
            f"commutation {verdicts['commutation']}, {weak} {verdicts[weak]}"
            for weak in ("ranking", "entropy")
            if weak in verdicts and _better(verdicts["commutation"], verdicts[weak])
        ]
    return found


def _better(strong: str, weak: str) -> bool:
    return (strong in STANDS and weak not in STANDS and weak != "error") or (strong == "proved" and weak == "holds")


def exact(rows: Any) -> np.ndarray:
    """Numbers of a witness as floats."""
    if isinstance(rows, str):
        return np.float64(float.fromhex(rows) if "x" in rows else float(Fraction(rows)))
    return np.array([exact(row) for row in rows])


def seen_again(reading: str, of: naive.A, witness: Mapping[str, Any]) -> float | None:
    """The margin at a witness, as `replayed`. One that is exact may sit on a tie, which floats see on either side of it: there
    the smallest among like points counts, an ulp or two away."""
    here = replayed(reading, of, witness)
    if here is None or here < 0 or witness["confirmed"] != "exact":
        return here
    rng = np.random.default_rng(0)
    around = [replayed(reading, of, {**witness, **_nudged(witness, rng)}) for _ in range(NUDGES)]
    return min((x for x in (here, *around) if x is not None and np.isfinite(x)), default=here)


def _nudged(witness: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    def by(rows: Any) -> Any:
        if isinstance(rows, str):
            return (float(exact(rows)) * (1 + float(rng.integers(-2, 3)) * 2.0**-52)).hex()
        return [by(row) for row in rows]

    return {name: by(witness[name]) for name in ("P", "w")}


def replayed(reading: str, of: naive.A, witness: Mapping[str, Any]) -> float | None:
    """The margin of a pointwise claim at a witness, negative where it is violated; None for claims that are no margins."""
    with np.errstate(all="ignore"):
        return _replayed(reading, of, witness)


def _replayed(reading: str, of: naive.A, v: Mapping[str, Any]) -> float | None:
    P, w = exact(v["P"]), exact(v["w"])
    k = v.get("teacher")
    t = exact(v["t"]) if v.get("t") else None
    T = exact(v["T"]) if v.get("T") else None
    q = of(P, w)
    on_simplex = min(float(q.min()), -abs(float(q.sum()) - 1))
    if reading == "simplex":
        return on_simplex
    if reading == "nonnegative":
        return float(q.min())
    if reading == "unanimity":
        return min(on_simplex, -float(np.abs(of(np.repeat(P[:1], len(P), 0), w) - P[0]).max()))
    if reading in ("envelope", "hull") and (reading == "envelope" or v.get("direction") is None):
        return float(min(on_simplex, (q - P.min(0)).min(), (P.max(0) - q).min()))
    if reading == "hull":
        d = exact(v["direction"])
        return float(min(on_simplex, (P @ d).max() - d @ q))
    if reading in ("pull", "coordinate", "favourite", "responsive") and k is not None and t is not None:
        qs = [of(P, naive.moved(w, k, x)) for x in np.unique(np.append(t, [0.0, 1.0]))]
        return _along(reading, qs, P, k)
    if reading in ("nonexpansive", "entropy", "commutation", "ranking") and T is not None:
        return _across(reading, of, P, w, np.unique(np.append(T, 1.0)))
    return None


def _along(reading: str, qs: list[np.ndarray], P: np.ndarray, k: int) -> float:
    away = [naive.tv(q, P[k]) for q in qs]
    margins = [-float(b - a) for n, a in enumerate(away) for b in away[n + 1 :]]
    if reading == "responsive":
        margins.append(-away[-1])
    if reading == "coordinate":
        off = [np.abs(q - P[k]) for q in qs]
        margins = [-float((b - a).max()) for n, a in enumerate(off) for b in off[n + 1 :]]
    if reading == "favourite":
        best = P[k] >= P.max(0)
        margins = [float((b - a)[best].min()) for n, a in enumerate(qs) for b in qs[n + 1 :]]
    return min(margins)


def _across(reading: str, of: naive.A, P: np.ndarray, w: np.ndarray, T: np.ndarray) -> float:
    rows = [naive.soft(P, x) for x in T]
    qs = [of(R, w) for R in rows]
    base = of(P, w)
    margins: list[float] = [0.0]
    for n, q in enumerate(qs):
        if reading == "commutation":
            margins.append(-float(np.abs(q - naive.soft(base, T[n])).max()) if base.min() > 0 else -1.0)
        if reading == "ranking":
            gap = base[:, None] > base[None, :]
            margins.append(float(np.where(gap, q[:, None] - q[None, :], 0.0).min()))
        for m in range(n + 1, len(qs)):
            if reading == "entropy":
                margins.append(naive.entropy(qs[m]) - naive.entropy(q))
            if reading == "nonexpansive":
                drift = max(naive.tv(a, b) for a, b in zip(rows[n], rows[m], strict=True))
                margins.append(drift - naive.tv(q, qs[m]))
    return min(margins)
