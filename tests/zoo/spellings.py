"""The zoo's operators in the other spellings that practice has: einsum, loops, scans, stable softmax, NumPy.

`SPELLINGS` maps a zoo name to its spellings, each the same exact function on the interior of the domain. Asserts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np


@dataclass(frozen=True)
class Spelling:
    """Another spelling of a zoo operator.

    `closed_same`: it is also defined, and equal, exactly where the zoo's is on the faces of the domain. `rounded`: Python
    folds one of its constants (0.1 / 3) to a double, so that it is the same function only to within 2^-50. `exact` and
    `exact_on_faces` are False where exact evaluation has no rule for what it does; `note` says what, else how the faces differ.
    """

    label: str
    fn: Callable
    backend: str = "jax"
    closed_same: bool = True
    rounded: bool = False
    exact: bool = True
    exact_on_faces: bool = True
    note: str = ""


SPELLINGS: dict[str, list[Spelling]] = {}


def spelling(of: str, label: str, **more):
    """Record the decorated function as a spelling of the zoo operator `of`."""

    def record(fn: Callable) -> Callable:
        fn.__name__ = f"{of}_{label}".replace(" ", "_")
        SPELLINGS.setdefault(of, []).append(Spelling(label, fn, **more))
        return fn

    return record


# --- pieces that people write --------------------------------------------------------------------------------------


def unit(x):
    return x / x.sum()


def stable_softmax(z):
    e = jnp.exp(z - jnp.max(z))
    return e / jnp.sum(e)


def entr(P):
    return jnp.sum(jsp.entr(P), axis=-1)


def xlogy_entropy(P):
    return -jnp.sum(jsp.xlogy(P, P), axis=-1)


def where_entropy(P):
    return -jnp.sum(jnp.where(P > 0, P * jnp.log(P), 0.0), axis=-1)


def bare_entropy(P):
    return -jnp.sum(P * jnp.log(P), axis=-1)


def rel_entropy(P):
    """log C minus the divergence from uniform."""
    C = P.shape[-1]
    return jnp.log(C) - jnp.sum(jsp.rel_entr(P, jnp.ones_like(P) / C), axis=-1)


def comparison_one_hot(x):
    return (jnp.arange(x.shape[-1]) == jnp.argmax(x, axis=-1, keepdims=True)).astype(x.dtype)


def scattered_one_hot(x):
    return jnp.zeros(x.shape[-1]).at[jnp.argmax(x)].set(1)


def sorted_median(v, w):
    """The lower weighted median of one column: sort, cumulate, take the first to reach a half."""
    order = jnp.argsort(v)
    return v[order][jnp.argmax(jnp.cumsum(w[order]) >= 0.5)]


PLAIN_ONE = "np.where puts the plain number 1 among exact ones, which np.log does not take"
NAN_AT_ZERO = "NaN where a probability is 0: 0 * log 0"
WHERE_WEIGHT_IS_0 = "defined where a weight of 0 meets a probability of 0: 0^0 = 1"


# --- linear --------------------------------------------------------------------------------------------------------


@spelling("linear", "einsum")
def _(P, w):
    return jnp.einsum("k,kc->c", w, P)


@spelling("linear", "broadcast sum")
def _(P, w):
    return jnp.sum(w[:, None] * P, axis=0)


@spelling("linear", "loop")
def _(P, w):
    q = 0.0
    for k in range(P.shape[0]):
        q = q + w[k] * P[k]
    return q


@spelling("linear", "scan")
def _(P, w):
    q, _ = jax.lax.scan(lambda q, x: (q + x[0] * x[1], None), jnp.zeros_like(P[0]), (w, P))
    return q


@spelling("linear", "fori_loop")
def _(P, w):
    return jax.lax.fori_loop(0, P.shape[0], lambda k, q: q + w[k] * P[k], jnp.zeros_like(P[0]))


@spelling("linear", "tensordot")
def _(P, w):
    return jnp.tensordot(w, P, axes=1)


@spelling("linear", "average")
def _(P, w):
    return jnp.average(P, axis=0, weights=w)


@spelling("linear", "vmap over classes")
def _(P, w):
    return jax.vmap(lambda column: jnp.dot(w, column), in_axes=1)(P)


@spelling("linear", "P.T @ w")
def _(P, w):
    return P.T @ w


@spelling("linear", "w / w.sum()")
def _(P, w):
    return (w / w.sum()) @ P


@spelling("linear", "numpy einsum", backend="numpy")
def _(P, w):
    return np.einsum("k...,kc...->c...", w, P)


@spelling("linear", "numpy in place", backend="numpy")
def _(P, w):
    q = np.zeros_like(P[0])
    for weight, row in zip(w, P, strict=True):
        q += weight * row
    return q


# --- log -----------------------------------------------------------------------------------------------------------


@spelling("log", "logsumexp")
def _(P, w):
    z = jnp.sum(w[:, None] * jnp.log(P), axis=0)
    return jnp.exp(z - jsp.logsumexp(z))


@spelling("log", "product of powers", closed_same=False, note=WHERE_WEIGHT_IS_0)
def _(P, w):
    return unit(jnp.prod(P ** w[:, None], axis=0))


@spelling("log", "log_softmax")
def _(P, w):
    return jnp.exp(jax.nn.log_softmax(jnp.einsum("k,kc->c", w, jnp.log(P))))


@spelling("log", "stable softmax")
def _(P, w):
    return stable_softmax(jnp.tensordot(w, jnp.log(P), axes=1))


@spelling("log", "scan")
def _(P, w):
    z, _ = jax.lax.scan(lambda z, x: (z + x[0] * jnp.log(x[1]), None), jnp.zeros_like(P[0]), (w, P))
    return jax.nn.softmax(z)


@spelling("log", "exp over sum")
def _(P, w):
    e = jnp.exp(w @ jnp.log(P))
    return e / e.sum()


@spelling("log", "xlogy", closed_same=False, note=WHERE_WEIGHT_IS_0)
def _(P, w):
    return jax.nn.softmax(jnp.sum(jsp.xlogy(w[:, None], P), axis=0))


@spelling("log", "fori_loop of powers", closed_same=False, note=WHERE_WEIGHT_IS_0)
def _(P, w):
    q = jax.lax.fori_loop(0, P.shape[0], lambda k, q: q * jnp.power(P[k], w[k]), jnp.ones_like(P[0]))
    return q / jnp.sum(q)


@spelling("log", "normalised logs first")
def _(P, w):
    return jax.nn.softmax(w @ jax.nn.log_softmax(jnp.log(P), axis=1))


@spelling("log", "numpy", backend="numpy")
def _(P, w):
    z = np.einsum("k...,kc...->c...", w, np.log(P))
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


# --- power means ---------------------------------------------------------------------------------------------------


@spelling(
    "power_minus1", "sum of w / P", note="0/0 where a weight of 0 meets a probability of 0, as 0 * inf in the zoo"
)
def _(P, w):
    return unit(1.0 / jnp.sum(w[:, None] / P, axis=0))


@spelling("power_minus1", "negative power")
def _(P, w):
    return unit(jnp.power(jnp.einsum("k,kc->c", w, P**-1.0), -1))


@spelling("power_minus1", "numpy", backend="numpy")
def _(P, w):
    h = 1 / np.einsum("k...,kc...->c...", w, 1 / P)
    return h / h.sum(axis=0)


@spelling("power_half", "power 0.5")
def _(P, w):
    return unit(jnp.square(jnp.sum(w[:, None] * P**0.5, axis=0)))


@spelling("power_half", "jnp.power")
def _(P, w):
    return unit(jnp.power(jnp.power(P, 1 / 2).T @ w, 2))


@spelling("power_half", "loop")
def _(P, w):
    r = sum(w[k] * jnp.sqrt(P[k]) for k in range(P.shape[0]))
    return r * r / jnp.sum(r * r)


@spelling("power2", "power 0.5")
def _(P, w):
    return unit(jnp.sum(w[:, None] * jnp.square(P), axis=0) ** 0.5)


@spelling("power2", "einsum of P * P")
def _(P, w):
    return unit(jnp.sqrt(jnp.einsum("k,kc,kc->c", w, P, P)))


@spelling("power2", "norm of scaled rows")
def _(P, w):
    return unit(jnp.linalg.norm(jnp.sqrt(w)[:, None] * P, axis=0))


@spelling("power2", "numpy", backend="numpy")
def _(P, w):
    m = np.sqrt(np.einsum("k...,kc...->c...", w, P**2))
    return m / m.sum(axis=0)


@spelling("power3", "power 1/3", rounded=True, note="1 / 3 is a double")
def _(P, w):
    return unit((w @ jnp.power(P, 3)) ** (1 / 3))


@spelling("power3", "products")
def _(P, w):
    return unit(jnp.cbrt(jnp.sum(w[:, None] * P * P * P, axis=0)))


@spelling("poe", "product")
def _(P, w):
    return unit(jnp.prod(P, axis=0))


@spelling("poe", "scan")
def _(P, w):
    q, _ = jax.lax.scan(lambda q, p: (q * p, None), jnp.ones_like(P[0]), P)
    return unit(q)


@spelling("poe", "logsumexp")
def _(P, w):
    z = jnp.log(P).sum(0)
    return jnp.exp(z - jsp.logsumexp(z))


@spelling("poe", "numpy in place", backend="numpy")
def _(P, w):
    q = P[0].copy()
    for row in P[1:]:
        q *= row
    return q / q.sum(axis=0)


@spelling("halflinlog", "halves", closed_same=False, note=WHERE_WEIGHT_IS_0)
def _(P, w):
    return 0.5 * jnp.einsum("k,kc->c", w, P) + 0.5 * unit(jnp.prod(P ** w[:, None], axis=0))


@spelling("halflinlog", "mean of a stack")
def _(P, w):
    return jnp.mean(jnp.stack([w @ P, stable_softmax(w @ jnp.log(P))]), axis=0)


@spelling("smooth", "0.1 / C", rounded=True, note="0.1 / C is a double")
def _(P, w):
    return 0.9 * jnp.einsum("k,kc->c", w, P) + 0.1 / P.shape[1]


@spelling("smooth", "rows smoothed first")
def _(P, w):
    C = P.shape[1]
    return w @ ((1 - 0.1) * P + 0.1 * jnp.full_like(P, 1) / C)


@spelling("smooth", "numpy", backend="numpy", rounded=True, note="0.1 / C is a double")
def _(P, w):
    return 0.9 * np.einsum("k...,kc...->c...", w, P) + 0.1 / P.shape[1]


# --- weighting -----------------------------------------------------------------------------------------------------


@spelling("mean", "sum over K")
def _(P, w):
    return P.sum(axis=0) / P.shape[0]


@spelling("mean", "uniform weights")
def _(P, w):
    v = jnp.ones_like(w)
    return (v / v.sum()) @ P


@spelling("mean", "average")
def _(P, w):
    return jnp.average(P, axis=0)


@spelling("mean", "numpy", backend="numpy")
def _(P, w):
    return np.mean(P, axis=0)


@spelling("wsq", "square over sum")
def _(P, w):
    v = jnp.square(w)
    return jnp.einsum("k,kc->c", v / jnp.sum(v), P)


@spelling("wsq", "average")
def _(P, w):
    return jnp.average(P, axis=0, weights=w * w)


@spelling("wsq", "divide last")
def _(P, w):
    return ((w**2)[:, None] * P).sum(axis=0) / jnp.dot(w, w)


@spelling("wsq", "numpy", backend="numpy")
def _(P, w):
    v = w**2 / np.sum(w**2, axis=0)
    return np.einsum("k...,kc...->c...", v, P)


@spelling("softmax5", "stable softmax")
def _(P, w):
    return stable_softmax(5.0 * w) @ P


@spelling("softmax5", "temperature 0.2")
def _(P, w):
    return jnp.sum(jax.nn.softmax(w / 0.2)[:, None] * P, axis=0)


@spelling("softmax5", "logsumexp")
def _(P, w):
    return jnp.tensordot(jnp.exp(5 * w - jsp.logsumexp(5 * w)), P, axes=1)


@spelling("entropyw", "entr")
def _(P, w):
    v = w * jnp.exp(-entr(P))
    return (v / v.sum()) @ P


@spelling("entropyw", "softmax of log w - H")
def _(P, w):
    return jax.nn.softmax(jnp.log(w) - xlogy_entropy(P)) @ P


@spelling("entropyw", "where")
def _(P, w):
    v = w * jnp.exp(-where_entropy(P))
    return jnp.average(P, axis=0, weights=v)


@spelling("entropyw", "p * log p", closed_same=False, note=NAN_AT_ZERO)
def _(P, w):
    v = w / jnp.exp(bare_entropy(P))
    return jnp.einsum("k,kc->c", v, P) / v.sum()


@spelling("entropyw", "numpy", backend="numpy", exact_on_faces=False, note=PLAIN_ONE)
def _(P, w):
    safe = np.where(P > 0, P, 1)
    v = w * np.exp((P * np.log(safe)).sum(axis=1))
    v = v / v.sum(axis=0)
    return np.einsum("k...,kc...->c...", v, P)


@spelling("invent", "entr")
def _(P, w):
    v = w / (entr(P) + 0.01)
    return (v / v.sum()) @ P


@spelling("invent", "vmap over teachers")
def _(P, w):
    v = jax.vmap(lambda a, p: a / (0.01 + jsp.entr(p).sum()))(w, P)
    return jnp.tensordot(v / jnp.sum(v), P, axes=1)


@spelling("invent", "rel_entr")
def _(P, w):
    v = w / (rel_entropy(P) + 0.01)
    return (v / v.sum()) @ P


@spelling("invent", "numpy", backend="numpy", exact_on_faces=False, note=PLAIN_ONE)
def _(P, w):
    safe = np.where(P > 0, P, 1)
    v = w / (0.01 - (P * np.log(safe)).sum(axis=1))
    return np.einsum("k...,kc...->c...", v / v.sum(axis=0), P)


@spelling("confw", "einsum")
def _(P, w):
    v = w * P.max(axis=-1)
    return jnp.einsum("k,kc->c", v / v.sum(), P)


@spelling("confw", "sorted")
def _(P, w):
    v = w * jnp.sort(P, axis=1)[:, -1]
    return (v[:, None] * P).sum(0) / v.sum()


@spelling("confw", "top_k")
def _(P, w):
    v = w * jax.lax.top_k(P, 1)[0][:, 0]
    return jnp.average(P, axis=0, weights=v)


@spelling("confw", "numpy", backend="numpy")
def _(P, w):
    v = w * np.max(P, axis=1)
    return np.einsum("k...,kc...->c...", v, P) / np.sum(v, axis=0)


@spelling("nentw", "entr")
def _(P, w):
    v = w * (1 - entr(P) / jnp.log(P.shape[1]))
    return (v / v.sum()) @ P


@spelling("nentw", "log C - H")
def _(P, w):
    v = w * (jnp.log(P.shape[1]) - where_entropy(P))
    return jnp.einsum("k,kc->c", v, P) / jnp.sum(v)


@spelling("nentw", "rel_entr")
def _(P, w):
    C = P.shape[1]
    v = w * jnp.sum(jsp.rel_entr(P, jnp.full(C, 1.0) / C), axis=1)
    return (v / v.sum()) @ P


@spelling("marginw", "top_k")
def _(P, w):
    top = jax.lax.top_k(P, 2)[0]
    v = w * (top[:, 0] - top[:, 1])
    return (v / v.sum()) @ P


@spelling("marginw", "one_hot removed")
def _(P, w):
    first = jax.nn.one_hot(jnp.argmax(P, axis=1), P.shape[1])
    v = w * (jnp.max(P, axis=1) - jnp.max(P * (1 - first), axis=1))
    return jnp.sum((v / jnp.sum(v))[:, None] * P, axis=0)


@spelling("marginw", "numpy", backend="numpy")
def _(P, w):
    s = np.sort(P, axis=1)
    v = w * (s[:, -1] - s[:, -2])
    return np.einsum("k...,kc...->c...", v / v.sum(axis=0), P)


@spelling("ebkd", "1 - H / sum H")
def _(P, w):
    H = entr(P)
    return ((1 - H / H.sum()) / (P.shape[0] - 1)) @ P


@spelling("ebkd", "where")
def _(P, w):
    H = where_entropy(P)
    v = (jnp.sum(H) - H) / ((P.shape[0] - 1) * jnp.sum(H))
    return jnp.einsum("k,kc->c", v, P)


@spelling("ebkd", "p * log p", closed_same=False, note=NAN_AT_ZERO)
def _(P, w):
    H = bare_entropy(P)
    return ((1 - H / H.sum()) / (P.shape[0] - 1)) @ P


@spelling("camkd", "1 - softmax")
def _(P, w):
    return ((1 - jax.nn.softmax(-jnp.log(P[:, 0]))) / (P.shape[0] - 1)) @ P


@spelling("camkd", "reciprocals")
def _(P, w):
    r = 1 / P[:, 0]
    v = (r.sum() - r) / r.sum() / (P.shape[0] - 1)
    return jnp.sum(v[:, None] * P, axis=0)


@spelling("camkd", "label as one_hot", closed_same=False, note="NaN where any class has a 0: the one-hot's 0 * log 0")
def _(P, w):
    CE = -jnp.log(P) @ jax.nn.one_hot(0, P.shape[1])
    return jnp.einsum("k,kc->c", (1 - stable_softmax(CE)) / (len(P) - 1), P)


@spelling("camkd", "numpy", backend="numpy")
def _(P, w):
    e = np.exp(-np.log(P[:, 0]))
    v = (1 - e / e.sum(axis=0)) / (P.shape[0] - 1)
    return np.einsum("k...,kc...->c...", v, P)


@spelling("spherical", "linalg.norm")
def _(P, w):
    v = w / jnp.linalg.norm(P, axis=1)
    return (v / v.sum()) @ P


@spelling("spherical", "unit rows")
def _(P, w):
    n = jnp.einsum("kc,kc->k", P, P) ** 0.5
    return jnp.sum(w[:, None] * P / n[:, None], axis=0) / jnp.sum(w / n)


@spelling("spherical", "rsqrt")
def _(P, w):
    v = w * jax.lax.rsqrt(jnp.sum(jnp.square(P), axis=1))
    return jnp.average(P, axis=0, weights=v)


@spelling("agree", "softmax of log w")
def _(P, w):
    m = jnp.einsum("k,kc->c", w, P)
    return jax.nn.softmax(jnp.log(w) - jnp.abs(P - m).sum(axis=1)) @ P


@spelling("agree", "2 * 0.5 L1")
def _(P, w):
    TV = 0.5 * jnp.linalg.norm(P - w @ P, ord=1, axis=1)
    v = w * jnp.exp(-2 * TV)
    return (v / v.sum()) @ P


@spelling("agree", "numpy", backend="numpy")
def _(P, w):
    m = np.einsum("k...,kc...->c...", w, P)
    v = w * np.exp(-np.abs(P - m).sum(axis=1))
    return np.einsum("k...,kc...->c...", v, P) / v.sum(axis=0)


# --- order ---------------------------------------------------------------------------------------------------------


@spelling("max_all", "reduce maximum")
def _(P, w):
    m = P[0]
    for row in P[1:]:
        m = jnp.maximum(m, row)
    return m / m.sum()


@spelling("max_all", "sorted")
def _(P, w):
    return unit(jnp.sort(P, axis=0)[-1])


@spelling("max_all", "numpy", backend="numpy")
def _(P, w):
    m = np.max(P, axis=0)
    return m / m.sum(axis=0)


@spelling("wmax", "vmap over classes")
def _(P, w):
    return unit(jax.vmap(lambda column: jnp.max(w * column), in_axes=1)(P))


@spelling("wmax", "scan")
def _(P, w):
    m, _ = jax.lax.scan(lambda m, x: (jnp.maximum(m, x[0] * x[1]), None), jnp.zeros_like(P[0]), (w, P))
    return unit(m)


@spelling("min_all", "minus max of minus")
def _(P, w):
    return unit(-jnp.max(-P, axis=0))


@spelling("min_all", "sorted")
def _(P, w):
    return unit(jnp.sort(P, axis=0)[0])


@spelling("min_all", "numpy", backend="numpy")
def _(P, w):
    m = P.min(axis=0)
    return m / m.sum(axis=0)


@spelling("wmedian", "argsort and cumsum")
def _(P, w):
    return unit(jax.vmap(sorted_median, in_axes=(1, None))(P, w))


@spelling("wmedian", "loop over classes")
def _(P, w):
    return unit(jnp.stack([sorted_median(P[:, i], w) for i in range(P.shape[1])]))


@spelling("umedian", "jnp.median")
def _(P, w):
    return unit(jnp.median(P, axis=0))


@spelling("umedian", "quantile 0.5")
def _(P, w):
    return unit(jnp.quantile(P, 0.5, axis=0))


@spelling("umedian", "numpy", backend="numpy")
def _(P, w):
    m = np.median(P, axis=0)
    return m / m.sum(axis=0)


@spelling("trimmed", "sum - max - min")
def _(P, w):
    return unit(P.sum(axis=0) - P.max(axis=0) - P.min(axis=0))


@spelling("trimmed", "mean of the middle")
def _(P, w):
    return unit(jnp.mean(jnp.sort(P, axis=0)[1 : P.shape[0] - 1], axis=0))


@spelling("trimmed", "numpy", backend="numpy")
def _(P, w):
    s = np.sort(P, axis=0)[1:-1].mean(axis=0)
    return s / s.sum(axis=0)


# --- selections ----------------------------------------------------------------------------------------------------


@spelling("topk_rows", "top_k scattered")
def _(P, w):
    values, places = jax.lax.top_k(P, 2)
    rows = jnp.zeros_like(P).at[jnp.arange(P.shape[0])[:, None], places].set(values)
    return w @ (rows / rows.sum(axis=1, keepdims=True))


@spelling("topk_rows", "ranks by argsort")
def _(P, w):
    rank = jnp.argsort(jnp.argsort(-P, axis=1), axis=1)
    rows = jnp.where(rank < 2, P, 0)
    return jnp.einsum("k,kc->c", w, rows / rows.sum(axis=1)[:, None])


@spelling("topk_pool", "top_k scattered")
def _(P, w):
    m = jnp.einsum("k,kc->c", w, P)
    values, places = jax.lax.top_k(m, 2)
    return jnp.zeros_like(m).at[places].set(values / values.sum())


@spelling("topk_pool", "ranks by argsort")
def _(P, w):
    m = w @ P
    kept = jnp.where(jnp.argsort(jnp.argsort(-m)) < 2, m, 0.0)
    return kept / jnp.sum(kept)


@spelling("vote", "scattered votes")
def _(P, w):
    votes = jnp.zeros_like(P[0]).at[jnp.argmax(P, axis=1)].add(w)
    return scattered_one_hot(votes)


@spelling("vote", "comparison")
def _(P, w):
    return comparison_one_hot(jnp.einsum("k,kc->c", w, comparison_one_hot(P)))


@spelling("vote", "bincount")
def _(P, w):
    votes = jnp.bincount(jnp.argmax(P, axis=1), weights=w, length=P.shape[1])
    return jax.nn.one_hot(jnp.argmax(votes), P.shape[1])


@spelling("argpool", "comparison")
def _(P, w):
    return comparison_one_hot(jnp.einsum("k,kc->c", w, P))


@spelling("argpool", "scattered")
def _(P, w):
    return scattered_one_hot(jnp.sum(w[:, None] * P, axis=0))


@spelling("argpool", "row of eye")
def _(P, w):
    return jnp.eye(P.shape[1])[jnp.argmax(w @ P)]


@spelling("voteshare", "scattered votes")
def _(P, w):
    return jnp.zeros_like(P[0]).at[jnp.argmax(P, axis=1)].add(w)


@spelling("voteshare", "comparison")
def _(P, w):
    return jnp.tensordot(w, comparison_one_hot(P), axes=1)


@spelling("voteshare", "loop")
def _(P, w):
    q = jnp.zeros_like(P[0])
    for k in range(P.shape[0]):
        q = q.at[jnp.argmax(P[k])].add(w[k])
    return q


@spelling("voteshare", "numpy", backend="numpy")
def _(P, w):
    q = np.zeros_like(P[0])
    for k in range(len(w)):
        q[np.argmax(P[k])] += w[k]
    return q


@spelling(
    "borda", "ranks by argsort", closed_same=False, note="ties are broken by the order of the classes, not shared"
)
def _(P, w):
    C = P.shape[1]
    rank = jnp.argsort(jnp.argsort(P, axis=1), axis=1)
    return w @ (rank / (C * (C - 1) / 2))


@spelling("borda", "signs of differences")
def _(P, w):
    C = P.shape[1]
    rank = jnp.sum((1 + jnp.sign(P[:, :, None] - P[:, None, :])) / 2, axis=2) - 0.5
    return jnp.einsum("k,kc->c", w, rank) / (C * (C - 1) / 2)


@spelling("topteacher", "P[argmax w]")
def _(P, w):
    return P[jnp.argmax(w)]


@spelling("topteacher", "take")
def _(P, w):
    return jnp.take(P, jnp.argmax(w), axis=0)


@spelling("topteacher", "dynamic_slice")
def _(P, w):
    return jax.lax.dynamic_slice_in_dim(P, jnp.argmax(w), 1, axis=0)[0]


@spelling("topteacher", "loop of where")
def _(P, w):
    best, q = w[0], P[0]
    for k in range(1, P.shape[0]):
        q = jnp.where(w[k] > best, P[k], q)
        best = jnp.maximum(best, w[k])
    return q


@spelling("topteacher", "argsort, the last", closed_same=False, note="of equal weights the last wins")
def _(P, w):
    return P[jnp.argsort(w)[-1]]


@spelling("topteacher", "numpy", backend="numpy")
def _(P, w):
    return P[np.argmax(w)]


@spelling("confteacher", "P[argmax]")
def _(P, w):
    return P[jnp.argmax(w * P.max(axis=1))]


@spelling("confteacher", "largest of all w * P")
def _(P, w):
    return P[jnp.argmax(w[:, None] * P) // P.shape[1]]


@spelling("confteacher", "numpy", backend="numpy")
def _(P, w):
    return P[np.argmax(w * P.max(axis=1))]


@spelling("jsdgate", "lax.cond")
def _(P, w):
    m = w @ P
    JSD = entr(m) - w @ entr(P)
    return jax.lax.cond(JSD <= 0.02, lambda: m, lambda: P[jnp.argmax(w)])


@spelling("jsdgate", "mean divergence by rel_entr")
def _(P, w):
    m = jnp.einsum("k,kc->c", w, P)
    JSD = jnp.dot(w, jnp.sum(jsp.rel_entr(P, m), axis=1))
    return jnp.where(JSD > 0.02, P[jnp.argmax(w)], m)


@spelling("jsdgate", "p * log p", closed_same=False, note=NAN_AT_ZERO + ", so that the gate picks a row")
def _(P, w):
    m = w @ P
    return jnp.where(bare_entropy(m) - w @ bare_entropy(P) <= 0.02, m, P[jnp.argmax(w)])


# --- evidence ------------------------------------------------------------------------------------------------------


@spelling("dempster", "1 - w * (1 - P)")
def _(P, w):
    u = jnp.prod(1 - w)
    q = jnp.prod(1 - w[:, None] * (1 - P), axis=0) - u + u / P.shape[1]
    return q / q.sum()


@spelling("dempster", "combined one by one")
def _(P, w):
    """Dempster's rule for singletons and the frame: mass m on the classes, u on ignorance, normalised at the end."""
    m, u = w[0] * P[0], 1 - w[0]
    for k in range(1, P.shape[0]):
        m, u = m * (w[k] * P[k]) + m * (1 - w[k]) + u * w[k] * P[k], u * (1 - w[k])
    return unit(m + u / P.shape[1])


