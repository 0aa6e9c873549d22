"""Reproducers are pasted into a fresh shell here: each must run, and print what its witness says."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from axiomkd.report import reproducer
from axiomkd.report.bars import value
from axiomkd.report.reproducer import literal, snippet
from tests.patience import PATIENCE

from . import samples

pytestmark = pytest.mark.whole  # whole runs of the command, most of them in processes of their own

reading, witness = samples.reading, samples.witness

HALF = ["1/2", "1/2"]
SHARED = [["1/5", "4/5"], ["1/3", "2/3"]]
UP, DOWN = f"{2**205 + 1}/{2**206}", f"{2**205 - 1}/{2**206}"
NAIVE = """
import jax.numpy as jnp
from axiomkd import operator

@operator(name="entropy-naive")
def entropy_naive(P, w):
    v = w * jnp.exp(jnp.sum(P * jnp.log(P), axis=1))
    return (v / jnp.sum(v)) @ P

@operator
def wrong_shape(P, w):
    return P.sum(axis=1)

@operator
def pooled(P, w, T=2.0):
    q = (w @ P) ** (1 / T)
    return q / q.sum()

@operator(inputs="logits")
def averaged(logits, w):
    z = jnp.exp(w @ logits)
    return z / z.sum()
"""


def pasted(target: str, one, folder: Path, below: str = ".") -> str:
    """What the reproducer prints in the folder, or in one below it. Fails where it does not run."""
    file, name = (target.split("::") + [""])[:2]
    text = snippet(samples.operator(name or file).model_copy(update={"target": target}), one)
    assert text is not None
    assert text.startswith("python - <<'EOF'\n") and text.endswith("\nEOF")
    (folder / "my_op.py").write_text(NAIVE, encoding="utf-8")
    command = text.replace("python -", f"'{sys.executable}' -", 1)
    (folder / below).mkdir(exist_ok=True)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=folder / below, timeout=PATIENCE)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def numbers(text: str) -> list[float]:
    return [float(Fraction(x)) for x in re.findall(r"\d+/\d+|\d+(?:\.\d+)?(?:e[+-]?\d+)?", text)]


CASES = {
    "envelope": (
        "zoo:log",
        witness([["1/4", "1/4", "1/2"], ["1/4", "1/2", "1/4"]], HALF, cls=0, value=[["0x1p-2"] * 3]),
        "no teacher gives class 0 more than 1/4, and the aggregate gives it 0.261204",
        0.2612038749637414,
    ),
    "hull": (
        "zoo:vote",
        witness([HALF, HALF], HALF, direction=["1", "-1"], value=[["1", "0"]]),
        "the aggregate reaches 1, the farthest teacher 0",
        1.0,
    ),
    "responsive": (
        "zoo:mean",
        witness([["1/4", "3/4"], ["3/4", "1/4"]], ["1", "0"], teacher=0, t=["1"], value=[HALF] * 3),
        "the aggregate still is 1/4 away from it",
        0.25,
    ),
    "favourite": (
        "zoo:vote",
        witness(
            [["3/7", "3/7", "1/7"], ["1/5", "2/5", "2/5"]],
            ["1/3", "2/3"],
            cls=1,
            teacher=0,
            t=["0", "1/2"],
            value=[["0", "1", "0"], ["1", "0", "0"]],
        ),
        "teacher 0, the most confident on class 1 (3/7), gains weight, and the class falls: 1 → 0",
        1 / 35,
    ),
    "nonexpansive": (
        "my_op.py::averaged",
        witness(SHARED, HALF, T=["1", "1/2"], value=[HALF, HALF]),
        "and the aggregate moves by 0.150093",
        12 / 85,
    ),
    "ranking": (
        "zoo:linear",
        witness([["1/5", "4/5"], ["2/3", "1/3"]], ["2/5", "3/5"], cls=[1, 0], T=["1", "1/2"], value=[HALF, HALF]),
        "at T = 1 class 1 is ahead of class 0 (13/25 > 12/25)",
        0.5035294117647059,
    ),
    "commutation": (
        "zoo:linear",
        witness([["1/3", "2/3"], HALF], HALF, cls=0, T=["1", "1/2"], value=[HALF, HALF]),
        "class 0",
        0.35,
    ),
    "interior": (
        "zoo:vote",
        witness([HALF, [UP, DOWN]], HALF, P2=[[DOWN, UP], [DOWN, UP]], value=[["1", "0"], ["0", "1"]]),
        "sum of absolute differences of the aggregates: 2",
        1.0,
    ),
    "lipschitz": (
        "zoo:log",
        witness([["1", "0"], HALF], HALF, P2=[[f"{2**400 - 1}/{2**400}", f"1/{2**400}"], HALF], value=[["1", "0"]] * 2),
        "quotient: ≈1.60694e+60",
        1.0,
    ),
    "limits": (
        "zoo:vote",
        witness([HALF, HALF], HALF, T=[str(2**41)], value=[["1", "0"]]),
        "uniform distribution: 1/2",
        0.5,
    ),
}


@pytest.mark.weekly(9)
@pytest.mark.parametrize("name", CASES)
def test_it_runs_and_shows_the_failure(name, tmp_path):
    target, one, said, number = CASES[name]
    printed = pasted(target, reading(name, "refuted", witness=one), tmp_path)
    assert "seen again, in " in printed and said in printed, printed
    assert any(abs(x - number) < 1e-6 for x in numbers(printed)), printed


def test_a_float_defect_shows_floats_and_exact_numbers(tmp_path):
    point = witness([["1", "0"], HALF], HALF, margin="nan", confirmed="float64", value=[["nan", "nan"]])
    printed = pasted("my_op.py::entropy_naive", reading("closed", "fragile", witness=point), tmp_path)
    assert "seen again" in printed and re.search(r"float64 +nan +nan", printed)


def test_a_float_defect_is_looked_for_at_every_point_of_the_claim(tmp_path):
    point = witness(SHARED, HALF, teacher=1, t=["0", "1/2"], T=["1", "2"], value=[HALF])
    printed = pasted("zoo:log", reading("responsive", "fragile", witness=point), tmp_path)
    for name in ("as given", "t = 1/2", "all on teacher 1"):
        assert f"{name}: float64" in printed and f"{name}: exact" in printed


def test_misbehaviour_is_called(tmp_path):
    point = witness([["0x1p-1", "0x1p-1"], ["0x1p-2", "0x1.8p-1"]], ["0x1p-1", "0x1p-1"], margin="0")
    printed = pasted("my_op.py::wrong_shape", reading("simplex", "error", witness=point), tmp_path)
    assert "seen again" in printed and "[1. 1.]" in printed and "called once more" in printed


def test_what_is_no_counterexample_is_said_to_be_none(tmp_path):
    thirds = [["1/3", "2/3"], ["1/2", "1/2"], ["1/2", "1/2"]]
    one = witness(thirds, ["1/3"] * 3, teacher=1, t=["0", "1/2"], value=[HALF, HALF])
    printed = pasted("zoo:softmax5", reading("pull", "refuted", witness=one), tmp_path)
    assert "NOT seen again\nthe claim holds at this point" in printed


def test_elsewhere_one_sentence_says_what_is_missing(tmp_path):
    target, one, _, _ = CASES["nonexpansive"]
    printed = pasted(target, reading("nonexpansive", "refuted", witness=one), tmp_path, "below")
    assert printed.count("\n") == 1 and "my_op.py: no such file in " in printed
    assert "Run this in the folder in which the report was made" in printed


@pytest.mark.parametrize("name", CASES)
def test_it_is_six_lines_of_the_public_interface(name):
    target, one, _, _ = CASES[name]
    lines = snippet(samples.operator("a").model_copy(update={"target": target}), reading(name, "refuted", witness=one))
    assert lines is not None
    _, *code, _ = lines.split("\n")
    assert len(code) <= 7 and max(map(len, code)) < 200
    imported = [line for line in code if "import" in line]
    assert imported in (
        ["from fractions import Fraction as F", "from axiomkd import Witness"],
        ["from axiomkd import Witness"],
    )


def test_no_witness_no_reproducer():
    assert snippet(samples.operator("linear"), reading("envelope")) is None


def test_the_softener_is_the_reports():
    text = snippet(samples.operator("log"), samples.NONEXPANSIVE, softener="uniform-mix")
    assert text is not None and 'softener="uniform-mix"' in text


@pytest.mark.parametrize(
    "text", ["1/2", "0", "-3/4", UP, DOWN, f"1/{2**200}", "0x1.999999999999ap-4", f"5/{3 * 2**300}", "nan"]
)
def test_a_literal_is_the_number(text):
    made = eval(literal(text), {"F": Fraction})
    assert made == value(text) or text == "nan"
    assert len(literal(text)) < 60


def test_what_stands_many_times_is_written_once():
    row = ["1/400"] * 96 + ["3/5", "1/400", "1/400"] + ["0"] * 4 + ["1/400"] * 97
    text = reproducer._row(row)
    assert text == "[*[F(1, 400)] * 96, F(3, 5), F(1, 400), F(1, 400), *[0] * 4, *[F(1, 400)] * 97]"
    assert eval(text, {"F": Fraction}) == [Fraction(one) for one in row]
    assert reproducer._row(["1/400"] * 200) == "[F(1, 400)] * 200"
    assert reproducer._rows([["1/2", "1/2"]] * 9) == "[[F(1, 2), F(1, 2)]] * 9"
    assert reproducer._row(["1/8"] * 8) == f"[{', '.join(['F(1, 8)'] * 8)}]"
