"""Reports to verify, made from the prover's own answers and from witnesses that are written out here. Asserts nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from axiomkd import axioms
from axiomkd.axioms.summary import asked_for
from axiomkd.checking.proofs import carried, verdict_of
from axiomkd.core.report import (
    OperatorModel,
    ProfileModel,
    ReadingModel,
    Report,
    SettingsModel,
    profile_met,
    status_of,
    strongest,
)
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener as by_name
from axiomkd.core.verdict import Spent
from axiomkd.operators import hashes
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.run.aftermath import reproduced

LOG = """from axiomkd import operator
import jax.numpy as jnp

@operator(name="log-pool")
def log_pool(P, w):
    z = w @ jnp.log(P)
    return jnp.exp(z - jnp.max(z)) / jnp.sum(jnp.exp(z - jnp.max(z)))

@operator
def linear(P, w):
    return w @ P

@operator
def squares(P, w):
    return (w**2 / jnp.sum(w**2)) @ P
"""

OPERATORS = (
    LOG
    + """
@operator
def entropy(P, w):
    v = w * jnp.exp(jnp.sum(P * jnp.log(P), 1))
    return v / v.sum() @ P
"""
)


def proved(target: str, softener: str = "power") -> dict[str, Any]:
    """The readings that the prover proves of a target, as `proved` verdicts by reading."""
    (operator,) = load(target)
    answers = prover.prove(operator, softener, axioms.READINGS, effort="quick", sizes=[(2, 2), (2, 3)])
    own = {name: answer for name, answer in answers.items() if isinstance(answer, Proof)}
    found = carried(own, list(axioms.BY_NAME))
    return {name: verdict_of(proof, Spent(0)) for name, proof in found.items()}


def reading(name: str, verdict: str, **more: Any) -> ReadingModel:
    one = axioms.BY_NAME[name]
    fields = {
        "axiom": one.axiom,
        "reading": name,
        "required": name in axioms.PROFILES["article"][one.axiom],
        "verdict": verdict,
        "method": None,
        "scope": None,
        "cases": 0,
        "margin": None,
        "seconds": 0.0,
        "message": "",
        "certificate": None,
        "witness": None,
    }
    return ReadingModel.model_validate(json.loads(json.dumps({**fields, **more})))


def report(target: str, readings: Iterable[ReadingModel], *, hashed: bool = True, softener: str = "power") -> Report:
    """A report of one operator whose summary follows from these readings, which are those that it was asked for."""
    (operator,) = load(target)
    order = list(axioms.BY_NAME)
    rows = sorted(readings, key=lambda r: order.index(r.reading))
    asked = [axioms.BY_NAME[r.reading].id for r in rows] if len(rows) < len(order) else []
    profile = axioms.PROFILES["article"]
    requires = asked_for(asked) if asked else profile
    rows = [r.model_copy(update={"required": r.reading in requires.get(r.axiom, ())}) for r in rows]
    verdicts: dict[str, str] = {r.reading: r.verdict for r in rows}
    wanted = [name for names in requires.values() for name in names]
    one = OperatorModel(
        name=operator.name,
        target=operator.target,
        file=operator.file,
        line=operator.line,
        status=status_of(verdicts, wanted),  # type: ignore[arg-type]
        seconds=0.0,
        requires={axiom: list(names) for axiom, names in requires.items()},
        strongest=strongest(verdicts, axioms.NAMES, axioms.STRONGER),
        profiles={
            name: profile_met(verdicts, [r for n in needs.values() for r in n])
            for name, needs in axioms.PROFILES.items()
        },
        hashes=hashes.of(operator, Evaluator(operator, by_name(softener))) if hashed else {},
        readings=rows,
    )
    one = reproduced(one, Settings(softener=softener))
    return Report(
        version="0",
        profile=ProfileModel(name="article", requires={a: list(r) for a, r in profile.items()}),
        settings=SettingsModel(
            seed=0,
            effort="quick",
            sizes=[(2, 2), (2, 3)],
            softener=softener,
            readings=asked,
            dtype="float64",
            device="cpu",
        ),
        operators=[one],
    )


def of_proofs(target: str, only: Iterable[str] = (), softener: str = "power") -> Report:
    """A report that has nothing but what the prover proves."""
    chosen = set(only)
    rows = [
        reading(name, "proved", method=v.method, scope=str(v.scope), certificate=v.certificate)
        for name, v in proved(target, softener).items()
        if not chosen or name in chosen
    ]
    return report(target, rows, softener=softener)


def changed(made: Report, name: str, **fields: Any) -> Report:
    """The report with fields of one reading replaced, its summary worked out again."""
    one = made.operators[0]
    rows = [r.model_copy(update=fields) if r.reading == name else r for r in one.readings]
    again = report(one.target, rows, softener=made.settings.softener)
    return again.model_copy(update={"operators": [again.operators[0].model_copy(update={"hashes": one.hashes})]})


def edited(certificate: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """A certificate with one piece of its JSON text replaced."""
    text = json.dumps(certificate)
    assert old in text
    return json.loads(text.replace(old, new))


def written(folder: Path, text: str = LOG) -> Path:
    path = folder / "ops.py"
    path.write_text(text, encoding="utf-8")
    return path
