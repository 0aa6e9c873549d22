"""The target of a loss by a numeric minimiser, where it has no form that is followed: a point at a time or many, in floats.

SciPy's `trust-exact` (Moré and Sorensen, SIAM J. Sci. Stat. Comput. 4, 1983) where the loss can be traced, so that there is a
second derivative; else BFGS with the differences of SciPy. Least is of the value: derivatives are of what is computed, whatever
the function says its gradient is, and where the search ends the values are looked at again.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from axiomkd.core import tolerances
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.extras import softmax
from axiomkd.core.layout import student
from axiomkd.core.operator import EACH, ONE, Operator
from axiomkd.operators import roundoff
from axiomkd.operators.language import Translated, drawn_by
from axiomkd.operators.losses.together import LARGEST, bowl, rows, together
from axiomkd.operators.recorder import recording
from axiomkd.tracing.aten.graph import Untranslated
from axiomkd.tracing.numerics import quick_compile
from axiomkd.tracing.student.valued import loops, valued

LOOKS = (
    3  # panels of a size at which the values are looked at where a search ends; at all of them where there are loops
)
STARTS = 2  # students from which the minimum is looked for
FAR = 1.5  # how far from even the logits of all but the first are
RUNS = 300.0  # logits so far from their mean have run away
ALONE = 1 - 1e-7  # a class that has more than this has all
REMEDY = "Bound it, or add what keeps the student near its teachers, such as a cross-entropy"


@dataclass(frozen=True)
class Found:
    """Where a search ended: the student's logits, the loss, by how much probabilities may be off, and whether it is a bowl there:
    curved in all directions but that of one number added to all logits."""

    z: np.ndarray
    value: float
    error: float
    bowl: bool


class Least(Translated):
    """A(P, w[, T]) = softmax(z*/T), z* being where the loss is least. `reason` says why it is not read off."""

    share = 32  # one in how many cases is searched of those that a pool gets, where many are searched together
    near = tolerances.MINIMISER  # how near one panel's target by itself is to that among others

    def __init__(self, fn: Callable[..., Any], operator: Operator, reason: str) -> None:
        self.inner = self.__wrapped__ = fn
        self.__name__ = getattr(fn, "__name__", operator.name)
        self.operator, self.reason = operator, reason
        self.why = (
            f"its target is found by a minimiser, since its gradient is not seen to be c·(softmax(z) − q): {reason}"
        )
        self.softens = operator.takes_temperature and not operator.each_temperature
        self._compiled: dict[tuple, Callable[..., Any] | None] = {}
        self._looked: Counter[tuple] = Counter()
        self._first: tuple[int, ...] | None = None  # the shape of the first panel
        self._loops = False  # in which a derivative may be another than that of the value

    @property
    def rounding(self) -> roundoff.Roundoff:
        """What the minimiser leaves undone."""
        found = roundoff.of_solver(tolerances.MINIMISER)
        assert found is not None
        return found

    def around(self, fn: Callable[..., Any]) -> Least:
        return Least(fn, self.operator, self.reason)

    def random(self, K: int, C: int) -> str:
        return drawn_by(self.inner, K, C)

    def __call__(self, P: Any, w: Any = None, **heat: Any) -> Any:
        args = (P, w, *heat.values())
        if any(isinstance(x, Tracer) for x in args) or any(
            isinstance(x, np.ndarray) and x.dtype.hasobject for x in args
        ):
            raise Untranslated(self.why)
        P, w = np.array(P, float), np.array(w, float)
        heat = {name: np.asarray(x, float) for name, x in heat.items()}
        with recording(P[None], w[None]):
            z = self._alone(P, w, heat)
        return self._softened(z, heat)

    def _alone(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> np.ndarray:
        """The logits at one panel: as among others where there are derivatives and it is known to be a minimum, else by itself."""
        ways = self._ways(P, w, heat)
        if ways.every is not None and not self._loops and P.shape[1] <= LARGEST:
            z, known = self._known(
                lambda z: [np.asarray(x)[None] for x in ways.at(z[0])], 1, P.shape[1], 2 if ways.look else 1
            )
            if known[0] and (not ways.look or ways.stands(z[0])):
                return z[0]
        return self._least(P, w, heat, ways, (P.shape[1],))

    def batch(self, P: np.ndarray, w: np.ndarray, **heat: Any) -> np.ndarray:
        """The targets of the rows of a batch -> (B, C): those of the rows alone where the loss of the batch, by its values in one
        call, is least there too; NaN in a row where it is not."""
        loss, alone = student(self.inner, of="losses"), (P.shape[2],)
        z = np.stack([self._least(p, v, heat, self._ways(p, v, heat), alone) for p, v in zip(P, w, strict=True)])
        array = np.array if isinstance(self.inner, Translated) else jnp.asarray

        def L(z: np.ndarray) -> float:
            return float(np.sum(np.asarray(loss(array(z), array(P), array(w), **heat), float)))

        out = np.stack([self._softened(row, heat) for row in z])
        rng, least = np.random.default_rng(71), L(z)
        for b in range(len(P)):
            for d in rng.standard_normal((3, P.shape[2])):
                step = np.zeros_like(z)
                step[b] = STEP * d
                if not _level(L(z + step), least, L(z - step)):
                    out[b] = np.nan
        return out

    def many(self, P: np.ndarray, w: np.ndarray, T: Any = None) -> np.ndarray:
        """The targets of many panels, searched for together: P (B, K, C), w (B, K), T None, (B,) or (B, K) -> (B, C). Raises
        Untranslated where derivatives may not be had, or may not be those of the values."""
        P, w = np.asarray(P, float), np.asarray(w, float)
        heat = {} if T is None else {EACH if self.operator.each_temperature else ONE: np.asarray(T, float)}
        K, C = P.shape[1:]
        single = {name: x[0] for name, x in heat.items()}
        every = self._derivatives(P[0], w[0], single) if C <= LARGEST else None
        if every is None or self._loops:
            raise Untranslated(self.why)
        out = np.empty((len(P), C))
        for start in range(0, len(P), rows(C)):
            part = slice(start, start + rows(C))
            z, known = self._chunk(every, P[part], w[part], [x[part] for x in heat.values()])
            for b in range(len(z)):
                now = {name: x[start + b] for name, x in heat.items()}
                if not (known[b] and self._seems(P[start + b], w[start + b], now, z[b])):
                    z[b] = self._least(
                        P[start + b], w[start + b], now, self._ways(P[start + b], w[start + b], now), (C,)
                    )
                out[start + b] = self._softened(z[b], now)
        return out

    def _chunk(self, every: Callable[..., Any], P: np.ndarray, w: np.ndarray, heat: list[np.ndarray]) -> tuple:
        """The logits at which panels of one call are least, and of which that is known."""
        B, C = len(P), P.shape[2]
        given = [np.concatenate([x, np.repeat(x[:1], rows(C) - B, axis=0)]) for x in (P, w, *heat)]
        z, known = self._known(lambda z: every(z, *given), rows(C), C, STARTS)
        return z[:B], known[:B]

    def _known(self, every: Callable[..., Any], B: int, C: int, starts: int) -> tuple[np.ndarray, np.ndarray]:
        """The logits (B, C) at which panels are least by searches from so many students, and of which that is known (B,)."""
        far = FAR * np.random.default_rng((C, 61)).standard_normal(C)
        z, known = together(every, [np.zeros((B, C)), np.tile(far, (B, 1))][:starts])
        far_away = np.abs(z - z.mean(-1, keepdims=True)).max(-1) > RUNS
        return z, known & ~far_away & (softmax(z).max(-1) <= ALONE)

    def _seems(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any], z: np.ndarray) -> bool:
        """Whether the function's own values agree, of a size's first panels."""
        if not self._called_at(P.shape):
            return True
        key = "together", *P.shape, *heat
        self._looked[key] += 1
        if self._looked[key] > LOOKS:
            return True
        return Ways(self._value(P, w, heat)).stands(z)

    def _softened(self, z: np.ndarray, heat: Mapping[str, Any]) -> np.ndarray:
        default = self.operator.default_temperature or 1.0
        z = z / (float(heat.get(ONE, default)) if self.softens else 1.0)
        raised = np.exp(z - z.max(-1, keepdims=True))
        return raised / raised.sum(-1, keepdims=True)

    def _ways(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> Ways:
        """The loss at one panel, with derivatives where it can be traced."""
        compiled = self._derivatives(P, w, heat)
        if compiled is None:
            return Ways(self._value(P, w, heat, traced=False))
        key = (*P.shape, *heat)
        self._looked[key] += 1
        look = self._loops or self._looked[key] <= LOOKS
        given = [np.repeat(np.asarray(x, float)[None], rows(P.shape[1]), axis=0) for x in (P, w, *heat.values())]

        def every(z: np.ndarray) -> Any:
            return [x[0] for x in compiled(np.repeat(z[None], len(given[0]), axis=0), *given)]

        if not self._called_at(P.shape):
            return Ways(lambda z: float(every(z)[0]), every, look=look and self._loops)
        return Ways(self._value(P, w, heat), every, look=look)

    def _value(
        self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any], *, traced: bool = True
    ) -> Callable[[np.ndarray], float]:
        """The user's own function at one panel."""
        loss = student(self.inner)
        array = jnp.asarray if traced and not isinstance(self.inner, Translated) else np.array
        given = [array(x) for x in (P, w)]

        def L(z: np.ndarray) -> float:
            return float(np.sum(np.asarray(loss(array(z), *given, **heat), float)))

        return L

    def _called_at(self, shape: tuple[int, ...]) -> bool:
        """Whether the function itself is called at a size, and not what is compiled of it: of JAX at the first that it meets.
        Outside of a trace JAX compiles each step of a loss at each size anew; and where there are no loops, what is compiled
        has the derivatives of its own values."""
        if isinstance(self.inner, Translated):
            return True
        self._first = self._first or shape
        return self._first == shape

    def _derivatives(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> Callable[..., Any] | None:
        """Compiled: the losses, their gradients and their second derivatives at as many panels as are searched together, one panel
        being padded to as many: each compilation costs what hundreds of calls do. None where it cannot be traced at this size."""
        key = (*P.shape, *((name, np.ndim(x)) for name, x in heat.items()))
        if key not in self._compiled:
            loss, names = student(self.inner), list(heat)

            def one(z: Any, P: Any, w: Any, *heat: Any) -> Any:
                return jnp.sum(jnp.asarray(loss(z, P, w, **dict(zip(names, heat, strict=True))), jnp.float64))

            shapes = [jax.ShapeDtypeStruct(np.shape(x), jnp.float64) for x in (P[0], P, w, *heat.values())]
            try:
                closed = jax.make_jaxpr(one)(*shapes)
                self._loops |= loops(closed)
                value = valued(closed)

                def every(z: Any, *x: Any) -> tuple[Any, Any, Any]:
                    (L, slope), along = jax.linearize(lambda z: jax.value_and_grad(value)(z, *x), z)
                    return L, slope, jax.vmap(along)(jnp.eye(len(z)))[1]

                shapes = [jax.ShapeDtypeStruct((rows(P.shape[1]), *x.shape), x.dtype) for x in shapes]
                made = jax.jit(jax.vmap(every), compiler_options=quick_compile())
                self._compiled[key] = made.lower(*shapes).compile()
            except Exception:
                self._compiled[key] = None
        return self._compiled[key]

    # --- the search ----------------------------------------------------------------------------------------------------------

    def _least(
        self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any], ways: Ways, shape: tuple[int, ...]
    ) -> np.ndarray:
        rng = np.random.default_rng((*shape, 61))
        starts = [np.zeros(shape).ravel(), *(FAR * rng.standard_normal((STARTS - 1, int(np.prod(shape)))))]
        T = heat.get(ONE)
        point = {"P": P.tolist(), "w": w.tolist(), "T": None if T is None else float(T)}
        starts = starts if ways.look else starts[:1]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            every = [ways.search(start, shape) for start in starts]
        found = min(every, key=lambda one: one.value)
        moderate = _moderate(P)
        far = np.abs(found.z - found.z.mean()).max() > RUNS
        if not moderate and not np.isfinite(found.value):
            return np.full(len(found.z), np.nan)  # a probability that underflows: no number says what the loss is there
        if not np.isfinite(found.value) or moderate and far:
            raise Misbehaviour(f"has no least value: the student's logits run away as it falls. {REMEDY}", point)
        if moderate and ways.look and ways.edged(found.z):
            raise Misbehaviour(f"has an edge where it is least, and no slope there: smooth it. {REMEDY}", point)
        if not found.bowl and moderate:
            raise Misbehaviour(
                f"has no single minimum: it is flat in the student's logits where it is least. {REMEDY}", point
            )
        s = softmax(found.z.reshape(shape))
        if moderate and shape == P.shape[1:] and s.max() > ALONE:
            raise Misbehaviour(
                f"has no minimum that is attained: it falls as the student puts all on one class. {REMEDY}", point
            )
        others = [one for one in every if one.bowl and np.abs(softmax(one.z.reshape(shape)) - s).max() > APART]
        if others and moderate:
            raise Misbehaviour(
                f"has more than one minimum in the student, {_shown(s)} and {_shown(softmax(others[0].z.reshape(shape)))}: "
                "no one distribution is its target. Make it convex in the student's logits or probabilities",
                point,
            )
        return found.z


