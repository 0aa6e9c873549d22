"""The target of a loss that is A times a divergence of softmax(σz) from q: q is read off the trace, an operator like any other.

Under JAX's tracing, and called on arrays, it is that formula. Where the loss is of another language (`Twinned`), called on arrays
it is what the user's own function says: its values at a few students, of which the form leaves one q.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from axiomkd.core import layout as layouts
from axiomkd.core.layout import student
from axiomkd.core.operator import ONE, Operator
from axiomkd.core.tolerances import REPEAT
from axiomkd.operators import roundoff
from axiomkd.operators.language import Translated, drawn_by
from axiomkd.tracing.aten.graph import Untranslated
from axiomkd.tracing.numerics import quick_compile
from axiomkd.tracing.student import FORWARD, OF_LOGITS, REVERSE, SQUARES, Reading, read
from axiomkd.tracing.student.forms import Scale

UNROUNDED = 1e-14
STEPS, ALIKE = 3, 1e-6  # students that a row of a batch is moved to, and how near what they gain must be to one share


@dataclass(frozen=True)
class Numbers:
    """A reading in floats: the target q and the centre of the divergence (C,), its weight A, and σ."""

    q: np.ndarray
    centre: np.ndarray
    weight: float
    sigma: float
    kind: str

    def gained(self, a: np.ndarray, b: np.ndarray) -> float:
        """By how much the loss grows from a student to another."""
        return self.weight * (self._apart(b) - self._apart(a))

    def _apart(self, z: np.ndarray) -> float:
        """The divergence of a student, up to what is free of it."""
        if self.kind == OF_LOGITS:
            return float(np.sum((z - self.centre) ** 2))
        fold = float(np.log(np.exp(self.sigma * z).sum()))
        log_s = self.sigma * z - fold
        if self.kind == SQUARES:
            return float(np.sum((np.exp(log_s) - self.centre) ** 2))
        if self.kind == REVERSE:
            return float(np.exp(log_s) @ (log_s - self.centre))
        return fold - self.sigma * float(self.q @ z)


class Target:
    """A(P, w[, T]) of a loss, `fn` being the loss as an operator has it. With one T the student is softened too: the target is
    softmax(z*/T) there, `default` being T where none is passed."""

    def __init__(self, fn: Callable[..., Any], operator: Operator) -> None:
        self.inner = self.__wrapped__ = fn
        self.__name__ = getattr(fn, "__name__", operator.name)
        self.operator = operator
        self._scales: dict[Any, tuple[Fraction, dict[Any, Fraction]]] = {}
        self._compiled: dict[Any, Callable[..., Any]] = {}
        self.kind = FORWARD  # the divergence that the last trace had
        self.eps = 0.0  # of the coarsest arithmetic that was seen in it
        self.softens = operator.takes_temperature and not operator.each_temperature

    def around(self, fn: Callable[..., Any]) -> Target:
        return type(self)(fn, self.operator)

    def __call__(self, P: Any, w: Any = None, **heat: Any) -> Any:
        return self.target(P, w, heat)

    def target(self, P: Any, w: Any, heat: Mapping[str, Any]) -> Any:
        reading = self.reading(P, w, heat)
        q = reading.guarded
        exponent = self.exponent(reading.scale, heat)
        return q if exponent.key == Scale().key else jax.nn.softmax(exponent.applied(jnp.log(q)))

    def reading(self, P: Any, w: Any, heat: Mapping[str, Any]) -> Reading:
        """What the loss's trace at these arrays comes to. Raises NotOfTheForm, NoMinimum, or what the user's function raises."""
        names = list(heat)
        P, w, *temperatures = (jnp.asarray(x, jnp.float64) for x in (P, w, *heat.values()))
        loss = student(self.traced)

        def one(z: Any, P: Any, w: Any, *heat: Any) -> Any:
            return jnp.asarray(loss(z, P, w, **dict(zip(names, heat, strict=True))))

        closed = jax.make_jaxpr(one)(jax.ShapeDtypeStruct((P.shape[1],), jnp.float64), P, w, *temperatures)
        self.eps = max(self.eps, roundoff.of_jaxpr(closed).eps)
        signed = (self.operator.takes_logs, False, *(False for _ in temperatures))
        found = read(closed, (P, w, *temperatures), signed, {2: ONE})
        if all(type(n) is int for n in P.shape):  # of a symbolic size `isinstance` would ask what it is
            self._scales[P.shape, tuple(heat)] = found.scale.ratio, dict(found.scale.powers)
        self.kind = found.kind
        return found

    def numbers(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> Numbers:
        """What the reading is at one panel, in floats."""
        key = P.shape, tuple(heat)
        if key not in self._compiled:

            def every(P: Any, w: Any, *T: Any) -> Any:
                one = self.reading(P, w, dict(zip(heat, T, strict=True)))
                return one.q, one.centre, one.weight, one.scale.applied(jnp.ones(()))

            self._compiled[key] = jax.jit(every, compiler_options=quick_compile())
        q, centre, A, sigma = self._compiled[key](P, w, *(jnp.asarray(x, jnp.float64) for x in heat.values()))
        return Numbers(np.asarray(q, float), np.asarray(centre, float), float(A), float(sigma), self.kind)

    @property
    def traced(self) -> Callable[..., Any]:
        """The loss as JAX traces it."""
        return self.inner

    def exponent(self, scale: Scale, heat: Mapping[str, Any]) -> Scale:
        """1/(σT): softmax(z*/T) is q to that power, normalised."""
        powers = scale.power(-1)
        assert powers is not None
        if not self.softens:
            return powers
        if ONE in heat:
            return powers.times(Scale(powers={ONE: Fraction(-1)}, values={ONE: jnp.asarray(heat[ONE], jnp.float64)}))
        return powers.times(Scale(1 / Fraction(str(self.operator.default_temperature))))

    def batch(self, P: np.ndarray, w: np.ndarray, **heat: Any) -> np.ndarray:
        """The targets of the rows of a batch that the loss gets in one call: P (B, K, C), w (B, K) -> (B, C); NaN where the loss
        is not, in each row, of the form with that row's target."""
        own = [self.numbers(P[b], w[b], heat) for b in range(len(P))]
        values = student(self.inner, of="losses")
        rng = np.random.default_rng(P.shape)
        base, steps = rng.standard_normal(P.shape[::2]), rng.standard_normal((len(P), STEPS, P.shape[2]))
        q = np.stack([one.q for one in own])
        at_base = self.sum_of(values(*self.arrays(base, P, w), **heat))
        for b, one in enumerate(own):
            shares = []  # of what the row alone gains: all of it, or in a mean over the batch a part
            for step in steps[b]:
                moved = base.copy()
                moved[b] += step
                more = self.sum_of(values(*self.arrays(moved, P, w), **heat)) - at_base
                shares.append(more / one.gained(base[b], moved[b]))
            if not np.allclose(shares, shares[0], rtol=ALIKE) or not shares[0] > 0:
                q[b] = np.nan
        return np.stack([self.softened(row, one.sigma, heat) for row, one in zip(q, own, strict=True)])

    def softened(self, q: np.ndarray, sigma: float, heat: Mapping[str, Any]) -> np.ndarray:
        """softmax(z*/T) in floats, where softmax(σz*) = q."""
        T = float(heat.get(ONE, self.operator.default_temperature or 1.0)) if self.softens else 1.0
        if abs(sigma * T - 1) <= UNROUNDED:
            return q
        with np.errstate(all="ignore"):
            raised = (q / q.max()) ** (1 / (sigma * T))
        return raised / raised.sum()

    def sum_of(self, L: Any) -> float:
        return float(np.sum(np.asarray(L, float)))

    def arrays(self, *several: np.ndarray) -> list[Any]:
        """As the user's function gets them."""
        return [jnp.asarray(x) for x in several]


