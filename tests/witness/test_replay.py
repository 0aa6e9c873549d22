"""A replay: what it computes anew, on what it is given, and what it says where it can't. Pasted ones are in tests/report."""

from fractions import Fraction as F

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import axiomkd

HALF = [F(1, 2), F(1, 2)]


def squares(P, w):
    q = w @ P**2
    return q / jnp.sum(q)


def numpy_root(P, w):
    q = np.sqrt((w @ P**2).astype(float))
    return q / q.sum()


def swaps(P, w):
    return jnp.where(P[0, 0] >= P[1, 0], P[0], P[1])


def raises(P, w):
    raise ValueError("not today")


def counts(P, w, seen=[]):  # noqa: B006
    seen.append(1)
    return P[0] + len(seen)


def test_it_is_exact_where_the_operator_is():
    witness = axiomkd.Witness("", "envelope", P=[[F(1, 2), F(1, 2)], [F(1, 4), F(3, 4)]], w=[0, 1])
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    found = witness.replay(squares)
    assert (found.seen, found.confirmed) == (True, "exact") and found.value == ((F(1, 10), F(9, 10)),)
    assert found.margin == F(-3, 20) and "seen again, in exact arithmetic" in str(found)
    assert jax.config.jax_enable_x64 is before  # type: ignore[attr-defined]
    assert witness.exact.value == () and found.witness.exact.value == found.value


def test_where_it_cannot_be_followed_floats_say_so():
    found = axiomkd.Witness("", "envelope", P=[HALF, [F(1, 4), F(3, 4)]], w=HALF).replay(numpy_root)
    assert found.seen is not None and found.confirmed in ("float64", "exact", "ball", "")


def test_a_jump_is_looked_at_where_floats_see_nothing():
    near = [F(1, 2) + F(1, 2**206), F(1, 2) - F(1, 2**206)]
    far = [F(1, 2) - F(1, 2**206), F(1, 2) + F(1, 2**206)]
    witness = axiomkd.Witness("", "interior", P=[HALF, near], w=HALF, P2=[HALF, far])
    assert not witness.replay(swaps).seen  # it chooses between rows that meet there
    assert "sum of absolute differences of the aggregates: 2^-20" in str(witness.replay(swaps))


def test_a_support_that_floats_lose_is_seen():
    witness = axiomkd.Witness(
        "zoo:dempster", "any-support", P=[[0, 1], [1, 0]], w=[F(1, 10**30), 1 - F(1, 10**30)], verdict="fragile"
    )
    found = witness.replay()
    assert found.seen and "5e-31" in str(found) and found.confirmed == "float64"
    plain = axiomkd.Witness("zoo:linear", "any-support", P=[[0, 1], [1, 0]], w=HALF, verdict="fragile")
    assert plain.replay().seen is False


@pytest.mark.whole
@pytest.mark.parametrize("reading", ["interior", "limits", "lipschitz", "responsive"])
@pytest.mark.weekly(2)
def test_a_reports_own_numbers_come_out_again(reading):
    report = axiomkd.check("zoo:vote", effort="quick", K=2, C=2, readings=[reading], cache=False)
    witness = report.witness(reading)
    found = witness.replay()
    assert found.seen and found.value == witness.exact.value and found.confirmed == witness.confirmed
    assert float(found.margin) == pytest.approx(witness.margin, rel=1e-3)  # a quotient has four digits


@pytest.mark.parametrize(("fn", "said"), [(raises, "ValueError: not today"), (counts, "called once more")])
def test_misbehaviour_is_seen_and_never_raised(fn, said):
    witness = axiomkd.Witness("", "simplex", P=[HALF, HALF], w=HALF, verdict="error")
    found = witness.replay(fn)
    assert found.seen and said in str(found) and "axiomkd/witness" not in str(found)
    assert witness.replay(squares).seen is False


def test_what_is_missing_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"P": [HALF, HALF], "w": HALF}
    for target, said in (
        ("gone.py::f", "gone.py: no such file in "),
        ("no_such_module:f", "neither a file nor a module"),
        ("zoo:nothing", "no such operator in the zoo"),
        ("", "stands in no file"),
    ):
        found = axiomkd.Witness(target, "hull", **given).replay()
        assert found.seen is None and said in found.problem and "\n" not in str(found)
    (tmp_path / "two.py").write_text(
        "from axiomkd import operator\n@operator\ndef f(P, w): return P[0]\n@operator\ndef g(P, w): return P[1]\n"
    )
    assert "names 2 operators" in axiomkd.Witness("two.py", "hull", **given).replay().problem
    (tmp_path / "bad.py").write_text("def f(P, w) return P\n")
    assert "bad.py, line 1" in axiomkd.Witness("bad.py::f", "hull", **given).replay().problem
    assert (
        "does not support"
        in axiomkd.Witness("", "hull", **given).replay(axiomkd.operator(lambda P, w: P[0], K=3)).problem
    )
