"""How coarsely an operator computes: the unit of rounding of its coarsest arithmetic, declared or measured.

An operator may take float64 in and hand float64 out and still round to 24 bits on the way. Dtypes are read where they can
be, in traces and results; what hides inside is measured by differences. Knows numbers, and refuses to know any claim.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from axiomkd.core import tolerances

GRIDS = (np.dtype(jnp.bfloat16), np.dtype(np.float16), np.dtype(np.float32))
STAIR = 6  # whole multiples of 2^-6 need too few digits to name a dtype, or come in wider steps than it has
STEPS = (2.0**-6, 2.0**-9, 2.0**-12, 2.0**-21)  # wider than the spacing of bfloat16, float16 (two of them), float32
POINTS, IN_LINE, ORDER = 8, 10, 4
LASTS = 1 / 6  # a kink's part falls by 8 from one step to the next, curvature's by 4096
TELLING = 4
# Errors up to half a unit have a deviation of 0.29 units, a unit is up to twice as fine below the largest entry, and the
# smaller of two estimates was taken.
UNITS = 8
CLEARLY = 8  # a measured unit is good to a factor of 4
VARIANCE = 70.0  # of a fourth difference of independent errors: (2·4)! / (4!)²


@dataclass(frozen=True)
class Roundoff:
    """`eps` is the distance from 1 to the next number, `tiny` the smallest normal number, `name` what to call it.

    `iterates`: the error is that of a solver which stops at a tolerance, and larger beside faces than elsewhere.
    `errs`: the deviation of the errors that were measured, relative to the largest entry of an aggregate; what loses a few
    digits in double precision is not coarse, and its small entries have none of theirs left. `lost`: an entry that comes out
    as 0 may be so large, where more is off than the last digit of small entries.
    """

    eps: float
    tiny: float
    name: str
    iterates: bool = False
    errs: float = 0.0
    lost: float = 0.0

    @property
    def coarse(self) -> bool:
        """Whether this is coarser than double precision."""
        return self.eps > tolerances.COARSE

    @property
    def bar(self) -> float:
        """The violation, in the claim's unit, below which rounding alone may be at work."""
        return max(tolerances.FLOAT_FLOOR, tolerances.COARSE_FACTOR * self.eps if self.coarse else 0.0)

    @property
    def moves(self) -> float:
        """By how much, relative to its largest, an entry of an aggregate may be off."""
        return tolerances.OUTPUT_UNITS * max(self.eps, UNITS * self.errs)

    @property
    def detect(self) -> float:
        """The violation below which a float margin is no candidate."""
        return max(tolerances.DETECT, self.bar if self.coarse else 0.0)


def of_dtype(dtype: Any) -> Roundoff | None:
    """The rounding of a real or complex dtype; None for any other."""
    if not jnp.issubdtype(dtype, np.inexact):
        return None
    about = jnp.finfo(dtype)
    return Roundoff(float(about.eps), float(about.tiny), str(np.dtype(about.dtype)))


DOUBLE = Roundoff(float(np.finfo(float).eps), float(np.finfo(float).tiny), "float64")


def coarsest(several: Iterable[Roundoff | None]) -> Roundoff:
    """The largest unit of rounding among these, float64 among them; the smallest range of all of them."""
    every = [DOUBLE, *(one for one in several if one is not None)]
    worst = max(every, key=lambda one: one.eps)
    return replace(
        worst,
        tiny=max(one.tiny for one in every),
        iterates=any(one.iterates for one in every),
        errs=max(one.errs for one in every),
        lost=max(one.lost for one in every),
    )


def coarser(declared: Roundoff, measured: Iterable[Roundoff | None], shown: Iterable[Roundoff | None] = ()) -> Roundoff:
    """What was declared, unless what results show by their digits, or what was measured and is clearly coarser, is coarser; and
    the errors that were measured, with what they lose where they are clearly larger than the last digits of all that."""
    known = [one for one in measured if one is not None]
    apparent = coarsest([declared, *shown])
    found = coarsest([apparent, *(one for one in known if one.eps > CLEARLY * declared.eps)])
    errs = max((one.errs for one in known), default=0.0)
    return replace(found, errs=errs, lost=UNITS * errs if UNITS * errs > CLEARLY * apparent.eps else apparent.lost)


def of_solver(step: float) -> Roundoff | None:
    """What iterations that stop about so far from each other come to; None where that is 0."""
    if not step > 0:
        return None
    eps = step * tolerances.SOLVER_FACTOR / tolerances.COARSE_FACTOR
    return Roundoff(eps, DOUBLE.tiny, f"iterations whose ends are about {step:.1g} apart", True)


# ---- declared


def of_jaxpr(closed_jaxpr: Any) -> Roundoff:
    """The coarsest arithmetic in a trace, loops, branches and calls included."""
    return coarsest(of_dtype(dtype) for dtype in set(_dtypes(closed_jaxpr)))


