"""Random operators: what is proved of them stands up to a search for counterexamples.

`python -m benchmarks.proof_fuzz` does the same for as many operators as one has the time for.
"""

from __future__ import annotations

import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.scope import All
from axiomkd.prove.proof import Proof
from axiomkd.tracing import numerics

from . import fuzz

pytestmark = pytest.mark.usefixtures("one_size")

numerics.prepare()


def searched(made: list[fuzz.Made], seed: int, **how) -> tuple[int, list[fuzz.Refutation]]:
    proofs, found = 0, []
    for n, one in enumerate(made):
        proved = fuzz.proofs(one)
        proofs += len(proved)
        if proved:
            found += fuzz.refutations(one, proved, seed + n, **how)[0]
    return proofs, found


def believed(fn, *readings: str) -> tuple[fuzz.Made, dict[str, Proof]]:
    """A false claim that the readings are proved."""
    claimed = {name: Proof(name, All(), "theorem", None, {}, "") for name in readings}
    return fuzz.Made(describe(fn, name="believed"), "believed"), claimed


def test_the_same_seed_makes_the_same_operator():
    assert [fuzz.tree(seed) for seed in range(50)] == [fuzz.tree(seed) for seed in range(50)]
    assert len({fuzz.tree(seed) for seed in range(50)}) > 40


@pytest.mark.weekly(2)
@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_batches_are_what_the_code_gives(seed):
    rng = np.random.default_rng(seed)
    P, w = rng.dirichlet(np.ones(3), (4, 2)), rng.dirichlet(np.ones(2), 4)
    one = fuzz.made(seed)
    with np.errstate(all="ignore"):
        single = np.array([np.broadcast_to(np.asarray(one.operator.fn(P[n], w[n]), float), 3) for n in range(4)])
    np.testing.assert_allclose(np.broadcast_to(one.batch(P, w), (4, 3)), single, rtol=1e-10, atol=1e-12)


FALSE = {
    "hull": "log",
    "envelope": "power2",
    "any-support": "log",
    "pull": "softmax5",
    "nonexpansive": "entropyw",
    "commutation": "linear",
    "closed": "log",
    "lipschitz": "power2",
    "limits": "argpool",
    "interior": "topteacher",
    "responsive": "mean",
    "entropy": "linear",
}


@pytest.mark.parametrize("reading", FALSE)
@pytest.mark.weekly(2)
def test_a_false_proof_is_refuted(reading):
    one, claimed = believed(fuzz.ENTRIES[FALSE[reading]].fn, reading)
    found, _ = fuzz.refutations(one, claimed, 0, jumps=True)
    assert [one.reading for one in found] == [reading]


@pytest.mark.slow
def test_nothing_proved_of_random_operators_is_refuted():
    proofs, found = searched([fuzz.made(seed) for seed in range(80)], 0)
    assert found == []
    assert proofs > 200  # of operators that say nothing, nothing is learned


@pytest.mark.slow
def test_continuity_proved_of_random_operators_is_not_refuted():
    _, found = searched([fuzz.made(seed) for seed in range(200, 210)], 0, jumps=True)
    assert found == []


@pytest.mark.slow
def test_nothing_proved_of_edited_operators_is_refuted():
    functions = fuzz.zoo_functions()
    made = [one for seed in range(14) if (one := fuzz.edited(seed, functions)) is not None]
    proofs, found = searched(made, 0, structures=0)
    assert found == []
    assert proofs > 15


@pytest.mark.slow
def test_nothing_proved_of_many_random_operators_is_refuted():
    _, found = searched([fuzz.made(seed) for seed in range(10_000, 11_000)], 0, jumps=True)
    assert found == []


@pytest.mark.slow
def test_nothing_proved_of_many_edited_operators_is_refuted():
    functions = fuzz.zoo_functions()
    made = [one for seed in range(10_000, 10_300) if (one := fuzz.edited(seed, functions)) is not None]
    _, found = searched(made, 0)
    assert found == []


def test_all_readings_are_searched():
    searches = set(fuzz.SEARCHES) | {r.name for r in axioms.READINGS if isinstance(r.claim, fuzz.Pointwise)}
    assert searches == {r.name for r in axioms.READINGS}
