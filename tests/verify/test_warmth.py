"""Witnesses against hot and cold: those that a search prints stand, forged ones fall."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.report import WitnessModel, witness_model
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.search import one_temperature
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import scan_limits, witness
from axiomkd.verify.line import BALL, EXACT, FLOATS, Failed
from axiomkd.verify.subject import Subject

WRONG = """from axiomkd import operator
import jax
import jax.numpy as jnp
import numpy as np

@operator
def ignores(P, w, Ts):
    return w @ P

@operator
def multiplies(P, w, T):
    return w @ jax.nn.softmax(jnp.log(P) * T, axis=1)

@operator
def runs_away(P, w, T):
    return (w @ P) / T + (1 - 1 / T) / P.shape[1]

@operator
def naive_entropy(P, w, Ts):
    v = w * jnp.exp(jnp.sum(P * jnp.log(P), axis=1))
    return v / jnp.sum(v) @ P

@operator(backend="numpy")
def votes(P, w):
    return np.array([float(x) for x in w @ np.eye(P.shape[1])[[int(np.argmax([float(x) for x in p])) for p in P]]])
"""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    prepare("cpu")
    (tmp_path / "wrong.py").write_text(WRONG)
    monkeypatch.chdir(tmp_path)


def found(target: str, reading: str, *, K: int = 2, C: int = 2) -> tuple[Subject, WitnessModel]:
    operator = load(target)[0]
    evaluator = Evaluator(operator, softener("power"))
    seen = one_temperature.search(
        evaluator, cold=reading == "cold", sizes=[(K, C)], rng=np.random.default_rng(1), effort=0
    )
    assert seen.witness is not None
    return Subject(operator, "power"), witness_model(seen.witness)


def checked(subject: Subject, reading: str, one: WitnessModel) -> tuple[str, ...]:
    return witness.check(subject, axioms.BY_NAME[reading], one)


@pytest.mark.parametrize(
    "target, reading, how",
    [
        ("zoo:vote", "hot", EXACT),
        ("zoo:confteacher", "hot", BALL),
        ("zoo:argpool", "cold", EXACT),
        ("wrong.py::ignores", "hot", EXACT),
        ("wrong.py::ignores", "cold", EXACT),
        ("wrong.py::multiplies", "cold", BALL),
        ("wrong.py::runs_away", "cold", EXACT),
        ("wrong.py::naive_entropy", "cold", BALL),
        ("wrong.py::votes", "hot", FLOATS),
    ],
)
def test_what_a_search_prints_stands(target, reading, how):
    assert checked(*_with(found(target, reading), reading)) == (how,)


def _with(pair: tuple[Subject, WitnessModel], reading: str) -> tuple[Subject, str, WitnessModel]:
    return pair[0], reading, pair[1]


FORGED = {
    "too warm a temperature": {"Ts": ["1024", "1"]},
    "another teacher's temperature": {"Ts": ["1", "4398046511104"]},
    "two temperatures": {"Ts": ["4398046511104", "4398046511104"]},
    "no teacher": {"teacher": None},
    "one temperature for all": {"T": ["4398046511104"], "Ts": None},
    "a class": {"cls": 0},
    "a second point": {"w2": ["1/3", "2/3"]},
    "another margin": {"margin": "-1/3"},
    "other aggregates": {"value": [["1/3", "2/3"], ["1/3", "2/3"]]},
    "balls": {"confirmed": "ball"},
    "floats alone": {"confirmed": "float64"},
    "a row on a face": {"P": [["0", "1"], ["1/3", "2/3"]]},
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_one_falls(name):
    subject, one = found("wrong.py::ignores", "hot")
    assert one.teacher == 0 and one.confirmed == "exact"
    with pytest.raises(Failed):
        checked(subject, "hot", one.model_copy(update=FORGED[name]))


def test_a_row_that_is_not_cold_enough_falls():
    subject, one = found("wrong.py::ignores", "cold")
    assert one.Ts is not None
    t = Fraction(one.Ts[0])
    with pytest.raises(Failed, match="has not fallen"):
        checked(subject, "cold", one.model_copy(update={"Ts": [str(2 * t), "1"]}))


@pytest.mark.parametrize("reading", ["hot", "cold"])
def test_of_an_operator_that_has_it_nothing_stands(reading):
    _, one = found("wrong.py::ignores", reading)
    right = Subject(load("zoo:linear_ts")[0], "power")
    with pytest.raises(Failed, match="away from what it is at the limit"):
        checked(right, reading, one)


def test_a_quick_look_finds_what_is_false():
    with pytest.raises(Failed, match="it is false"):
        scan_limits.check(Subject(load("zoo:vote")[0], "power"), axioms.BY_NAME["hot"], [(2, 2)])
    with pytest.raises(Failed, match="it is false"):
        scan_limits.check(Subject(load("wrong.py::ignores")[0], "power"), axioms.BY_NAME["cold"], [(2, 2)])
    for reading in ("hot", "cold"):
        assert scan_limits.check(Subject(load("zoo:log_ts")[0], "power"), axioms.BY_NAME[reading], [(2, 2)])


def test_a_tie_in_the_row_that_is_heated_stays_one():
    """Equal entries are softened alike at every temperature at once, so that an argmax among them is decided."""
    given = {
        "K": 2,
        "C": 3,
        "P": [["1/4", "1/4", "1/2"], ["1/4", "1/4", "1/2"]],
        "w": ["1/2", "1/2"],
        "teacher": 0,
        "Ts": [str(2**42), "1"],
        "value": [["0", "0", "1"], ["1/2", "0", "1/2"]],
        "margin": "-0.499999999",
        "confirmed": "exact",
    }
    subject = Subject(load("zoo:voteshare")[0], "power")
    assert checked(subject, "hot", WitnessModel.model_validate(given)) == (EXACT,)