def _dtypes(jaxpr: Any) -> Iterator[Any]:
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    for equation in jaxpr.eqns:
        for variable in (*equation.invars, *equation.outvars):
            # Literals that the user wrote are weakly typed: they take the dtype of what they meet.
            dtype = None if hasattr(variable, "val") else getattr(variable.aval, "dtype", None)
            if dtype is not None:
                yield dtype
        for inner in _inside(equation.params.values()):
            yield from _dtypes(inner)


def _inside(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        kind = type(value)  # asked of the class: a size at which nothing is decided is among them, and sees who asks it
        if hasattr(kind, "jaxpr") or hasattr(kind, "eqns"):
            yield value
        elif issubclass(kind, tuple | list):
            yield from _inside(value)


def on_grid(q: np.ndarray) -> Roundoff | None:
    """The coarsest dtype whose numbers all these are; None where too few need more than three digits: 0, 1 and 1/2 tell
    nothing. What all of them are whole multiples of may have been lost: in numbers that float it is far below them all."""
    found = np.unique(np.abs(q[np.isfinite(q) & (q != 0)]))
    eighths = 8 * np.frexp(found)[0]
    if int((eighths != np.round(eighths)).sum()) < TELLING:
        return None
    with np.errstate(all="ignore"):
        dtype = next((of_dtype(d) for d in GRIDS if np.array_equal(found.astype(d).astype(float), found)), None)
    return None if dtype is None else replace(dtype, lost=float(_last_digit(found).min()))


def _last_digit(x: np.ndarray) -> np.ndarray:
    """The value of the last binary digit of each positive double that is not 0."""
    fraction, exponent = np.frexp(x)
    whole = np.ldexp(fraction, 53).astype(np.int64)
    return np.ldexp((whole & -whole).astype(float), exponent - 53)


def on_stairs(q: np.ndarray, *, sums: bool = True) -> Roundoff | None:
    """The rounding of aggregates (B, C) all of whose entries are whole multiples of 1/2, 1/4, … or 1/64, as a large number that
    is added and taken away again leaves them; None where they are not, or come of votes.

    Entries that are rounded one by one do not always add up to 1, shares of votes do. Without `sums`, which tell nothing at two
    classes, steps count alone.
    """
    units = 0.5 ** np.arange(STAIR + 1)
    if not q.size or not np.isfinite(q).all() or np.mod(q, units[-1]).any():
        return None
    unit = next(float(unit) for unit in units if not np.mod(q, unit).any())
    strays = np.unique(q.sum(-1)).size > 1
    return Roundoff(unit, unit, f"whole multiples of {unit:g}") if unit < 1 and (strays or not sums) else None


# ---- measured


def measured(call: Callable[[np.ndarray, np.ndarray], np.ndarray], K: int, C: int, points: int = POINTS) -> Roundoff:
    """The rounding of an opaque operator, from fourth differences along short lines from a few points: of a smooth
    function they vanish with the fourth power of the step, of rounding errors they do not.

    J. Moré and S. Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011). An estimate counts where the
    next larger step gives about the same: what falls with the step is curvature, or a kink. The median over points counts.
    """
    rng = np.random.default_rng((K, C, 11))
    P, w = rng.dirichlet(np.full(C, 4.0), (points, K)), rng.dirichlet(np.full(K, 4.0), points)
    to_P, to_w = rng.standard_normal(P.shape), rng.standard_normal(w.shape)
    levels = []
    for step in STEPS:
        at = step * np.arange(IN_LINE)
        many_P = P[:, None] * np.exp(at[:, None, None] * to_P[:, None])
        many_w = w[:, None] * np.exp(at[:, None] * to_w[:, None])
        many_P, many_w = (x / x.sum(-1, keepdims=True) for x in (many_P, many_w))
        q = call(many_P.reshape(-1, K, C), many_w.reshape(-1, K)).reshape(points, IN_LINE, -1)
        levels.append(_levels(q))
    steady = [np.where(LASTS * large <= small, small, 0.0) for large, small in itertools.pairwise(levels)]
    level = float(np.median(np.max(steady, axis=0)))
    if not level > tolerances.NOISE:
        return replace(DOUBLE, errs=level)
    eps = UNITS * level
    tiny = DOUBLE.tiny if eps < 2.0**-28 else 2.0**-126 if eps < 2.0**-14 else 2.0**-14
    return Roundoff(eps, tiny, f"a precision of about {level:.1g}", errs=level)


def _levels(q: np.ndarray) -> np.ndarray:
    """The deviation of the errors on each line, relative to the largest entry; 0 where something is not finite."""
    with np.errstate(all="ignore"):
        size = np.abs(q).max((1, 2))
        noise = np.sqrt((np.diff(q, ORDER, axis=1) ** 2).mean(1) / VARIANCE).max(-1) / size
    return np.where(np.isfinite(noise), noise, 0.0)
