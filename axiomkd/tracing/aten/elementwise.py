"""Operations entry by entry: functions, arithmetic with torch's rules of dtypes, comparisons, choices."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp

from axiomkd.tracing.aten.table import NoRow, array, cast, is_array, row, unless

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": jnp.abs,
    "neg": jnp.negative,
    "exp": jnp.exp,
    "exp2": jnp.exp2,
    "expm1": jnp.expm1,
    "log": jnp.log,
    "log2": jnp.log2,
    "log10": jnp.log10,
    "log1p": jnp.log1p,
    "sqrt": jnp.sqrt,
    "rsqrt": jax.lax.rsqrt,
    "reciprocal": lambda x: 1 / x,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "asinh": jnp.arcsinh,
    "acosh": jnp.arccosh,
    "atanh": jnp.arctanh,
    "sigmoid": jax.nn.sigmoid,
    "silu": lambda x: x * jax.nn.sigmoid(x),
    "erf": jsp.erf,
    "erfc": jsp.erfc,
    "erfinv": jsp.erfinv,
    "lgamma": jsp.gammaln,
    "digamma": jsp.digamma,
    "special_ndtri": jsp.ndtri,
    "special_log_ndtr": jsp.log_ndtr,
    "special_entr": jsp.entr,
    "floor": jnp.floor,
    "ceil": jnp.ceil,
    "trunc": jnp.trunc,
    "frac": lambda x: x - jnp.trunc(x),
    "sinc": jnp.sinc,
    "deg2rad": jnp.deg2rad,
    "rad2deg": jnp.rad2deg,
    "relu": lambda x: jnp.maximum(x, 0),
    "mish": lambda x: x * jnp.tanh(jax.nn.softplus(x)),
    "hardsigmoid": lambda x: jnp.clip(x + 3, 0, 6) / 6,
    "hardswish": lambda x: x * jnp.clip(x + 3, 0, 6) / 6,
}


def _function(fn: Callable[[Any], Any], to: Any, self: Any) -> Any:
    return fn(cast(self, to.dtype))


for _name, _fn in FUNCTIONS.items():
    row(_name)(partial(_function, _fn))


@row("sign", "sgn")
def sign(to, self):
    # torch's sign of NaN is 0 on some machines and NaN on others: of what is not a number nothing is claimed.
    return jnp.sign(self)


@row("clone", "detach", "alias", "lift_fresh")
def same(to, self):
    return self


@row("_to_copy")
def converted(to, self, dtype=None):
    return array(self, to.dtype)


@row("isnan")
def isnan(to, self):
    return jnp.isnan(self)


@row("isinf")
def isinf(to, self):
    return jnp.isinf(self)


@row("isposinf")
def isposinf(to, self):
    return jnp.isposinf(self)


@row("isneginf")
def isneginf(to, self):
    return jnp.isneginf(self)


@row("round")
def rounded(to, self, decimals=0):
    unless(decimals != 0, "`round` to decimals")
    return jnp.round(self)


@row("logit")
def logit(to, self, eps=None):
    x = cast(self, to.dtype)
    x = x if eps is None else jnp.clip(x, eps, 1 - eps)
    return jnp.log(x / (1 - x))


@row("softplus")
def softplus(to, self, beta=1, threshold=20):
    return jnp.where(self * beta > threshold, self, jax.nn.softplus(self * beta) / beta)


@row("log_sigmoid_forward")
def log_sigmoid(to, self):
    unless(to.used[1], "the buffer of `logsigmoid`")
    return jax.nn.log_sigmoid(self), None


@row("gelu")
def gelu(to, self, approximate="none"):
    return jax.nn.gelu(self, approximate=approximate == "tanh")


@row("hardtanh")
def hardtanh(to, self, min_val=-1, max_val=1):
    return jnp.minimum(jnp.maximum(self, min_val), max_val)


@row("leaky_relu")
def leaky_relu(to, self, negative_slope=0.01):
    return jnp.where(self > 0, self, self * negative_slope)


@row("elu")
def elu(to, self, alpha=1, scale=1, input_scale=1):
    below = jnp.where(self > 0, 0.0, self)  # exp of what is not chosen would overflow, and its slope be NaN
    return jnp.where(self > 0, self * scale, alpha * scale * jnp.expm1(below * input_scale))


@row("celu")
def celu(to, self, alpha=1.0):
    return elu(to, self, alpha=alpha, input_scale=1 / alpha)


@row("threshold")
def threshold(to, self, threshold, value):
    return jnp.where(self <= threshold, array(value, to.dtype), self)


@row("softshrink")
def softshrink(to, self, lambd=0.5):
    # Between the bounds a multiple of itself, so that what is not a number stays none.
    return jnp.where(self > lambd, self - lambd, jnp.where(self < -lambd, self + lambd, self * 0))


@row("hardshrink")
def hardshrink(to, self, lambd=0.5):
    return jnp.where((self >= -lambd) & (self <= lambd), array(0, to.dtype), self)


@row("_prelu_kernel")
def prelu(to, self, weight):
    return jnp.where(self > 0, self, weight * self)


@row("glu")
def glu(to, self, dim=-1):
    first, second = jnp.split(self, 2, axis=dim)
    return first * jax.nn.sigmoid(second)


@row("heaviside")
def heaviside(to, self, values):
    return jnp.where(self == 0, values, (self > 0).astype(to.dtype))


@row("isin")
def isin(
    to, elements=None, test_elements=None, element=None, test_element=None, assume_unique=False, invert=False
) -> Any:
    x: Any = element if elements is None else elements
    among: Any = test_element if test_elements is None else test_elements
    unless(not (is_array(x) and is_array(among)), "`isin` of a number")
    found = jnp.any(x[..., None] == jnp.ravel(among), axis=-1)
    return ~found if invert else found


@row("nan_to_num")
def nan_to_num(to, self, nan=None, posinf=None, neginf=None):
    return jnp.nan_to_num(self, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


# --- arithmetic: torch says the result's dtype, and everything is computed in it ----------------------------------------


@row("add")
def add(to, self, other, alpha=1):
    return _pair(jnp.logical_or if to.dtype == bool else jnp.add, to, self, _times(other, alpha, to))


@row("sub")
def sub(to, self, other, alpha=1):
    return _pair(jnp.subtract, to, self, _times(other, alpha, to))


@row("rsub")
def rsub(to, self, other, alpha=1):
    return _pair(jnp.subtract, to, other, _times(self, alpha, to))


def _times(x: Any, alpha: Any, to: Any) -> Any:
    return x if isinstance(alpha, int | float) and alpha == 1 else cast(x, to.dtype) * alpha


def _pair(fn: Callable[[Any, Any], Any], to: Any, self: Any, other: Any) -> Any:
    return fn(_own(self, to.dtype), _own(other, to.dtype))


def _own(x: Any, dtype: Any) -> Any:
    """An array in the dtype; a number of a kind that the dtype has none of would change it."""
    if isinstance(x, bool) or isinstance(x, float) and not jnp.issubdtype(dtype, jnp.floating):
        return array(x, dtype)
    return cast(x, dtype)


@row("mul")
def mul(to, self, other):
    return _pair(jnp.logical_and if to.dtype == bool else jnp.multiply, to, self, other)


@row("div")
def div(to, self, other, rounding_mode=None):
    match rounding_mode:
        case None:
            return _pair(jnp.divide, to, self, other)
        case "floor":
            return _pair(jnp.floor_divide, to, self, other)
    unless(not jnp.issubdtype(to.dtype, jnp.floating), "`div` that cuts whole numbers")
    return jnp.trunc(_pair(jnp.divide, to, self, other))


@row("floor_divide")
def floor_divide(to, self, other):
    return _pair(jnp.floor_divide, to, self, other)


@row("remainder")
def remainder(to, self, other):
    return _pair(jnp.remainder, to, self, other)


@row("fmod")
def fmod(to, self, other):
    return _pair(jnp.fmod, to, self, other)


@row("pow")
def power(to, self, exponent):
    if isinstance(exponent, float) and exponent.is_integer():
        exponent = int(exponent)
    if is_array(self) and isinstance(exponent, int):
        return cast(self, to.dtype) ** exponent
    return _pair(jnp.power, to, self, exponent)


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "maximum": jnp.maximum,
    "minimum": jnp.minimum,
    "fmax": jnp.fmax,
    "fmin": jnp.fmin,
    "atan2": jnp.arctan2,
    "hypot": jnp.hypot,
    "logaddexp": jnp.logaddexp,
    "logaddexp2": jnp.logaddexp2,
    "copysign": jnp.copysign,
}


for _name, _fn in ARITHMETIC.items():
    row(_name)(partial(_pair, _fn))


@row("xlogy")
def xlogy(to, self, other):
    return jsp.xlogy(array(self, to.dtype), array(other, to.dtype))


@row("special_xlog1py")
def xlog1py(to, self, other):
    return jsp.xlog1py(array(self, to.dtype), array(other, to.dtype))


@row("addcmul")
def addcmul(to, self, tensor1, tensor2, value=1):
    return cast(self, to.dtype) + _times(cast(tensor1, to.dtype) * cast(tensor2, to.dtype), value, to)


@row("addcdiv")
def addcdiv(to, self, tensor1, tensor2, value=1):
    return cast(self, to.dtype) + _times(cast(tensor1, to.dtype) / cast(tensor2, to.dtype), value, to)


@row("lerp")
def lerp(to, self, end, weight):
    return self + cast(weight, to.dtype) * (end - self)


@row("mse_loss")
def mse_loss(to, self, target, reduction=1):
    gaps = jnp.square(cast(self, to.dtype) - cast(target, to.dtype))
    return _reduced(gaps, reduction)


def _reduced(each: Any, reduction: int) -> Any:
    """What a loss of each entry comes to: itself, its mean, its sum, as torch numbers them."""
    return (lambda: each, lambda: jnp.mean(each), lambda: jnp.sum(each))[reduction]()


@row("smooth_l1_loss")
def smooth_l1_loss(to, self, target, reduction=1, beta=1.0):
    gap = jnp.abs(cast(self, to.dtype) - cast(target, to.dtype))
    return _reduced(gap if beta == 0 else jnp.where(gap < beta, gap**2 / (2 * beta), gap - beta / 2), reduction)


@row("huber_loss")
def huber_loss(to, self, target, reduction=1, delta=1.0):
    gap = jnp.abs(cast(self, to.dtype) - cast(target, to.dtype))
    return _reduced(jnp.where(gap <= delta, gap**2 / 2, delta * (gap - delta / 2)), reduction)


LEAST_LOG = -100.0  # what torch takes in place of a smaller logarithm in `binary_cross_entropy`


@row("binary_cross_entropy")
def binary_cross_entropy(to, self, target, weight=None, reduction=1):
    log, log_rest = jnp.maximum(jnp.log(self), LEAST_LOG), jnp.maximum(jnp.log1p(-self), LEAST_LOG)
    each = (target - 1) * log_rest - target * log
    return _reduced(each if weight is None else each * weight, reduction)


@row("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(to, self, target, weight=None, pos_weight=None, reduction=1):
    log_rest = jnp.maximum(-self, 0) + jnp.log1p(jnp.exp(-jnp.abs(self)))  # −log sigmoid(x)
    share = 1 if pos_weight is None else 1 + (pos_weight - 1) * target
    each = (1 - target) * self + share * log_rest
    return _reduced(each if weight is None else each * weight, reduction)


@row("soft_margin_loss")
def soft_margin_loss(to, self, target, reduction=1):
    return _reduced(jnp.log1p(jnp.exp(-target * self)), reduction)


# --- bounds, comparisons, choices ----------------------------------------------------------------------------------------


@row("clamp")
def clamp(to, self, min=None, max=None):
    x = cast(self, to.dtype)
    x = x if min is None else jnp.maximum(x, _own(min, to.dtype))
    return x if max is None else jnp.minimum(x, _own(max, to.dtype))


@row("clamp_min")
def clamp_min(to, self, min):
    return clamp(to, self, min)


@row("clamp_max")
def clamp_max(to, self, max):
    return clamp(to, self, None, max)


COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": jnp.equal,
    "ne": jnp.not_equal,
    "lt": jnp.less,
    "le": jnp.less_equal,
    "gt": jnp.greater,
    "ge": jnp.greater_equal,
}


def _comparison(fn: Callable[[Any, Any], Any], to: Any, self: Any, other: Any) -> Any:
    if is_array(other) and self.dtype != other.dtype:
        floats = [x.dtype for x in (self, other) if jnp.issubdtype(x.dtype, jnp.floating)]
        unless(len(floats) != 1, f"comparing {self.dtype} with {other.dtype}")
        self, other = cast(self, floats[0]), cast(other, floats[0])
    elif isinstance(other, float) and not math.isnan(other) and not jnp.issubdtype(self.dtype, jnp.floating):
        self = cast(self, jnp.float64)
    return fn(self, other)


for _name, _fn in COMPARISONS.items():
    row(_name)(partial(_comparison, _fn))


LOGIC: dict[str, Callable[[Any, Any], Any]] = {
    "logical_and": jnp.logical_and,
    "logical_or": jnp.logical_or,
    "logical_xor": jnp.logical_xor,
}


def _logic(fn: Callable[[Any, Any], Any], to: Any, self: Any, other: Any) -> Any:
    return fn(self != 0 if self.dtype != bool else self, other != 0 if other.dtype != bool else other)


for _name, _fn in LOGIC.items():
    row(_name)(partial(_logic, _fn))


BITS: dict[str, Callable[[Any, Any], Any]] = {
    "bitwise_and": jnp.bitwise_and,
    "bitwise_or": jnp.bitwise_or,
    "bitwise_xor": jnp.bitwise_xor,
}


for _name, _fn in BITS.items():
    row(_name)(partial(_pair, _fn))


@row("logical_not")
def logical_not(to, self):
    return self == 0 if self.dtype != bool else ~self


@row("bitwise_not")
def bitwise_not(to, self):
    return ~self


@row("where")
def where(to, condition, self=None, other=None):
    if self is None:
        raise NoRow("`where` without values: its result has as many entries as the condition is true")
    return jnp.where(condition, array(self, to.dtype), array(other, to.dtype))


@row("masked_fill")
def masked_fill(to, self, mask, value):
    return jnp.where(mask, array(value, to.dtype), self)
