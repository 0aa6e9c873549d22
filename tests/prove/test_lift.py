"""A lifted entry is what the code gives: for every primitive that has a rule, zeros in P and w included.

The terms are evaluated by `extended`, the code by exact evaluation: neither shares a rule with the lifting.
"""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd.tracing import exact, lift, numbers, numerics, terms
from axiomkd.tracing.numbers import Undecided
from axiomkd.tracing.terms import num
from axiomkd.tracing.walk import Unsupported

from ..jaxpr.snippets import SNIPPETS
from . import contained, fuzz
from .extended import Opaque, Values, kind

numerics.prepare()
SIZE = (3, 4)

MORE = {
    "add_any": lambda P, w: jax.grad(lambda x: jnp.sum(x * x + 3 * x))(P),
    "exp2": lambda P, w: lax.exp2(P),
    "log1p": lambda P, w: jnp.log1p(-P),
    "rsqrt": lambda P, w: lax.rsqrt(P),
    "cbrt": lambda P, w: jnp.cbrt(P - 0.25),
    "square": lambda P, w: lax.square(P - w[:, None]),
    "integer_pow": lambda P, w: (P**3, P**-2, (P - 0.25) ** -3),
    "pow": lambda P, w: (P**0.5, (P - 0.25) ** 2.0, P**-1.5, P ** w[:, None], w[:, None] ** P, P**0.0),
    "sign": lambda P, w: jnp.sign(P - w[:, None]),
    "clamp": lambda P, w: lax.clamp(0.1, P, 0.4),
    "logistic": lambda P, w: lax.logistic(jnp.log(P)),
    "atan": lambda P, w: lax.atan(P - 0.25),
    "order": lambda P, w: tuple(f(P, w[:, None]) for f in (jnp.less, jnp.less_equal, jnp.greater, jnp.greater_equal)),
    "equality": lambda P, w: (P == w[:, None], P != w[:, None], 1 / P != 1 / P, P / P == 1),
    "logic": lambda P, w: (P > 0) & (P < 0.5) | ~(P == 0.25),
    "every": lambda P, w: (jnp.all(P > 0, 0), jnp.any(P > 0.5, 1)),
    "finite": lambda P, w: jnp.isfinite(jnp.log(P)),
    "casts": lambda P, w: ((P > 0.2).astype(float), (P > 0.2).astype(int), jnp.argmax(P, 1).astype(bool)),
    "select": lambda P, w: jnp.where(P > 0.25, jnp.log(P), 1 / P),
    "stop_gradient": lambda P, w: lax.stop_gradient(P),
    "copy": lambda P, w: jnp.array(P, copy=True),
    "reduce_precision": lambda P, w: lax.reduce_precision(P, 11, 52),
    "optimization_barrier": lambda P, w: lax.optimization_barrier(P),
    "axes": lambda P, w: (P.T, P[None, :, :, None], jnp.squeeze(P[:1]), P.reshape(3, 1, 4), jnp.expand_dims(w, (0, 2))),
    "rev": lambda P, w: (P[::-1], jnp.flip(P, 1), jnp.flip(P)),
    "slice": lambda P, w: (P[1:], P[:, 1:3], P[-1], P[:-1, 2]),
    "dynamic_slice": lambda P, w: lax.dynamic_slice(P, (jnp.argmax(w), 0), (1, 4)),
    "gather": lambda P, w: (P[jnp.argmax(w)], P[:, jnp.argmax(P[0])], P[jnp.argmax(w), jnp.argmin(P[1])]),
    "scatter": lambda P, w: (P.at[jnp.argmax(w)].set(0.5), w.at[1].set(2.0), P.at[0, jnp.argmax(P[0])].set(0.0)),
    "scatter-add": lambda P, w: (P.at[jnp.argmax(w)].add(0.5), w.at[1].add(2.0)),
    "votes": lambda P, w: jnp.zeros(4).at[jnp.argmax(P, 1)].add(w),
    "concatenate": lambda P, w: (jnp.concatenate([P, 2 * P]), jnp.stack([w, 2 * w, 1 - w], 1)),
    "iota": lambda P, w: P * jnp.arange(4),
    "dims": lambda P, w: P / P.shape[0],
    "sums": lambda P, w: (P.sum(), P.sum(0), P.sum(1), P.prod(1)),
    "extremes": lambda P, w: (P.max(0), P.min(1), P.max(), jnp.max(1 / P, 0)),
    "places of truths": lambda P, w: (jnp.argmax(P > 0.2, 0), jnp.argmin(P > 0.2, 1), P[jnp.argmax(P[:, 0] > 0.2)]),
    "places": lambda P, w: (jnp.argmax(P, 0), jnp.argmin(P, 1), jnp.argmax(jnp.log(P) - jnp.log(P), 1)),
    "cumsum": lambda P, w: (jnp.cumsum(P, 0), jnp.cumsum(w), lax.cumsum(P, 1, reverse=True)),
    "sort": lambda P, w: (jnp.sort(P, 0), jnp.sort(P, 1), jnp.sort(jnp.log(P), 0)),
    "top_k": lambda P, w: lax.top_k(P, 2)[0],
    "dots": lambda P, w: (
        w @ P,
        P @ P.T,
        jnp.einsum("kc,kd->cd", P, P),
        jnp.einsum("kc,kc->k", P, P),
        jnp.outer(w, P[0]),
    ),
    "batched dot": lambda P, w: jnp.einsum("kc,kd->kcd", P, P),
    "cond": lambda P, w: lax.cond(w[0] > 0.3, lambda: P, lambda: 1 - P),
    "switch": lambda P, w: lax.switch(jnp.argmax(w), [lambda: P[0], lambda: P.mean(0)]),
    "scan": lambda P, w: lax.scan(lambda s, x: (s + x[0] * x[1], x[0] * 2), jnp.zeros(4), (w, P)),
    "scan back": lambda P, w: lax.scan(lambda s, x: (s * x, x), jnp.ones(4), P, reverse=True),
    "scan most": lambda P, w: lax.scan(lambda s, x: (jnp.maximum(s, x), None), P[0], P)[0],
    "loop": lambda P, w: lax.fori_loop(0, 3, lambda k, s: s + w[k] * P[k], jnp.zeros(4)),
    "loop that turns": lambda P, w: lax.fori_loop(0, 3, lambda k, s: s * P[k] + w[k], jnp.zeros(4)),
    "while": lambda P, w: lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * w[s[0]]), (0, P[0]))[1],
    "while not whole": lambda P, w: lax.while_loop(
        lambda s: s[0] < 2.5, lambda s: (s[0] + 1, s[1] + P[0]), (0.0, P[0])
    )[1],
    "softmax": lambda P, w: (jax.nn.softmax(jnp.log(P), 1), jax.nn.softmax(w @ jnp.log(P)), jax.nn.softmax(5 * w)),
    "softmax of fewer": lambda P, w: jnp.exp(P - P[:-1].max(0)) / jnp.exp(P[:-1] - P[:-1].max(0)).sum(0),
    "log_softmax": lambda P, w: jax.nn.log_softmax(P),
    "log_softmax of infinities": lambda P, w: (
        jax.nn.log_softmax(jnp.log(P), axis=0),
        jax.nn.log_softmax(jnp.log(jnp.maximum(P - 0.25, 0))),
        jax.nn.log_softmax(-jnp.log(jnp.maximum(P - 0.25, 0))),
    ),
    "logsumexp of infinities": lambda P, w: (
        jax.nn.logsumexp(jnp.log(P) + jnp.log(w)[:, None], axis=0),
        jax.nn.logsumexp(jnp.log(jnp.maximum(P - 0.25, 0)), axis=1),
        jax.nn.logsumexp(-jnp.log(jnp.maximum(P - 0.25, 0)), axis=1),
        jax.nn.logsumexp(jnp.log(P - 0.25), axis=0),
    ),
    "logsumexp shifted by another row": lambda P, w: jnp.log(jnp.exp(P - P[:1]).sum(0)) + P[0],
    "captured": lambda P, w: P @ jnp.arange(16.0).reshape(4, 4) + jnp.eye(4)[1],
    "captured infinity": lambda P, w: P * jnp.array([1.0, np.inf, -np.inf, np.nan]),
    "literals": lambda P, w: (P + jnp.inf - P, P * jnp.nan, P * 0.1),
    "jit": lambda P, w: jax.jit(lambda x: x / x.sum())(P),
    "real": lambda P, w: lax.real(P.astype(complex)),
    "neg": lambda P, w: (-P, jnp.abs(P - 0.25), jnp.sqrt(P), jnp.expm1(P)),
    "expand_dims": lambda P, w: lax.expand_dims(P, (0, 2)),
    "split": lambda P, w: (jnp.split(P, 2, axis=1), jnp.unstack(P, axis=1)),
    "gather by rows": lambda P, w: (P[jnp.arange(3), jnp.argmax(P, 1)], jnp.take(P, jnp.argmax(P, 1)[:1], axis=1)),
    "gather one": lambda P, w: jnp.take(P, jnp.argmax(w), axis=0),
    "one hot": lambda P, w: jax.nn.one_hot(jnp.argmax(P, 1), 4),
    "nan_to_num": lambda P, w: jnp.nan_to_num(jnp.log(P), neginf=-5.0),
}
EVERY = {**{name: f for name, (f, _) in SNIPPETS.items()}, **MORE}
# No exact evaluation, or no term that has a value: told by other tests, or by nobody.
WITHOUT_A_VALUE = {
    "expand_dims",
    "tanh",
    "erf",
    "sin",
    "cos",
    "real",
    "copy_p",
    "scatter_add",
    "dim_as_value",
    "copy",
    "reduce_precision",
}


