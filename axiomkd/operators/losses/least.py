"""The target of a loss by a numeric minimiser, where its gradient has no form that is followed: a point at a time, in floats.

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
from axiomkd.core.layout import student
from axiomkd.core.operator import ONE, Operator
from axiomkd.operators import roundoff
from axiomkd.operators.language import Translated, drawn_by
from axiomkd.operators.recorder import recording
from axiomkd.tracing.aten.graph import Untranslated
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
            z = self._least(P, w, heat, self._ways(P, w, heat), (P.shape[1],))
        return self._softened(z, heat)

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

    def _softened(self, z: np.ndarray, heat: Mapping[str, Any]) -> np.ndarray:
        default = self.operator.default_temperature or 1.0
        z = z / (float(heat.get(ONE, default)) if self.softens else 1.0)
        raised = np.exp(z - z.max(-1, keepdims=True))
        return raised / raised.sum(-1, keepdims=True)

    def _ways(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> Ways:
        """The loss at one panel, with derivatives where it can be traced."""
        loss, compiled = student(self.inner), self._derivatives(P, w, heat)
        array = np.array if compiled is None or isinstance(self.inner, Translated) else jnp.asarray
        given = [array(x) for x in (P, w)]

        def L(z: np.ndarray) -> float:
            return float(np.sum(np.asarray(loss(array(z), *given, **heat), float)))

        if compiled is None:
            return Ways(L)
        key = (*P.shape, *heat)
        self._looked[key] += 1
        return Ways(L, lambda z: compiled(z, P, w, *heat.values()), look=self._loops or self._looked[key] <= LOOKS)

    def _derivatives(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> Callable[..., Any] | None:
        """Compiled: the loss, its gradient and its second derivative; None where it cannot be traced at this size."""
        key = (*P.shape, *((name, x.ndim) for name, x in heat.items()))
        if key not in self._compiled:
            loss, names = student(self.inner), list(heat)

            def one(z: Any, P: Any, w: Any, *heat: Any) -> Any:
                return jnp.sum(jnp.asarray(loss(z, P, w, **dict(zip(names, heat, strict=True))), jnp.float64))

            shapes = [jax.ShapeDtypeStruct(x.shape, jnp.float64) for x in (P[0], P, w, *heat.values())]
            try:
                closed = jax.make_jaxpr(one)(*shapes)
                self._loops |= loops(closed)
                value = valued(closed)
                every = jax.jit(lambda z, *x: (value(z, *x), jax.grad(value)(z, *x), jax.hessian(value)(z, *x)))
                self._compiled[key] = every.lower(*shapes).compile()
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
        if not np.isfinite(found.value) or moderate and far:
            raise Misbehaviour(f"has no least value: the student's logits run away as it falls. {REMEDY}", point)
        if not found.bowl and moderate:
            raise Misbehaviour(
                f"has no single minimum: it is flat in the student's logits where it is least. {REMEDY}", point
            )
        s = _softmax(found.z.reshape(shape))
        if moderate and shape == P.shape[1:] and s.max() > ALONE:
            raise Misbehaviour(
                f"has no minimum that is attained: it falls as the student puts all on one class. {REMEDY}", point
            )
        others = [one for one in every if one.bowl and np.abs(_softmax(one.z.reshape(shape)) - s).max() > APART]
        if others and moderate:
            raise Misbehaviour(
                f"has more than one minimum in the student, {_shown(s)} and {_shown(_softmax(others[0].z.reshape(shape)))}: "
                "no one distribution is its target. Make it convex in the student's logits or probabilities",
                point,
            )
        return found.z


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
            found = self._by_curvature(start, shape)
            if found is not None and (not self.look or self._stands(found)):
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
        return Found(z, L, _moves(z, step, shape), _bowl(z, H, shape))

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
        return Found(z, float(self.value(z)), _moves(z, step, shape), _bowl(z, (H + H.T) / 2, shape, room=1e-5))

    def _stands(self, found: Found) -> bool:
        """Whether the function's own values, in some directions, are least where the search ended: its trace may be another
        function of the student than it is, by what a loop hides from the derivatives."""
        rng = np.random.default_rng(67)
        try:
            least = self.value(found.z)
            for d in rng.standard_normal((3, len(found.z))):
                if not _level(self.value(found.z + STEP * d), least, self.value(found.z - STEP * d)):
                    return False
        except Exception:
            return False
        return True


MOST = 20  # logits up to which the curvature is looked at by values alone
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
    return float(np.abs(_softmax((z + step).reshape(shape)) - _softmax(z.reshape(shape))).max())


def _bowl(z: np.ndarray, H: np.ndarray, shape: tuple[int, ...], room: float = 1e-9) -> bool:
    """Whether the second derivative is positive in all directions that move a probability, of those classes that have any."""
    s = _softmax(z.reshape(shape)).ravel()
    kept = np.flatnonzero(s > 1e-6)
    rows = np.repeat(np.arange(int(np.prod(shape[:-1], initial=1))), shape[-1])[kept]
    if len(kept) <= len(set(rows)):
        return True  # all on one class: it is looked at elsewhere
    # Directions in which the logits of each row sum to 0.
    sums = np.array([(rows == r).astype(float) for r in sorted(set(rows))])
    basis = np.linalg.svd(sums)[2][len(sums) :].T
    values = np.linalg.eigvalsh(basis.T @ H[np.ix_(kept, kept)] @ basis)
    return bool(values.min() > room * max(np.abs(values).max(), room))


def _softmax(z: np.ndarray) -> np.ndarray:
    raised = np.exp(z - z.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def _shown(x: np.ndarray) -> str:
    return str(np.round(x, 4).tolist())