@spelling("dempster", "scan")
def _(P, w):
    def combine(state, teacher):
        (m, u), (a, p) = state, teacher
        return (m * (1 - a + a * p) + u * a * p, u * (1 - a)), None

    (m, u), _ = jax.lax.scan(combine, (jnp.zeros_like(P[0]), jnp.ones_like(w[0])), (w, P))
    return unit(m + u / P.shape[1])


@spelling("discount", "1 - w * (1 - P)")
def _(P, w):
    return unit(jnp.prod(1 - w[:, None] * (1 - P), axis=0))


@spelling(
    "discount", "sum of logs", note="log 0 where a weight of 1 meets a probability of 0: exp(-inf) = 0 as it should"
)
def _(P, w):
    return jax.nn.softmax(jnp.sum(jnp.log1p(-w[:, None] * (1 - P)), axis=0))


@spelling("discount", "numpy", backend="numpy")
def _(P, w):
    q = np.ones_like(P[0])
    for a, p in zip(w, P, strict=True):
        q = q * (1 - a + a * p)
    return q / q.sum(axis=0)


# --- transport -----------------------------------------------------------------------------------------------------


@spelling("w1", "argsort and cumsum")
def _(P, w):
    G = jax.vmap(sorted_median, in_axes=(1, None))(jnp.cumsum(P, axis=1), w)
    return jnp.concatenate([G[:1], G[1:] - G[:-1]])


