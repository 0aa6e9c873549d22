"""An operator declared for the interior is never given a weight of 0: moving weight from one teacher to another leaves some."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.axioms import BY_NAME
from axiomkd.claims.margins import measure
from axiomkd.core.case import ExactCase, floats
from axiomkd.core.operator import describe
from axiomkd.core.report import WitnessModel
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.verify import spot, witness
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import Subject

from . import checks  # noqa: F401  float64 on

TRANSFER = BY_NAME["transfer"]
CASE = ExactCase(((F(1, 2), F(1, 2)), (F(1, 4), F(3, 4))), (F(2, 3), F(1, 3)))
ALL_OF_IT = CASE.having({"other": 1, "share": F(1)})


def rolled_on_faces(P, w):
    return jnp.where(w.min() == 0, jnp.roll(w @ P, 1), w @ P)


def on(domain):
    return describe(rolled_on_faces, domain=domain)


def evaluator(domain):
    return Evaluator(on(domain), softener("power"))


@pytest.mark.parametrize("domain, violated", [("closed", True), ("interior", False)])
def test_a_weight_that_moves_away_altogether_is_a_face(domain, violated):
    P = ((F(1, 4), F(3, 4)), (F(1, 3), F(2, 3)))
    one = replace(ALL_OF_IT, P=P)
    assert (measure(evaluator(domain), [TRANSFER], floats([one])).margins["transfer"][0] < 0) == violated


@pytest.mark.parametrize("domain", ["closed", "interior"])
def test_shares_that_are_drawn_leave_some(domain):
    many = floats([replace(CASE, w=(F(n, 400), F(400 - n, 400))) for n in range(1, 400)])
    share = measure(evaluator(domain), [TRANSFER], many).cases.more["share"]
    assert np.all(share <= 1) and (share.max() < 1) == (domain == "interior")


@pytest.mark.parametrize("domain", ["closed", "interior"])
def test_a_witness_on_a_face_is_refused_of_such_an_operator(domain):
    given = WitnessModel.model_validate(
        {
            "K": 2,
            "C": 2,
            "P": [["1/4", "3/4"], ["1/3", "2/3"]],
            "w": ["2/3", "1/3"],
            "class": 1,
            "teacher": 0,
            "teacher2": 1,
            "delta": "1/3",
            "value": [["5/18", "13/18"], ["3/4", "1/4"]],
            "margin": "-1/12",
            "confirmed": "exact",
        }
    )
    if domain == "closed":
        assert witness.check(Subject(on(domain), "power"), TRANSFER, given)
        with pytest.raises(Failed, match="has a Ts"):
            witness.check(Subject(on(domain), "power"), TRANSFER, given.model_copy(update={"Ts": ["1", "1"]}))
        return
    with pytest.raises(Failed, match="all of a teacher's weight"):
        witness.check(Subject(on(domain), "power"), TRANSFER, given)


@pytest.mark.parametrize("domain", ["closed", "interior"])
def test_the_verifier_moves_some_of_a_weight_there(domain):
    some = list(spot.cases(Subject(on(domain), "power"), TRANSFER, [(2, 2)]))
    faces = [one for one in some if one.beside.delta == one.w[one.beside.teacher2 or 0]]
    assert some and bool(faces) == (domain == "closed")
