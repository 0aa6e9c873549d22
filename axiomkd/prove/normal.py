"""Normal forms: sums of products of powers, in which two spellings of one operator become one term.

What holds between a term and its normal form, on the analysis' domain: wherever the code's value is finite, the normal
form is defined and has that value. So a rule may drop a 0/0 but never make one, and an operation that can hide an
infinite or undefined operand (exp of −∞ is 0, a comparison with NaN is false) is only taken where the operand is finite;
elsewhere its value is opaque. Signs and kinds are asked of the analysis; nothing is proved here of the operator.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from axiomkd.tracing import terms
from axiomkd.tracing.terms import NAN, ONE, ZERO, Term, is_num, make, num, substitute

if TYPE_CHECKING:
    from axiomkd.prove.analysis import Analysis

EXPANDED = 64  # monomials beyond which a product of sums is left as it is
HALF = Fraction(1, 2)

Factors = dict[Term, Fraction]


class TooLong(Exception):
    """The normal form grows beyond reason."""


class OutOfSteps(Exception):
    """The work on one operator goes beyond reason."""


@dataclass
class Steps:
    """Sums that may still be added up for the operator at hand: a limit that is the same on every machine."""

    left: int = 10**9


STEPS = Steps()
MOST_STEPS = 20_000


def begin() -> None:
    """Start on another operator, or on another size of it."""
    STEPS.left = MOST_STEPS


# --- the parts of a normal form ------------------------------------------------------------------------------------------


def monomials(x: Term) -> tuple[Term, ...]:
    return x.args if x.op == "add" else () if x is ZERO else (x,)


def split(monomial: Term) -> tuple[Fraction, Factors]:
    """The coefficient and the factors with their exponents."""
    coefficient, factors = Fraction(1), {}
    for f in monomial.args if monomial.op == "mul" else (monomial,):
        if is_num(f):
            coefficient *= f.data
        elif f.op == "pow":
            factors[f.args[0]] = factors.get(f.args[0], Fraction(0)) + f.data
        else:
            factors[f] = factors.get(f, Fraction(0)) + 1
    return coefficient, factors


def joined(coefficient: Fraction, factors: Factors) -> Term:
    """The monomial of a coefficient and factors."""
    if not coefficient:
        return ZERO
    parts = [f if e == 1 else make("pow", (f,), e) for f, e in factors.items() if e]
    if not parts:
        return num(coefficient)
    if coefficient == 1 and len(parts) == 1:
        return parts[0]
    return make("mul", ([] if coefficient == 1 else [num(coefficient)]) + parts)


def base(monomial: Term) -> tuple[Fraction, Term]:
    """The coefficient, and the monomial without it."""
    if is_num(monomial):
        return monomial.data, ONE
    if monomial.op == "mul" and is_num(monomial.args[0]):
        rest = monomial.args[1:]
        return monomial.args[0].data, rest[0] if len(rest) == 1 else make("mul", rest)
    return Fraction(1), monomial


def add(parts: Iterable[Term]) -> Term:
    """The sum of normal forms, like monomials added up."""
    STEPS.left -= 1
    if STEPS.left < 0:
        raise OutOfSteps
    total: dict[Term, Fraction] = defaultdict(Fraction)
    for part in parts:
        for m in monomials(part):
            c, b = base(m)
            total[b] += c
    found = [_times(c, b) for b, c in total.items() if c]
    if len(found) > 4 * EXPANDED:
        raise TooLong
    if not found:
        return ZERO
    return found[0] if len(found) == 1 else make("add", found)


def _times(c: Fraction, b: Term) -> Term:
    if b is ONE:
        return num(c)
    if c == 1:
        return b
    return make("mul", (num(c), *(b.args if b.op == "mul" else (b,))))


def scaled(c: Fraction, x: Term) -> Term:
    return add([_times(c * base(m)[0], base(m)[1]) for m in monomials(x)]) if c else ZERO


def minus(x: Term) -> Term:
    return scaled(Fraction(-1), x)


# --- products and powers -------------------------------------------------------------------------------------------------


def mul(a: Analysis, parts: Iterable[Term]) -> Term:
    """The product, sums multiplied out where they are short."""
    coefficient, factors, sums = Fraction(1), {}, []
    for part in parts:
        if part.op == "add":
            sums.append(part)
            continue
        c, more = split(part)
        coefficient *= c
        for f, e in more.items():
            factors[f] = factors.get(f, Fraction(0)) + e
    if not coefficient:
        return ZERO
    plain = _monomial(a, coefficient, factors)
    for s in sums:
        if plain.op == "add":
            plain = _multiplied_out(a, plain, s)
        else:
            plain = _distributed(a, plain, s)
    return plain


def _distributed(a: Analysis, m: Term, s: Term) -> Term:
    if is_num(m):
        return scaled(m.data, s)
    _, factors = split(m)
    content = _content_of(a, s, any_sign=True)
    if factors.get(content[1], Fraction(0)) < 0 and factors[content[1]] == int(factors[content[1]]):
        # (a + b)·(a + b)^−1: the sum is a factor below too, so that it cancels.
        return mul(a, [num(content[0]), content[2], _monomial(a, *_with(split(m), content[1]))])
    return add([mul(a, [m, part]) for part in s.args])


def _with(parts: tuple[Fraction, Factors], factor: Term) -> tuple[Fraction, Factors]:
    c, f = parts
    return c, {**f, factor: f.get(factor, Fraction(0)) + 1}


def _multiplied_out(a: Analysis, x: Term, y: Term) -> Term:
    if len(monomials(x)) * len(monomials(y)) > EXPANDED:
        raise TooLong
    return add([mul(a, [m, n]) for m in monomials(x) for n in monomials(y)])


def _monomial(a: Analysis, coefficient: Fraction, factors: Factors) -> Term:
    """A monomial with what its factors say of each other used up: [c]² = [c], [x > 0]·x = x."""
    if any(f.op == "add" and e == 1 for f, e in factors.items()):
        sums = [f for f, e in factors.items() if f.op == "add" and e == 1]
        rest = {f: e for f, e in factors.items() if f not in sums}
        whole = _monomial(a, coefficient, rest)
        for s in sums:
            whole = add([mul(a, [whole, part]) for part in s.args])
        return whole
    out: Factors = {}
    for f, e in factors.items():
        if not e:
            continue
        if f.op == "ind" and e > 0:
            out[f] = Fraction(1)
        elif is_num(f) and e.denominator == 1:
            if not f.data and e < 0:
                return NAN
            coefficient *= f.data ** int(e)
        else:
            out[f] = e
    for f in [f for f in out if f.op == "ind"]:
        # [x ≤ 0] times a power of x ≥ 0, or times log⁺ x, is 0.
        x = _small(f.args[0])
        if x is not None and a.nonnegative(x) and (out.get(x, 0) > 0 or make("logp", (x,)) in out):
            return ZERO
        if _contradicts(f, out):
            return ZERO
    return joined(coefficient, out)


def _contradicts(f: Term, factors: Factors) -> bool:
    """[i = x]·[j = x] for two different numbers i and j."""
    c = f.args[0]
    if c.op != "eq" or not any(is_num(t) for t in c.args):
        return False
    mine, place = sorted(c.args, key=is_num, reverse=True)
    for g in factors:
        if g is not f and g.op == "ind" and g.args[0].op == "eq" and place in g.args[0].args:
            other = next((t for t in g.args[0].args if t is not place), place)
            if is_num(other) and other.data != mine.data:
                return True
    return False


def _small(condition: Term) -> Term | None:
    """x, where the condition is −x ≥ 0."""
    if condition.op == "ge" and condition.args[1] is ZERO:
        return minus(condition.args[0])
    return None


def power(a: Analysis, x: Term, e: Fraction) -> Term:
    """x^e for a normal form x; a fraction e asks that x is not negative, as its being defined does."""
    if e == 0:
        return ONE
    if e == 1 or x is ONE:
        return x
    if is_num(x):
        if e.denominator == 1:
            return NAN if not x.data and e < 0 else num(x.data ** int(e))
        return ZERO if not x.data and e > 0 else _root(x.data, e)
    if x.op == "add":
        return _power_of_sum(a, x, e)
    coefficient, factors = split(x)
    whole = e.denominator == 1
    out, inside, left = Fraction(1), {}, Fraction(1)
    for f, n in factors.items():
        if whole or a.nonnegative(f):
            inside[f] = n * e
        elif n.denominator == 1 and n % 2 == 0 and e == HALF:
            return mul(
                a,
                [
                    absolute(a, joined(Fraction(1), {f: n / 2})),
                    power(a, joined(coefficient, {g: m for g, m in factors.items() if g is not f}), e),
                ],
            )
        else:
            return make("pow", (x,), e)
    if whole:
        out = coefficient ** int(e)
    elif coefficient > 0:
        root = _root(coefficient, e)
        out, left = (root.data, ONE) if is_num(root) else (Fraction(1), root)
        if left is not ONE:
            return mul(a, [left, _monomial(a, out, inside)])
    else:
        return make("pow", (x,), e)
    return _monomial(a, out, inside)


def _root(value: Fraction, e: Fraction) -> Term:
    """A power of a positive number, a number where it is one."""
    if value < 0:
        return make("pow", (num(value),), e)
    n, d = e.numerator, e.denominator
    top, bottom = _whole_root(value.numerator, d), _whole_root(value.denominator, d)
    if top is not None and bottom is not None:
        return num(Fraction(top, bottom) ** n)
    return make("pow", (num(value),), e)


def _whole_root(value: int, d: int) -> int | None:
    guess = round(value ** (1 / d)) if value < 2**50 else 0
    return next((g for g in (guess - 1, guess, guess + 1) if g >= 0 and g**d == value), None)


def _power_of_sum(a: Analysis, x: Term, e: Fraction) -> Term:
    if e.denominator == 1 and 0 < e <= 4 and len(x.args) ** int(e) <= EXPANDED:
        out = x
        for _ in range(int(e) - 1):
            out = _multiplied_out(a, out, x)
        return out
    number, core, content = _content_of(a, x, any_sign=e.denominator == 1)
    if e.denominator != 1 and number < 0:
        return make("pow", (x,), e)
    return mul(a, [power(a, num(number), e), power(a, content, e), make("pow", (core,), e)])


def _content_of(a: Analysis, x: Term, *, any_sign: bool = False) -> tuple[Fraction, Term, Term]:
    """x as number · core · content: the core has whole coefficients and no positive factor in common. With any_sign no
    negative factor either, and the number may be negative so that the core is positive, or its coefficients add up to so."""
    parts = [split(m) for m in x.args]
    shared = {
        f for _, factors in parts for f in factors if f.op != "ind" and (a.positive(f) or any_sign and a.negative(f))
    }
    least = {f: min(factors.get(f, Fraction(0)) for _, factors in parts) for f in shared}
    least = {f: e for f, e in least.items() if e}
    absent = dict.fromkeys(least, Fraction(0))
    core = add(
        [joined(c, {g: n - least.get(g, Fraction(0)) for g, n in (absent | factors).items()}) for c, factors in parts]
    )
    number = _number_of(core)
    if any_sign and (a.negative(core) or not a.positive(core) and sum(base(m)[0] for m in monomials(core)) < 0):
        number = -number
    return number, scaled(1 / number, core), joined(Fraction(1), least)


def _number_of(x: Term) -> Fraction:
    """The positive number to divide by for whole coefficients without a common factor."""
    found = [base(m)[0] for m in monomials(x)]
    over = math.lcm(*(c.denominator for c in found))
    return Fraction(math.gcd(*(abs(int(c * over)) for c in found)), over)


def absolute(a: Analysis, x: Term) -> Term:
    if a.nonnegative(x):
        return x
    if a.nonnegative(minus(x)):
        return minus(x)
    if x.op == "add":
        return make("abs", (minus(x) if sum(base(m)[0] for m in x.args) < 0 else x,))
    coefficient, factors = split(x)
    known = {f: n for f, n in factors.items() if a.nonnegative(joined(Fraction(1), {f: n}))}
    rest = {f: n for f, n in factors.items() if f not in known}
    return mul(a, [num(abs(coefficient)), joined(Fraction(1), known), make("abs", (joined(Fraction(1), rest),))])


# --- exponentials and logarithms -----------------------------------------------------------------------------------------


def exp(a: Analysis, x: Term) -> Term:
    """exp of a sum is a product; exp(c log y) is y^c."""
    out = []
    for m in monomials(x):
        c, b = base(m)
        if b.op == "log":
            out.append(power(a, b.args[0], c))
        else:
            out.append(make("exp", (b,)) if c == 1 else make("pow", (make("exp", (b,)),), c))
    return mul(a, out)


def log(a: Analysis, x: Term) -> Term:
    """log of a product is a sum, where the factors are positive."""
    if x is ONE:
        return ZERO
    if is_num(x) and x.data <= 0:
        return NAN
    if x.op == "add":
        number, core, content = _content_of(a, x)
        if content is ONE and number == 1:
            return make("log", (x,))
        return add([log(a, num(number)), log(a, content), log(a, core) if core.op != "add" else make("log", (core,))])
    coefficient, factors = split(x)
    out, odd = [], {}
    for f, e in factors.items():
        if f.op == "exp":
            out.append(scaled(e, f.args[0]))
        elif a.positive(f):
            out.append(scaled(e, make("log", (f,))))
        else:
            odd[f] = e
    if odd or coefficient < 0:
        out.append(_single_log(a, coefficient, odd))
    elif coefficient != 1:
        out.append(_log_of_number(coefficient))
    return add(out)


def _single_log(a: Analysis, coefficient: Fraction, odd: Factors) -> Term:
    """What is left may be zero: one power alone still comes out, c log x, where x is not negative."""
    if len(odd) == 1 and coefficient > 0:
        ((f, e),) = odd.items()
        if a.nonnegative(f):
            return add([scaled(e, make("log", (f,))), _log_of_number(coefficient)])
    return make("log", (joined(coefficient, odd),))


def _log_of_number(value: Fraction) -> Term:
    if value == 1:
        return ZERO
    parts = []
    for n, sign in ((value.numerator, 1), (value.denominator, -1)):
        p = 2
        while n > 1 and p < 1000:
            while n % p == 0:
                parts.append(scaled(Fraction(sign), make("log", (num(p),))))
                n //= p
            p += 1
        if n > 1:
            parts.append(scaled(Fraction(sign), make("log", (num(n),))))
    return add(parts)


# --- fractions -----------------------------------------------------------------------------------------------------------


def cancelled(a: Analysis, x: Term) -> Term:
    """x with fractions of one denominator put together, and taken out where the numerators add up to a multiple of it.

    Sums over one index are put together first. Costs more than `add`, so it is for the ends of proofs.
    """
    for _ in range(8):
        new = _one_fraction(a, x) or _one_sum(a, x)
        if new is None:
            return x
        x = new
    return x


def _one_fraction(a: Analysis, x: Term) -> Term | None:
    groups: dict[Term, list[Term]] = defaultdict(list)
    for m in monomials(x):
        for f, e in split(m)[1].items():
            if f.op in ("add", "sum") and e == -1:
                groups[f].append(m)
    for f, ms in groups.items():
        numerator = add([mul(a, [m, f]) if f.op != "add" else _without_denominator(m, f) for m in ms])
        if numerator is ZERO:
            return add([m for m in monomials(x) if m not in ms])
        if f.op == "sum":
            continue
        number, core, content = _content_of(a, numerator, any_sign=True) if numerator.op == "add" else (0, ZERO, ONE)
        for sign, same in ((1, core), (-1, minus(core))):
            if same is f:
                rest = [m for m in monomials(x) if m not in ms]
                return add([*rest, scaled(Fraction(number * sign), content)])
    return None


def _without_denominator(m: Term, f: Term) -> Term:
    c, factors = split(m)
    return joined(c, {g: e for g, e in factors.items() if g is not f})


def _one_sum(a: Analysis, x: Term) -> Term | None:
    """Two monomials that are sums over one length, times the same rest, as one sum, where its body then gets simpler."""
    ms = monomials(x)
    for n, m in enumerate(ms):
        for other in ms[n + 1 :]:
            found = _merged(a, m, other)
            if found is not None:
                return add([found, *(k for k in ms if k not in (m, other))])
    return None


def _merged(a: Analysis, m: Term, other: Term) -> Term | None:
    (c, factors), (d, more) = split(m), split(other)
    sums = [f for f, e in factors.items() if f.op == "sum" and e == 1]
    for f in sums:
        for g in [g for g, e in more.items() if g.op == "sum" and e == 1 and g.args[0].args[0] is f.args[0].args[0]]:
            rest = {h: e for h, e in factors.items() if h is not f}
            if rest != {h: e for h, e in more.items() if h is not g}:
                continue
            v, body = a.opened(f, g)
            second = substitute(g.args[1], {g.args[0]: v})
            together = add([scaled(c, body), scaled(d, second)])
            simple = cancelled(a, together)
            if simple is not together:
                return mul(a, [joined(Fraction(1), rest), total(a, v, simple)])
    return None


# --- sums over an index --------------------------------------------------------------------------------------------------


def total(a: Analysis, v: Term, body: Term, *, swap: bool = True) -> Term:
    """Σ_v body: what does not depend on v comes out, weights and rows sum to 1, [v = t] picks the entry t."""
    return add([_total_of_monomial(a, v, m, swap) for m in monomials(body)])


def _total_of_monomial(a: Analysis, v: Term, m: Term, swap: bool) -> Term:
    coefficient, factors = split(m)
    outside = {f: e for f, e in factors.items() if v not in f.free}
    inside = {f: e for f, e in factors.items() if v in f.free}
    front = joined(coefficient, outside)
    if not a.nonempty(v) and not a.total(front):
        return terms.bind("sum", v, m)  # an empty sum is 0, whatever its body is
    if not inside:
        return mul(a, [front, length(a, v)])
    picked = _picked(a, v, inside)
    if picked is not None:
        return mul(a, [front, picked])
    if _sums_to_one(a, v, inside):
        return front
    expanded = _expanded_core(a, inside)
    if expanded is not None:
        return mul(a, [front, total(a, v, expanded)])
    core = joined(Fraction(1), inside)
    found = terms.bind("sum", v, core)
    if swap:
        other = _swapped(a, v, inside)
        if other is not None and _rank(a, other) < _rank(a, found):
            found = other
    return mul(a, [front, found])


def _rank(a: Analysis, x: Term) -> tuple:
    """Which order of two sums is taken: the one with fewer sums left, then teachers outside and classes inside."""
    outer = {t for f in split(x)[1] for t in (f,) if f.op == "sum"}
    return (sum(t.op == "sum" for t in terms.walk(x)), not any(t.args[0].args[0] is a.K for t in outer), x.key)


def _expanded_core(a: Analysis, inside: Factors) -> Term | None:
    """Where a product of factors has a sum of short powers left, multiply it out."""
    for f, e in inside.items():
        if f.op == "add" and e.denominator == 1 and 0 < e <= 4:
            rest = joined(Fraction(1), {g: n for g, n in inside.items() if g is not f})
            return mul(a, [rest, _power_of_sum(a, f, e) if e > 1 else f])
    return None


def length(a: Analysis, v: Term) -> Term:
    return a.normal(v.args[0])


def _picked(a: Analysis, v: Term, inside: Factors) -> Term | None:
    for f in inside:
        if f.op == "ind" and f.args[0].op == "eq" and v in f.args[0].args:
            place = next(t for t in f.args[0].args if t is not v)
            if v in place.free or not a.in_range(place, v.args[0]):
                continue
            rest = joined(Fraction(1), {g: e for g, e in inside.items() if g is not f})
            return a.again(substitute(rest, {v: place}))
    return None


def _sums_to_one(a: Analysis, v: Term, inside: Factors) -> bool:
    if len(inside) != 1:
        return False
    ((f, e),) = inside.items()
    return e == 1 and a.sums_to_one(v, f)


def _swapped(a: Analysis, v: Term, inside: Factors) -> Term | None:
    """Σ_v f Σ_u g as Σ_u Σ_v f g, where one factor is a sum."""
    inner = [f for f, e in inside.items() if f.op == "sum" and e == 1]
    if len(inner) != 1:
        return None
    u, g = a.opened(inner[0], v, *inside)
    rest = joined(Fraction(1), {f: e for f, e in inside.items() if f is not inner[0]})
    return total(a, u, total(a, v, mul(a, [rest, g])), swap=False)


def extreme(a: Analysis, op: str, v: Term, body: Term) -> Term:
    """max or min over v: positive factors and addends that do not depend on v come out."""
    if not a.nonempty(v):
        return terms.bind(op, v, body)
    if v not in body.free:
        return body
    fixed = [m for m in monomials(body) if v not in m.free]
    if fixed:
        moving = add([m for m in monomials(body) if v in m.free])
        return add([*fixed, extreme(a, op, v, moving)])
    if body.op == "add":
        return terms.bind(op, v, body)
    coefficient, factors = split(body)
    outside = {f: e for f, e in factors.items() if v not in f.free and a.nonnegative(joined(Fraction(1), {f: e}))}
    inside = {f: e for f, e in factors.items() if f not in outside}
    flipped = {"amax": "amin", "amin": "amax"}[op] if coefficient < 0 else op
    core = joined(Fraction(1), inside)
    power_of = _raised(a, inside)
    if power_of is not None:
        f, e = power_of
        inner = terms.bind(flipped if e > 0 else {"amax": "amin", "amin": "amax"}[flipped], v, f)
        return mul(a, [num(coefficient), joined(Fraction(1), outside), power(a, inner, e)])
    return mul(a, [num(coefficient), joined(Fraction(1), outside), terms.bind(flipped, v, core)])


def _raised(a: Analysis, inside: Factors) -> tuple[Term, Fraction] | None:
    """f and e, where the product is one power f^e with e ≠ 1 of a positive f: the largest power is the power of the largest."""
    if len(inside) == 1:
        ((f, e),) = inside.items()
        if e != 1 and (a.positive(f) or (e > 0 and a.nonnegative(f))):
            return f, e
    return None


def product(a: Analysis, v: Term, body: Term) -> Term:
    """∏_v body; of positive factors, exp of the sum of their logarithms."""
    if v not in body.free and is_num(body) and body is ONE:
        return ONE
    if a.positive(body):
        return exp(a, total(a, v, log(a, body)))
    return terms.bind("prod", v, body)


# --- choices -------------------------------------------------------------------------------------------------------------


def indicator(a: Analysis, condition: Term) -> Term:
    """[c] for a normal condition; [not c] is 1 − [c], [c and d] is [c][d]."""
    if condition is terms.TRUE or condition is terms.FALSE:
        return terms.indicator(condition)
    if condition.op == "not":
        return add([ONE, minus(indicator(a, condition.args[0]))])
    if condition.op == "and":
        return mul(a, [indicator(a, c) for c in condition.args])
    return make("ind", (condition,))


def at_least_zero(a: Analysis, x: Term) -> Term:
    """The condition x ≥ 0, without what is positive in it."""
    low, high = a.interval(x).low, a.interval(x).high
    if low is not None and low >= 0:
        return terms.TRUE
    if high is not None and (high < 0 or (high == 0 and a.interval(x).high_open)):
        return terms.FALSE
    if x.op == "add":
        _, core, _ = _content_of(a, x)
        return _known(a, make("ge", (core, ZERO)))
    coefficient, factors = split(x)
    kept = {f: e for f, e in factors.items() if not a.positive(joined(Fraction(1), {f: e}))}
    sign = Fraction(1 if coefficient > 0 else -1)
    if not kept:
        return terms.TRUE if sign > 0 else terms.FALSE
    if len(kept) == 1:
        ((f, e),) = kept.items()
        if e > 0 and a.nonnegative(f):
            kept = {f: Fraction(1)}
    return _known(a, make("ge", (joined(sign, kept), ZERO)))


def _known(a: Analysis, condition: Term) -> Term:
    if condition in a.domain.given:
        return terms.TRUE
    if terms.negate(condition) in a.domain.given:
        return terms.FALSE
    return condition


def equal(a: Analysis, x: Term, y: Term) -> Term:
    """The condition x = y; of places, of numbers, or of a number that is never negative with 0."""
    if x is y:
        return terms.TRUE
    if _is_place(x) or _is_place(y):
        if is_num(x) and is_num(y):
            return terms.compare("eq", x, y)
        return _known(a, make("eq", (x, y)))
    d = add([x, minus(y)])
    if is_num(d):
        return terms.TRUE if not d.data else terms.FALSE
    if a.nonnegative(d):
        return at_least_zero(a, minus(d))
    if a.nonnegative(minus(d)):
        return at_least_zero(a, d)
    d = minus(d) if sum(base(m)[0] for m in monomials(d)) < 0 else d
    return _known(a, make("eq", (d, ZERO)))


def _is_place(x: Term) -> bool:
    return x.op in ("index", "bound", "argmax", "argmin")


def choice(a: Analysis, condition: Term, yes: Term, no: Term) -> Term:
    """where(c, yes, no), of normal forms taken under the condition and against it."""
    if condition is terms.TRUE or yes is no:
        return yes
    if condition is terms.FALSE:
        return no
    if condition.op == "not":
        return choice(a, condition.args[0], no, yes)
    x = _small(condition)
    if x is not None and a.nonnegative(x):
        # condition: x = 0, so `no` is taken where x > 0.
        guarded = _guarded(a, x, yes, no)
        if guarded is not None:
            return guarded
    if is_num(yes) and is_num(no) or not condition.of or ZERO in (yes, no) and condition.op == "eq":
        c = indicator(a, condition)
        if a.total(yes) and a.total(no):
            return add([mul(a, [c, yes]), no, minus(mul(a, [c, no]))])
    return make("where", (condition, yes, no))


def _guarded(a: Analysis, x: Term, yes: Term, no: Term) -> Term | None:
    """where(x > 0, no, yes) for x ≥ 0: x log x with its value 0 at 0, log of where(x > 0, x, 1), and x itself."""
    log_x, zero_log = make("log", (x,)), make("logp", (x,))
    if no is x and yes is ONE:
        return make("wherepos", (x,))
    if no is log_x and yes is ZERO:
        return zero_log
    out = []
    for m in monomials(no):
        c, factors = split(m)
        logs = factors.pop(log_x, Fraction(0))
        if logs not in (0, 1) or any(log_x in terms.walk(f) for f in factors):
            return None
        if logs:
            factors[zero_log] = Fraction(1)
        new = joined(c, factors)
        if not a.total(new) or not (logs or factors.get(x, Fraction(0)) > 0):
            return None
        out.append(new)
    return add(out) if yes is ZERO else None
