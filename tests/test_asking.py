"""What was asked for is what a check answers: status, exit code, profiles and words speak of it, and of nothing else.

The table of exit codes is held against a worker that finds what it is told to find; two checks at the end run a real one.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from axiomkd import axioms
from axiomkd.axioms.summary import asked_for, marked, readings_of, requires_of, summarise
from axiomkd.core.errors import UsageError
from axiomkd.core.events import Finished
from axiomkd.core.report import ReadingModel, Report, WitnessModel
from axiomkd.core.settings import Settings
from axiomkd.report import phrases
from axiomkd.run import session
from axiomkd.run.answers import Answers
from axiomkd.run.worker import Ref
from tests.command import axiomkd

SOME = "(K, C) = (2, 2), (2, 3)"
WITNESS = WitnessModel(K=2, C=2, P=[["1", "0"], ["0", "1"]], w=["1", "0"], margin="-1", confirmed="exact")


def row(name: str, verdict: str, required: bool, scope: str = "all K, C") -> ReadingModel:
    return ReadingModel(
        axiom=axioms.BY_NAME[name].axiom,
        reading=name,
        required=required,
        verdict=verdict,  # type: ignore[arg-type]
        method="search",
        scope=scope if verdict == "proved" else None,
        cases=1,
        margin=None,
        seconds=0.0,
        message="",
        certificate=None,
        witness=WITNESS if verdict in ("refuted", "fragile") else None,
    )


@pytest.fixture
def finds(tmp_path, monkeypatch):
    """`finds({"hull": "refuted"}, …)`: what the worker finds from now on; every other reading is proved."""
    monkeypatch.chdir(tmp_path)
    Path("op.py").write_text("")
    told: dict = {}

    def run(self, ref, settings, **_):
        requires = requires_of(ref.name, told["claims"], settings)
        required = {name for names in requires.values() for name in names}
        verdicts = {one.name: told["verdicts"].get(one.name, "proved") for one in readings_of(settings, requires)}
        rows = [row(name, one, name in required, told["scope"]) for name, one in verdicts.items()]
        result = summarise(
            name=ref.name,
            target=ref.target,
            file=ref.file,
            line=1,
            readings=[marked(one, told["K"], None, settings) for one in rows],
            requires=requires,
            settings=settings,
            seconds=0.0,
        )
        yield Finished(operator=ref.name, result=result, sizes=[(2, 2)], device="cpu")

    def found(verdicts, *, claims=None, scope="all K, C", K=None):
        told.update(verdicts=verdicts, claims=claims, scope=scope, K=K)

    ref = Ref(name="op", target="op.py::op", file="op.py", line=1)
    monkeypatch.setattr(Answers, "operators", lambda self, source, settings, **_: [ref])
    monkeypatch.setattr(Answers, "run", run)
    return found


def report(*arguments: str) -> tuple[int, Report, str]:
    done = axiomkd(*arguments, "--no-cache", "--json", "r.json")
    return done.returncode, Report.load("r.json"), done.stdout


def profiles(asked: list[str]) -> dict[str, bool | None]:
    return session.check(["op.py"], Settings(readings=tuple(asked))).operators[0].profiles


# --- the table of exit codes -----------------------------------------------------------------------------------------

CODES = {"proved": 0, "holds": 0, "refuted": 1, "fragile": 3, "inconclusive": 3, "error": 1}
ALLOWED = [(), ("fragile",), ("inconclusive",), ("fragile", "inconclusive")]
COMMANDS = ("check", "prove")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("verdict", CODES)
@pytest.mark.parametrize("asked", [(), ("--reading", "envelope")], ids=["profile", "reading"])
@pytest.mark.weekly(8)
def test_exit_codes(finds, command, verdict, asked):
    finds({"envelope": verdict})
    for allow in ALLOWED:
        code, _, _ = report(command, "op.py", *asked, *(f"--allow={one}" for one in allow))
        assert code == (0 if verdict in allow else CODES[verdict])


@pytest.mark.weekly(2)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("verdict", CODES)
def test_what_is_not_asked_for_costs_nothing(finds, command, verdict):
    finds({"hull": verdict})  # `article` asks for the envelope
    assert report(command, "op.py")[0] == 0
    assert report(command, "op.py", "--reading", "envelope")[0] == 0
    assert report(command, "op.py", "--reading", "envelope", "--reading", "hull")[0] == CODES[verdict]


def test_the_worst_of_several_readings_counts(finds):
    for first, second in itertools.product(("holds", "refuted", "inconclusive"), repeat=2):
        finds({"hull": first, "limits": second})
        code, _, _ = report("check", "op.py", "--reading", "hull", "--reading", "temperature-coherence/limits")
        found = {CODES[first], CODES[second]}
        assert code == next(one for one in (1, 3, 0) if one in found)


# --- what is asked for -----------------------------------------------------------------------------------------------


def test_readings_asked_for_replace_profile_and_claims(finds):
    for claims in (None, "log", {"convexity": "simplex"}):
        finds({"hull": "refuted"}, claims=claims)
        code, found, out = report("check", "op.py", "--reading", "convexity/hull")
        (one,) = found.operators
        assert code == 1 and one.status == "invalid"
        assert one.requires == {"convexity": ["hull"]} and [r.required for r in one.readings] == [True]
        assert found.settings.readings == ["convexity/hull"]
        assert "fails convexity/hull" in out and "1 operator against convexity/hull: 1 fails" in out
        assert "* asked for" in out


def test_claims_that_name_nothing_are_told_all_the_same():
    settings = session.resolved(Settings(readings=("hull",)))
    with pytest.raises(UsageError, match="no profile 'nothing'"):
        requires_of("op", "nothing", settings)


def test_readings_are_grouped_in_the_order_of_the_axioms():
    assert asked_for(["limits", "convexity/hull", "unanimity", "hull"]) == {
        "convexity": ("unanimity", "hull"),
        "temperature-coherence": ("limits",),
    }


def test_a_profile_is_met_only_if_each_of_its_readings_was_decided(finds):
    finds({})
    needs = {name: {r for names in wanted.values() for r in names} for name, wanted in axioms.PROFILES.items()}
    everything = sorted(set().union(*needs.values()))
    for name, wanted in needs.items():
        for left_out in sorted(wanted):
            asked = [one for one in everything if one != left_out]
            assert profiles(asked)[name] is None, (name, left_out)
    assert set(profiles(everything).values()) == {True}


def test_a_profile_of_which_one_reading_is_refuted_is_not_met(finds):
    finds({"envelope": "refuted"})
    _, found, _ = report("check", "op.py", "--reading", "envelope")
    needs = {name: wanted.get("convexity", ()) for name, wanted in axioms.PROFILES.items()}
    assert found.operators[0].profiles == {name: False if "envelope" in rs else None for name, rs in needs.items()}


def test_of_axioms_that_were_not_asked_about_nothing_is_said(finds):
    finds({"limits": "refuted"})
    _, found, out = report("check", "op.py", "--reading", "hull", "--reading", "limits")
    (one,) = found.operators
    assert one.strongest == {"convexity": ["hull"], "temperature-coherence": []}
    assert "strongest  convexity hull · temperature-coherence not limits" in out


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (dict.fromkeys(axioms.NAMES["convexity"], "refuted"), "convexity none"),
        (dict.fromkeys(axioms.NAMES["convexity"], "inconclusive"), "convexity open"),
        ({"hull": "refuted"}, "convexity "),
    ],
)
def test_none_is_said_only_of_what_was_decided(finds, verdicts, said):
    finds(verdicts)
    _, found, _ = report("check", "op.py")
    assert said in phrases.strongest(found.operators[0])


def test_asked_for_in_the_configuration(finds):
    finds({"hull": "refuted"})
    Path("pyproject.toml").write_text('[tool.axiomkd]\nreading = ["convexity/hull"]\n')
    assert report("check", "op.py")[0] == 1
    assert report("check", "op.py", "--reading", "envelope")[0] == 0


def test_a_baseline_speaks_of_what_was_asked_for(finds):
    finds({"hull": "refuted"})
    assert report("check", "op.py", "--reading", "hull")[0] == 1
    Path("r.json").rename("base.json")
    code, found, _ = report("check", "op.py", "--reading", "hull", "--baseline", "base.json")
    assert code == 0 and [one.state for one in found.known] == ["known"]
    finds({"hull": "refuted", "limits": "refuted"})
    assert report("check", "op.py", "--reading", "hull", "--reading", "limits", "--baseline", "base.json")[0] == 1


def test_a_narrower_question_loses_nothing(finds):
    finds({})
    report("check", "op.py")
    Path("r.json").rename("old.json")
    report("check", "op.py", "--reading", "hull")
    done = axiomkd("compare", "old.json", "r.json")
    assert done.returncode == 0 and "readings: none named → convexity/hull" in done.stdout


# --- proofs at some sizes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "K", "given", "code"),
    [
        ("all K, C", None, (), 0),
        ("all K, C that it supports", (2, 3), (), 0),
        (SOME, None, (), 3),
        (SOME, None, ("-K", "2", "-C", "2,3"), 0),
        (SOME, None, ("-K", "2", "-C", "2-4"), 3),
        (SOME, None, ("-K", "2"), 3),  # every C was asked for
        ("K = 2, 3 and every C", None, (), 3),
        ("K = 2, 3 and every C", None, ("-K", "2,3"), 0),
        ("K = 2, 3 and every C", None, ("-K", "2,3", "-C", "5"), 0),
        ("K = 2, 3 and every C", None, ("-K", "2-4"), 3),
        ("K = 2, 3 and every C", (2, 3), (), 0),  # it supports no others
        ("K = 2, 3 and every C", (1, 2, 3), (), 0),
        ("K = 2, 3 and every C", (2, 3, 4), (), 3),
        ("K = 2, 3 and every C", (2, 3, 4), ("-K", "2-3"), 0),
        ("C = 2 and every K", (2, 3), ("-C", "2"), 0),
        ("no sizes at all", None, (), 3),
    ],
)
@pytest.mark.weekly(2)
def test_a_proof_at_some_sizes_is_none_of_all(finds, scope, K, given, code):
    finds({}, scope=scope, K=K)
    found, written, out = report("prove", "op.py", *given)
    (one,) = written.operators
    assert found == code and one.status == {0: "valid", 3: "undecided"}[code]
    assert {r.partly for r in one.readings} == {code == 3} and {r.verdict for r in one.readings} == {"proved"}
    asked = {"-K": ", K = ", "-C": ", C = "}
    assert all((asked[name] in out.partition("\n\n")[0]) == (name in given and code == 0) for name in asked)
    assert (f"convexity/envelope is proved at {scope} only" in " ".join(out.split())) == (code == 3)
    of_axioms = {met for name, met in one.profiles.items() if axioms.GROUP not in axioms.PROFILES[name]}
    assert of_axioms == {None if code else True}


def test_a_proof_at_some_sizes_can_be_allowed_and_known(finds):
    finds({}, scope=SOME)
    assert report("prove", "op.py", "--allow", "inconclusive")[0] == 0
    Path("r.json").rename("base.json")
    assert report("prove", "op.py", "--baseline", "base.json")[0] == 0


def test_a_search_looks_at_the_other_sizes(finds):
    finds({}, scope=SOME)
    code, found, _ = report("check", "op.py")
    assert code == 0 and not any(r.partly for r in found.operators[0].readings)


def test_every_format_says_so(finds):
    finds({}, scope=SOME)
    done = axiomkd("prove", "op.py", "--no-cache", "--junit", "r.xml", "--sarif", "r.sarif", "--html", "r.html")
    assert done.returncode == 3
    assert f"proved at {SOME} only" in Path("r.xml").read_text()
    results = json.loads(Path("r.sarif").read_text())["runs"][0]["results"]
    assert {one["level"] for one in results} == {"warning"}
    assert f"proved at {SOME} only" in Path("r.html").read_text()


def test_the_row_says_nothing_where_a_search_was_made():
    one = row("hull", "proved", True, SOME)
    proofs_only = Settings(search=False)
    assert marked(one, None, None, proofs_only).partly
    assert not marked(one, None, None, replace(proofs_only, search=True)).partly
    assert not marked(row("hull", "holds", True), None, None, proofs_only).partly


# --- with a real worker ----------------------------------------------------------------------------------------------

MAX = "import jax.numpy as jnp\nfrom axiomkd import operator\n\n@operator\ndef top(P, w):\n    return jnp.max(P, axis=0)\n"


@pytest.mark.whole
def test_what_was_asked_for_and_is_refuted_is_1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("top.py").write_text(MAX)
    small = ("--effort", "quick", "-K", "2", "-C", "2")
    done = axiomkd("check", "top.py", *small, "--reading", "convexity/simplex")
    assert done.returncode == 1 and "fails convexity/simplex" in done.stdout
    again = axiomkd("check", "top.py", *small, "--reading", "nonnegative")
    assert again.returncode == 0, again.stdout  # another question, and not answered from the first one's answer
