"""Rules for operations entry by entry: arithmetic, functions of one number, comparisons, truth values, casts.

A rule here gives what real arithmetic gives; which dtypes that is right for is said beside it, in `ENTRIES`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.lift.arrays import Array, joint, new, spread
from axiomkd.tracing.lift.lifted import Lifted, NotLifted
from axiomkd.tracing.lift.table import ANYTHING, KNOWN, REAL, TRUTH, WHOLE, Entry, Signature, alike, named
from axiomkd.tracing.terms import ONE, ZERO, Term, add, apply, bind, div, mul, neg, num, power, sub, substitute
from axiomkd.tracing.walk import Equation

LARGEST_POWER = 64
"""Exponents up to which a power keeps its exponent as a number."""


def elementwise(entry: Callable[..., Term]) -> Callable:
    """A rule for an operation entry by entry; scalars are broadcast."""

    def rule(_lifted: Lifted, _equation: Equation, *inputs: Array) -> Array:
        shape = joint([a.shape for a in inputs if a.at])
        return new(shape, lambda *at: entry(*(spread(a, at) for a in inputs)))

    return rule


def divided(x: Term, y: Term) -> Term:
    """x / y; exp(a_i − max a) / Σ exp(a_j − max a) is the softmax of a, whose +∞ makes every entry NaN."""
    soft = _softmax(x, y)
    return soft if soft is not None else div(x, y)


def _softmax(x: Term, y: Term) -> Term | None:
    if x.op != "exp" or y.op != "sum" or y.args[1].op != "exp":
        return None
    variable, body = terms.opened(y, x)
    inner = body.args[0]
    peaks = [a for a in _addends(inner) if _is_negated_max(a) and variable not in a.free]
    for peak in peaks:
        raw = add(*(a for a in _addends(inner) if a is not peak))
        if terms.bind("amax", variable, raw) is peak.args[-1]:
            for place in sorted(x.free, key=lambda t: t.key):
                if not sizes.same(place.args[0], variable.args[0]):
                    continue
                if substitute(inner, {variable: place}) is x.args[0]:
                    return bind("softmax", variable, raw, place)
    return None


def added(x: Term, y: Term) -> Term:
    """x + y; log Σ exp(a_j − m) + m is log Σ exp a_j for any finite m, also where some a_j, or all, are infinite or no number."""
    found = _log_sum(x, y) or _log_sum(y, x)
    return add(x, y) if found is None else found


def less(x: Term, y: Term) -> Term:
    """x − y; a_i − max a − log Σ exp(a_j − max a) is the logarithm of the softmax of a."""
    soft = _softmax(apply("exp", x), y.args[0]) if y.op == "log" else None
    return sub(x, y) if soft is None else _log(soft)


def _log_sum(x: Term, shift: Term) -> Term | None:
    if x.op != "log" or not _is_finite(shift):
        return None
    total = x.args[0].args[0] if x.args[0].op == "abs" else x.args[0]  # no exp is negative
    if total.op != "sum":
        return None
    variable, body = terms.opened(total, shift)
    if body.op != "exp" or variable in shift.free:
        return None
    addends, taken = _addends(body.args[0]), neg(shift)
    if not any(a is taken for a in addends):
        return None
    return _log(bind("sum", variable, apply("exp", add(*(a for a in addends if a is not taken)))))


def _is_finite(x: Term) -> bool:
    """Whether it is y where y is finite, and a number elsewhere: what code takes out of an exponent before it is raised."""
    if x.op != "where" or x.args[0].op != "finite" or not terms.is_num(x.args[2]):
        return False
    return x.args[0].args[0] is x.args[1]


def _addends(x: Term) -> tuple[Term, ...]:
    return x.args if x.op == "add" else (x,)


def _is_negated_max(x: Term) -> bool:
    return x.op == "mul" and len(x.args) == 2 and x.args[0] is num(-1) and x.args[1].op == "amax"


def maximum(x: Term, y: Term) -> Term:
    for a, b in ((x, y), (y, x)):
        if a.op == "inf" and a.data < 0:
            return b
    return x if x is y else apply("max", *_flat("max", x, y))


def minimum(x: Term, y: Term) -> Term:
    for a, b in ((x, y), (y, x)):
        if a.op == "inf" and a.data > 0:
            return b
    return x if x is y else apply("min", *_flat("min", x, y))


def _flat(op: str, *args: Term) -> list[Term]:
    return [one for a in args for one in (a.args if a.op == op else (a,))]


def _clamped(low: Term, x: Term, high: Term) -> Term:
    """Where low > high, high."""
    return minimum(maximum(x, low), high)


# --- powers ----------------------------------------------------------------------------------------------------------------


def raised(x: Term, exponent: Fraction) -> Term:
    """x to a power; a negative one is a division, whose zero is infinite; x⁰ is 1 for any x, NaN among them."""
    if not exponent:
        return ONE
    return power(x, exponent) if exponent > 0 else div(ONE, power(x, -exponent))


def _integer_pow(lifted: Lifted, equation: Equation, x: Array) -> Array:
    y = Fraction(equation.params["y"])
    if x.kind == "i" and y < 0:
        raise NotLifted("the inverse of a whole number")
    return elementwise(lambda t: raised(t, y))(lifted, equation, x)


def _pow(x: Term, y: Term) -> Term:
    if terms.is_num(y) and abs(y.data) <= LARGEST_POWER:
        return raised(x, y.data)
    return apply("powr", x, y)


# --- truth values, casts, choices ------------------------------------------------------------------------------------------


def _order(op: str, swap: bool, negated: bool) -> Callable:
    """x < y is y > x. NaN compares false, so `not (x ≥ y)` is not `x < y`: each has its own form."""

    def entry(x: Term, y: Term) -> Term:
        found = terms.compare(op, *((y, x) if swap else (x, y)))
        return terms.negate(found) if negated else found

    return elementwise(entry)


def _nonzero(x: Term) -> Term:
    """The cast to a truth value: NaN is true."""
    return terms.negate(terms.compare("eq", x, ZERO))


def _convert(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    """Casts that lose nothing; whole numbers are held against the range of the new type by who calls."""
    to = equation.outvars[0].aval.dtype.name
    if x.kind == "b":
        return x if to == "bool" else Array(x.at, terms.indicator(x.entry))
    return Array(x.at, _nonzero(x.entry) if to == "bool" else x.entry)


def chosen(condition: Term, yes: Term, no: Term, kind: str) -> Term:
    """yes where the condition holds, else no; of truth values, a condition."""
    if kind != "b":
        return terms.where(condition, yes, no)
    if yes is no:
        return yes
    return terms.either(terms.both(condition, yes), terms.both(terms.negate(condition), no))


def cases(condition: Term, yes: Term, no: Term, kind: str) -> Term:
    """The same where each of the two need only mean something in its own case: an entry beside an array's end is none."""
    if kind != "b":
        return terms.where(condition, yes, no)
    found = terms.where(condition, terms.indicator(yes), terms.indicator(no))
    return yes if yes is no else terms.compare("eq", found, ONE)


