"""Points at the other side of what an operator's own trace decides: where a comparison, a maximum or a minimum that goes one way
at all ordinary points goes the other.

Looked for along lines in the domain, nearer and nearer to where the two numbers compared are closest. It knows the trace, and no
formula; it promises to find nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.verify.wide import Exact, doubles

SIZES = ((2, 3), (3, 2))
DECIDING = frozenset({"lt", "le", "gt", "ge", "max", "min"})
INSIDE = frozenset({"jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "checkpoint", "remat2"})
MOST = 24  # numbers compared, and points found
GRID, ROUNDS = 33, 11  # each round looks at a sixteenth of the one before: the last at 2^-44
NEAREST = 2.0**-40  # to a face
PARTS = 2**60  # of a row


def points(closed: Any, several: Sequence[Exact]) -> list[Exact]:
    """Interior points of the size of `several` at which the trace decides otherwise than at all of those; none where it has no
    such decision, or none could be followed."""
    inside = [at for at in several if at.inside and at.whole]
    P, w, _ = doubles(inside)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gaps = jax.jit(jax.vmap(lambda p, v: _gaps(closed, [p, v])))
            seen = np.asarray(gaps(P, w))
            if not seen.size:
                return []
            # What is 0 or no number somewhere, or goes either way, needs no look.
            side = np.sign(seen[0])
            open_ = np.flatnonzero((np.sign(seen) == side).all(0) & (side != 0) & np.isfinite(seen).all(0))[:MOST]
            return [at for g in open_ for at in _crossing(gaps, int(g), float(side[g]), P, w)][:MOST]
    except Exception:  # a primitive that is not run so, a value that is none
        return []


def _gaps(closed: Any, given: list[Any]) -> Any:
    """The differences of all numbers that a trace compares, one after the other."""
    out: list[Any] = []
    _run(closed.jaxpr, closed.consts, given, out)
    return jnp.concatenate([jnp.ravel(x) for x in out]) if out else jnp.zeros(0)


def _run(jaxpr: Any, consts: Sequence[Any], given: Sequence[Any], out: list[Any]) -> list[Any]:
    values: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *given], strict=True))

    def of(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        xs, name = [of(one) for one in equation.invars], equation.primitive.name
        inner = equation.params.get("jaxpr", equation.params.get("call_jaxpr")) if name in INSIDE else None
        if inner is not None:
            found = _run(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), xs, out)
        else:
            if name in DECIDING and all(jnp.issubdtype(jnp.result_type(x), jnp.floating) for x in xs):
                out.append(xs[0] - xs[1])
            found = equation.primitive.bind(*xs, **equation.primitive.get_bind_params(equation.params))
            found = found if equation.primitive.multiple_results else [found]
        values.update(zip(equation.outvars, found, strict=True))
    return [of(one) for one in jaxpr.outvars]


def _crossing(gaps: Any, g: int, side: float, P: np.ndarray, w: np.ndarray) -> list[Exact]:
    """The first point found at which gap g has another sign."""
    _, K, C = P.shape
    lines = [(n, k, c) for n in range(len(P)) for k in range(K + 1) for c in range(C if k < K else K)]
    low, high = np.full(len(lines), NEAREST), np.full(len(lines), 1 - NEAREST)
    for _ in range(ROUNDS):
        t = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, GRID)
        panels = [_at(P, w, line, x) for line, xs in zip(lines, t, strict=True) for x in xs]
        Ps, ws = (np.stack(x) for x in zip(*panels, strict=True))
        found = np.asarray(gaps(Ps, ws))[:, g]
        other = np.flatnonzero(np.isfinite(found) & (np.sign(found) == -side))
        if len(other):
            return [_exact(Ps[other[0]], ws[other[0]])]
        best = np.where(np.isfinite(found), np.abs(found), np.inf).reshape(t.shape).argmin(1)
        rows = np.arange(len(lines))
        low, high = t[rows, np.maximum(best - 1, 0)], t[rows, np.minimum(best + 1, GRID - 1)]
    return []


def _at(P: np.ndarray, w: np.ndarray, line: tuple[int, int, int], t: float) -> tuple[np.ndarray, np.ndarray]:
    """Point n with entry c of row k, or weight c where k is beyond the rows, at t, the others of it in their ratios."""
    n, k, c = line
    p, v = P[n].copy(), w[n].copy()
    row = p[k] if k < len(p) else v
    rest = row.sum() - row[c]
    row *= (1 - t) / rest
    row[c] = t
    return p, v


def _exact(P: np.ndarray, w: np.ndarray) -> Exact:
    numerators = [np.maximum(np.round(x * PARTS), 1).astype(np.int64) for x in (P, w)]
    return Exact(numerators[0], numerators[1], Fraction(2))