class Twinned(Target, Translated):
    """The same of a loss in PyTorch or NumPy: `twin` is the loss as JAX traces it, `inner` the user's."""

    def __init__(self, fn: Callable[..., Any], operator: Operator, twin: Callable[..., Any]) -> None:
        super().__init__(fn, operator)
        self.twin = twin
        self.why = ""

    def around(self, fn: Callable[..., Any]) -> Twinned:
        twin = fn if self.twin is self.inner else layouts.rewritten(fn, layouts.written(self.twin))
        return Twinned(fn, self.operator, twin)

    @property
    def traced(self) -> Callable[..., Any]:
        return self.twin

    def __call__(self, P: Any, w: Any = None, **heat: Any) -> Any:
        if any(isinstance(x, Tracer) for x in (P, w, *heat.values())):
            if self.why:
                raise Untranslated(self.why)
            return self.target(P, w, heat)
        if any(isinstance(x, np.ndarray) and x.dtype.hasobject for x in (P, w, *heat.values())):
            raise Untranslated(self.why or "a loss has no exact numbers of its own")
        return self.really(np.array(P, float), np.array(w, float), heat)

    def random(self, K: int, C: int) -> str:
        return drawn_by(self.inner, K, C)

    def arrays(self, *several: np.ndarray) -> list[Any]:
        return [np.array(x, float) for x in several]

    def really(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> np.ndarray:
        """The target that the user's own function has, by its values: L(tε_i) − L(0) for every class i, and at one student more to
        see that they are of the form; NaN where they are not. Of a loss that is no number at any student, what free of it
        makes it so says nothing: the target is the translation's."""
        if self.kind != FORWARD:
            return self.held(P, w, heat)
        C, sigma = P.shape[1], self.sigma(P, w, heat)
        t = 1 / sigma
        z = np.concatenate([np.zeros((1, C)), t * np.eye(C), t * np.cos(np.arange(C) + 1.0)[None]])
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            least, *values = self.values(z, P, w, heat)
        if not np.isfinite(least):
            return self.softened(self.numbers(P, w, heat).q, sigma, heat)
        more = np.array(values) - least
        fold = np.log((np.e + C - 1) / C)
        A = more[:-1].sum() / (C * fold - 1)
        q = fold - more[:-1] / A
        form = A * (np.log(np.exp(sigma * z[-1]).sum() / C) - q @ (sigma * z[-1]))
        if not abs(more[-1] - form) <= REPEAT * (1 + abs(A) + abs(least)) or not A > 0:
            return np.full(C, np.nan)
        return self.softened(q, sigma, heat)

    def held(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> np.ndarray:
        """The translation's target, where the user's own function has the values, at several students, of a loss with that target;
        NaN where it has not."""
        C, one = P.shape[1], self.numbers(P, w, heat)
        z = np.concatenate([np.zeros((1, C)), np.eye(C), np.cos(np.arange(C) + 1.0)[None]]) / one.sigma
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = self.values(z, P, w, heat)
        by_form = np.array([one.gained(z[0], row) for row in z])
        room = REPEAT * (1 + abs(one.weight) + np.abs(values).max())
        stands = one.weight > 0 and (one.q >= 0).all() and (np.abs(values - values[0] - by_form) <= room).all()
        return self.softened(one.q, one.sigma, heat) if stands else np.full(C, np.nan)

    def values(self, z: np.ndarray, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> np.ndarray:
        """The loss at several students (n, C), in one call where the language makes one of it."""
        many = student(self.inner, of="each")
        if many is not None:
            try:
                found = np.asarray(many(z, P, w, **heat), float)
                if found.shape == (len(z),):
                    return found
            except Exception:  # what does not run so is called one by one
                pass
        loss = student(self.inner)
        return np.array([self.sum_of(loss(row, P.copy(), w.copy(), **heat)) for row in z])

    def sigma(self, P: np.ndarray, w: np.ndarray, heat: Mapping[str, Any]) -> float:
        """σ at a panel: of the last trace at its size where T alone is in it."""
        known = self._scales.get((P.shape, tuple(heat)))
        if known is None or not set(known[1]) <= {ONE}:
            return self.numbers(P, w, heat).sigma
        ratio, powers = known
        return float(ratio) * (float(heat[ONE]) ** float(powers[ONE]) if powers else 1.0)