def points(seed: int, count: int):
    rng = random.Random(seed)
    for n in range(count):
        yield contained.point(rng, contained.DOMAINS[n % 3], SIZE)


def compared(fn, count: int = 3, seed: int = 0) -> tuple[int, set[str]]:
    """How many entries were found to agree, and the primitives of the code."""
    rows = [jax.ShapeDtypeStruct(SIZE, jnp.float64), jax.ShapeDtypeStruct(SIZE[:1], jnp.float64)]
    jaxpr = jax.make_jaxpr(fn)(*rows)
    lifter = lift.Lifted()
    out = lifter.walk(jaxpr, list(lift.panel(num(SIZE[0]), num(SIZE[1]))))
    agree = 0
    with numbers.precision(contained.BITS):
        for P, w in points(seed, count):
            try:
                code = exact.evaluate(jaxpr, [exact.object_array(P), exact.object_array(w)], bits=contained.BITS)
            except (Undecided, Unsupported):
                continue
            values = Values(P, w, params=lifter.params)
            for array, found in zip(out, code, strict=True):
                for at in itertools.product(*(range(n) for n in found.shape)):
                    try:
                        mine = value(values, array, at)
                    except (Opaque, Undecided):
                        break
                    same(mine, number(found[at]), (at, P, w))
                    agree += 1
    return agree, primitives(jaxpr.jaxpr)


