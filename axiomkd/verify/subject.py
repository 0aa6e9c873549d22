"""An operator as the checks see it: its exact aggregates at the chosen points, remembered, and its supported sizes.

It knows no report and no claim.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from axiomkd.core.operator import Operator
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.tracing import numbers
from axiomkd.tracing.arithmetic import EXACT, unwrap, wrap
from axiomkd.tracing.numbers import ONE, Number, Undecided, Varying
from axiomkd.tracing.walk import Unsupported
from axiomkd.verify import points
from axiomkd.verify.trace import dtypes
from axiomkd.verify.values import Point

BITS = 256
Size = tuple[int, int]


DRAWS = {
    "inside": points.inside,
    "weights": points.with_zero_weights,
    "rows": points.with_zeros_in_a_row,
    "faces": points.on_faces,
}


@dataclass(eq=False)
class Subject:
    """One operator under one softener."""

    operator: Operator
    softener: str
    _points: dict[tuple[str, Size], list[Point]] = field(default_factory=dict)
    _values: dict[tuple, np.ndarray | None] = field(default_factory=dict)
    # What other files have worked out of it, each under its own name: the same question has one answer.
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def keep(self, name: Hashable, make: Callable[[], Any]) -> Any:
        """What was made under this name, made once."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]

    @cached_property
    def evaluator(self) -> Evaluator:
        size = next((s for s in points.SIZES if self.operator.supports(*s)), self.smallest)
        return Evaluator(self.operator, softener(self.softener), *size)

    @property
    def smallest(self) -> Size:
        """The least K and C, at least 2, that the operator supports."""
        K, C = (
            min((n for n in some if n >= 2), default=2) if some else 2 for some in (self.operator.K, self.operator.C)
        )
        return K, C

    @cached_property
    def sizes(self) -> list[Size]:
        """The small sizes that it supports."""
        found = [size for size in points.SIZES if self.operator.supports(*size)]
        K, C = self.smallest
        return found or [(K, C)]

    @cached_property
    def coarseness(self) -> float:
        """The largest eps of the float types in the operator's trace, or of its result where it has none."""
        size = next((s for s in points.SIZES if self.operator.supports(*s)), self.smallest)
        if self.evaluator.mode == "jax":
            kinds = dtypes(self.evaluator.jaxpr(*size, self.operator.takes_temperature))
        else:
            K, C = size
            given = (1.0,) if self.operator.takes_temperature else ()
            kinds = [np.asarray(self.evaluator.plain(np.full((K, C), 1 / C), np.full(K, 1 / K), *given)).dtype]
        return max((float(jnp.finfo(kind).eps) for kind in kinds if jnp.issubdtype(kind, jnp.floating)), default=0.0)

    def points(self, kind: str, size: Size) -> list[Point]:
        """The points "inside", "weights" (zeros among the weights), "rows" (zeros in one row) or "faces" of a size: the same
        objects each time."""
        if (kind, size) not in self._points:
            self._points[kind, size] = DRAWS[kind](size)
        return self._points[kind, size]

    def aggregate(self, at: Point, *, with_T: bool = False, each: bool = False) -> np.ndarray | None:
        """A there, at T = 1 where it takes T (`with_T`: at the point's T, `each`: at its Ts); None where it is undefined. Raises
        Undecided."""
        key = (at, with_T, each)
        if key not in self._values:
            T: Any = None if not self.operator.takes_temperature else at.Ts if each else at.T if with_T else ONE
            self._values[key] = self._exact(at.P, at.w, T)
        return self._values[key]

    def _exact(self, P: np.ndarray, w: np.ndarray, T: Any) -> np.ndarray | None:
        try:
            q = self.evaluator.exact(P, w, T, bits=BITS)
        except Unsupported as e:
            raise Undecided(str(e)) from e
        return None if any(numbers.is_special(x) for x in q) else q

    def softened(self, p: np.ndarray, T: Number) -> np.ndarray:
        """S_T of rows, equal entries of like rows as one number."""
        if T == ONE:
            return p
        rows = np.atleast_2d(p)
        soft = self.evaluator.softener
        # In letters the largest entry, which exact evaluation divides by, is not known.
        rule = soft.symbolic if isinstance(T, Varying) else soft.rows
        out = unwrap(rule(EXACT, wrap(rows), wrap(np.full((1, 1), T, dtype=object)))).reshape(rows.shape)
        if isinstance(T, Varying) and not all(map(numbers.is_rational, rows.flat)):
            return out.reshape(p.shape)
        first: dict[tuple, Number] = {}
        for k, i in np.ndindex(*rows.shape):
            key = (tuple(sorted(map(str, rows[k]))), str(rows[k, i]))
            out[k, i] = first.setdefault(key, out[k, i])
        return out.reshape(p.shape)
