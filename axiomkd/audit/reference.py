"""What an operator's code denotes at inputs as a dtype represents them: exactly (fractions, else balls), and fast in float64.

The function is the one that runs in that dtype: constants that the code asks of the dtype are in it. It judges nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.audit import extended
from axiomkd.audit.calling import Called, as_probabilities
from axiomkd.core.operator import Operator
from axiomkd.core.tolerances import REPEAT
from axiomkd.operators.backends.array import exact_array
from axiomkd.operators.backends.scalar import values
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.heat import exact_temperature, temperature
from axiomkd.tracing import numbers
from axiomkd.tracing.arrays import full
from axiomkd.tracing.exact import evaluate

RATIONAL = 64  # numbers up to which fractions are tried: they decide ties, and cost ten times what balls cost
BITS = (128, 512)
DEAR = 2_000  # numbers in P above which exact values are computed only of what is suspected


@dataclass
class Reference:
    """The exact value of `called.operator` at inputs of `called.width`; `evaluator` is that of the operator."""

    called: Called
    evaluator: Evaluator
    _traces: dict[Any, Any] = field(default_factory=dict)
    _unfollowed: bool = False
    _known: dict[Any, np.ndarray | None] = field(default_factory=dict)

    @property
    def operator(self) -> Operator:
        return self.called.operator

    @cached_property
    def exactly(self) -> bool:
        """Whether there is an exact value at all."""
        return self.evaluator.exactly

    @cached_property
    def asks_format(self) -> bool:
        """Whether a PyTorch operator reads the limits of its inputs' dtype: what it is translated to is the formula of float64."""
        if self.called.speaks != "torch":
            return False
        from axiomkd.operators.torch.typed import reads_format

        K, C = self.operator.small_sizes((2, 3))[0]
        now = 1.0 if self.operator.takes_temperature else None
        return reads_format(self.operator, self.called.width.name, np.full((K, C), 1 / C), np.full(K, 1 / K), now)

    # --- exact -------------------------------------------------------------------------------------------------------

    def exact(self, P: np.ndarray, w: np.ndarray, T: float | None) -> np.ndarray | None:
        """The value at these numbers (float64 arrays that the dtype represents) as an object array (C,) of the number tower;
        None where it is not known."""
        key = P.tobytes(), w.tobytes(), T
        if key not in self._known:
            self._known[key] = self._found(P, w, T)
        return self._known[key]

    def _found(self, P: np.ndarray, w: np.ndarray, T: float | None) -> np.ndarray | None:
        if not self.exactly:
            return None
        ways = [(numbers.dyadic, BITS[1])] if P.size <= RATIONAL else []
        for lift, bits in (*ways, *((_ball, bits) for bits in BITS)):
            try:
                q = self.at(_tower(P, lift, bits), _tower(w, lift, bits), T, bits)
            except Exception:  # undecided, too long a number, a rule that is missing at this size
                continue
            return q if self._borne_out(q, P, w, T) else None
        return None

    def at(self, P: np.ndarray, w: np.ndarray, T: float | None, bits: int) -> np.ndarray:
        """The value at numbers of the tower. Raises what exact evaluation raises."""
        heat = [] if T is None else [np.array(numbers.number(T), dtype=object)]
        with numbers.precision(bits), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if self.called.speaks == "numpy":
                return self._of_objects(P, w, heat[0] if heat else None)
            K, C = P.shape
            (q,) = evaluate(self.trace(K, C, T is not None), [P, w, *heat], bits=bits)
            return q

    def _of_objects(self, P: np.ndarray, w: np.ndarray, T: Any) -> np.ndarray:
        operator = self.operator
        now = None if T is None else T[()]
        q = operator.fn(exact_array(P), exact_array(w), **exact_temperature(operator, now, len(w)))
        if operator.outputs == "logits":
            raised = np.exp(q - np.max(q))
            q = raised / raised.sum()
        elif operator.outputs == "log-probabilities":
            q = np.exp(q)
        found = values(q)
        if found.shape != P.shape[1:]:
            raise TypeError(f"the result has the shape {found.shape}")
        return found

    def _borne_out(self, q: np.ndarray, P: np.ndarray, w: np.ndarray, T: float | None) -> bool:
        """Whether a translation is the function itself here, as far as that can be seen in float64."""
        if self.called.speaks != "torch":
            return True
        own, mine = self.itself(P, w, T), as_floats(q)
        both = np.isfinite(own) & np.isfinite(mine)
        return bool(np.allclose(own[both], mine[both], rtol=1e3 * REPEAT, atol=1e-250))

    def trace(self, K: int, C: int, with_T: bool) -> Any:
        """The jaxpr of what is written, on inputs of the dtype, the result as probabilities."""
        key = (K, C, with_T)
        if key not in self._traces:
            translated = self.called.speaks == "torch"
            own = jnp.float64 if translated else self.called.width.dtype
            shapes = [(K, C), (K,), *([()] if with_T else [])]
            with jax.enable_x64(translated or self.called.width.name == "float64"):
                self._traces[key] = jax.make_jaxpr(self._written)(*(jax.ShapeDtypeStruct(one, own) for one in shapes))
        return self._traces[key]

    def _written(self, P: Any, w: Any, T: Any = None) -> Any:
        q = jnp.asarray(self.operator.fn(P, w, **temperature(self.operator, T, P)))
        if self.operator.outputs == "logits":
            return jax.nn.softmax(q)
        return jnp.exp(q) if self.operator.outputs == "log-probabilities" else q

    # --- fast ------------------------------------------------------------------------------------------------------------

    def floats(self, P: Sequence[np.ndarray], w: Sequence[np.ndarray], T: float | None) -> np.ndarray:
        """The values at inputs of one size (B, C), in extended precision where the code can be followed, else in float64: NaN where
        they are not known."""
        return np.stack([self._fast(*point, T) for point in zip(P, w, strict=True)])

    def _fast(self, P: np.ndarray, w: np.ndarray, T: float | None) -> np.ndarray:
        if self.called.speaks != "numpy" and not self._unfollowed:
            (K, C), heat = P.shape, [] if T is None else [np.asarray(T)]
            try:
                return extended.evaluate(self.trace(K, C, T is not None), [P, w, *heat])
            except Exception:  # no rule, or none for these parameters: it is so at every point
                self._unfollowed = True
        if self.called.width.name != "float64":
            return self.itself(P, w, T)
        exact = self.exact(P, w, T) if P.size <= DEAR else None
        return np.full(P.shape[1], np.nan) if exact is None else as_floats(exact)

    def itself(self, P: np.ndarray, w: np.ndarray, T: float | None) -> np.ndarray:
        """The user's function in float64 (C,); NaN where it raises."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                raw = np.asarray(self.operator.fn(P.copy(), w.copy(), **temperature(self.operator, T, P)))
            except (Exception, SystemExit):
                return np.full(P.shape[1], np.nan)
            return as_probabilities(self.operator, raw)


def as_floats(q: np.ndarray) -> np.ndarray:
    """Numbers of the tower, each rounded to float64."""
    return np.array([numbers.to_float(x) for x in q], float)


def _ball(x: float) -> Any:
    return numbers.ball(numbers.dyadic(x))


def _tower(x: np.ndarray, lift: Callable[[float], Any], bits: int) -> np.ndarray:
    """Exact numbers; zeros and ones stay rational, as balls do not decide what is said of those."""
    out = full(x.shape, numbers.ZERO)
    with numbers.precision(bits):
        known: dict[float, Any] = {}
        for place, value in np.ndenumerate(x):
            if value not in known:
                known[value] = (numbers.dyadic if value in (0.0, 1.0) else lift)(float(value))
            out[place] = known[value]
    return out
