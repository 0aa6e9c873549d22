"""Functions of one or two exact numbers beyond the arithmetic of `numbers`: whole parts, roots, logarithms to
other bases, and a table of special functions. It refuses to know arrays.
"""

from __future__ import annotations

from axiomkd.tracing.numbers import (
    HALF,
    INF,
    NAN,
    ONE,
    TWO,
    ZERO,
    Number,
    Undecided,
    Varying,
    add,
    arb,
    ball,
    div,
    exp,
    fmpq,
    function,
    is_nan,
    less,
    log,
    mul,
    neg,
    power,
    settled,
    sign_of,
    sqrt,
    sub,
    text,
)

# ---- whole parts


def floor(x: Number) -> Number:
    if type(x) is float:
        return x
    if type(x) is fmpq:
        return fmpq(x.floor())
    if isinstance(x, Varying):
        return x.operations.floor(x)
    whole = ball(x).floor().unique_fmpz()
    if whole is None:
        raise Undecided(f"the whole part of {text(x)}")
    return fmpq(whole)


def ceil(x: Number) -> Number:
    return neg(floor(neg(x)))


def truncate(x: Number) -> Number:
    return floor(x) if is_nan(x) or sign_of(x) >= 0 else ceil(x)


def round_away(x: Number) -> Number:
    """The nearest whole number, halves away from 0."""
    if is_nan(x) or sign_of(x) >= 0:
        return floor(add(x, HALF))
    return ceil(sub(x, HALF))


def round_even(x: Number) -> Number:
    """The nearest whole number, halves to the even one."""
    up = floor(add(x, HALF))
    if type(x) is fmpq and up - x == HALF and up.p % 2 == 1:
        return up - 1
    return up


def remainder(a: Number, b: Number) -> Number:
    """What the truncated quotient leaves, with the sign of a."""
    if is_nan(a) or is_nan(b) or type(a) is float or type(b) is not float and sign_of(b) == 0:
        return NAN
    return a if type(b) is float else sub(a, mul(b, truncate(div(a, b))))


def rsqrt(x: Number) -> Number:
    return div(ONE, sqrt(x))


def cbrt(x: Number) -> Number:
    if type(x) is float or sign_of(x) >= 0:
        return x if type(x) is float else power(x, fmpq(1, 3))
    return neg(power(neg(x), fmpq(1, 3)))


def exp2(x: Number) -> Number:
    return power(TWO, x)


def log2(x: Number) -> Number:
    return div(log(x), log(TWO))


def log10(x: Number) -> Number:
    return div(log(x), log(fmpq(10)))


def expm1(x: Number) -> Number:
    exact = exp(x)
    if type(exact) in (fmpq, float) or isinstance(exact, Varying):
        return add(exact, -ONE)
    return settled(ball(x).expm1(), "an exponential")


def log1p(x: Number) -> Number:
    if type(x) is not arb:
        exact = log(add(ONE, x))
        if type(exact) is not arb:
            return exact
    elif sign_of(add(ONE, x)) < 0:
        return NAN
    return settled(ball(x).log1p(), "a logarithm")


def logaddexp(a: Number, b: Number) -> Number:
    return log(add(exp(a), exp(b)))


# ---- functions by their balls, one a row

sin = function("sin", lambda x: x.sin(), {0: 0})
cos = function("cos", lambda x: x.cos(), {0: 1})
tan = function("tan", lambda x: x.tan(), {0: 0})
asin = function("asin", lambda x: x.asin(), {0: 0}, domain=(-1, 1))
acos = function("acos", lambda x: x.acos(), {1: 0}, domain=(-1, 1))
_atan = function("atan", lambda x: x.atan(), {0: 0})
sinh = function("sinh", lambda x: x.sinh(), {0: 0}, limits=(-INF, INF))
cosh = function("cosh", lambda x: x.cosh(), {0: 1}, limits=(INF, INF))
asinh = function("asinh", lambda x: x.asinh(), {0: 0}, limits=(-INF, INF))
acosh = function("acosh", lambda x: x.acosh(), {1: 0}, limits=(NAN, INF), domain=(1, INF))
atanh = function("atanh", lambda x: x.atanh(), {0: 0, 1: INF, -1: -INF}, domain=(-1, 1))
erf = function("erf", lambda x: x.erf(), {0: 0}, limits=(-1, 1))
erfc = function("erfc", lambda x: x.erfc(), {0: 1}, limits=(2, 0))
erf_inv = function("erf_inv", lambda x: x.erfinv(), {0: 0, 1: INF, -1: -INF}, domain=(-1, 1))
_lgamma = function("lgamma", lambda x: abs(x.gamma()).log(), {1: 0, 2: 0}, limits=(INF, INF))
_digamma = function("digamma", lambda x: x.digamma(), {}, limits=(NAN, INF))


def atan(x: Number) -> Number:
    return arb.pi() * sign_of(x) / 2 if type(x) is float and x == x else _atan(x)


def atan2(y: Number, x: Number) -> Number:
    """The angle of (x, y), 0 at the origin."""
    if is_nan(y) or is_nan(x):
        return NAN
    if type(y) is float or type(x) is float:
        below = sign_of(y) < 0  # on the cut beside x = −inf, and beside inf a finite coordinate is 0
        y, x = (fmpq(sign_of(v)) if type(v) is float else ZERO for v in (y, x))
        if y == 0 and x < 0:
            return -arb.pi() if below else arb.pi()
    if type(y) is fmpq and y == 0 and not less(x, ZERO):
        return ZERO
    return settled(arb.atan2(ball(y), ball(x)), "an angle")


def lgamma(x: Number) -> Number:
    """log |Γ(x)|, inf at the poles."""
    return INF if _is_pole(x) else _lgamma(x)


def digamma(x: Number) -> Number:
    """Γ'/Γ, nan at the poles."""
    return NAN if _is_pole(x) else _digamma(x)


def _is_pole(x: Number) -> bool:
    return type(x) is fmpq and x.q == 1 and x <= 0
