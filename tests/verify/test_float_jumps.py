"""Jumps that only floats can show, verified: the two points are adjacent, and what lies between them is no slope."""

from __future__ import annotations

import numpy as np
import pytest

from axiomkd.tracing.numerics import prepare
from axiomkd.verify.line import Failed
from axiomkd.verify.report import verify

from .reports import reading, report

CODE = """import numpy as np
from axiomkd import operator

def blend(s, P):
    return s * P[0] + (1 - s) * P[1]

def plain(w):
    return np.array([float(x) for x in w])

@operator
def linear(P, w):
    return blend(plain(w)[0], P)

@operator
def steep(P, w):
    return blend(np.clip(1e12 * (plain(w)[0] - 0.5), 0, 1), P)

@operator
def heaviest(P, w):
    return blend(plain(w)[0] > 0.5, P)
"""
P = [[0.25, 0.75], [0.5, 0.5]]


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    prepare("cpu")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ops.py").write_text(CODE, encoding="utf-8")


def verified(name: str, share, by: float) -> None:
    """Verify that w₁ = 1/2 and w₁ = 1/2 + by are the two sides of a jump, where p₁ has this share."""
    from fractions import Fraction

    told = lambda x: str(Fraction(x))  # noqa: E731
    ends = [[0.5, 0.5], [0.5 + by, 0.5 - by]]
    values = [share(w[0]) * np.array(P[0]) + (1 - share(w[0])) * np.array(P[1]) for w in ends]
    margin = -float(np.abs(values[0] - values[1]).sum())
    witness = {
        "K": 2,
        "C": 2,
        "P": [[told(x) for x in p] for p in P],
        "w": [told(x) for x in ends[0]],
        "w2": [told(x) for x in ends[1]],
        "value": [[float(x).hex() for x in q] for q in values],
        "margin": told(margin),
        "confirmed": "float64",
    }
    row = reading("interior", "refuted", method="search", witness=witness)
    list(verify(report(f"ops.py::{name}", [row]), met={}))


def test_a_jump_is_one():
    verified("heaviest", lambda x: float(x > 0.5), 2.0**-52)


def test_points_that_are_far_apart_show_none():
    with pytest.raises(Failed, match="adjacent doubles"):
        verified("linear", lambda x: x, 0.25)


def test_a_slope_is_none():
    with pytest.raises(Failed, match="a slope, and no jump"):
        verified("steep", lambda x: min(max(1e12 * (x - 0.5), 0), 1), 2.0**-47)
