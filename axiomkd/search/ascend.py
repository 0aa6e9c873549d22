"""Gradient ascent on the normalised margins of readings that sampling left open.

One jitted step serves all of them: the reading is chosen by a one-hot vector, so that it compiles once a size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.claims import views
from axiomkd.claims.margins import parts, probes
from axiomkd.core.arithmetic import jax_arithmetic
from axiomkd.core.case import Cases
from axiomkd.core.extras import EXTRAS, Extra, needed, softmax
from axiomkd.core.reading import Pointwise, Reading, View
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.draw import draw
from axiomkd.tracing.numerics import quick_compile

RATE, MOMENTUM, RANGE = 0.12, 0.9, 30.0


def ascend(
    evaluator: Evaluator, readings: Sequence[Reading], size: tuple[int, int], starts: int, steps: int, seed: int
) -> Iterator[Cases]:
    """Climb from `starts` points a reading; yields the cases on the way, every tenth step, to be measured in full."""
    step = _stepper(evaluator, readings, size)
    needs = {name for r in readings if isinstance(r.claim, Pointwise) for name in r.claim.needs}
    state = _start(evaluator, len(readings), size, starts, seed, needs)
    speed = jax.tree.map(np.zeros_like, state)
    chosen = np.repeat(np.eye(len(readings)), starts, axis=0)
    for n in range(steps):
        state, speed = step(state, speed, chosen)
        if n % 10 == 9 or n == steps - 1:
            yield _cases(evaluator, {key: np.asarray(value) for key, value in state.items()})


def _start(evaluator: Evaluator, readings: int, size, starts: int, seed: int, needs: set[str]) -> dict[str, np.ndarray]:
    """Parameters of structured cases: logits of rows and weights, of t, and of log T in its range."""
    softener, C = evaluator.softener, size[1]
    kinds = ("flat", "mixture", "shared class", "near uniform")
    parts = [
        draw(
            seed * 1000 + n,
            starts // len(kinds) or 1,
            size,
            panel=kind,
            weights="mixture",
            temperature="wide",
            tilt="uniform",
            temperatures_in=(softener.lowest, softener.highest),
            pairs=False,
            interior=True,
        )
        for n, kind in enumerate(kinds)
    ]
    every = {
        "P": np.concatenate([np.log(np.maximum(c.P, 1e-12)) for c in parts]),
        "w": np.concatenate([np.log(np.maximum(c.w, 1e-12)) for c in parts]),
        "t": np.concatenate([_logit(c.t, 0.0, 1.0) for c in parts]),
        "T": np.concatenate([_logit(np.log(c.T), np.log(softener.lowest), np.log(softener.highest)) for c in parts]),
        "T1": np.zeros(sum(map(len, parts))),
        "d": np.random.default_rng(seed).standard_normal((sum(map(len, parts)), C)),
    }
    P, w, k = softmax(every["P"]), softmax(every["w"]), np.zeros(len(every["t"]), int)
    every |= {
        f"more {one.name}": _free(one.kind, one.draw(np.random.default_rng(seed), P, w, k)) for one in _climbed(needs)
    }
    count = starts
    return {
        key: np.tile(np.resize(x, (count, *x.shape[1:])), (readings, *[1] * (x.ndim - 1))) for key, x in every.items()
    }


def _climbed(needs: set[str]) -> list[Extra]:
    return [one for one in needed(needs) if one.free]


def _free(kind: str, x: np.ndarray) -> np.ndarray:
    """Unconstrained parameters of what else is drawn."""
    return _logit(x, 0.0, 1.0) if kind == "share" else np.log(np.maximum(x, 1e-12))


def _logit(x, low: float, high: float) -> np.ndarray:
    share = np.clip((np.asarray(x) - low) / (high - low), 1e-6, 1 - 1e-6)
    return np.log(share / (1 - share))


def _decoded(xp, evaluator: Evaluator, state, sigmoid) -> dict:
    """From unconstrained parameters to P, w, t, T1, T, d."""
    softener = evaluator.softener
    low, high = float(np.log(softener.lowest)), float(np.log(softener.highest))

    def rows(z):
        raised = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
        return raised / xp.sum(raised, axis=-1, keepdims=True)

    T = xp.exp(low + (high - low) * sigmoid(state["T"]))
    T1 = xp.exp(low + (high - low) * sigmoid(state["T1"])) if evaluator.operator.takes_temperature else xp.ones_like(T)
    largest = xp.max(xp.abs(state["d"]), axis=-1, keepdims=True)
    kinds = {"share": lambda z: 0.001 + 0.998 * sigmoid(z), "row": rows, "positive": xp.exp}
    more = {
        one.name: kinds[one.kind](state[f"more {one.name}"]) for one in EXTRAS.values() if f"more {one.name}" in state
    }
    return more | {
        "P": rows(state["P"]),
        "w": rows(state["w"]),
        "t": 0.001 + 0.998 * sigmoid(state["t"]),
        "T1": T1,
        "T": T,
        "d": state["d"] / xp.where(largest > 0, largest, 1.0),
    }


def _cases(evaluator: Evaluator, state: dict[str, np.ndarray]) -> Cases:
    x = _decoded(np, evaluator, state, lambda z: 1 / (1 + np.exp(-z)))
    x["T"] = np.where(x["T"] == x["T1"], x["T"] * (1 + 1e-9), x["T"])
    k = np.zeros(len(x["t"]), int)
    more = {name: x[name] for name in EXTRAS if name in x}
    if "share" in more or "pi" in more:
        more["other"] = k + 1
    return Cases(x["P"], x["w"], k, x["t"], x["T1"], x["T"], None, label="gradients", more=more)


def _stepper(evaluator: Evaluator, readings: Sequence[Reading], size: tuple[int, int]):
    needed, K = probes(readings), size[0]
    m = jax_arithmetic()

    def loss(state, chosen):
        x = _decoded(jnp, evaluator, state, jax.nn.sigmoid)
        corner = jnp.eye(K)[0]
        interior = evaluator.operator.domain == "interior"
        near = (1 - views.NEARLY_ALL) * corner + views.NEARLY_ALL / K
        given = View(
            **x,
            p=x["P"][0],
            others=x["P"][1:],
            corner=corner,
            corner2=jnp.eye(K)[1],
            corner_alone=near if interior else corner,
            T1_is_one=not evaluator.operator.takes_temperature,
            warming=jnp.where(x["T"] > x["T1"], 1.0, -1.0),
            support=x["P"] > 0,
            active=x["w"] > 0,
        )
        v = views.build(m, _at_once(evaluator), evaluator, given, needed, one=jnp.float64(1))
        return jnp.sum(chosen * jnp.stack([_normalised(m, r.claim, v) for r in readings]))

    def step(state, speed, chosen):
        slope = jax.vmap(jax.grad(loss))(state, chosen)
        slope = jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0.0), slope)
        norm = jnp.sqrt(sum(jnp.sum(g.reshape(g.shape[0], -1) ** 2, axis=1) for g in slope.values())) + 1e-30

        def unit(g):
            return g / norm.reshape(-1, *[1] * (g.ndim - 1))

        speed = {key: MOMENTUM * speed[key] - RATE * unit(g) for key, g in slope.items()}
        return {key: jnp.clip(state[key] + speed[key], -RANGE, RANGE) for key in state}, speed

    return jax.jit(step, compiler_options=quick_compile())  # the steps are few and cheap, compiling them is not


def _at_once(evaluator: Evaluator):
    """All points of a case in one vmapped call: the compiled gradient holds the operator once, not seven times."""

    def answer(ask: views.Ask) -> dict:
        plain = {
            name: point for name, point in ask.items() if (point[2] is None) is not evaluator.operator.takes_temperature
        }
        out = {name: evaluator.traceable(*point) for name, point in ask.items() if name not in plain}
        stacked = [jnp.stack(x) for x in zip(*plain.values(), strict=True) if x[0] is not None]
        q = jax.vmap(evaluator.traceable)(*stacked)
        return {**out, **{name: q[i] for i, name in enumerate(plain)}}

    return answer


def _normalised(m, claim, v: View):
    """The margin divided by the reading's scale: what is small everywhere near agreement still has a slope."""
    assert isinstance(claim, Pointwise)
    margin = None
    for part in parts(claim, m, v, ties=False).values():
        least = jnp.min(part)
        margin = least if margin is None else jnp.minimum(margin, least)
    scale = 1.0 if claim.scale is None else jnp.maximum(claim.scale(m, v), 1e-9)
    assert margin is not None
    return margin / scale