@spelling("w1", "loop over classes")
def _(P, w):
    F, q, before = jnp.zeros_like(w), [], 0.0
    for i in range(P.shape[1]):
        F = F + P[:, i]
        G = sorted_median(F, w)
        q.append(G - before)
        before = G
    return jnp.stack(q)


def cuts_and_labels(P, w):
    inner = jnp.cumsum(P, axis=1)[:, :-1]
    cuts = jnp.sort(jnp.concatenate([jnp.zeros(1), inner.ravel(), jnp.ones(1)]))
    low, high = cuts[:-1], cuts[1:]
    labels = jnp.sum(inner[:, :, None] <= low[None, None, :], axis=1)
    return high - low, w @ labels.astype(P.dtype)


@spelling("w2", "quantiles at sorted cuts")
def _(P, w):
    length, Q = cuts_and_labels(P, w)
    label = jnp.arange(P.shape[1])
    return jnp.sum(length[:, None] * jnp.clip(1 - jnp.abs(Q[:, None] - label), 0, None), axis=0)


@spelling("w2", "floor and fraction, scattered")
def _(P, w):
    length, Q = cuts_and_labels(P, w)
    C = P.shape[1]
    left = jnp.minimum(jnp.floor(Q), C - 2).astype(int)
    right_share = Q - left
    q = jnp.zeros(C).at[left].add(length * (1 - right_share))
    return q.at[left + 1].add(length * right_share)


