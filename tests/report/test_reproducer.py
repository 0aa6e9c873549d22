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
from tests.weekly import thinned

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


def pasted(target: str, one, folder: Path) -> str:
    """What the reproducer prints. Fails where it does not run."""
    file, name = (target.split("::") + [""])[:2]
    text = snippet(samples.operator(name or file).model_copy(update={"target": target}), one)
    assert text is not None
    assert text.startswith("python - <<'EOF'\n") and text.endswith("\nEOF")
    (folder / "my_op.py").write_text(NAIVE, encoding="utf-8")
    command = text.replace("python -", f"'{sys.executable}' -", 1)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=folder, timeout=120)
    if one.verdict != "error":
        assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+\.\d+(?:e[+-]?\d+)?", text)]


CASES = {
    "envelope": (
        "zoo:log",
        witness([["1/4", "1/4", "1/2"], ["1/4", "1/2", "1/4"]], HALF, cls=0, value=[["0x1p-2"] * 3]),
        "highest   [0.25, 0.5, 0.5]",
        0.2612038749637414,
    ),
    "hull": (
        "zoo:vote",
        witness([HALF, HALF], HALF, direction=["1", "-1"], value=[["1", "0"]]),
        "d.q = 1.0  largest d.p = 0.0",
        1.0,
    ),
    "pull": (
        "zoo:softmax5",
        witness(
            [["1/3", "2/3"], ["1/2", "1/2"], ["1/2", "1/2"]],
            ["1/3", "1/3", "1/3"],
            teacher=1,
            t=["0", "1/2"],
            value=[HALF, HALF],
        ),
        "distance to teacher 1 before",
        0.5,
    ),
    "responsive": (
        "zoo:mean",
        witness([["1/4", "3/4"], ["3/4", "1/4"]], ["1", "0"], teacher=0, t=["1"], value=[HALF] * 3),
        "distance to teacher 0 0.25",
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
        "class 1: before 1.0 after 0.0",
        1.0,
    ),
    "nonexpansive": (
        "my_op.py::averaged",
        witness(SHARED, HALF, T=["1", "1/2"], value=[HALF, HALF]),
        "the aggregate moves by 0.150092",
        0.14117647058823526,
    ),
    "ranking": (
        "zoo:linear",
        witness([["1/5", "4/5"], ["2/3", "1/3"]], ["2/5", "3/5"], cls=[1, 0], T=["1", "1/2"], value=[HALF, HALF]),
        "classes [1, 0]: [0.52, 0.48] and",
        0.5035294117647059,
    ),
    "commutation": (
        "zoo:linear",
        witness([["1/3", "2/3"], HALF], HALF, cls=0, T=["1", "1/2"], value=[HALF, HALF]),
        "softened after pooling [0.3378",
        0.35,
    ),
    "entropy": (
        "my_op.py::pooled",
        witness(SHARED, HALF, T=["1"], value=[["4/15", "11/15"], HALF]),
        "T left out [0.37",
        0.26666666666666666,
    ),
    "interior": (
        "zoo:vote",
        witness([HALF, [UP, DOWN]], HALF, P2=[[DOWN, UP], [DOWN, UP]], value=[["1", "0"], ["0", "1"]]),
        "sum of absolute differences 2.0",
        1.0,
    ),
    "lipschitz": (
        "zoo:log",
        witness([["1", "0"], HALF], HALF, P2=[[f"{2**400 - 1}/{2**400}", f"1/{2**400}"], HALF], value=[["1", "0"]] * 2),
        "quotient 1.",
        1.0,
    ),
    "limits": (
        "zoo:vote",
        witness([HALF, HALF], HALF, T=[str(2**41)], value=[["1", "0"]]),
        "uniform distribution 0.5",
        0.5,
    ),
}


@pytest.mark.parametrize("name", thinned(CASES, 3))
@pytest.mark.weekly(3)
def test_it_runs_and_shows_the_failure(name, tmp_path):
    target, one, said, number = CASES[name]
    printed = pasted(target, reading(name, "refuted", witness=one), tmp_path)
    assert said in printed
    assert any(abs(x - number) < 1e-12 for x in numbers(printed)), printed


def test_a_float_defect_shows_floats_and_exact_numbers(tmp_path):
    point = witness([["1", "0"], HALF], HALF, margin="nan", confirmed="float64", value=[["nan", "nan"]])
    assert "float64 [nan, nan]" in pasted(
        "my_op.py::entropy_naive", reading("closed", "fragile", witness=point), tmp_path
    )


def test_a_float_defect_is_looked_for_at_every_point_of_the_claim(tmp_path):
    point = witness(SHARED, HALF, teacher=1, t=["0", "1/2"], T=["1", "2"], value=[HALF])
    printed = pasted("zoo:log", reading("responsive", "fragile", witness=point), tmp_path)
    for name in ("as given", "t = 1/2", "all on teacher 1"):
        assert f"{name}: float64" in printed and f"{name}: exact" in printed


def test_misbehaviour_is_called(tmp_path):
    point = witness([["0x1p-1", "0x1p-1"], ["0x1p-2", "0x1.8p-1"]], ["0x1p-1", "0x1p-1"], margin="0")
    printed = pasted("my_op.py::wrong_shape", reading("simplex", "error", witness=point), tmp_path)
    assert "[1. 1.]" in printed and "(a second call)" in printed


def test_no_witness_no_reproducer():
    assert snippet(samples.operator("linear"), reading("envelope")) is None


def test_the_softener_is_the_reports():
    text = snippet(samples.operator("log"), samples.NONEXPANSIVE, softener="uniform-mix")
    assert text is not None and 'softener("uniform-mix")' in text


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
