"""Operators made to be judged wrongly, for as long as one has time: false proofs, false refutations, errors, broken ladders.

Run `python -m benchmarks.fault_fuzz --minutes 60` from the checkout. Parts: `proofs` (faults, the prover alone), `checks`
(faults, the whole check), `floats` (NumPy pools in half to long double precision), `zoo` (the zoo in all dtypes), `exotic`
(pools written with all that people have at hand). A line of JSON for each finding goes to `--out` as it comes, the summary to
standard output at the end, and what has been done to standard error.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np

from axiomkd import axioms
from axiomkd.checking import engine
from axiomkd.core import scope
from axiomkd.core.operator import Operator, describe
from axiomkd.core.report import OperatorModel
from axiomkd.core.settings import Settings
from axiomkd.prove import prover
from axiomkd.tracing import numerics
from axiomkd.zoo import ENTRIES
from tests.fuzz import faults, floats, laws
from tests.fuzz.exotic import EXOTIC

DTYPES = ("float32", "float16", "bfloat16", "float64")
NEAR = -1e-9
"""A margin of a refuted claim, worked out anew in float64, that is not below this is no violation that floats can see."""


@dataclass
class Part:
    """What one part has seen: how many operators, verdicts by kind, seconds, findings."""

    operators: int = 0
    verdicts: collections.Counter = field(default_factory=collections.Counter)
    seconds: float = 0.0
    found: list[dict] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)


def checked(operator: Operator, effort: str, seed: int) -> OperatorModel:
    """The engine's result, in this process."""
    settings = Settings(effort=effort, seed=seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return next(event.result for event in engine.check(operator, settings) if event.kind == "finished")


def of_proofs(seed: int, effort: str) -> Iterator[dict]:
    """False readings of a fault that the prover proves."""
    one = faults.made(seed)

    def prove(operator: Operator) -> Mapping[str, Any]:
        return prover.prove(operator, "power", axioms.READINGS, effort="quick", sizes=[])

    for reading in faults.falsely_proved(one, prove, looked_at=True):
        yield {"what": "false proof", "reading": reading, "operator": one.told}


def of_checks(seed: int, effort: str) -> Iterator[dict]:
    """A fault through the whole check: false proofs, refutations that can't be seen again, errors, the ladder."""
    one = faults.made(seed)
    result = checked(describe(one.fn, name="fault", backend="jax"), effort, seed)
    compiled = jax.jit(one.fn)
    yield from judged(result, one.told, lambda P, w: np.asarray(compiled(P, w), float))
    false = None
    for r in result.readings:
        if r.verdict == "proved" and scope.parse(r.scope or "all K, C").covers(*one.signal.size()):
            false = one.told_false() | one.false() if false is None else false
            if r.reading in false:
                yield {"what": "false proof", "reading": r.reading, "operator": one.told, "scope": r.scope}


def of_pool(pool: floats.Pool, effort: str, seed: int) -> Iterator[dict]:
    """A pool of known truth through the whole check."""
    result = checked(pool.operator, effort, seed)
    of = ENTRIES[pool.operator.name].fn
    yield from judged(result, pool.told, lambda P, w: np.asarray(of(P, w), float), errors=True)
    for r in result.readings:
        true = pool.truth.get(r.reading)
        if true is True and r.verdict == "refuted" or true is False and r.verdict == "proved":
            shown = r.witness.model_dump(by_alias=True) if r.witness else None
            yield {"what": f"false {r.verdict}", "reading": r.reading, "operator": pool.told, "witness": shown}
        if true is False and r.verdict in ("holds", "inconclusive", "fragile"):
            yield {"what": "missed", "reading": r.reading, "operator": pool.told, "verdict": r.verdict}


def judged(result: OperatorModel, told: str, of: Callable, *, errors: bool = True) -> Iterator[dict]:
    """What holds of every report: no error of an operator that is sound, the ladder, and witnesses that are seen again."""
    verdicts = {r.reading: r.verdict for r in result.readings}
    if errors and result.status == "error":
        yield {"what": "error", "operator": told, "message": next((r.message for r in result.readings), "")[:400]}
    for breach in laws.breaches(verdicts):
        yield {"what": "ladder", "operator": told, "reading": breach}
    for r in result.readings:
        if r.verdict == "refuted" and r.witness is not None:
            shown = r.witness.model_dump(by_alias=True)
            margin = laws.seen_again(r.reading, of, shown)
            if margin is not None and not margin < max(NEAR, _told(shown) / 2) and np.isfinite(margin):
                yield {"what": "unseen", "reading": r.reading, "operator": told, "margin": margin, "witness": shown}


def _told(shown: Mapping[str, Any]) -> float:
    """The margin that a witness prints: what is exact may be small."""
    return float(laws.exact(shown["margin"])) if shown["margin"] not in (None, "nan") else -np.inf


def of_floats(seed: int, effort: str) -> Iterator[dict]:
    yield from of_pool(floats.made(seed), effort, seed)


def of_zoo(turn: int, effort: str) -> Iterator[dict]:
    every = list(itertools.product((False, True), DTYPES, ENTRIES))
    numpy, dtype, name = every[turn % len(every)]
    yield from of_pool(floats.of_zoo(name, dtype, numpy), effort, 0)


def of_exotic(turn: int, effort: str) -> Iterator[dict]:
    label = list(EXOTIC)[turn % len(EXOTIC)]
    of, fn, backend = EXOTIC[label]
    entry = ENTRIES[of]
    one = describe(fn, name=of, K=entry.K, C=entry.C, backend=backend)
    yield from of_pool(floats.Pool(turn, label, one, entry.truth), effort, 0)


PARTS: dict[str, Callable[[int, str], Iterator[dict]]] = {
    "proofs": of_proofs,
    "checks": of_checks,
    "floats": of_floats,
    "zoo": of_zoo,
    "exotic": of_exotic,
}


def measured(
    parts: list[str], seconds: float, seed: int, *, effort: str = "quick", most: int = 10**9, out: Path | None = None
) -> dict[str, Part]:
    """Each part in turn, an operator at a time, until the seconds are over or each has had `most` operators."""
    started, seen = time.monotonic(), {name: Part() for name in parts}
    for n in range(most):
        for name in parts:
            if time.monotonic() - started > seconds:
                return seen
            part, begun = seen[name], time.monotonic()
            try:
                found = list(PARTS[name](seed + n, effort))
            except Exception as e:  # an error of ours, which is a finding
                found = [{"what": "raised", "error": f"{type(e).__name__}: {e}"[:400]}]
            spent = time.monotonic() - begun
            part.operators, part.seconds = part.operators + 1, part.seconds + spent
            print(f"{name} {seed + n}: {spent:.1f} s, {len(found)} found", file=sys.stderr, flush=True)
            part.seeds = [part.seeds[0] if part.seeds else seed + n, seed + n]
            for one in found:
                part.verdicts[one["what"]] += 1
                line = {"part": name, "seed": seed + n, "seconds": round(spent, 1), **one}
                part.found.append(line)
                if out is not None:
                    with out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(line) + "\n")
            if n % 20 == 19:
                jax.clear_caches()  # a compiled operator is never asked for again
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", action="append", choices=list(PARTS), help="repeatable; all of them by default")
    parser.add_argument("--effort", default="quick")
    parser.add_argument("--count", type=int, default=10**9, help="operators a part, at most")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    numerics.prepare()
    seen = measured(
        asked.part or list(PARTS), 60 * asked.minutes, asked.seed, effort=asked.effort, most=asked.count, out=asked.out
    )
    print(
        json.dumps(
            {
                name: {
                    "operators": part.operators,
                    "seeds": part.seeds,
                    "seconds": round(part.seconds, 1),
                    "found": dict(part.verdicts),
                }
                for name, part in seen.items()
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