def _select(_lifted: Lifted, _equation: Equation, which: Array, *cases: Array) -> Array:
    if len(cases) != 2:
        raise NotLifted("another number of cases than two")
    no, yes = cases
    return new(yes.shape, lambda *at: chosen(spread(which, at), yes(*at), no(*at), yes.kind))


def same(_lifted: Lifted, _equation: Equation, x: Array, *_: Array) -> Array:
    return x


def all_the_same(_lifted: Lifted, _equation: Equation, *inputs: Array) -> list[Array]:
    return list(inputs)


def _log(x: Term) -> Term:
    return apply("log", x)


# --- the table -------------------------------------------------------------------------------------------------------------

NUMBERS = alike(REAL, WHOLE)
REALS = alike(REAL)
TESTS = (Signature((REAL,), (TRUTH,)), Signature((WHOLE,), (TRUTH,)))
HOW = named("accuracy")
"""How carefully a function of reals is computed: what it denotes is the same."""


def _real(entry: Callable[..., Term]) -> Entry:
    return Entry(elementwise(entry), REALS, HOW)


def _function(name: str) -> Entry:
    return _real(lambda x: apply("fn", x, data=name))


def _numbers(entry: Callable[..., Term], *, computes: bool = True) -> Entry:
    return Entry(elementwise(entry), NUMBERS, computes=computes)


