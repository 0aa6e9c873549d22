"""Witnesses of jumps, growth and ends, as searches print them: those that stand, and forged ones."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.report import WitnessModel, witness_model
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.search import growth, jump, limit
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import near
from axiomkd.verify.line import BALL, EXACT, Failed
from axiomkd.verify.place import Place
from axiomkd.verify.subject import Subject

TINY = Fraction(1, 2**201)
STEEP = """from axiomkd import operator
import jax.numpy as jnp

@operator
def steep(P, w):
    v = w ** (1 / 64)
    return (v / jnp.sum(v)) @ P
"""


@pytest.fixture(autouse=True)
def _float64():
    prepare("cpu")


def subject(target: str) -> Subject:
    return Subject(load(target)[0], "power")


def found(target: str, reading: str) -> WitnessModel:
    evaluator = Evaluator(load(target)[0], softener("power"))
    rng, options = np.random.default_rng(1), {"sizes": [(2, 2), (2, 3)], "effort": 0}
    match reading:
        case "lipschitz":
            seen = growth.search(evaluator, rng=rng, **options)
        case "limits":
            seen = limit.search(evaluator, rng=rng, **options)
        case _:
            seen = jump.search(evaluator, reading == "closed", rng=rng, **options)
    assert seen.witness is not None
    return witness_model(seen.witness)


@pytest.mark.parametrize(
    "name, reading, how",
    [
        ("topteacher", "interior", EXACT),
        ("vote", "interior", EXACT),
        ("log", "closed", BALL),
        ("log", "lipschitz", BALL),
        ("power2", "lipschitz", BALL),
        ("vote", "limits", EXACT),
        ("confteacher", "limits", BALL),
    ],
)
@pytest.mark.weekly(3)
def test_what_a_search_finds_stands(name, reading, how):
    layers = near.check(subject(f"zoo:{name}"), axioms.BY_NAME[reading], found(f"zoo:{name}", reading))
    assert set(layers) <= {how, EXACT, BALL} and layers


def fails(target: str, reading: str, w: WitnessModel) -> str:
    with pytest.raises(Failed) as caught:
        near.check(subject(target), axioms.BY_NAME[reading], w)
    return str(caught.value)


def test_a_jump_of_another_operator():
    w = found("zoo:topteacher", "interior")
    assert "an aggregate at the witness is" in fails("zoo:linear", "interior", w)


def test_a_changed_margin():
    w = found("zoo:topteacher", "interior").model_copy(update={"margin": "-1/7"})
    assert "the report says -1/7" in fails("zoo:topteacher", "interior", w)


def two_points(q: tuple[list[str], list[str]], margin: str, gap: Fraction) -> WitnessModel:
    """P the unit vectors, w near a vertex and at it."""
    return WitnessModel.model_validate(
        {
            "K": 2,
            "C": 2,
            "P": [["1", "0"], ["0", "1"]],
            "w": [str(1 - gap), str(gap)],
            "w2": ["1", "0"],
            "value": list(q),
            "margin": margin,
            "confirmed": "ball",
        }
    )


def test_points_that_are_far_apart():
    w = two_points((["3/4", "1/4"], ["1", "0"]), "-1/2", Fraction(1, 4))
    assert "that is no jump" in fails("zoo:linear", "closed", w)


def test_no_difference_at_all():
    w = two_points(([str(1 - TINY), str(TINY)], ["1", "0"]), "0", TINY)
    assert "that is no jump" in fails("zoo:linear", "closed", w)


def test_what_is_steep_and_continuous_is_no_jump(tmp_path, monkeypatch):
    """At 2^-200 the 64th root of a weight is still 1/9; most of that is gone at 2^-400."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "steep.py").write_text(STEEP, encoding="utf-8")
    value = 2.0 ** (-201 / 64)
    q = value / (1 + value)
    w = two_points(([(1 - q).hex(), q.hex()], ["1", "0"]), str(-2 * q), TINY)
    assert "by less much nearer: no jump" in fails("steep.py::steep", "closed", w)


def test_a_slope_that_does_not_grow():
    gap = Fraction(1, 2**401)
    w = two_points(([str(1 - gap), str(gap)], ["1", "0"]), "-1", gap)
    assert "they do not grow" in fails("zoo:linear", "lipschitz", w)


def test_a_face_refutes_nothing_inside():
    w = found("zoo:log", "closed")
    assert "on a face" in fails("zoo:log", "interior", w)


def test_a_low_temperature_is_no_end():
    w = found("zoo:vote", "limits")
    lower = w.model_copy(update={"T": ["1024"]})
    assert "the end is looked at from" in fails("zoo:vote", "limits", lower)


CAPPED = """from axiomkd import operator
import jax.numpy as jnp

@operator
def {name}(P, w):
    x = jnp.where(w[1] > 0, w[1], 1.0)
    share = 0.1 * x * {growth}
    return (1 - share) * (w @ P) + share / P.shape[1]
"""


def test_what_grows_as_far_as_one_looks_and_is_capped_does_not_grow_without_bound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rate in (("grows", "-jnp.log(x)"), ("capped", "jnp.minimum(-jnp.log(x), 1e6)")):
        (tmp_path / f"{name}.py").write_text(CAPPED.format(name=name, growth=rate), encoding="utf-8")
    witness = found("grows.py::grows", "lipschitz")
    assert near.GROWING not in near.check(subject("grows.py::grows"), axioms.BY_NAME["lipschitz"], witness)
    assert "bounded all the same" in fails("capped.py::capped", "lipschitz", witness)


