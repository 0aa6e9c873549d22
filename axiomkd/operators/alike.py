"""Ways of calling an operator that must not matter: traced or not, with NumPy's arrays or JAX's, logits with any constant.

An operator for which they do is no function of P and w. A handful of calls; it refuses to know any claim.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core import tolerances
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.late import late
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.skewed import skewed
from axiomkd.tracing.exact import Undecided, Unsupported, evaluate, object_array
from axiomkd.tracing.numbers import to_float
from axiomkd.tracing.numerics import quick_compile
from axiomkd.tracing.shaken import shaken
from axiomkd.tracing.uncompiled import uncompiled

extend = late("jax.extend.core")  # it imports all of Pallas

Size = tuple[int, int]
Points = tuple[np.ndarray, np.ndarray]
"""P (B, K, C) and w (B, K) of one size."""
Met = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Points and aggregates of one size: P (B, K, C), w (B, K), q (B, C)."""

BITS = 64  # of exact numbers that are compared with doubles
CALLS = 2  # points of a size that were met and are called untraced
WIDER = ((7, 5), (20, 2))  # sizes beyond those that are met: one at which a long trace is called, both for a short one
SHORT = 12
NUDGES, SPREAD = 3, 10.0
CONSTANTS = (1.0, 5.0, 30.0, 60.0)
FAR = 300.0  # exp of twice as much is a number still: for two teachers only


def _room(evaluator: Evaluator, size: float = 1.0) -> float:
    """What two ways of calling may differ by: rounding, of numbers of that size."""
    return max(tolerances.REPEAT, tolerances.COARSE_FACTOR * evaluator.rounding.eps) * size


# ---- traced or not


def untraced(evaluator: Evaluator, met: Mapping[Size, Points]) -> None:
    """Call a JAX operator with NumPy's arrays and with JAX's outside a trace. Raises Misbehaviour where one differs from
    what the trace comes to.

    What does not run there (a branch on a value, a method that only JAX's arrays have) is no other function.
    """
    now = 1.0 if evaluator.operator.takes_temperature else None
    (least, at_least), *more = met.items()
    short = _short(evaluator, *least)
    wider = [size for size in WIDER if evaluator.operator.supports(*size)][: None if short else 1]
    others = [(size, (P[:CALLS], w[:CALLS])) for size, (P, w) in (more if short else ())]
    for (K, C), (P, w) in [(least, _more(least, at_least)), *others, *((size, skewed(*size)) for size in wider)]:
        q = _of_trace(evaluator, P, w, now)
        for i in range(len(q)):
            for name, array in (("NumPy arrays", np.array), ("JAX arrays outside a trace", on_device)):
                with uncompiled():
                    found = _called(evaluator, array, P[i], w[i], now)
                if found is None or not _apart(found, q[i], _room(evaluator)):
                    continue
                found = _called(evaluator, array, P[i], w[i], now)
                if (
                    found is not None
                    and _apart(found, q[i], _room(evaluator))
                    and _another(evaluator, array, P[i], w[i], found)
                ):
                    raise Misbehaviour(
                        f"does one thing under a trace and another when called with {name}: {_shown(q[i])} and "
                        f'{_shown(found)} at K = {K}, C = {C}. Make it one function, or declare backend="numpy"',
                        _point(P[i], w[i], now),
                    )


def _more(size: Size, met: Points) -> Points:
    """Some of the points that were met, and skewed ones."""
    P, w = (np.concatenate([a[:CALLS], b]) for a, b in zip(met, skewed(*size), strict=True))
    return P, w


def _of_trace(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, now: float | None) -> np.ndarray:
    """What the trace comes to at points: in NumPy or exactly where there are rules for it, which takes a tenth of the time of
    compiling it at a size for this alone; else compiled. Nothing where none can be had, which is told elsewhere."""
    K, C = P.shape[1:]
    try:
        if evaluator.exactly:
            q = evaluator.suggested(P, w, now)
            if np.isfinite(q).all():
                return q
            closed, T = evaluator.jaxpr(K, C, now is not None), () if now is None else (object_array(1),)
            exact = [
                evaluate(closed, [object_array(p), object_array(v), *T], bits=BITS)[0]
                for p, v in zip(P, w, strict=True)
            ]
            q = np.array([[to_float(x) for x in one] for one in exact])
            if np.isfinite(q).all():  # else floats may be defined where exact numbers are not
                return q
    except (Undecided, Unsupported):
        pass
    call = jax.jit(evaluator.traceable, compiler_options=quick_compile())
    try:
        return np.stack(
            [np.asarray(call(*(x for x in (p, v, now) if x is not None)), float) for p, v in zip(P, w, strict=True)]
        )
    except Exception:
        return np.zeros((0, C))


def on_device(x: np.ndarray) -> jax.Array:
    """A JAX array of the same numbers. `jnp.asarray` would compile, for every shape, a program that copies it."""
    return jax.device_put(np.array(x))


def _another(evaluator: Evaluator, array: Callable, P: np.ndarray, w: np.ndarray, found: np.ndarray) -> bool:
    """Whether a result outside a trace is that of another function, and no rounding: it is not what the trace gives step
    by step either, uncompiled, and what moves when the inputs, or the results of its steps, do by units in the last place is
    less than the gap."""
    K, C = P.shape
    now = 1.0 if evaluator.operator.takes_temperature else None
    jaxpr = evaluator.jaxpr(K, C, now is not None)
    with jax.disable_jit():
        (stepped,) = extend.jaxpr_as_fun(jaxpr)(*(on_device(np.asarray(x)) for x in (P, w, now) if x is not None))
    gap = np.abs(np.asarray(stepped, dtype=float) - found).max()
    if not gap > _room(evaluator):
        return False
    moved = [_nudged(n, P, w) for n in range(NUDGES)]
    near = [_called(evaluator, array, one[0], one[1], now) for one in moved]
    if not all(one is not None and SPREAD * np.abs(one - found).max() < gap for one in near):
        return False
    given = [np.asarray(x) for x in (P, w, now) if x is not None]
    runs = [np.asarray(shaken(jaxpr, given, n)[0], dtype=float) for n in range(NUDGES)]
    return all(SPREAD * np.abs(one - np.asarray(stepped, dtype=float)).max() < gap for one in runs)


