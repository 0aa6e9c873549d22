"""Operators that are right where a signal sleeps and wrong where it is awake: a base, a twist, and a gate between them.

Everything is drawn from one seed. What is false, and at which size, is found by evaluating the operator there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core.operator import Operator, describe
from axiomkd.prove.proof import Proof

from . import algebra, branches, integers, loops, naive, places, values  # noqa: F401 (they fill GATES)
from .gates import GATES, Gate
from .signals import CLASSES, TEACHERS, Signal


def _share(v):
    return v / jnp.sum(v)


BASES: dict[str, Callable] = {
    "linear": lambda P, w: w @ P,
    "linear by einsum": lambda P, w: jnp.einsum("k,kc->c", w, P),
    "linear by sum": lambda P, w: jnp.sum(w[:, None] * P, axis=0),
    "squared weights": lambda P, w: _share(w**2) @ P,
    "log": lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
    "mean": lambda P, w: jnp.mean(P, axis=0),
    "maximum": lambda P, w: _share(jnp.max(P, axis=0)),
    "vote": lambda P, w: (jnp.arange(P.shape[1]) == jnp.argmax(w @ P)).astype(float),
    "top teacher": lambda P, w: P[jnp.argmax(w)],
}
TWISTS: dict[str, Callable] = {
    "scaled": lambda q, g, P, w: q * (1 + g),
    "shifted": lambda q, g, P, w: q + g,
    "leaning": lambda q, g, P, w: q + g * (P[0] - P[-1]),
    "reweighted": lambda q, g, P, w: _share(w + g * (jnp.arange(w.shape[0]) == 0)) @ P + 0 * q,
    "first teacher": lambda q, g, P, w: jnp.where(g != 0, P[0], q),
    "mean instead": lambda q, g, P, w: jnp.where(g != 0, jnp.mean(P, axis=0), q),
    "uniform instead": lambda q, g, P, w: jnp.where(g != 0, 1.0 / P.shape[1], q),
    "mixed with uniform": lambda q, g, P, w: (q + g / P.shape[1]) / (1 + g),
    "one class instead": lambda q, g, P, w: jnp.where(g != 0, (jnp.arange(P.shape[1]) == 0).astype(float), q),
    "sharpened": lambda q, g, P, w: _share(q ** (1 + g)),
    "power of the rows": lambda q, g, P, w: w @ (P ** (1 + g)) + 0 * q,
    "moved weight": lambda q, g, P, w: q + g * (P[0] - P[1]) * w[0],
}
BOUNDS: dict[str, Callable] = {
    "as it is": lambda g: g,
    "bounded": lambda g: jnp.minimum(jnp.abs(g), 0.5),
    "half": lambda g: jnp.where(g != 0, 0.5, 0.0),
}


FALSE: dict[str, str] = {
    "scaled": "simplex unanimity envelope hull",
    "shifted": "simplex unanimity envelope hull",
    "leaning": "responsive",
    "reweighted": "responsive",
    "first teacher": "responsive",
    "mean instead": "responsive",
    "uniform instead": "unanimity envelope hull",
    "mixed with uniform": "unanimity envelope hull",
    "one class instead": "unanimity envelope hull common-support any-support",
    "sharpened": "unanimity envelope hull",
    "power of the rows": "simplex unanimity envelope hull",
    "moved weight": "responsive",
}
"""Twist -> what is false where the gate is awake, whatever the base."""
UNDEFINED = "interior closed lipschitz"
ASKING = ("first teacher", "mean instead", "uniform instead", "one class instead")
"""Twists that ask whether the gate's number is 0, which NaN is not: they turn NaN into the other aggregate."""


@dataclass(frozen=True)
class Fault:
    """An operator, the gate it goes through, and a point at which the gate is awake."""

    seed: int
    told: str
    gate: Gate
    signal: Signal
    twist: str
    undefined: bool
    value: Callable
    fn: Callable

    def told_false(self) -> set[str]:
        """The readings that are false of it by construction."""
        return set((UNDEFINED if self.undefined else FALSE[self.twist]).split())

    def point(self) -> tuple[np.ndarray, np.ndarray]:
        """P and w at which the gate is awake, interior."""
        K, C = self.signal.size()
        rng = np.random.default_rng(self.seed)
        P, w = rng.dirichlet(np.full(C, 2.0), K) + 1e-3, rng.dirichlet(np.full(K, 3.0)) + 1e-2
        return self.signal.moved(P / P.sum(1, keepdims=True), w / w.sum())

    def false(self) -> set[str]:
        """The readings that are false of it at the size of its point, as far as floats see."""
        compiled = jax.jit(self.fn)
        return naive.violated(lambda P, w: np.asarray(compiled(P, w), float), *self.point())


def covering(answers: Mapping[str, Any], K: int, C: int) -> set[str]:
    """The readings that are proved at this size, of a prover's answers."""
    return {name for name, answer in answers.items() if isinstance(answer, Proof) and answer.scope.covers(K, C)}


def falsely_proved(fault: Fault, prove: Callable[[Operator], Mapping[str, Any]], *, looked_at: bool) -> list[str]:
    """False readings that are proved at the size of the fault's point.

    False are those that are so by construction, and where it is `looked_at` those that evaluating the operator shows too.
    """
    proved = covering(prove(describe(fault.fn, name="fault")), *fault.signal.size())
    false = fault.told_false()
    return sorted(proved & (false | fault.false() if looked_at and proved else false))


def signal(gate: Gate, rng: random.Random) -> Signal:
    axis = rng.choice(gate.axes if len(gate.axes) < 4 else "CCCKKPw")
    numbers = gate.n or {"C": CLASSES, "K": TEACHERS}.get(axis, (0,))
    return Signal(axis, rng.choice(numbers))


def made(seed: int, name: str | None = None) -> Fault:
    """The operator of that seed, through the gate of that name, or through the one that the seed's turn is."""
    rng = random.Random(seed)
    gate = GATES[name] if name else list(GATES.values())[seed % len(GATES)]
    s = signal(gate, rng)
    value = gate.of(s, rng)
    base = "linear" if rng.random() < 0.4 else rng.choice(list(BASES))
    twist, bound = rng.choice(list(TWISTS)), rng.choice(list(BOUNDS))
    A, turn, held = BASES[base], TWISTS[twist], BOUNDS[bound]

    def operator(P, w):
        return turn(A(P, w), held(value(P, w)), P, w)

    told = f"seed {seed}: {base}, {twist}, {bound}, by {gate.name!r} on {s.axis} past {s.n}"
    undefined = gate.undefined and bound != "half" and twist not in ASKING
    return Fault(seed, told, gate, s, twist, undefined, value, operator)
