"""`axiomkd.evaluate`: what is scored how, and that no program keeps it from answering; evaluators, called as their programs do."""

from __future__ import annotations

import importlib.util
import itertools
import json
import math
import random
import subprocess
import sys
import types
from pathlib import Path

import pytest

import axiomkd
from axiomkd.core.errors import UsageError
from axiomkd.core.report import ReadingModel, WitnessModel
from axiomkd.report import feedback
from tests.patience import PATIENCE

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples" / "search"
HEAD = "from axiomkd import operator\n"
SMALL = {"K": 2, "C": 2, "readings": ("envelope", "common-support")}


def reading(verdict, margin=None, largest=None, name="envelope", **more):
    def witness(m):
        return WitnessModel(K=2, C=2, P=[["1", "0"], ["0", "1"]], w=["1", "0"], margin=m, confirmed="exact")

    return ReadingModel(
        **{
            **dict(
                axiom="convexity", reading=name, required=True, verdict=verdict, method="search", scope=None, cases=9
            ),
            **dict(margin=None, seconds=0.0, message="", certificate=None),
            **dict(
                witness=None if margin is None else witness(margin),
                largest=None if largest is None else witness(largest),
            ),
            **more,
        }
    )


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- scores -----------------------------------------------------------------------------------------------------------


def test_better_is_more():
    ranked = [
        reading("proved"),
        reading("holds"),
        reading("fragile"),
        reading("inconclusive"),
        reading("refuted", "-1/100000"),
        reading("refuted", "-1/20"),
        reading("refuted", "-1/20", "-1/2"),
        reading("refuted", "-1000"),
        reading("error"),
    ]
    scores = [feedback.score(one) for one in ranked]
    assert all(a > b for a, b in itertools.pairwise(scores)) and scores[0] == 1 and scores[-1] == 0


def test_what_is_proved_in_part_is_open():
    assert feedback.score(reading("proved", partly=True)) == feedback.score(reading("inconclusive"))


@pytest.mark.parametrize("margin", ["0x1p-1074", "-0x1.8p+1023", "1" + "0" * 5000, "-nan", "inf", "0"])
def test_scores_are_finite(margin):
    assert 0 < feedback.score(reading("refuted", margin)) <= feedback.REFUTED


def test_a_claim_that_is_no_margin_has_one_score():
    assert feedback.score(reading("refuted", "-1", name="common-support")) == feedback.BLUNT


@pytest.mark.parametrize("most", [64, 65, 100, 1000])
def test_texts_fit_into_bytes(most):
    rng = random.Random(most)
    texts = {f"name{n}": "".join(rng.choice("aé漢🙂\x1b\ud800") for _ in range(90)) for n in range(9)}
    found = feedback.fitted(texts, most)
    assert sum(len(name.encode()) + len(text.encode()) for name, text in found.items()) <= most
    assert "name0" in found and not any("\x1b" in text for text in found.values())


# --- whatever a program does ------------------------------------------------------------------------------------------

NOTHING = {
    "syntax": ("def (", "invalid syntax"),
    "none": ("x = 1\n", "registers no operator"),
    "two": (
        f"{HEAD}@operator\ndef a(P, w): return w @ P\n@operator\ndef b(P, w): return w @ P\n",
        "registers 2 operators",
    ),
    "raises": ("raise RuntimeError('\\ud800\\x1b[2J')\n", "Correct the file"),
    "binary": ("\0", "source code"),
    "claims": (f"{HEAD}@operator(claims='no')\ndef a(P, w): return w @ P\n", "no profile 'no'"),
    "exits": ("import os\nos._exit(3)\n", "exit code 3"),
}


@pytest.mark.parametrize("what", NOTHING)
def test_a_program_of_which_nothing_can_be_found_out(what, tmp_path):
    text, said = NOTHING[what]
    file = tmp_path / "program.py"
    file.write_text(text)
    found = axiomkd.evaluate(file, **SMALL)
    assert set(found["metrics"].values()) == {0.0} and "convexity/envelope" in found["metrics"]
    assert said in found["artifacts"]["error"]


def test_no_file_and_a_folder(tmp_path):
    for path in (tmp_path / "gone.py", tmp_path):
        found = axiomkd.evaluate(path, **SMALL)
        assert found["metrics"]["combined_score"] == 0 and found["artifacts"]["error"]


EVIL = """
class Evil(Exception):
    def __str__(self):
        raise RuntimeError("no text")
    __repr__ = __str__
"""
RUNS = {
    "hangs": ("    while True: pass", 6.0),
    "crashes": ("    import os; os.abort()", 100.0),
    "evil": ("    raise Evil()", 100.0),
    "shape": ("    return P", 100.0),
}


@pytest.mark.whole
@pytest.mark.parametrize("what", RUNS)
def test_a_program_that_misbehaves_scores_nothing(what, tmp_path):
    body, timeout = RUNS[what]
    file = tmp_path / "program.py"
    file.write_text(f"{HEAD}{EVIL}\n@operator\ndef bad(P, w):\n{body}\n")
    found = axiomkd.evaluate(file, timeout=timeout, **SMALL)
    assert found["metrics"]["combined_score"] == 0 and found["artifacts"]["error"]