# --- means ---------------------------------------------------------------------------------------------------------


@spelling("logodds", "logit and expit")
def _(P, w):
    return unit(jsp.expit(w @ jsp.logit(P)))


@spelling("logodds", "log p - log1p(-p)")
def _(P, w):
    z = jnp.sum(w[:, None] * (jnp.log(P) - jnp.log1p(-P)), axis=0)
    return unit(1 / (1 + jnp.exp(-z)))


@spelling("logodds", "odds as products", closed_same=False, note=WHERE_WEIGHT_IS_0)
def _(P, w):
    odds = jnp.prod((P / (1 - P)) ** w[:, None], axis=0)
    return unit(odds / (1 + odds))


@spelling(
    "jeffreys", "scan", closed_same=False, exact_on_faces=False, note="NaN at zeros, and x > 1 is open at x = 1 + log 1"
)
def _(P, w):
    """The minimiser's condition in log q: log q_i - log g_i - a_i / q_i is one number for all i; nested Newton steps."""
    a, log_g = jnp.einsum("k,kc->c", w, P), jax.nn.log_softmax(w @ jnp.log(P))
    s = jnp.log(a) - log_g

    def omega(z):
        x = jnp.where(z > 1, z, jnp.exp(jnp.minimum(z, 1)))
        return jax.lax.fori_loop(0, 6, lambda _, x: x * (1 + z - jnp.log(x)) / (1 + x), x)

    def step(c, _):
        x = omega(s + c)
        total = jnp.sum(a / x)
        return c + jnp.log(total) * total / jnp.sum(a / (x * (1 + x))), None

    c, _ = jax.lax.scan(step, 1.0, None, length=12)
    return unit(a / omega(s + c))


