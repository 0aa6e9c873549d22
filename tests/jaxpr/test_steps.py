"""Programs for a page: each operator written out on single numbers gives what the operator gives, or is refused."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.checking.holding import holds
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.core.verdict import Witness
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.tracing import steps
from axiomkd.tracing.walk import Unsupported

SHAPES = [(3, 3), (3,)]
PANEL = np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6]]), np.array([0.5, 0.3, 0.2])


def scanned(P, w):
    total, _ = jax.lax.scan(lambda carry, pw: (carry + pw[1] * pw[0], carry), jnp.zeros(3), (P, w))
    return total / total.sum()


def branched(P, w):
    return jax.lax.cond(P[0, 0] > P[1, 0], lambda: P[0], lambda: jnp.flip(P[1]))


def sorted_rows(P, w):
    return w @ jnp.sort(P, axis=1)[:, ::-1]


def soft(P, w):
    return jax.nn.softmax(jnp.tanh(w @ P) ** 3 + jax.nn.sigmoid(P[0]) + jax.lax.rsqrt(P[1]))


def solved(P, w):
    q = jax.lax.while_loop(lambda q: q[0] < 0.9, lambda q: q + 0.1, w @ P)
    return q / q.sum()


@pytest.mark.parametrize("fn", [scanned, branched, sorted_rows, soft], ids=lambda fn: fn.__name__)
@pytest.mark.weekly(2)
def test_a_program_gives_what_the_function_gives(fn):
    made = steps.program(jax.make_jaxpr(fn)(*PANEL), SHAPES)
    assert json.loads(json.dumps(made.steps))  # a page reads it
    rng = np.random.default_rng(1)
    for _ in range(25):
        P, w = rng.dirichlet(np.ones(3), 3), rng.dirichlet(np.ones(3))
        assert np.allclose(steps.run(made, [*P.ravel(), *w]), fn(jnp.array(P), jnp.array(w)), rtol=0, atol=1e-6)


def test_what_has_no_rule_is_refused():
    with pytest.raises(Unsupported, match="while"):
        steps.program(jax.make_jaxpr(solved)(*PANEL), SHAPES)
    with pytest.raises(steps.TooLong):
        steps.program(
            jax.make_jaxpr(lambda P, w: jax.lax.fori_loop(0, 3000, lambda i, q: q * 1.01 + i, P[0]))(*PANEL), SHAPES
        )


@pytest.mark.parametrize("name", ["log", "vote", "borda", "ebkd", "w2", "power3"])
@pytest.mark.weekly(2)
def test_the_zoo_is_held_by_its_own_steps(name):
    evaluator = Evaluator(load(f"zoo:{name}")[0], softener("power"), 3, 3)
    (held,) = holds(evaluator, PANEL, {})
    assert held.steps is not None and len(held.panels) == 24 and held.starts[0].reading == ""
    made = steps.Program(12, tuple(map(tuple, held.steps)), tuple(held.outputs))
    assert all(np.allclose(steps.run(made, p), q, atol=1e-9) for p, q in zip(held.panels, held.values, strict=True))


def test_an_opaque_operator_is_held_by_samples_and_a_false_program_is_not_given_away(monkeypatch):
    def opaque(P, w):
        return np.asarray(w) @ np.asarray(P)

    (held,) = holds(Evaluator(describe(opaque), softener("power"), 3, 3), PANEL, {})
    assert held.steps is None and held.outputs == [] and len(held.panels) == 240
    assert all(abs(sum(row[9:12]) - 1) < 1e-12 for row in held.panels)
    evaluator = Evaluator(load("zoo:log")[0], softener("power"), 3, 3)
    monkeypatch.setattr(steps, "RUN", {**steps.RUN, "exp": np.expm1})
    (held,) = holds(evaluator, PANEL, {})
    assert held.steps is None and len(held.panels) == 240


def test_the_witness_is_the_first_to_begin_from():
    witness = Witness(2, 2, (("1/4", "3/4"), ("1/2", "1/2")), ("1/2", "1/2"), "-1", "exact", T=("1", "1/2"))
    wide = Witness(2, 5, (("1/5",) * 5,) * 2, ("1/2", "1/2"), "-1", "exact")
    evaluator = Evaluator(load("zoo:log")[0], softener("power"), 2, 2)
    first, second = holds(
        evaluator, PANEL, {("temperature-coherence", "ranking"): witness, ("convexity", "hull"): wide}
    )
    assert (first.K, first.C, first.starts[0].reading, first.starts[0].T) == (2, 2, "ranking", 0.5)
    assert first.starts[0].P == [[0.25, 0.75], [0.5, 0.5]] and (second.K, second.C) == (3, 3)
