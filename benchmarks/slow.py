"""Operators that take 1 to 6 ms a call: what is settled, in what time, and how many of their violations are refuted.

Pools whose truth is known, written as NumPy code that takes floats only, wrapped in a sleep. `--busy N` runs N busy loops
beside it. Run from the repository:
    python -m benchmarks.slow [--busy 4] [names]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from axiomkd.checking import engine
from axiomkd.core.events import Finished
from axiomkd.core.operator import describe
from axiomkd.core.report import OperatorModel
from axiomkd.core.settings import Settings
from axiomkd.run.session import resolved
from axiomkd.tracing.numerics import prepare
from benchmarks.machine import described, table


def floats(P) -> np.ndarray:
    """What compiled code of a library takes."""
    if np.asarray(P).dtype == object:
        raise TypeError("takes floats only")
    return np.ascontiguousarray(P, dtype=float)


def linear(P, w):
    return np.array([sum(v * x for v, x in zip(w, column, strict=True)) for column in floats(P).T.tolist()])


def log(P, w):
    with np.errstate(divide="ignore"):
        z = np.array([sum(v * x for v, x in zip(w, c, strict=True) if v > 0) for c in np.log(floats(P)).T])
    if not np.isfinite(z.max()):
        return np.full(len(z), np.nan)
    raised = np.exp(z - z.max())
    return raised / raised.sum()


def vote(P, w):
    shares = np.zeros(len(P[0]))
    for k, row in enumerate(floats(P)):
        shares[row.argmax()] += w[k]
    return np.eye(len(shares))[shares.argmax()]


def vote_shares(P, w):
    shares = np.zeros(len(P[0]))
    for k, row in enumerate(floats(P)):
        shares[row.argmax()] += w[k]
    return shares


def median(P, w):
    q = np.median(floats(P), axis=0)
    return q / q.sum()


def softmax5(P, w):
    v = np.exp(5 * np.asarray(w, dtype=float))
    return (v / v.sum()) @ floats(P)


def heaviest(P, w):
    return floats(P)[int(np.argmax(w))]


def barycentre(P, w):
    """The Wasserstein-1 barycentre on the line of classes, as a linear program: Σ_k w_k Σ_i |F(q)_i − F(p_k)_i| is least."""
    P = floats(P)
    K, C = P.shape
    F = P.cumsum(axis=1)[:, :-1]
    n = C + K * (C - 1)
    cost = np.concatenate([np.zeros(C), np.repeat(w, C - 1)])
    A, b = [], []
    for k in range(K):
        for i in range(C - 1):
            for sign in (1, -1):
                row = np.zeros(n)
                row[: i + 1] = sign
                row[C + k * (C - 1) + i] = -1
                A.append(row)
                b.append(sign * F[k, i])
    total = np.zeros((1, n))
    total[0, :C] = 1
    return linprog(cost, A_ub=A, b_ub=b, A_eq=total, b_eq=[1.0]).x[:C]


@dataclass(frozen=True)
class Known:
    """An operator, the seconds that it sleeps, and the readings that it is known to break."""

    fn: Callable
    sleeps: float
    broken: str


TEMPERED = "ranking entropy commutation"
KNOWN = [
    Known(linear, 0.002, TEMPERED),
    Known(log, 0.006, "envelope hull any-support closed lipschitz favourite coordinate nonexpansive"),
    Known(
        vote,
        0.004,
        "unanimity envelope hull common-support any-support interior closed lipschitz responsive favourite coordinate limits",
    ),
    Known(
        vote_shares,
        0.003,
        "unanimity envelope hull common-support any-support interior closed lipschitz pull responsive favourite coordinate "
        "limits commutation",
    ),
    Known(median, 0.001, "hull responsive"),
    Known(softmax5, 0.005, f"pull responsive favourite coordinate {TEMPERED}"),
    Known(heaviest, 0.001, "any-support interior closed lipschitz"),
    Known(barycentre, 0.001, "hull"),
]


def slowed(known: Known) -> Callable:
    def operator(P, w):
        time.sleep(known.sleeps)
        return known.fn(P, w)

    operator.__name__ = known.fn.__name__
    return operator


def checked(known: Known, effort: str, seed: int) -> OperatorModel:
    made = describe(slowed(known), backend="numpy")
    last = list(engine.check(made, resolved(Settings(effort=effort, seed=seed))))[-1]
    assert isinstance(last, Finished)
    return last.result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="operators to check (all)")
    parser.add_argument("--busy", type=int, default=0, help="busy loops beside it")
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    prepare()
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(given.busy)]
    rows = []
    try:
        for known in KNOWN:
            if given.names and known.fn.__name__ not in given.names:
                continue
            began = time.monotonic()
            found = checked(known, given.effort, given.seed)
            spent = time.monotonic() - began
            verdicts = {r.reading: r.verdict for r in found.readings}
            broken = known.broken.split()
            missed = [one for one in broken if verdicts[one] != "refuted"]
            wrong = [r for r, v in verdicts.items() if v == "error" or v in ("proved", "holds") and r in broken]
            unknown = [r for r, v in verdicts.items() if v == "refuted" and r not in broken]
            rows.append(
                [
                    known.fn.__name__,
                    f"{known.sleeps * 1e3:g}",
                    f"{spent:.0f}",
                    found.status,
                    f"{len(broken) - len(missed)} of {len(broken)}",
                    ", ".join(f"{one} ({verdicts[one]})" for one in missed) or "-",
                    ", ".join(unknown) or "-",
                    str(sum(v == "inconclusive" for v in verdicts.values())),
                ]
            )
            print(rows[-1], wrong and f"not refuted though broken: {wrong}" or "", flush=True)
    finally:
        for one in loops:
            one.kill()
            one.wait()
    print("\n" + described(), f"{given.effort}, seed {given.seed}, {given.busy} busy loops beside it.", sep="\n")
    head = ("operator", "sleeps, ms", "seconds", "status", "refuted", "missed", "also refuted", "inconclusive")
    print("\n" + table(head, rows))


if __name__ == "__main__":
    main()
