"""Code with primitives that the lift has never seen, or in forms that it does not follow: opaque, and never an error of ours.

What is said of such an operator names the primitive; nothing false is proved of it.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.prove import prover
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.tracing import lift, numerics, terms

numerics.prepare()


@jax.custom_vjp
def with_a_rule(x):
    return 2 * x


with_a_rule.defvjp(lambda x: (2 * x, None), lambda _, g: (2 * g,))


@jax.custom_jvp
def with_another(x):
    return x + 1


with_another.defjvp(lambda x, dx: (x[0] + 1, dx[0]))


def unit(x):
    return x / x.sum()


ODD = {
    "fft": lambda P, w: jnp.real(jnp.fft.ifft(jnp.fft.fft(w @ P))),
    "real fft": lambda P, w: jnp.abs(jnp.fft.rfft(w @ P)).sum() * P[0],
    "sort of pairs": lambda P, w: lax.sort((P[0], w @ P), num_keys=1)[1],
    "argsort": lambda P, w: (w @ P)[jnp.argsort(P[0])],
    "lexsort": lambda P, w: (w @ P)[jnp.lexsort((P[0], P[1]))],
    "complex": lambda P, w: jnp.real(jnp.sqrt((w @ P).astype(complex))),
    "angle": lambda P, w: jnp.angle(w @ P + 1j * P[0]),
    "convolution": lambda P, w: jnp.convolve(w @ P, jnp.ones(3), mode="same"),
    "custom_vjp": lambda P, w: with_a_rule(w @ P),
    "custom_jvp": lambda P, w: with_another(w @ P),
    "gradient": lambda P, w: jax.grad(lambda x: jnp.sum(with_a_rule(x) * x))(w @ P),
    "jacobian": lambda P, w: jax.jacobian(lambda x: x * x)(w @ P) @ P[0],
    "hessian": lambda P, w: jax.hessian(lambda x: jnp.sum(x**3))(w @ P) @ P[0],
    "three branches": lambda P, w: lax.switch(jnp.argmax(w), [lambda: P[0], lambda: P[1], lambda: w @ P]),
    "many branches, batched": lambda P, w: jax.vmap(
        lambda x: lax.switch(jnp.int32(3 * x), [jnp.sin, jnp.cos, jnp.exp], x)
    )(w @ P),
    "batched while": lambda P, w: jax.vmap(lambda x: lax.while_loop(lambda y: y < 1, lambda y: 2 * y, x + 0.1))(w @ P),
    "while": lambda P, w: lax.while_loop(lambda q: q.max() > 0.5, lambda q: q / 2, w @ P),
    "gather of many": lambda P, w: (w @ P)[jnp.argsort(-P[0])[:2]].sum() * P[0],
    "take_along_axis": lambda P, w: jnp.take_along_axis(P, jnp.argsort(P, 1), 1).sum(0),
    "fill": lambda P, w: (w @ P).at[jnp.argmax(P[0]) + 5].get(mode="fill", fill_value=0.0) * P[0],
    "clip": lambda P, w: (w @ P).at[jnp.argmax(P[0]) + 5].get(mode="clip") * P[0],
    "top_k places": lambda P, w: jnp.zeros_like(P[0]).at[lax.top_k(w @ P, 2)[1]].add(1.0),
    "cumulative": lambda P, w: jnp.cumprod(P[0]) + lax.cummax(P[0]) + lax.cummin(P[1]) + lax.cumlogsumexp(P[0]),
    "solve": lambda P, w: jnp.linalg.solve(P @ P.T + jnp.eye(P.shape[0]), w) @ P,
    "svd": lambda P, w: jnp.linalg.svd(P, full_matrices=False)[1].sum() * P[0],
    "qr": lambda P, w: jnp.linalg.qr(P.T)[0][:, 0],
    "cholesky": lambda P, w: jnp.linalg.cholesky(P @ P.T + jnp.eye(P.shape[0]))[0] @ P,
    "determinant": lambda P, w: jnp.linalg.det(P @ P.T) * P[0],
    "eigenvalues": lambda P, w: jnp.linalg.eigvalsh(P @ P.T).sum() * P[0],
    "random": lambda P, w: unit(w @ P + jax.random.uniform(jax.random.key(0), P[0].shape)),
    "random, old keys": lambda P, w: P[jax.random.categorical(jax.random.PRNGKey(0), jnp.log(w))],
    "permuted": lambda P, w: jax.random.permutation(jax.random.key(1), w) @ P,
    "a captured key": (lambda key: lambda P, w: unit(w @ P + jax.random.uniform(key, P[0].shape)))(jax.random.key(3)),
    "bits": lambda P, w: (
        (jnp.argmax(P, 1) ^ 1) @ P + (jnp.arange(P.shape[1]) << 2) + lax.population_count(jnp.argmax(w))
    ),
    "bitcast": lambda P, w: lax.bitcast_convert_type(w @ P, jnp.int64).astype(float),
    "whole division": lambda P, w: w @ P + jnp.arange(P.shape[1]) // 2 - jnp.arange(P.shape[1]) % 3,
    "reductions of bits": lambda P, w: w @ P * lax.reduce_and(jnp.arange(P.shape[1]), (0,)),
    "small types": lambda P, w: (w @ P).astype(jnp.float8_e4m3fn).astype(float) * jnp.int4(3).astype(float),
    "associative_scan": lambda P, w: lax.associative_scan(jnp.add, w @ P),
    "nested loops": lambda P, w: lax.fori_loop(
        0, 3, lambda a, s: lax.fori_loop(0, a, lambda b, t: t + P[b % 2], s) / 2, w @ P
    ),
    "nested scans": lambda P, w: lax.scan(
        lambda s, p: (lax.scan(lambda t, x: (jnp.maximum(s, t) - x, None), s, p)[0], p), 0.5, P
    )[1].sum(0),
    "loop of no steps": lambda P, w: lax.fori_loop(0, 0, lambda k, q: q + P[k], w @ P),
    "scan of no rows": lambda P, w: lax.scan(lambda q, p: (q + p, q), w @ P, P[:0])[0],
    "histogram": lambda P, w: jnp.histogram(P, bins=4)[0].sum() * P[0],
    "unique": lambda P, w: jnp.unique(P[0], size=2).sum() * P[0],
    "searchsorted": lambda P, w: w @ P * jnp.searchsorted(jnp.sort(P[0]), 0.3),
    "interpolated": lambda P, w: jnp.interp(w @ P, jnp.linspace(0, 1, 5), jnp.linspace(0, 1, 5) ** 2),
    "quantile": lambda P, w: jnp.quantile(P, 0.3, axis=0),
    "polynomial": lambda P, w: jnp.polyval(jnp.array([1.0, -2.0, 3.0]), w @ P),
    "special": lambda P, w: jax.scipy.special.gammaln(P[0]) + jax.scipy.special.betainc(1.0, 2.0, P[1]),
    "callback": lambda P, w: jax.pure_callback(
        lambda x: np.asarray(x), jax.ShapeDtypeStruct(P[0].shape, P.dtype), w @ P
    ),
    "debug": lambda P, w: (jax.debug.callback(lambda x: None, w), w @ P)[1],
    "checkpoint": lambda P, w: jax.checkpoint(lambda x: jnp.sin(x))(w @ P),
    "stop_gradient": lambda P, w: lax.stop_gradient(w) @ P,
    "no parts": lambda P, w: w @ P + P[:0].sum() + jnp.zeros((0, 3)).sum(),
    "roll": lambda P, w: jnp.roll(w @ P, 1) + jnp.diff(P[0], append=0.0),
    "pad": lambda P, w: jnp.pad(w @ P, (1, 0))[1:],
    "tile": lambda P, w: jnp.tile(w, 2)[: P.shape[0]] @ P,
    "triangle": lambda P, w: jnp.tril(jnp.ones((P.shape[1], P.shape[1]))) @ P[0],
    "where of one": lambda P, w: jnp.where(jnp.array([True, False])[jnp.argmax(w) % 2], P[0], w @ P),
    "nan_to_num": lambda P, w: jnp.nan_to_num(jnp.log(P[0] - P[1])),
    "from the third on": lambda P, w: P[3:].sum(0) + w @ P,
    "truth out": lambda P, w: P[0] > P[1],
    "whole out": lambda P, w: jnp.argsort(P[0]),
}


@pytest.mark.weekly(2)
@pytest.mark.parametrize("name", ODD)
def test_nothing_is_raised_and_no_rule_fails(name):
    P, w = jnp.ones((3, 4)) / 4, jnp.ones(3) / 3
    jaxpr = jax.make_jaxpr(lambda P, w: jnp.asarray(ODD[name](P, w)))(P, w)
    _, lifter = lift.entry(
        jaxpr, terms.num(3), terms.num(4), with_T=False, smallest=(3, 4), at=terms.index(terms.num(4), "i")
    )
    assert lifter.defects == []


@pytest.mark.parametrize(
    "name", ["fft", "sort of pairs", "random", "bits", "small types", "argsort", "from the third on"]
)
@pytest.mark.weekly(2)
def test_the_prover_names_what_it_does_not_follow(name):
    found = prover.prove(
        describe(ODD[name]), "power", list(axioms.BY_NAME.values()), effort="quick", sizes=[(2, 3)]
    ).values()
    assert not any("Error" in a.why or "defect" in a.why for a in found if isinstance(a, NotProved))
    assert any("no rule for" in a.why for a in found if isinstance(a, NotProved))


def proved(fn) -> set[str]:
    found = prover.prove(describe(fn), "power", list(axioms.BY_NAME.values()), effort="quick", sizes=[(2, 3)])
    return {r for r, a in found.items() if isinstance(a, Proof)}


# Operators that are the linear pool for few classes, and something else beyond; what is false of them beyond.
FALSE = "simplex unanimity envelope hull"
BEYOND = {
    "a byte that wraps": lambda P, w: w @ P * (1.0 + (jnp.arange(P.shape[1]).astype(jnp.int8) < 0).any()),
    "an unsigned difference": lambda P, w: jnp.where(
        jnp.uint32(600) - lax.iota(jnp.uint32, P.shape[1]) <= 600, w @ P, 3 * (w @ P)
    ),
    "a sum in a byte": lambda P, w: w @ P * (1.0 + (P[0] > -1).sum(dtype=jnp.uint8) - P.shape[1]),
    "a place in a byte": lambda P, w: w @ P * (1.0 + (lax.argmax(jnp.arange(P.shape[1]), 0, jnp.int8) < 0)),
    "a dot of truths": lambda P, w: (
        w
        @ P
        * (1.0 + lax.dot(*[jnp.arange(P.shape[1]) >= 600] * 2).astype(float) - (jnp.arange(P.shape[1]) >= 600).sum())
    ),
    "a scan in reverse": lambda P, w: (
        w
        @ P
        * (
            jnp.flip(
                lax.scan(lambda c, x: (c, 1.0 - x), 0.0, jnp.maximum(jnp.arange(P.shape[1]) - 600.0, 0), reverse=True)[
                    1
                ]
            )
            + jnp.maximum(jnp.arange(P.shape[1]) - 600.0, 0)
        )
    ),
    "an unknown in a map": lambda P, w: (lambda g: (w + g - g.sum() / P.shape[0]) @ P)(
        lax.map(lambda x: jnp.floor(x * P.shape[1] / 600), w)
    ),
    "an unknown in a vmap": lambda P, w: (lambda g: (w + g - g.sum() / P.shape[0]) @ P)(
        jax.vmap(lambda x: jnp.floor(x * P.shape[1] / 600))(w)
    ),
    "complex": lambda P, w: w @ P + jnp.real((1j * jnp.maximum(P[0] - 0.99, 0)) ** 2),
    "half precision": lambda P, w: w @ P + (P[0].astype(jnp.float16).astype(float) - P[0]) * 1e3,
    "fewer steps than none": lambda P, w: (
        w @ P * (6 - P.shape[0] + lax.fori_loop(0, P.shape[0] - 5, lambda k, s: s + 1, 0))
    ),
    "applied at a place": lambda P, w: (w @ P).at[0].apply(lambda x: x + jnp.floor(x * 1.001)),
}


@pytest.mark.weekly(4)
@pytest.mark.parametrize("name", BEYOND)
def test_what_is_false_beyond_some_size_is_not_proved(name):
    assert not proved(BEYOND[name]) & set(FALSE.split())