def _at_least_single(bits: int) -> Callable[[Any], bool]:
    return lambda value: value >= bits


PASSES = Entry(same, alike(ANYTHING), computes=False)

ENTRIES: dict[str, Entry] = {
    "add": _numbers(added),
    "add_any": _numbers(add),
    "sub": _numbers(less),
    "mul": _numbers(mul),
    "neg": _numbers(neg),
    "square": _numbers(lambda x: power(x, Fraction(2))),
    "abs": _numbers(lambda x: apply("abs", x)),
    "sign": _numbers(lambda x: apply("sign", x)),
    "max": _numbers(maximum, computes=False),
    "min": _numbers(minimum, computes=False),
    "clamp": _numbers(_clamped, computes=False),
    # Whole numbers are divided by cutting off: unknown.
    "div": _real(divided),
    "exp": _real(lambda x: apply("exp", x)),
    "exp2": _real(lambda x: apply("exp", mul(x, _log(num(2))))),
    "log": _real(_log),
    "log1p": _real(lambda x: _log(add(ONE, x))),
    "expm1": _real(lambda x: add(apply("exp", x), num(-1))),
    "sqrt": _real(lambda x: power(x, Fraction(1, 2))),
    "rsqrt": _real(lambda x: div(ONE, power(x, Fraction(1, 2)))),
    "cbrt": _real(lambda x: apply("cbrt", x)),
    "logistic": _real(lambda x: apply("logistic", x)),
    "tanh": _function("tanh"),
    "erf": _function("erf"),
    "sin": _function("sin"),
    "cos": _function("cos"),
    "atan": _function("atan"),
    "integer_pow": Entry(_integer_pow, NUMBERS, {"y": lambda y: abs(y) <= LARGEST_POWER}),
    "pow": Entry(elementwise(_pow), (*REALS, Signature((REAL, WHOLE), (REAL,)))),
    "ge": Entry(_order("ge", False, False), TESTS),
    "gt": Entry(_order("gt", False, False), TESTS),
    "le": Entry(_order("ge", True, False), TESTS),
    "lt": Entry(_order("gt", True, False), TESTS),
    "eq": Entry(_order("eq", False, False), TESTS),
    "ne": Entry(_order("eq", False, True), TESTS),
    # Of whole numbers these three work on bits.
    "and": Entry(elementwise(terms.both), alike(TRUTH)),
    "or": Entry(elementwise(terms.either), alike(TRUTH)),
    "not": Entry(elementwise(terms.negate), alike(TRUTH)),
    "is_finite": Entry(elementwise(lambda x: apply("finite", x)), (Signature((REAL,), (TRUTH,)),)),
    # From a real number to a whole one the fraction is cut off: unknown.
    "convert_element_type": Entry(
        _convert,
        (
            Signature((TRUTH,), (KNOWN,)),
            Signature((WHOLE,), (KNOWN,)),
            Signature((REAL,), (REAL,)),
            Signature((REAL,), (TRUTH,)),
        ),
        named("new_dtype", "weak_type"),
    ),
    # A selector that is a whole number chooses among many.
    "select_n": Entry(_select, (Signature((TRUTH, KNOWN), (KNOWN,)),), computes=False),
    "reduce_precision": Entry(
        same, REALS, {"exponent_bits": _at_least_single(8), "mantissa_bits": _at_least_single(23)}
    ),
    "stop_gradient": PASSES,
    "copy": PASSES,
    "copy_p": PASSES,
    "optimization_barrier": Entry(all_the_same, alike(ANYTHING), computes=False),
}

__all__ = [
    "ENTRIES",
    "PASSES",
    "added",
    "cases",
    "chosen",
    "divided",
    "elementwise",
    "maximum",
    "minimum",
    "raised",
    "same",
]