@spelling("jeffreys", "unrolled", closed_same=False, exact_on_faces=False, note="NaN at zeros, and z > 1 is open at 1")
def _(P, w):
    a = jnp.sum(w[:, None] * P, axis=0)
    g = jnp.exp(w @ jnp.log(P))
    s, c = jnp.log(a) - jnp.log(g / g.sum()), 1.0
    for _ in range(12):
        z = s + c
        x = jnp.where(z > 1, z, jnp.exp(jnp.minimum(z, 1)))
        for _ in range(6):
            x = x * (1 + z - jnp.log(x)) / (1 + x)
        c = c + jnp.log(jnp.sum(a / x)) * jnp.sum(a / x) / jnp.sum(a / (x * (1 + x)))
    z = s + c
    x = jnp.where(z > 1, z, jnp.exp(jnp.minimum(z, 1)))
    for _ in range(6):
        x = x * (1 + z - jnp.log(x)) / (1 + x)
    return unit(a / x)


# --- with a temperature for each teacher -----------------------------------------------------------------------------


@spelling("linear_ts", "softmax of divided logits")
def _(P, w, Ts):
    return w @ jax.nn.softmax(jnp.log(P) / Ts[:, None], axis=1)


@spelling("linear_ts", "loop in NumPy", backend="numpy")
def _(P, w, Ts):
    q = 0
    for k in range(len(w)):
        raised = P[k] ** (1 / Ts[k])
        q = q + w[k] * raised / raised.sum()
    return q


@spelling("log_ts", "exponents", closed_same=False, note=WHERE_WEIGHT_IS_0)
def _(P, w, Ts):
    return unit(jnp.prod(P ** (w / Ts)[:, None], axis=0))


@spelling("tempered_log", "powers, root of a product")
def _(P, w):
    raised = jnp.sqrt(jnp.prod(P ** w[:, None], axis=0))
    return raised / raised.sum()


@spelling("tempered_linear", "square root of the pool")
def _(P, w):
    raised = jnp.sqrt(jnp.einsum("k,kc->c", w, P))
    return raised / raised.sum()


@spelling("renyi", "two square roots")
def _(P, w):
    raised = jnp.einsum("k,kc->c", w, jnp.sqrt(jnp.sqrt(P))) ** 4
    return raised / raised.sum()


@spelling("conforming", "the halves one by one")
def _(P, w):
    geometric = jnp.prod(P, axis=0) ** (1 / P.shape[0])
    return 0.5 * (w @ P) + 0.5 * geometric / geometric.sum()