@pytest.mark.whole
def test_the_smallest_witness_in_plain_words_and_megabytes_in_few_bytes(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(f"{HEAD}@operator\ndef half(P, w):\n    print('\\u6f22' * 10**6)\n    return w @ P / 2\n")
    found = axiomkd.evaluate(file, max_bytes=3000, **SMALL)
    assert 0 < found["metrics"]["combined_score"] < 1 and all(map(math.isfinite, found["metrics"].values()))
    assert "convexity/envelope refuted (exact)" in found["artifacts"]["witness"]
    assert sum(len(x.encode()) for pair in found["artifacts"].items() for x in pair) <= 3000
    again = axiomkd.evaluate(file, max_bytes=3000, **SMALL)
    assert again["metrics"] == found["metrics"]


@pytest.mark.parametrize("wrong", [{"effort": "no"}, {"max_bytes": -1}, {"max_bytes": "9"}, {"timeout": 0}])
def test_wrong_arguments_are_the_callers(wrong):
    with pytest.raises(UsageError):
        axiomkd.evaluate("x.py", **wrong)


# --- the examples -----------------------------------------------------------------------------------------------------


def answered(metrics, artifacts):
    return lambda path, **options: {"metrics": metrics, "artifacts": artifacts}


def test_as_openevolve_calls_it(monkeypatch):
    """It loads the file under a name of its own, calls `evaluate` with a path, and takes metrics, or its own result class."""
    monkeypatch.setattr(axiomkd, "evaluate", answered({"combined_score": 0.5}, {"verdict": "fails"}))
    monkeypatch.setitem(sys.modules, "openevolve.evaluation_result", None)
    assert example("openevolve_evaluator").evaluate("program.py") == {"combined_score": 0.5}
    made = types.SimpleNamespace(EvaluationResult=lambda **fields: fields)
    monkeypatch.setitem(sys.modules, "openevolve", types.ModuleType("openevolve"))
    monkeypatch.setitem(sys.modules, "openevolve.evaluation_result", made)
    found = example("openevolve_evaluator").evaluate("program.py")
    assert found == {"metrics": {"combined_score": 0.5}, "artifacts": {"verdict": "fails"}}


@pytest.mark.parametrize(
    "artifacts, correct", [({"verdict": "fails"}, True), ({"verdict": "error", "error": "no"}, False)]
)
def test_the_files_that_shinkaevolve_reads(artifacts, correct, monkeypatch, tmp_path):
    monkeypatch.setattr(axiomkd, "evaluate", answered({"combined_score": 0.5, "convexity/envelope": 0.5}, artifacts))
    example("shinka_evaluate").main("program.py", str(tmp_path / "results" / "gen_1"))
    metrics, right = (
        json.loads((tmp_path / "results" / "gen_1" / name).read_text()) for name in ("metrics.json", "correct.json")
    )
    assert metrics["combined_score"] == 0.5 and metrics["public"] == {"convexity/envelope": 0.5}
    assert metrics["private"] == {} and artifacts["verdict"] in metrics["text_feedback"]
    assert right == {"correct": correct, "error": artifacts.get("error")}


@pytest.mark.whole
def test_as_shinkaevolve_calls_it(tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "shinka_evaluate.py")]
        + ["--program_path", str(EXAMPLES / "initial_program.py"), "--results_dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert json.loads((tmp_path / "correct.json").read_text()) == {"correct": True, "error": None}
    assert 0 < metrics["combined_score"] < 1 and "witness:" in metrics["text_feedback"]


def test_hill_climbing_climbs(tmp_path):
    """By a score that counts choices that are right: what it finds, and that it asks no program twice."""
    search = example("hill_climb")
    right = {"v": "w", "share": "v", "X": "P", "pool": "s @ X", "q": "y"}
    asked = []

    def evaluate(path):
        text = Path(path).read_text()
        asked.append(text)
        score = sum(f" = {part}\n" in text or f"return {part}\n" in text for part in right.values()) / len(right)
        return {"metrics": {"combined_score": score, "valid": float(score == 1)}, "artifacts": {"verdict": ""}}

    best = search.climb(evaluate, search.START, 500, 0, tmp_path / "program.py", say=lambda text: None)
    assert {name: search.CHOICES[name][n] for name, n in best.items()} == right
    assert len(set(asked)) == len(asked) < 300


@pytest.mark.whole
def test_from_feedback_alone_a_search_finds_an_operator_that_meets_the_article(tmp_path, monkeypatch):
    """The short way: of four programs."""
    search, file = example("hill_climb"), tmp_path / "program.py"
    few = {"v": ("w**2", "w"), "share": ("v",), "X": ("P**2", "P"), "pool": ("s @ X",), "q": ("y",)}
    monkeypatch.setattr(search, "CHOICES", few)
    said: list[str] = []
    best = search.climb(lambda path: axiomkd.evaluate(path, K=2, C=2), search.START, 9, 0, file, say=said.append)
    assert best == {"v": 1, "share": 0, "X": 1, "pool": 0, "q": 0} and "meets article" in said[-1]
