"""Operators with a fault that sleeps at small sizes or outside a thin region: nothing that is false of them is proved.

`python -m benchmarks.fault_fuzz` does the same for as long as one has the time for.
"""

from __future__ import annotations

import jax
import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.scope import All
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.tracing import numerics
from axiomkd.tracing.lift import TABLE

from . import faults
from .gates import GATES

numerics.prepare()

# Names of other versions of JAX, and what is written at symbolic sizes only.
NOT_WRITTEN = {"copy_p", "scatter_add", "expand_dims", "dim_as_value"}


def proved(operator):
    return prover.prove(operator, "power", axioms.READINGS, effort="quick", sizes=[])


def everything(operator):
    """A prover that believes everything."""
    return {r.name: Proof(r.name, All(), "theorem", None, {}, "") for r in axioms.READINGS}


def drawn(seeds):
    return [pytest.param(seed, id=f"{seed}-{faults.made(seed).gate.name}") for seed in seeds]


def found(seed: int, looked_at: bool) -> list[str]:
    one = faults.made(seed)
    wrong = faults.falsely_proved(one, proved, looked_at=looked_at)
    return [f"{reading} is proved of {one.told}" for reading in wrong]


def test_the_same_seed_makes_the_same_operator():
    assert [faults.made(seed).told for seed in range(60)] == [faults.made(seed).told for seed in range(60)]


def test_a_credulous_prover_is_caught_every_time():
    assert all(faults.falsely_proved(faults.made(seed), everything, looked_at=False) for seed in range(1000))


IN_CODE = [seed for seed in range(3 * len(GATES)) if not faults.made(seed).gate.name.startswith("branches")]


@pytest.mark.parametrize("seed", drawn(IN_CODE[::7]))
@pytest.mark.whole
@pytest.mark.weekly(4)
def test_the_lift_alone_is_not_deceived(seed, one_size):
    assert found(seed, looked_at=False) == []


IN_PYTHON = [seed for seed in range(2 * len(GATES)) if faults.made(seed).gate.name.startswith("branches")]


@pytest.mark.parametrize("seed", drawn(IN_PYTHON[::48]))
@pytest.mark.weekly(2)
@pytest.mark.whole
def test_no_branch_on_a_size_deceives(seed):
    assert found(seed, looked_at=False) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", drawn(range(5000, 6000)))
def test_nothing_false_is_proved_of_a_thousand(seed):
    assert found(seed, looked_at=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", drawn(range(2 * len(GATES))))
def test_a_fault_is_awake_at_its_point_and_false_as_it_says(seed):
    one = faults.made(seed)
    g = np.asarray(jax.jit(one.value)(*one.point()))
    assert g.shape == ()
    assert np.isnan(g) == one.gate.undefined and g != 0
    assert one.undefined <= one.gate.undefined
    assert one.told_false() <= one.false()


@pytest.mark.slow
@pytest.mark.parametrize("name", GATES)
def test_a_fault_sleeps_at_a_small_size(name):
    one = faults.made(0, name)
    rng = np.random.default_rng(0)
    P, w = rng.dirichlet(np.full(3, 3.0), 2), rng.dirichlet(np.full(2, 3.0))
    assert abs(np.asarray(jax.jit(one.value)(P, w))) < 1e-9


def primitives(jaxpr) -> set[str]:
    names = set()
    for equation in jaxpr.eqns:
        names.add(equation.primitive.name)
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda x: hasattr(x, "eqns")):
            inner = getattr(inner, "jaxpr", inner)
            if hasattr(inner, "eqns"):
                names |= primitives(inner)
    return names


@pytest.mark.whole
def test_the_gates_lead_through_every_primitive_that_has_a_rule():
    seen: set[str] = set()
    for name in GATES:
        one = faults.made(1, name)
        K, C = one.signal.size()
        shapes = jax.ShapeDtypeStruct((K, C), float), jax.ShapeDtypeStruct((K,), float)
        seen |= primitives(jax.make_jaxpr(one.fn)(*shapes).jaxpr)
    assert set(TABLE) - seen - NOT_WRITTEN == set()
