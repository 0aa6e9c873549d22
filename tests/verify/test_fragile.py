"""Honest reproducers of fragile readings are seen again at all points that their claim compares, and others are not."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from axiomkd import axioms
from axiomkd.claims.confirm import reproducer
from axiomkd.core.case import ExactCase
from axiomkd.core.report import witness_model
from axiomkd.operators.loading import load
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import evidence
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import Subject

HALF = """
import numpy as np
from axiomkd import operator

@operator
def half(P, w):
    return (w @ P).astype(np.float16)
"""
READINGS = ("simplex", "responsive", "pull", "coordinate", "favourite", "nonexpansive", "ranking", "entropy")


@pytest.fixture
def subject(tmp_path, monkeypatch):
    prepare("cpu")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "op.py").write_text(HALF)
    return Subject(load("op.py::half")[0], "power")


@pytest.mark.parametrize("name", READINGS)
def test_the_floats_of_every_point_are_compared(subject, name):
    case = ExactCase(((F(1, 3), F(2, 3)), (F(1, 2), F(1, 2))), (F(1, 2), F(1, 2)))
    reading = axioms.BY_NAME[name]
    printed = witness_model(reproducer(subject.evaluator, reading, case))
    assert evidence.fragile(subject, reading, printed) == (evidence.SEEN,)
    other = [*printed.value[:-1], ["0x1.0000000000000p-1", "0x1.0000000000000p-1"]]
    with pytest.raises(Failed, match="floats give"):
        evidence.fragile(subject, reading, printed.model_copy(update={"value": other}))
