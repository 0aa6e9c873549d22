"""Honest reports stand; each of many ways to forge one is rejected. One row a forgery, with what it is told.

A forgery is a function from a report's JSON to a report's JSON, applied to a copy.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from axiomkd import axioms
from axiomkd.core.errors import LoadError
from axiomkd.core.report import profile_met, status_of, strongest
from axiomkd.tracing.numerics import prepare
from axiomkd.verify.line import Failed
from axiomkd.verify.report import verify

from .conftest import load

pytestmark = pytest.mark.slow  # three honest reports are made first

Json = dict[str, Any]
HONEST = ("log_pool", "squares", "entropy")


@pytest.fixture(autouse=True)
def _there(honest, monkeypatch):
    prepare("cpu")
    monkeypatch.chdir(honest["folder"])


def verified(honest: Json, made: Json) -> list[str]:
    return [line.text for line in verify(load(made), met=honest["met"])]


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_report_stands(honest, name):
    assert len(verified(honest, honest[name])) == len(axioms.READINGS)


# --- how reports are changed -------------------------------------------------------------------------------------------------


def row(made: Json, name: str) -> Json:
    return next(r for r in made["operators"][0]["readings"] if r["reading"] == name)


def summed(made: Json) -> Json:
    """The report with its summary worked out again: a forger who is careful."""
    one = made["operators"][0]
    verdicts = {r["reading"]: r["verdict"] for r in one["readings"]}
    asked = [name for names in one["requires"].values() for name in names if name in verdicts]
    one["status"] = status_of(verdicts, asked)
    one["strongest"] = strongest(verdicts, axioms.NAMES, axioms.STRONGER)
    one["profiles"] = {
        name: profile_met(verdicts, [r for names in needs.values() for r in names])
        for name, needs in axioms.PROFILES.items()
    }
    for r in one["readings"]:
        r["required"] = r["reading"] in one["requires"].get(r["axiom"], ())
    return made


EMPTY: Json = {
    "certificate": None,
    "witness": None,
    "largest": None,
    "reproducer": None,
    "scope": None,
    "unproved": None,
}


def verdict(name: str, now: str, **fields: Any) -> Callable[[Json], Json]:
    def change(made: Json) -> Json:
        row(made, name).update({**EMPTY, "verdict": now, "method": "search", "margin": None, **fields})
        return summed(made)

    return change


def entry(name: str, **fields: Any) -> Callable[[Json], Json]:
    def change(made: Json) -> Json:
        row(made, name).update(fields)
        return summed(made)

    return change


def witness(name: str, which: str = "witness", **fields: Any) -> Callable[[Json], Json]:
    def change(made: Json) -> Json:
        row(made, name)[which].update(fields)
        return made

    return change


def operator(**fields: Any) -> Callable[[Json], Json]:
    def change(made: Json) -> Json:
        made["operators"][0].update(fields)
        return made

    return change


def on(act: Callable[[Json], Any]) -> Callable[[Json], Json]:
    """A change in place, then the summary of its verdicts."""

    def change(made: Json) -> Json:
        act(made)
        return summed(made)

    return change


def raw(act: Callable[[Json], Any]) -> Callable[[Json], Json]:
    """A change in place, and nothing else."""

    def change(made: Json) -> Json:
        act(made)
        return made

    return change


def without(made: Json, *names: str) -> None:
    one = made["operators"][0]
    one["readings"] = [r for r in one["readings"] if r["reading"] not in names]


def profile(made: Json, requires: Json) -> None:
    made["profile"]["requires"] = requires
    made["operators"][0]["requires"] = requires


def moved_witness(made: Json) -> None:
    row(made, "favourite")["witness"] = copy.deepcopy(row(made, "coordinate")["witness"])


def fragile(name: str) -> Callable[[Json], Json]:
    def change(made: Json) -> Json:
        row(made, name).update({"verdict": "fragile", "largest": None, "margin": None, "reproducer": None})
        return summed(made)

    return change


def renamed(made: Json) -> None:
    one = copy.deepcopy(made["operators"][0])
    made["operators"].append(one)


def known(**fields: Any) -> Callable[[Json], Json]:
    base = {
        "target": "ops.py::log_pool",
        "axiom": "convexity",
        "reading": "envelope",
        "verdict": "refuted",
        "state": "known",
        "reason": "we know",
        "until": None,
        "source": "pyproject.toml",
    }
    return raw(lambda made: made["known"].append({**base, **fields}))


def certificate(name: str, act: Callable[[Json], Any]) -> Callable[[Json], Json]:
    def change(made: Json) -> Json:
        act(row(made, name)["certificate"])
        return made

    return change


def replaced(name: str, old: str, new: str) -> Callable[[Json], Json]:
    def change(made: Json) -> Json:
        text = json.dumps(row(made, name)["certificate"], ensure_ascii=False)
        assert old in text, text[:2000]
        row(made, name)["certificate"] = json.loads(text.replace(old, new))
        return made

    return change


def claims(kind: str, act: Callable[[Json], Any]) -> Callable[[Json], None]:
    def change(made: Json) -> None:
        found = [c for c in made["claims"] if c["claim"] == kind]
        assert found
        for one in found:
            act(one)

    return change


FORGED_SMT = {
    "kind": "smt",
    "queries": [
        {
            "size": [2, 2],
            "claim": "envelope",
            "part": part,
            "smtlib": "(declare-fun w_0 () Real)(assert (< w_0 0.0))(assert (> w_0 0.0))(assert (< 0.0 w_0))",
            "rlimit": 1000,
            "solver": "z3",
        }
        for part in ("negative[0]", "negative[1]", "sum", "below[0]", "below[1]", "above[0]", "above[1]")
    ],
}
SHELL = "python - <<'EOF'\nimport os; os.system('echo pwned > pwned')\nEOF"

# --- the table ---------------------------------------------------------------------------------------------------------------

# (report, what is forged, the forgery, a part of what is told)
FORGERIES: list[tuple[str, str, Callable[[Json], Json], str]] = [
    # verdicts, with the summary recomputed
    ("log_pool", "refuted-holds", verdict("envelope", "holds", margin=0.0), "refuted, and|it is false"),
    ("log_pool", "refuted-inconclusive", verdict("envelope", "inconclusive"), "it is false"),
    ("log_pool", "refuted-fragile", fragile("envelope"), "it is false|reproducer"),
    ("log_pool", "closed-holds", verdict("lipschitz", "holds"), "implies it, holds|it is false"),
    ("log_pool", "closed-inconclusive", verdict("closed", "inconclusive"), "it is false"),
    ("log_pool", "closed-fragile", fragile("closed"), "refutes it|reproducer"),
    ("log_pool", "support-holds", verdict("any-support", "holds"), "it is false"),
    ("log_pool", "hull-inconclusive", verdict("hull", "inconclusive"), "it is false"),
    ("log_pool", "favourite-holds", verdict("favourite", "holds", margin=0.0), "it is false"),
    ("log_pool", "nonexpansive-holds", verdict("nonexpansive", "holds", margin=0.0), "it is false"),
    ("squares", "ranking-holds", verdict("ranking", "holds", margin=0.0), "it is false"),
    ("squares", "commutation-inconclusive", verdict("commutation", "inconclusive"), "it is false"),
    ("entropy", "lipschitz-holds", verdict("lipschitz", "holds"), "it is false"),
    (
        "log_pool",
        "witness-under-holds",
        entry("envelope", verdict="holds", largest=None),
        "which this verdict never has",
    ),
    ("log_pool", "refuted-error", verdict("envelope", "error", method=None), "status|behaves|misbehaves"),
    (
        "log_pool",
        "proved-by-nothing",
        entry("envelope", verdict="proved", witness=None, largest=None),
        "never has|there is no",
    ),
    (
        "entropy",
        "holds-proved",
        entry("any-support", verdict="proved", method="theorem: any-signs", scope="all K, C"),
        "there is no certificate",
    ),
    # rows and summary
    ("log_pool", "required-deleted", on(lambda made: without(made, "envelope", "nonexpansive")), "lacks envelope"),
    ("log_pool", "other-deleted", on(lambda made: without(made, "hull")), "lacks hull"),
    (
        "log_pool",
        "asked-for-less",
        on(lambda made: (without(made, "envelope"), made["settings"].update(readings=["convexity/simplex"]))),
        "asked for",
    ),
    ("log_pool", "reading-twice", on(lambda made: made["operators"][0]["readings"].append(row(made, "hull"))), "twice"),
    ("log_pool", "operator-twice", raw(renamed), "stands in the report 2 times"),
    ("log_pool", "unknown-reading", raw(lambda made: row(made, "hull").update(reading="shell")), "there is no reading"),
    (
        "log_pool",
        "another-axiom",
        raw(lambda made: row(made, "hull").update(axiom="positivity")),
        "there is no reading",
    ),
    ("log_pool", "status", operator(status="valid"), "status is 'valid'"),
    ("log_pool", "status-error", operator(status="error"), "status is 'error'"),
    (
        "log_pool",
        "profile-met",
        raw(lambda made: made["operators"][0]["profiles"].update(article=True)),
        "profiles.article",
    ),
    (
        "log_pool",
        "profile-open",
        raw(lambda made: made["operators"][0]["profiles"].update(article=None)),
        "profiles.article",
    ),
    ("log_pool", "profile-gone", raw(lambda made: made["operators"][0]["profiles"].pop("article")), "profile article"),
    (
        "log_pool",
        "profile-invented",
        raw(lambda made: made["operators"][0]["profiles"].update(mine=True)),
        "'mine' is neither",
    ),
    (
        "log_pool",
        "strongest",
        raw(lambda made: made["operators"][0]["strongest"].update(convexity=["hull"])),
        "strongest",
    ),
    (
        "log_pool",
        "requires-less",
        on(lambda made: profile(made, {"convexity": ["simplex"]})),
        "the profile of that name",
    ),
    (
        "log_pool",
        "requires-of-the-operator",
        on(lambda made: made["operators"][0].update(requires={"convexity": ["simplex"]})),
        "it is held to",
    ),
    ("log_pool", "requires-nothing", on(lambda made: profile(made, {})), "the profile of that name"),
    (
        "log_pool",
        "profile-of-no-name",
        on(lambda made: (made["profile"].update(name="ideal"), profile(made, {"convexity": ["simplex"]}))),
        "'ideal' is neither",
    ),
    (
        "log_pool",
        "own-profile-rewritten",
        on(lambda made: (made["profile"].update(name="ours"), profile(made, {"convexity": ["simplex"]}))),
        "the profile of that name",
    ),
    ("log_pool", "not-required", raw(lambda made: row(made, "envelope").update(required=False)), "required is False"),
    ("log_pool", "defect", operator(defect=True), "defect is True"),
    (
        "log_pool",
        "defect-message",
        operator(defect=True, message="a proof and a counterexample of hull contradict"),
        "status|defect",
    ),
    ("log_pool", "no-operators", raw(lambda made: made.update(operators=[])), "has no operators"),
    ("log_pool", "proofs-alone", raw(lambda made: made["settings"].update(search=False)), "a report of proofs alone"),
    (
        "log_pool",
        "softener",
        raw(lambda made: made["settings"].update(softener="uniform-mix")),
        "reproducer|softener|T is out",
    ),
    ("log_pool", "no-softener", raw(lambda made: made["settings"].update(softener="butter")), "softener"),
    ("log_pool", "dtype", raw(lambda made: made["settings"].update(dtype="float32")), "dtype"),
    ("log_pool", "sizes", raw(lambda made: made["settings"].update(sizes=[[1, 5000]])), "sizes"),
    ("log_pool", "more-sizes", raw(lambda made: made["settings"].update(sizes=[[2, 2], [64, 3]])), "not asked for"),
    # numbers of a row
    ("log_pool", "margin-of-the-row", entry("envelope", margin=-0.4), "its margin is -0.4"),
    ("log_pool", "margin-gone", entry("envelope", margin=None), "margin is missing"),
    ("log_pool", "margin-of-a-proof", entry("simplex", margin=-1.0), "at least 0"),
    ("log_pool", "margin-of-no-margin", entry("closed", margin=-1.0), "no margin"),
    ("log_pool", "cases", entry("simplex", cases=-1), "cases"),
    ("log_pool", "seconds", entry("simplex", seconds=-1.0), "seconds"),
    ("log_pool", "scope", entry("simplex", scope="all K, C and beyond"), "names no sizes"),
    ("log_pool", "scope-of-supported", entry("simplex", scope="all K, C that it supports"), "its certificate covers"),
    ("log_pool", "method", entry("simplex", method="theorem: averages"), "its method is"),
    ("log_pool", "method-search", entry("envelope", method="theorem: averages"), "was searched for"),
    ("log_pool", "unproved-of-a-proof", entry("simplex", unproved="not proved: why"), "never has"),
    # witnesses
    ("log_pool", "class-out-of-range", witness("envelope", **{"class": 77}), "class 77 of"),
    ("log_pool", "another-class", witness("favourite", **{"class": 1}), "reproducer|names class"),
    ("log_pool", "teacher", witness("favourite", teacher=1), "reproducer|margin"),
    ("log_pool", "teacher-of-none", witness("envelope", teacher=1), "teacher"),
    ("log_pool", "teacher-out-of-range", witness("favourite", teacher=9), "reproducer|teacher 9"),
    ("log_pool", "tilt", witness("favourite", t=["0", "1/3"]), "reproducer|margin"),
    ("log_pool", "temperature", witness("nonexpansive", T=["1", "1/3"]), "reproducer|margin"),
    ("log_pool", "temperature-of-none", witness("envelope", T=["1", "2"]), "reproducer|T"),
    ("log_pool", "direction", witness("hull", direction=["1", "0"]), "reproducer|direction|margin"),
    ("log_pool", "second-point", witness("envelope", P2=[["1/2", "1/2"]] * 2), "P2"),
    ("log_pool", "margin-of-the-witness", witness("any-support", margin="-1/2"), "the report says -1/2"),
    ("log_pool", "value", witness("any-support", value=[["1/2", "1/2"]]), "aggregate"),
    ("log_pool", "confirmed-exact", witness("envelope", confirmed="exact"), "confirmed by exact"),
    ("log_pool", "confirmed-float", witness("envelope", confirmed="float64"), "floats only"),
    ("log_pool", "confirmed-jump", witness("closed", confirmed="exact"), "confirmed by exact"),
    ("log_pool", "jump-margin", witness("closed", margin="-1"), "the report says -1"),
    ("log_pool", "jump-class", witness("closed", **{"class": 0}), "names a class"),
    ("log_pool", "jump-value", witness("closed", value=[["1", "0"], ["1", "0"]]), "aggregate"),
    ("log_pool", "largest", witness("hull", "largest", margin="-1"), "the report says -1"),
    ("log_pool", "largest-confirmed", witness("hull", "largest", confirmed="exact"), "confirmed by exact"),
    ("log_pool", "witness-moved", on(moved_witness), "reproducer|the report says|margin"),
    ("squares", "confirmed-upgraded", witness("entropy", confirmed="exact"), "confirmed by exact"),
    ("squares", "classes", witness("ranking", **{"class": [0, 1]}), "reproducer|names class"),
    ("entropy", "fragile-value", witness("closed", value=[["0x1.0p-1", "0x1.0p-1"]]), "floats give|reproducer|prints"),
    # what is run
    ("log_pool", "reproducer-shell", raw(lambda made: row(made, "envelope").update(reproducer=SHELL)), "reproducer"),
    (
        "log_pool",
        "reproducer-of-a-proof",
        raw(lambda made: row(made, "simplex").update(reproducer=SHELL)),
        "reproducer",
    ),
    ("log_pool", "reproducer-gone", raw(lambda made: row(made, "envelope").update(reproducer=None)), "reproducer"),
    ("log_pool", "hashes-gone", operator(hashes={}), "no hash"),
    (
        "log_pool",
        "hash-changed",
        raw(lambda made: made["operators"][0]["hashes"].update(source="0" * 64)),
        "has changed",
    ),
    (
        "log_pool",
        "jaxpr-hash-gone",
        raw(lambda made: made["operators"][0]["hashes"].pop("jaxpr")),
        "its jaxpr is another",
    ),
    (
        "log_pool",
        "jaxpr-hash",
        raw(lambda made: made["operators"][0]["hashes"].update(jaxpr="0" * 64)),
        "its jaxpr is another",
    ),
    ("log_pool", "line", operator(line=99), "the report says that it is"),
    ("squares", "name", operator(name="linear"), "registers no operator"),
    # certificates
    ("squares", "theorem", certificate("hull", lambda c: c.update(theorem="sum-to-one")), "its method|concludes"),
    (
        "squares",
        "unknown-theorem",
        on(
            lambda made: (
                row(made, "hull").update(method="theorem: x") or row(made, "hull")["certificate"].update(theorem="x")
            )
        ),
        "not known: 'x'",
    ),
    ("squares", "another-formula", replaced("hull", '["pow", "2", ["w"', '["pow", "3", ["w"'), "cannot be read|form"),
    ("squares", "claim-dropped", certificate("hull", lambda c: c["claims"].pop()), "makes no claim|a branch"),
    (
        "squares",
        "claim-unknown",
        certificate("hull", claims("equal", lambda c: c.update(claim="obvious"))),
        "'obvious'",
    ),
    (
        "squares",
        "smaller-domain",
        certificate("closed", claims("continuous", lambda c: c["domain"].update(P="positive"))),
        "on the interior",
    ),
    ("squares", "smallest", certificate("hull", lambda c: c.update(smallest=[3, 3])), "starts at"),
    ("squares", "other-softener", certificate("hull", lambda c: c.update(softener="uniform-mix")), "softener"),
    (
        "log_pool",
        "premise-gone",
        certificate("unanimity", lambda c: c["with"]["simplex"].update(theorem="averages")),
        "concludes",
    ),
    (
        "log_pool",
        "premise-more",
        certificate("unanimity", lambda c: c["with"].update(hull=c["with"]["simplex"])),
        "does not need",
    ),
    (
        "log_pool",
        "forged-query",
        entry(
            "envelope",
            verdict="proved",
            method="smt",
            scope="(K, C) = (2, 2)",
            certificate=FORGED_SMT,
            witness=None,
            largest=None,
            reproducer=None,
            unproved=None,
            margin=None,
        ),
        "query|queries|refuted, and",
    ),
    # known violations
    ("log_pool", "known-invented", known(), "written down no such violation"),
    ("log_pool", "known-not-required", known(reading="hull"), "no such required reading"),
    ("log_pool", "known-verdict", known(verdict="fragile"), "its verdict is fragile"),
    ("log_pool", "known-fixed", known(state="fixed"), "its state is fixed"),
    ("log_pool", "known-target", known(target="ops.py::linear"), "no such required reading"),
]


@pytest.mark.parametrize("report, forge, told", [f[::2] + f[3:] for f in FORGERIES], ids=[f[1] for f in FORGERIES])
def test_a_forgery_is_rejected(honest, report, forge, told):
    made = forge(copy.deepcopy(honest[report]))
    with pytest.raises((Failed, LoadError)) as caught:
        verified(honest, made)
    assert any(part in str(caught.value) for part in told.split("|")), str(caught.value)
    assert not Path("pwned").exists()


def test_there_are_many():
    assert len(FORGERIES) >= 100 and len({name for _, name, _, _ in FORGERIES}) == len(FORGERIES)


# --- whose code runs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["evil.py::log_pool", "evil:log_pool", "./sub/../evil.py::log_pool", "zoo:log", "missing:log_pool"]
)
def test_the_code_of_another_file_is_not_run(honest, target):
    (honest["folder"] / "evil.py").write_text("open('ran', 'w').close()\nfrom ops import *\n", encoding="utf-8")
    made = copy.deepcopy(honest["log_pool"])
    made["operators"][0]["target"] = target
    with pytest.raises((Failed, LoadError)):
        verified(honest, made)
    assert not (honest["folder"] / "ran").exists()


def test_a_changed_file_is_not_run(honest):
    path = honest["folder"] / "ops.py"
    before = path.read_text(encoding="utf-8")
    path.write_text("open('ran', 'w').close()\n" + before, encoding="utf-8")
    try:
        with pytest.raises(Failed, match="has changed"):
            verified({**honest, "met": {}}, honest["log_pool"])
    finally:
        path.write_text(before, encoding="utf-8")
    assert not (honest["folder"] / "ran").exists()


def test_the_file_of_a_module_is_its_own(honest):
    made = copy.deepcopy(honest["log_pool"])
    made["operators"][0]["target"] = "other:log_pool"
    with pytest.raises(Failed, match="which does not run ops.py"):
        verified(honest, made)


def test_what_is_no_report_is_refused(honest):
    made = copy.deepcopy(honest["log_pool"])
    row(made, "envelope")["verdict"] = "certain"
    with pytest.raises(ValidationError):
        load(made)


def test_the_certificates_of_another_operator(honest):
    """A witness at K = 5 stands in the way of nothing: the other operator's formula is held against this one at every size."""
    made = copy.deepcopy(honest["log_pool"])
    for r in made["operators"][0]["readings"]:
        other = copy.deepcopy(row(honest["squares"], r["reading"]))
        r.update({key: other[key] for key in other if key != "required"})
    made = summed(made)
    with pytest.raises(Failed):
        verified(honest, made)


def test_margins_are_numbers_of_the_witness(honest):
    made = copy.deepcopy(honest["log_pool"])
    found = row(made, "any-support")["witness"]
    assert Fraction(found["margin"]) == -1