CURVED = """from axiomkd import operator
import jax.numpy as jnp

@operator
def unnormalised(P, w):
    return jnp.prod(P ** w[:, None], axis=0)
"""


def test_growth_along_a_curve_is_followed_on_it(tmp_path, monkeypatch):
    """Of w_1 log p_1 with an entry that goes with ε², straight lines to the vertex show one quotient at all distances."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "curved.py").write_text(CURVED, encoding="utf-8")
    e = Fraction(1, 2**400)
    first = Place(((1 - e, e), (e, 1 - e)), (1 - e, e))
    second = Place(((1 - e, e), (e**2, 1 - e**2)), (1 - e, e))
    one = subject("curved.py::unnormalised")
    assert near._grows(one, first, second) == ()
    straight = near.slopes(one, first, second, first.simple())
    curve = near.slopes(one, first, second, first.simple(), unit=e)
    assert not near._rise(straight) and near._rise(curve)


def test_a_curve_goes_with_powers_and_stays_in_the_simplex():
    e, base = Fraction(1, 2**100), Place(((Fraction(1), Fraction(0), Fraction(0)),), (Fraction(1),))
    place = Place(((1 - e - 3 * e**2, e, 3 * e**2),), (Fraction(1),))
    half = place.toward(base, Fraction(1, 2), e)
    assert half.P == ((1 - e / 2 - 3 * e**2 / 4, e / 2, 3 * e**2 / 4),) and half.sound
    assert place.toward(base, Fraction(1), e) == place
    assert place.toward(base, Fraction(1, 2)).P[0][2] == 3 * e**2 / 2


SLOW = """from axiomkd import operator
import jax.numpy as jnp

@operator
def slow(P, w):
    x = w[0] - 0.5
    size = jnp.where(x != 0, jnp.abs(x), 1.0)
    share = 0.3 * (1 + jnp.sign(x) * jnp.tanh(1e12 / (1 - jnp.log(size))))
    return (1 - share) * (w @ P) + share / P.shape[1]

@operator
def jumps(P, w):
    share = 0.3 * (1 + jnp.sign(w[0] - 0.5))
    return (1 - share) * (w @ P) + share / P.shape[1]
"""


def test_what_tends_to_nothing_far_below_all_that_is_looked_at_is_no_jump(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    half, P = Fraction(1, 2), [["1", "0"], ["1", "0"]]
    at = [[str(half - side * TINY / 4), str(half + side * TINY / 4)] for side in (1, -1)]
    for name in ("slow", "jumps"):
        one = subject(f"slow.py::{name}")
        points = {"K": 2, "C": 2, "P": P, "w": at[0], "w2": at[1], "value": [], "margin": "0", "confirmed": "ball"}
        values = [near.aggregate(one, place) for place in near.places(WitnessModel.model_validate(points))]
        gap = near.separation(*values)[0]
        exactly = all(near.numbers.is_rational(x) for q in values for x in q)
        text = [[str(x) if near.numbers.is_rational(x) else near.numbers.to_float(x).hex() for x in q] for q in values]
        w = WitnessModel.model_validate(
            points | {"value": text, "margin": str(-gap), "confirmed": "exact" if exactly else "ball"}
        )
        if name == "slow":
            assert "no jump" in fails(f"slow.py::{name}", "closed", w)
        else:
            near.check(one, axioms.BY_NAME["closed"], w)


CUSPS = """from axiomkd import operator
import jax.numpy as jnp

@operator
def cusp(P, w):
    share = 0.2 * jnp.sqrt(jnp.abs(w[0] ** 2 - 0.5))
    return (1 - share) * (w @ P) + share / P.shape[1]

@operator
def capped(P, w):
    share = 0.2 * jnp.sqrt(jnp.abs(w[0] ** 2 - 0.5) + 1e-200)
    return (1 - share) * (w @ P) + share / P.shape[1]
"""


@pytest.mark.parametrize("name, stands", [("cusp", True), ("capped", False)])
@pytest.mark.slow
def test_growth_at_a_place_without_simple_numbers_is_followed(tmp_path, monkeypatch, name, stands):
    """√½ is no fraction: nothing about the printed points says which place they are near to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cusps.py").write_text(CUSPS, encoding="utf-8")
    root = Fraction(math.isqrt(2**1199), 2**600)
    at = [[str(root + d), str(1 - root - d)] for d in (-TINY, TINY / 2)]
    points = {"K": 2, "C": 2, "P": [["1", "0"]] * 2, "w": at[0], "w2": at[1], "value": [], "confirmed": "ball"}
    one = subject(f"cusps.py::{name}")
    places = near.places(WitnessModel.model_validate(points | {"margin": "0"}))
    values = [near.aggregate(one, place) for place in places]
    text = [[near.numbers.to_float(x).hex() for x in q] for q in values]
    margin = str(-near.separation(*values)[0] / near.distance(*places))
    w = WitnessModel.model_validate(points | {"value": text, "margin": margin})
    if stands:
        assert near.check(one, axioms.BY_NAME["lipschitz"], w) == (BALL, near.GROWING)
    else:
        assert "they do not grow" in fails(f"cusps.py::{name}", "lipschitz", w)
