"""The zoo held against its declared truth: of what is false, how much a check refutes, and whether it refutes what is true.

By default the five readings of the paper's formulas and the guarantees, `--all` for every reading. What is proved is not
searched again, and witnesses are not shrunk (`--whole` does both, as a check does): neither changes what is refuted.
`--out FILE` gets a line an operator as it ends, and operators that stand there already are not run again. Run
`python -m benchmarks.zoo --effort standard`. It knows no operator by name.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from axiomkd import axioms
from axiomkd.checking import engine, proofs
from axiomkd.core.operator import Operator, describe
from axiomkd.core.reading import Reading
from axiomkd.core.settings import Settings
from axiomkd.search import conclude
from axiomkd.tracing.numerics import prepare
from axiomkd.zoo import ENTRIES
from benchmarks.machine import described, table

SHORT = [r for r in axioms.EVERY if r.name in axioms.SECOND or r.axiom == axioms.GROUP]


def operator(name: str) -> Operator:
    entry = ENTRIES[name]
    return describe(entry.fn, name=name, K=entry.K, C=entry.C)


def held(name: str, readings: Sequence[Reading], effort: str, seed: int, *, whole: bool = False) -> dict[str, Any]:
    """One operator's verdicts by reading, with the size of each witness and how it was confirmed, and seconds of processor time."""
    begun = time.process_time()
    asked = Settings(effort=effort, seed=seed, guarantees=True, readings=tuple(r.id for r in readings))
    known: dict[str, list] = {}
    if not whole:
        plan = engine.plan_of(operator(name), asked)
        covered = proofs.ask(operator(name), asked, readings, plan.sizes)
        known = {one: ["proved", None] for one in covered.proved if covered.cover(one, plan.sizes)}
        asked = Settings(
            effort=effort, seed=seed, guarantees=True, readings=tuple(r.id for r in readings if r.name not in known)
        )
    if asked.readings:
        result = next(event.result for event in engine.check(operator(name), asked) if event.kind == "finished")
        known |= {r.reading: [r.verdict, _size(r.witness)] for r in result.readings}
    return {"name": name, "effort": effort, "seed": seed, "cpu": round(time.process_time() - begun, 1), "found": known}


def _size(witness: Any) -> list | None:
    return None if witness is None else [witness.K, witness.C, witness.confirmed]


def as_found() -> None:
    """Witnesses stay as they were found: shrinking them takes a good part of a check, and finds none."""
    conclude.shrink = lambda evaluator, reading, case, enough: case


def wrong(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What the zoo says otherwise: (reading, what happened)."""
    truth, found = ENTRIES[row["name"]].truth, row["found"]
    out = [
        (r, "false refutation") for r, (verdict, _) in found.items() if truth.get(r) is True and verdict == "refuted"
    ]
    out += [(r, "false proof") for r, (verdict, _) in found.items() if truth.get(r) is False and verdict == "proved"]
    return out + [
        (r, f"missed ({v})") for r, (v, _) in found.items() if truth.get(r) is False and v not in ("refuted", "proved")
    ]


def counted(rows: Iterable[dict[str, Any]]) -> dict[str, list[int]]:
    """By reading: what is false, refuted, refuted in exact or ball arithmetic; what is true, proved, refuted; what is unknown."""
    out: dict[str, list[int]] = {}
    for row in rows:
        truth = ENTRIES[row["name"]].truth
        for reading, (verdict, witness) in row["found"].items():
            mark, exact = truth.get(reading), witness is not None and witness[2] in ("exact", "ball")
            refuted = verdict == "refuted"
            new = [mark is False, mark is False and refuted, mark is False and refuted and exact]
            new += [mark is True, mark is True and verdict == "proved", mark is True and refuted, mark is None]
            out[reading] = [a + int(b) for a, b in zip(out.get(reading, [0] * len(new)), new, strict=True)]
    return out


OPERATORS = ["operator", "effort", "seed", "false", "refuted", "true", "proved", "falsely refuted", "CPU s"]


def by_operator(rows: Iterable[dict[str, Any]]) -> str:
    """A line an operator, of the readings that were asked for."""
    lines = []
    for row in rows:
        false, refuted, _, true, proved, wrongly, _ = map(sum, zip(*counted([row]).values(), strict=True))
        numbers = [row["seed"], false, refuted, true, proved, wrongly, row["cpu"]]
        lines.append([row["name"], row["effort"], *map(str, numbers)])
    return table(OPERATORS, lines)


HEAD = ["reading", "false", "refuted", "in exact or ball arithmetic", "true", "proved", "falsely refuted", "unknown"]


def told(rows: Sequence[dict[str, Any]]) -> str:
    """The tables."""
    found = counted(rows)
    order = [r.name for r in axioms.EVERY if r.name in found]
    lines = [[name, *map(str, found[name])] for name in order]
    lines.append(["all", *(str(sum(found[name][n] for name in order)) for n in range(len(HEAD) - 1))])
    odd = [f"- `{row['name']}`: {reading}, {what}" for row in rows for reading, what in wrong(row)]
    spent = sum(row["cpu"] for row in rows)
    return (
        f"{by_operator(rows)}\n\n{table(HEAD, lines)}\n\n{len(rows)} operators, {spent:.0f} s of processor time.\n\n"
        + "\n".join(odd)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="operators of the zoo (all)")
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="every reading")
    parser.add_argument("--whole", action="store_true", help="search what is proved, and shrink witnesses")
    parser.add_argument("--out", type=Path, help="a file of lines, which is continued")
    given = parser.parse_args(arguments)
    prepare()
    if not given.whole:
        as_found()
    rows = [json.loads(line) for line in given.out.read_text().splitlines()] if given.out and given.out.exists() else []
    for name in given.names or ENTRIES:
        if not any(row["name"] == name for row in rows):
            readings = axioms.EVERY if given.all else SHORT
            rows.append(held(name, readings, given.effort, given.seed, whole=given.whole))
            if given.out:
                with given.out.open("a") as out:
                    out.write(json.dumps(rows[-1]) + "\n")
    print(described())
    print(f"{given.effort} effort, seed {given.seed}.\n\n{told(rows)}")


if __name__ == "__main__":
    main()
