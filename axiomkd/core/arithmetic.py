"""The few array operations that the axioms are written in, over three kinds of numbers.

A margin is written once, against `Arithmetic`: NumPy gives it batches, JAX gradients, and `axiomkd.tracing.arithmetic` exact
fractions and balls. JAX is not imported here until `jax_arithmetic` is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from axiomkd.core.late import late

if TYPE_CHECKING:
    import numpy as np
else:
    np = late("numpy")  # the axioms are read by what computes nothing

Array = Any


@runtime_checkable
class Arithmetic(Protocol):
    """Arrays may have leading batch axes; axes are counted from the end. `positive(x)` is x where x > 0 and -1 elsewhere;
    `untied(x)` is -1 where x is known to be 0, and 1 elsewhere. `log(x)` is 0 where x <= 0: what is said there is the claim's."""

    def sum(self, x: Array, axis: int) -> Array: ...
    def max(self, x: Array, axis: int) -> Array: ...
    def min(self, x: Array, axis: int) -> Array: ...
    def abs(self, x: Array) -> Array: ...
    def maximum(self, a: Array, b: Array) -> Array: ...
    def minimum(self, a: Array, b: Array) -> Array: ...
    def where(self, mask: Array, a: Array, b: Array) -> Array: ...
    def xlogx(self, x: Array) -> Array: ...
    def power(self, x: Array, exponent: Array) -> Array: ...
    def log(self, x: Array) -> Array: ...
    def positive(self, x: Array) -> Array: ...
    def untied(self, x: Array) -> Array: ...
    def order_kept(self, a: Array, b: Array) -> Array: ...


class _Floats:
    """What NumPy and JAX share; `xp` is the array module."""

    xp: Any

    def sum(self, x: Array, axis: int) -> Array:
        return self.xp.sum(x, axis=axis)

    def max(self, x: Array, axis: int) -> Array:
        return self.xp.max(x, axis=axis)

    def min(self, x: Array, axis: int) -> Array:
        return self.xp.min(x, axis=axis)

    def abs(self, x: Array) -> Array:
        return self.xp.abs(x)

    def maximum(self, a: Array, b: Array) -> Array:
        return self.xp.maximum(a, b)

    def minimum(self, a: Array, b: Array) -> Array:
        return self.xp.minimum(a, b)

    def where(self, mask: Array, a: Array, b: Array) -> Array:
        return self.xp.where(mask, a, b)

    def xlogx(self, x: Array) -> Array:
        # The inner `where` keeps log away from 0: the gradient of an outer one alone would be NaN there.
        return self.xp.where(x > 0, x * self.xp.log(self.xp.where(x > 0, x, 1.0)), 0.0)

    def log(self, x: Array) -> Array:
        return self.xp.log(self.xp.where(x > 0, x, 1.0))

    def positive(self, x: Array) -> Array:
        return self.xp.where(x > 0, x, -1.0)

    def untied(self, x):
        return self.xp.where(x == 0, -1.0, 1.0)

    def power(self, x: Array, exponent: Array) -> Array:
        return x**exponent

    def order_kept(self, a: Array, b: Array) -> Array:
        """For all pairs i, j: a_i > a_j implies b_i >= b_j, as max(a_j - a_i, b_i - b_j); shape (..., C, C)."""
        return self.xp.maximum(a[..., None, :] - a[..., :, None], b[..., :, None] - b[..., None, :])


SHORT = 8  # NumPy's own reductions are several times slower than a loop over so short an axis


def _unrolled(combine: Callable[[Array, Array], Array], x: Array, axis: int) -> Array:
    """A reduction over a short axis, as a loop over whole batches."""
    total = x.take(0, axis)
    for i in range(1, x.shape[axis]):
        total = combine(total, x.take(i, axis))
    return total


class NumPy(_Floats):
    """Batches in float64."""

    xp = np

    def sum(self, x: Array, axis: int) -> Array:
        return _unrolled(np.add, x, axis) if x.shape[axis] <= SHORT else np.sum(x, axis=axis)

    def max(self, x: Array, axis: int) -> Array:
        return _unrolled(np.maximum, x, axis) if x.shape[axis] <= SHORT else np.max(x, axis=axis)

    def min(self, x: Array, axis: int) -> Array:
        return _unrolled(np.minimum, x, axis) if x.shape[axis] <= SHORT else np.min(x, axis=axis)

    def order_kept(self, a: Array, b: Array) -> Array:
        """As above up to C = 4. For more classes, C pairs instead of C²: each class against the one that scores highest
        under b among those that a puts below it. Where any pair is out of order by more than ties, one of these is."""
        if a.shape[-1] <= 4:
            return super().order_kept(a, b)
        order = np.argsort(a, axis=-1)
        a, b = np.take_along_axis(a, order, -1), np.take_along_axis(b, order, -1)
        below: Array = np.maximum.accumulate(b, axis=-1)
        at = np.maximum.accumulate(np.where(b == below, np.arange(a.shape[-1]), 0), axis=-1)
        return np.maximum(np.take_along_axis(a, at, -1) - a, b - below)


NUMPY = NumPy()


def jax_arithmetic() -> Arithmetic:
    """The same operations on JAX arrays, for gradients."""
    import jax.numpy as jnp

    class Jax(_Floats):
        xp = jnp

        def power(self, x: Array, exponent: Array) -> Array:
            # x**e has a NaN gradient at x = 0 for e < 1; softened rows are interior, so the guard only serves padding.
            safe = jnp.where(x > 0, x, 1.0)
            return jnp.where(x > 0, safe**exponent, 0.0)

    return Jax()