def _nudged(n: int, *several: np.ndarray) -> list[np.ndarray]:
    """Arrays with every number moved by units in the last place of the largest."""
    rng = np.random.default_rng((n, 29))
    return [x + rng.integers(-2, 3, x.shape) * np.spacing(np.abs(x).max()) for x in several]


def _short(evaluator: Evaluator, K: int, C: int) -> bool:
    """Whether the trace is short: untraced, JAX compiles every step of it, at every size anew."""
    return len(evaluator.jaxpr(K, C, evaluator.operator.takes_temperature).jaxpr.eqns) <= SHORT


def _called(evaluator: Evaluator, array: Callable, P: np.ndarray, w: np.ndarray, now: float | None) -> Any:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.asarray(evaluator.plain(array(P), array(w), now))
            return (
                found.astype(float) if found.dtype.kind in "fiub" or jnp.issubdtype(found.dtype, np.floating) else None
            )
    except Exception:
        return None


# ---- logits


def up_to_constants(evaluator: Evaluator, met: Mapping[Size, Met]) -> None:
    """Add a constant to each row of logits: the distributions are the same. Raises Misbehaviour where the result is not."""
    now = 1.0 if evaluator.operator.takes_temperature else None
    for (K, C), (P, w, q) in met.items():
        scale, c = _constants(K, len(P), coarse=evaluator.rounding.coarse)
        every = len(c)
        z, many_w, many_q = (
            np.repeat(np.log(P)[None], every, 0),
            np.repeat(w[None], every, 0),
            np.repeat(q[None], every, 0),
        )
        flat = [x.reshape(-1, *x.shape[2:]) for x in (z, z + c[..., None], many_w, many_q, c)]
        found = _of_logits(evaluator, flat[1], flat[2], now)
        spread: np.ndarray | None = None
        for i, size in enumerate(np.repeat(scale, len(P))):
            before, _, weights, aggregate, constants = (x[i] for x in flat)
            if _apart(found[i], aggregate, _room(evaluator, 1 + size)):
                spread = _spread(evaluator, flat[1], flat[2], found, now) if spread is None else spread
                if not SPREAD * spread[i] < np.abs(found[i] - aggregate).max():
                    continue
                raise Misbehaviour(
                    f"the result changes with a row's constant, though logits are known up to it: logits {_rows(before)} "
                    f"give {_shown(aggregate)}, and with {_shown(constants)} added to the rows, the same distributions, "
                    f"{_shown(found[i])} at K = {K}, C = {C}, w = {_shown(weights)}. Subtract each row's maximum, or take "
                    "log_softmax, first",
                    _point(P[i % len(P)], weights, now),
                )


def _spread(evaluator: Evaluator, z: np.ndarray, w: np.ndarray, found: np.ndarray, now: float | None) -> np.ndarray:
    """How far each result moves when its logits do by units in the last place; a constant costs them as many digits."""
    moved = [_of_logits(evaluator, _nudged(n, z)[0], w, now) for n in range(NUDGES)]
    return np.max([np.abs(one - found).max(-1) for one in moved], axis=0)


def _constants(K: int, count: int, *, coarse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Sizes (S,) and constants (S, count, K): random ones, one row alone, and the same for all rows, of either sign."""
    rng = np.random.default_rng((K, 23))
    sizes = CONSTANTS[: 2 if coarse else None] + (FAR,) * (K == 2 and not coarse)
    out = []
    signs = (-1.0) ** np.arange(count)
    for size in sizes:
        alone = np.zeros((count, K))
        alone[np.arange(count), rng.integers(0, K, count)] = size * signs
        out += [size * rng.uniform(-1, 1, (count, K)), alone, np.repeat(size * signs[:, None], K, axis=1)]
    return np.repeat(sizes, 3), np.stack(out)


def _of_logits(evaluator: Evaluator, z: np.ndarray, w: np.ndarray, now: float | None) -> np.ndarray:
    """The aggregates at logits z (B, K, C), not a number where the operator raises."""
    if evaluator.mode == "jax":
        call = jax.jit(jax.vmap(lambda z, w: jnp.asarray(evaluator.raw(z, w, now))), compiler_options=quick_compile())
        return np.asarray(call(z, w), dtype=float)
    out = np.full((len(z), z.shape[2]), np.nan)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(len(z)):
            try:
                out[i] = np.asarray(evaluator.raw(z[i].copy(), w[i].copy(), now), dtype=float)
            except Exception:
                continue
    return out


# ---- what is said


def _apart(a: np.ndarray, b: np.ndarray, room: float) -> bool:
    """Whether two results differ beyond rounding; what is not finite, an overflow, says nothing."""
    if np.shape(a) != np.shape(b):
        return False
    return bool(np.isfinite(a).all() and np.isfinite(b).all() and np.abs(a - b).max() > room)


def _point(P: np.ndarray, w: np.ndarray, now: float | None) -> dict[str, Any]:
    return {"P": P.tolist(), "w": w.tolist(), "T": now}


def _shown(x: np.ndarray) -> str:
    return f"[{', '.join(f'{one:.6g}' for one in np.ravel(x))}]"


def _rows(z: np.ndarray) -> str:
    return f"[{', '.join(map(_shown, z))}]"
