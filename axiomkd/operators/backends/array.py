"""Arrays of exact numbers that mean under NumPy's functions what floats mean: NaN, infinities and SciPy's products of zeros.

On plain object arrays `np.nan_to_num` does nothing, `np.isnan` raises, and the larger of a number and NaN is a matter of
order. What has no meaning here raises, so that nothing is called exact that is another function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axiomkd.operators.backends.scalar import Scalar, number_of, scalars
from axiomkd.tracing import functions, numbers
from axiomkd.tracing.numbers import Number

LARGEST = numbers.number(float(np.finfo(float).max))


def exact_array(source: Any) -> Array:
    """The tower's numbers as an Array of Scalar."""
    return scalars(source).view(Array)


# ---- elements


def _lifted(function: Callable[..., Number]) -> Callable[..., Scalar]:
    return lambda *xs: Scalar(function(*map(_number, xs)))


def _number(x: Any) -> Number:
    value = number_of(x)
    if value is None:
        raise TypeError(f"no exact number: {type(x).__name__}")
    return value


def _is_nan(x: Any) -> bool:
    return numbers.is_nan(_number(x))


def _is_inf(x: Any) -> bool:
    return numbers.is_special(_number(x)) and not _is_nan(x)


def _is_finite(x: Any) -> bool:
    return numbers.is_finite(_number(x))


def _maximum(a: Number, b: Number) -> Number:
    return numbers.NAN if numbers.is_nan(a) or numbers.is_nan(b) else numbers.maximum(a, b)


def _minimum(a: Number, b: Number) -> Number:
    return numbers.NAN if numbers.is_nan(a) or numbers.is_nan(b) else numbers.minimum(a, b)


def _fmax(a: Number, b: Number) -> Number:
    return b if numbers.is_nan(a) else a if numbers.is_nan(b) else numbers.maximum(a, b)


def _fmin(a: Number, b: Number) -> Number:
    return b if numbers.is_nan(a) else a if numbers.is_nan(b) else numbers.minimum(a, b)


def _clip(x: Number, low: Number, high: Number) -> Number:
    return _minimum(_maximum(x, low), high)


def _zero(x: Number) -> bool:
    return not numbers.is_nan(x) and numbers.equal(x, numbers.ZERO)


def _xlogy(x: Number, y: Number) -> Number:
    return numbers.ZERO if _zero(x) and not numbers.is_nan(y) else numbers.mul(x, numbers.log(y))


def _xlog1py(x: Number, y: Number) -> Number:
    return _xlogy(x, numbers.add(numbers.ONE, y))


def _entr(x: Number) -> Number:
    return numbers.neg(_xlogy(x, x)) if _zero(x) or _positive(x) else numbers.NAN


def _rel_entr(x: Number, y: Number) -> Number:
    if _positive(x) and _positive(y):
        return numbers.mul(x, numbers.log(numbers.div(x, y)))
    return numbers.ZERO if _zero(x) and (_zero(y) or _positive(y)) else numbers.NAN


def _kl_div(x: Number, y: Number) -> Number:
    return numbers.add(numbers.sub(_rel_entr(x, y), x), y)


def _positive(x: Number) -> bool:
    return not numbers.is_nan(x) and numbers.less(numbers.ZERO, x)


def _logit(x: Number) -> Number:
    return numbers.log(numbers.div(x, numbers.sub(numbers.ONE, x)))


def _ufunc(function: Callable[..., Any], count: int) -> Any:
    return np.frompyfunc(function, count, 1)


# By name: SciPy's are not imported for this.
PREDICATES = {"isnan": _ufunc(_is_nan, 1), "isinf": _ufunc(_is_inf, 1), "isfinite": _ufunc(_is_finite, 1)}
ELEMENTWISE = {
    "maximum": _ufunc(_lifted(_maximum), 2),
    "minimum": _ufunc(_lifted(_minimum), 2),
    "fmax": _ufunc(_lifted(_fmax), 2),
    "fmin": _ufunc(_lifted(_fmin), 2),
    "clip": _ufunc(_lifted(_clip), 3),
    "logaddexp": _ufunc(_lifted(functions.logaddexp), 2),
    "xlogy": _ufunc(_lifted(_xlogy), 2),
    "xlog1py": _ufunc(_lifted(_xlog1py), 2),
    "entr": _ufunc(_lifted(_entr), 1),
    "rel_entr": _ufunc(_lifted(_rel_entr), 2),
    "kl_div": _ufunc(_lifted(_kl_div), 2),
    "expit": _ufunc(_lifted(numbers.logistic), 1),
    "logit": _ufunc(_lifted(_logit), 1),
}


# ---- arrays


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Array) else x


def _wrapped(x: Any) -> Any:
    if isinstance(x, tuple | list):
        return type(x)(_wrapped(one) for one in x) if type(x) in (tuple, list) else x
    return x.view(Array) if isinstance(x, np.ndarray) and x.dtype == object else x


def _ordered(name: str) -> Any:
    """A method of arrays that puts elements in order: among floats NaN has a place of its own, here it has none."""
    method = getattr(np.ndarray, name)

    def checked(self: Array, *args: Any, **kwargs: Any) -> Any:
        if self.dtype == object and any(_is_nan(x) for x in self.flat):
            # No TypeError: NumPy's wrappers take that for a method with another signature, and go on without it.
            raise NotImplementedError(f"{name} of NaN among exact numbers")
        return _wrapped(method(_plain(self), *args, **kwargs))

    return checked


class Array(np.ndarray):
    """An object array of Scalar, or what NumPy makes of one."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        own = ELEMENTWISE.get(ufunc.__name__) or PREDICATES.get(ufunc.__name__)
        plain = [_plain(x) for x in inputs]
        if out is not None:
            kwargs["out"] = tuple(_plain(x) for x in out)
        if own is not None and method == "reduce":
            return _wrapped(_reduced(own, *plain, **kwargs))
        result = getattr(own or ufunc, method)(*plain, **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        if ufunc.__name__ in PREDICATES:
            return np.asarray(result, dtype=bool)[()]
        return _wrapped(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        own = FUNCTIONS.get(func.__name__)
        if own is not None:
            return own(*args, **kwargs)
        return _wrapped(super().__array_function__(func, types, args, kwargs))

    argmax, argmin, sort, argsort = map(_ordered, ("argmax", "argmin", "sort", "argsort"))
    partition, argpartition = map(_ordered, ("partition", "argpartition"))


def _reduced(ufunc: Any, x: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False, **more):
    """A reduction by an operation of two, over any axes: NumPy's own refuses more than one, not knowing the order."""
    x = np.asarray(x, dtype=object)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for one in sorted((a % x.ndim for a in axes), reverse=True):
        x = np.asarray(ufunc.reduce(x, axis=one, keepdims=keepdims, **more), dtype=object)
    if out is not None:
        out[0][...] = x
        return out[0]
    return x[()]


def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    high = LARGEST if posinf is None else _number(posinf)
    low = numbers.neg(LARGEST) if neginf is None else _number(neginf)

    def one(element: Any) -> Scalar:
        value = _number(element)
        if numbers.is_nan(value):
            return Scalar(_number(nan))
        if numbers.is_special(value):
            return Scalar(high if numbers.to_float(value) > 0 else low)
        return Scalar(value)

    made = np.asarray(np.frompyfunc(one, 1, 1)(_plain(x)), dtype=object)
    if not copy and isinstance(x, np.ndarray):
        x[...] = made
        return x
    return _wrapped(made)


FUNCTIONS = {"nan_to_num": _nan_to_num}