def value(values: Values, array: lift.Array, at):
    entry = array(*map(num, at))
    return numbers.number(int(values.holds(entry, {}))) if array.kind == "b" else values(entry, {})


def number(x):
    return numbers.number(bool(x)) if isinstance(x, bool | np.bool_) else numbers.number(x)


def same(mine, code, where) -> None:
    if numbers.is_special(mine) or numbers.is_special(code):
        assert kind(mine) == kind(code), where
    else:
        assert contained.close(mine, code), (numbers.text(mine), numbers.text(code), where)


def primitives(jaxpr) -> set[str]:
    found = set()
    for equation in jaxpr.eqns:
        found.add(equation.primitive.name)
        for p in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda x: hasattr(x, "eqns") or hasattr(x, "jaxpr")
        ):
            inner = getattr(p, "jaxpr", p)
            if hasattr(inner, "eqns"):
                found |= primitives(inner)
    return found


@cache
def once(name: str) -> tuple[int, set[str]]:
    return compared(EVERY[name])


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.weekly(2)
def test_entries_are_what_the_code_gives(name):
    once(name)


def test_every_primitive_with_a_rule_is_compared():
    seen: set[str] = set()
    for name in EVERY:
        agree, used = once(name)
        seen |= used if agree else set()
    assert set(lift.TABLE) - seen - WITHOUT_A_VALUE == set()


@pytest.mark.weekly(2)
@pytest.mark.parametrize("seed", range(0, 120, 4))
def test_random_code_at_all_sizes(seed):
    """Lifted once for all K and C, then compared at several sizes."""
    fn = fuzz.made(seed).operator.fn
    raw, i, lifter = contained.lifted(fn)
    rng = random.Random(seed)
    if raw.size > 4000:
        return
    with numbers.precision(contained.BITS):
        for domain in contained.DOMAINS:
            P, w = contained.point(rng, domain)
            values = Values(P, w, params=lifter.params)
            K, C = len(P), len(P[0])
            jaxpr = jax.make_jaxpr(lambda P, w: jnp.asarray(fn(P, w)))(np.ones((K, C)), np.ones(K))
            try:
                (code,) = exact.evaluate(jaxpr, [exact.object_array(P), exact.object_array(w)], bits=contained.BITS)
                for n in range(C):
                    same(values(raw, {i: n}), code[n], (n, P, w))
            except (Undecided, Unsupported, Opaque):
                continue


def test_shortest_decimals():
    assert lift.number(0.1) is num(Fraction(1, 10))
    assert lift.number(np.float64(1e-300)) is num(Fraction(1, 10**300))
    assert lift.number(np.inf) is terms.infinity(1) and lift.number(np.nan) is terms.NAN