ENDED = 1e-6  # by how much Newton's next step may move a probability where a search by derivatives has found a minimum
# Equal logits are an edge of what is written with maxima and absolute values, as softplus is, where derivatives are anything: a
# search that stays there begins anew beside it.
ASIDE = 0.01
APART = 1e-4  # distributions so far apart are two minima, and no two ends of one search


class Ways:
    """A loss of the logits (n,), with its gradient and its second derivative where `every` gives all three."""

    def __init__(
        self, value: Callable[[np.ndarray], float], every: Callable[..., Any] | None = None, *, look: bool = True
    ) -> None:
        """`look`: where a search ends the values are looked at too."""
        self.value, self.every, self.look = value, every, look
        self._last: tuple[bytes, Any] = (b"", None)

    def at(self, z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        assert self.every is not None
        key = z.tobytes()
        if self._last[0] != key:
            L, g, H = (np.asarray(x, float) for x in self.every(z))
            self._last = key, (float(L), g, H)
        return self._last[1]

    def search(self, start: np.ndarray, shape: tuple[int, ...]) -> Found:
        if self.every is not None:
            aside = start + ASIDE * np.random.default_rng(73).standard_normal(len(start))
            for begin in start, aside:
                found = self._by_curvature(begin, shape)
                ended = found is not None and found.error <= ENDED
                if found is not None and ended and (not self.look or self.stands(found.z)):
                    return found
        return self._by_values(start, shape)

    def _by_curvature(self, start: np.ndarray, shape: tuple[int, ...]) -> Found | None:
        from scipy.optimize import minimize  # seldom needed, and slow to import

        try:
            z = minimize(
                lambda z: self.at(z)[:2],
                start,
                jac=True,
                hess=lambda z: self.at(z)[2],
                method="trust-exact",
                options={"gtol": 1e-12, "maxiter": 200},
            ).x
        except (ValueError, np.linalg.LinAlgError, FloatingPointError):
            return None
        L, g, H = self.at(z)
        if not (np.isfinite(L) and np.isfinite(g).all() and np.isfinite(H).all()):
            return None
        for _ in range(3):  # to the last digit: the search stops at its tolerance
            step = np.linalg.lstsq(H, -g, rcond=1e-12)[0]
            closer = self.at(z + step)
            finite = np.isfinite(closer[0]) and np.isfinite(closer[2]).all()  # LAPACK prints what it thinks of others
            if not finite or not np.abs(closer[1]).max() < np.abs(g).max():
                break
            z = z + step
            L, g, H = closer
        step = np.linalg.lstsq(H, -g, rcond=1e-12)[0]
        return Found(z, L, _moves(z, step, shape), bowl(z, H, shape))

    def _by_values(self, start: np.ndarray, shape: tuple[int, ...]) -> Found:
        from scipy.optimize import minimize

        one = minimize(self.value, start, method="BFGS", jac="3-point", options={"gtol": 1e-9, "maxiter": 500})
        g = minimize(self.value, one.x, method="BFGS", jac="3-point", options={"gtol": 1e-10, "maxiter": 50})
        z = g.x if g.fun <= one.fun else one.x

        def slope(x: np.ndarray) -> np.ndarray:
            return np.array([(self.value(x + h) - self.value(x - h)) / 2e-5 for h in 1e-5 * np.eye(len(x))])

        if not np.isfinite(one.fun) or not np.isfinite(z).all() or not np.isfinite(slope(z)).all():
            return Found(z, float("inf"), float("inf"), False)
        if len(z) > MOST:  # its curvature would take a million calls
            return Found(z, float(self.value(z)), float("inf"), True)
        H = np.array([(slope(z + h) - slope(z - h)) / 2e-4 for h in 1e-4 * np.eye(len(z))])
        H = np.nan_to_num(H, posinf=0.0, neginf=0.0)
        step = np.linalg.lstsq((H + H.T) / 2, -slope(z), rcond=1e-6)[0]
        return Found(z, float(self.value(z)), _moves(z, step, shape), bowl(z, (H + H.T) / 2, shape, room=1e-5))

    def stands(self, z: np.ndarray) -> bool:
        """Whether the function's own values, in some directions, are least where the search ended: its trace may be another
        function of the student than it is, by what a loop hides from the derivatives."""
        rng = np.random.default_rng(67)
        try:
            least = self.value(z)
            for d in rng.standard_normal((3, len(z))):
                if not _level(self.value(z + STEP * d), least, self.value(z - STEP * d)):
                    return False
        except Exception:
            return False
        return True

    def edged(self, z: np.ndarray) -> bool:
        """Whether values rise in proportion to the way from where a search ended, as those of absolute values do: how exactly that
        is the minimum is not known there. What is curved rises by sixteen times as much on four times the way."""
        least = self.value(z)
        for d in np.random.default_rng(79).standard_normal((4, len(z))):
            near, far = (self.value(z + step * d) - least for step in (STEP / 4, STEP))
            if near > EDGE * (1 + abs(least)) and far < 8 * near:
                return True
        return False


MOST = 20  # logits up to which the curvature is looked at by values alone
EDGE = 1e-5  # what values rise by from an edge within a fraction of that, and no rounding to 24 bits
STEP, SLOPE = 1e-3, 1e-5  # how far the values are looked at around an end, and what may be left of their slope there


def _moderate(P: np.ndarray) -> bool:
    """Whether no probability is small, of teachers handed over as such or as their logarithms."""
    least = P.min() if (P >= 0).all() else np.exp(P - np.logaddexp.reduce(P, -1, keepdims=True)).min()
    return bool(least >= tolerances.MODERATE)


def _level(after: float, least: float, before: float) -> bool:
    """Whether the values on either side of a minimum have no slope in the middle."""
    bend = max(after + before - 2 * least, 0.0)
    return abs(after - before) / (2 * STEP) <= SLOPE * (1 + abs(least)) + bend


def _moves(z: np.ndarray, step: np.ndarray, shape: tuple[int, ...]) -> float:
    """By how much a step in the logits moves a probability."""
    return float(np.abs(softmax((z + step).reshape(shape)) - softmax(z.reshape(shape))).max())


def _shown(x: np.ndarray) -> str:
    return str(np.round(x, 4).tolist())
