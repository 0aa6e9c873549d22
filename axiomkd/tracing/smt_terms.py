"""Numbers as terms of a real-arithmetic solver: what Z3 is told of the values that an operator computes.

A Term is a numerator over positive factors, with its sign where that is known, and an exact condition for being finite.
What would turn an infinite or undefined value into an ordinary one (a comparison, a maximum, a divisor) asks for a proof
that the value is finite on the whole domain, and declines without one. It refuses to know jaxprs, claims and queries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from axiomkd.core.late import late
from axiomkd.tracing import numbers

if TYPE_CHECKING:
    import z3
else:
    z3 = late("z3")

MOST_OPEN = 12  # side queries that may come to no end: where some dozens of a problem did, no claim was proved either
SMALL_RLIMIT = 200_000  # of a side query: whether a divisor is positive, whether a value is finite
MOST_CASES = 64  # of a whole number that depends on the point, and of the combinations of several
UNKNOWN, NONNEGATIVE, POSITIVE = 0, 1, 2


Factors = tuple[Any, ...]


class Declined(Exception):
    """No term says what the operator does here; the text says why."""


class Truth:
    """A truth value that depends on the point."""

    __slots__ = ("x",)

    def __init__(self, x: z3.BoolRef):
        self.x = x

    def __bool__(self):
        raise Declined("a branch or a loop that depends on the point")


class Choice:
    """A whole number that depends on the point: its values, each with its condition; exactly one condition holds."""

    __slots__ = ("cases",)

    def __init__(self, cases: dict[Any, Any]):
        self.cases = cases

    def __bool__(self):
        raise Declined("a branch or a loop that depends on the point")

    __int__ = __index__ = __bool__


class Term:
    """num over the product of `den`, a finite real number exactly where `ok`; each factor is positive on the whole domain."""

    __slots__ = ("home", "num", "den", "ok", "sign")

    def __init__(self, home: Problem, num: Any, den: Factors = (), ok: Any = True, sign: int = UNKNOWN):
        self.home, self.num, self.den, self.ok, self.sign = home, num, den, ok, sign

    def __bool__(self):
        raise Declined("a branch or a loop that depends on the point")

    __int__ = __index__ = __float__ = __bool__

    def __add__(self, other):
        return self.home.add(self, other)

    __radd__ = __add__

    def __sub__(self, other):
        return self.home.sub(self, other)

    def __rsub__(self, other):
        return self.home.sub(other, self)

    def __mul__(self, other):
        return self.home.mul(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self.home.div(self, other)

    def __rtruediv__(self, other):
        return self.home.div(other, self)

    def __neg__(self):
        return self.home.neg(self)


# ---- truth values


def conj(*xs: Any) -> Any:
    """And, with what is already known taken out: True, False or a formula."""
    if any(x is False for x in xs):
        return False
    rest = [x for x in xs if x is not True]
    return True if not rest else rest[0] if len(rest) == 1 else z3.And(*rest)


def negated(x: Any) -> Any:
    return not x if isinstance(x, bool) else z3.Not(x)


def disj(*xs: Any) -> Any:
    """Or, likewise."""
    if any(x is True for x in xs):
        return True
    rest = [x for x in xs if x is not False]
    return False if not rest else rest[0] if len(rest) == 1 else z3.Or(*rest)


def formula(x: Any) -> Any:
    """A truth value of an array as True, False or a formula."""
    return x.x if isinstance(x, Truth) else bool(x)


def truth(x: Any) -> Any:
    """The other way round; a formula that simplifies to a constant is one."""
    if isinstance(x, bool):
        return x
    simple = z3.simplify(x)
    return True if z3.is_true(simple) else False if z3.is_false(simple) else Truth(x)


def chosen(condition: Any, a: Any, b: Any) -> Any:
    """if-then-else on truth values."""
    if isinstance(condition, bool):
        return a if condition else b
    if a is True and b is True or a is False and b is False:
        return a
    return disj(conj(condition, a), conj(negated(condition), b))


def lacking(factors: Factors, among: Factors) -> Factors:
    """Those of the factors that are not among the others, each as often as it is missing."""
    left = [x.get_id() for x in among]
    return tuple(x for x in factors if x.get_id() not in left or left.remove(x.get_id()))


# ---- numbers


class Problem:
    """One size of one operator: the variables, what is assumed of them, and arithmetic on terms of them."""

    def __init__(self, *, relaxed: bool = False) -> None:
        """`relaxed`: a maximum, minimum or absolute value is a variable that keeps its bounds and its sign; what makes it
        one of the two is set apart in `splits`, which a query may leave out: what has no solution without has none with."""
        self.context = z3.Context()
        self.relaxed = relaxed
        self.splits: list[Any] = []
        self.assumed: list[Any] = []
        self.path: list[Any] = []
        self.parts = 0
        self.roots: dict[tuple[Any, ...], tuple[Term, Term]] = {}
        self._settled: dict[int, tuple[Any, bool]] = {}
        self._left_open = 0

    def variable(self, name: str, sign: int = UNKNOWN) -> Term:
        """A new real variable, assumed to have that sign."""
        x = z3.Real(name, self.context)
        if sign:
            self.assumed.append(x > 0 if sign == POSITIVE else x >= 0)
        return Term(self, x, sign=sign)

    def assume(self, condition: Any) -> None:
        self.assumed.append(condition)

    def proves(self, condition: Any) -> bool:
        """Whether a small query shows the condition wherever the assumptions hold; False where it does not end. Raises Declined
        where many have not ended: the claim itself, which leans on all of them, would not either."""
        if isinstance(condition, bool):
            return condition
        known = self._settled.get(condition.get_id())
        if known is None:
            if self._left_open >= MOST_OPEN:
                raise Declined(f"the solver left {MOST_OPEN} of the signs open that the operator's terms depend on")
            solver = z3.SolverFor("QF_NRA", ctx=self.context)
            solver.set("rlimit", SMALL_RLIMIT)
            solver.add(*self.assumed, z3.Not(condition))
            answer = solver.check()
            self._left_open += answer == z3.unknown
            known = condition, answer == z3.unsat  # the condition is kept: ids are used again
            self._settled[condition.get_id()] = known
        return known[1]

    def require(self, x: Any) -> None:
        """Decline unless x is a finite number on the whole domain, or wherever the branch that is walked is taken."""
        if isinstance(x, Term) and not self.proves(disj(x.ok, *map(negated, self.path))):
            raise Declined("its operand may be infinite or undefined on the domain")

    def term(self, x: Any) -> Term:
        """A number as a term. An infinite or undefined one is a term that is finite nowhere."""
        if isinstance(x, Term):
            return x
        x = numbers.number(x)
        if numbers.is_special(x):
            return Term(self, z3.RealVal(0, self.context), ok=False)
        if not numbers.is_rational(x):
            raise Declined(f"the constant {numbers.text(x)} is not a fraction")
        sign = numbers.sign_of(x)
        return Term(self, z3.RealVal(str(numbers.as_fraction(x)), self.context), sign=max(2 * sign, sign + 1, 0))

    def _pair(self, a: Term, b: Term) -> tuple[Any, Any, Any]:
        """Numerators of both over one denominator, and that."""
        of_b, of_a = lacking(b.den, a.den), lacking(a.den, b.den)
        return times(a.num, of_b), times(b.num, of_a), a.den + of_b

    def add(self, a: Any, b: Any) -> Any:
        if not _symbolic(a, b):
            return numbers.add(numbers.number(a), numbers.number(b))
        if _is(a, 0) or _is(b, 0):
            return b if _is(a, 0) else a
        constant = not (isinstance(a, Term) and isinstance(b, Term))
        a, b = self.term(a), self.term(b)
        x, y, den = self._pair(a, b)
        out = Term(self, x + y, den, conj(a.ok, b.ok), max(a.sign, b.sign) if a.sign and b.sign else UNKNOWN)
        return self.signed(out) if constant else out

    def signed(self, x: Any) -> Any:
        """x with its sign found by a side query where no rule gives it: 1 - w is not negative."""
        if isinstance(x, Term) and not x.sign and x.ok is True and self.proves(x.num >= 0):
            x.sign = NONNEGATIVE
        return x

    def neg(self, a: Any) -> Any:
        return Term(self, -a.num, a.den, a.ok) if isinstance(a, Term) else numbers.neg(numbers.number(a))

    def sub(self, a: Any, b: Any) -> Any:
        if a is b and isinstance(a, Term) and a.ok is True:
            return numbers.ZERO
        return self.add(a, self.neg(b))

    def mul(self, a: Any, b: Any) -> Any:
        if not _symbolic(a, b):
            return numbers.mul(numbers.number(a), numbers.number(b))
        if _is(a, 1) or _is(b, 1):
            return b if _is(a, 1) else a
        if _is(a, 0) or _is(b, 0):
            ok = (b if _is(a, 0) else a).ok
            return numbers.ZERO if ok is True else Term(self, z3.RealVal(0, self.context), ok=ok, sign=NONNEGATIVE)
        square = a is b
        a, b = self.term(a), self.term(b)
        sign = min(a.sign, b.sign) or (NONNEGATIVE if square else UNKNOWN)
        return Term(self, a.num * b.num, a.den + b.den, conj(a.ok, b.ok), sign)

    def div(self, a: Any, b: Any) -> Any:
        """A divisor must be finite, for a finite number over an infinite one is 0; it is finite but where the divisor is 0."""
        if not _symbolic(a, b):
            return numbers.div(numbers.number(a), numbers.number(b))
        if not isinstance(b, Term):
            return self.mul(a, numbers.div(numbers.ONE, numbers.number(b)))
        self.require(b)
        a = self.term(a)
        # A branch that is not taken everywhere shows no sign that holds everywhere.
        if not self.path and (b.sign == POSITIVE or self.proves(b.num > 0)):
            den = lacking(a.den, b.den)
            return Term(self, times(a.num, lacking(b.den, a.den)), (*den, b.num), a.ok, a.sign)
        if not self.path and self.proves(b.num < 0):
            return self.div(self.neg(a), self.neg(b))
        # Where b is 0 the solver may take any value: `ok` keeps it from mattering.
        quotient = times(a.num, b.den) / b.num
        return Term(self, quotient, a.den, conj(a.ok, b.ok, b.num != 0), min(a.sign, b.sign))

    def less(self, a: Any, b: Any) -> Any:
        """a < b as True, False or a formula."""
        self.require(a)
        self.require(b)
        if not _symbolic(a, b):
            return numbers.less(numbers.number(a), numbers.number(b))
        if a is b or _is(b, 0) and a.sign:
            return False
        if _is(a, 0) and b.sign == POSITIVE:
            return True
        x, y, _ = self._pair(self._finite(a), self._finite(b))
        return formula(truth(x < y))

    def equal(self, a: Any, b: Any) -> Any:
        self.require(a)
        self.require(b)
        if not _symbolic(a, b):
            return numbers.equal(numbers.number(a), numbers.number(b))
        if a is b:
            return True
        if any(_is(x, 0) and y.sign == POSITIVE for x, y in ((a, b), (b, a))):
            return False
        x, y, _ = self._pair(self._finite(a), self._finite(b))
        return formula(truth(x == y))

    def _finite(self, x: Any) -> Term:
        x = self.term(x)
        if x.ok is False:
            raise Declined("a comparison with an infinite or undefined number")
        return x

    def either(self, condition: Any, a: Any, b: Any) -> Any:
        """if-then-else on numbers: finite where the one that is taken is."""
        if isinstance(condition, bool):
            return a if condition else b
        if a is b:
            return a
        a, b = self.term(a), self.term(b)
        x, y, den = self._pair(a, b)
        return Term(self, z3.If(condition, x, y), den, chosen(condition, a.ok, b.ok), min(a.sign, b.sign))

    def maximum(self, a: Any, b: Any) -> Any:
        return self._extreme(a, b, -numbers.INF, lambda a, b: self.less(a, b))

    def minimum(self, a: Any, b: Any) -> Any:
        return self._extreme(a, b, numbers.INF, lambda a, b: self.less(b, a))

    def _extreme(self, a: Any, b: Any, neutral: Any, worse: Callable[[Any, Any], Any]) -> Any:
        for x, y in ((a, b), (b, a)):
            if not isinstance(x, Term) and numbers.is_special(numbers.number(x)) and numbers.number(x) == neutral:
                self.require(y)
                return y
        sign = max(x.sign if isinstance(x, Term) else UNKNOWN for x in (a, b)) if neutral is -numbers.INF else UNKNOWN
        below = worse(a, b)
        if isinstance(below, bool):
            return b if below else a
        a, b = self.term(a), self.term(b)
        x, y, den = self._pair(a, b)
        sign = max(sign, min(a.sign, b.sign))
        if self.path or not self.relaxed:
            return Term(self, z3.If(below, y, x), den, True, sign)
        return Term(self, self._bounded(x, y, sign, above=neutral == -numbers.INF), den, True, sign)

    def _bounded(self, x: Any, y: Any, sign: int, *, above: bool) -> Any:
        """A variable for the larger (or smaller) of two: its bounds are assumed, that it is one of them is set apart."""
        m = z3.Real(f"part_{self.parts}", self.context)
        self.parts += 1
        self.assumed += [m > 0] if sign == POSITIVE else [m >= 0] if sign else []
        self.assumed += [m >= x, m >= y] if above else [m <= x, m <= y]
        self.splits.append(z3.Or(m == x, m == y))
        return m

    def absolute(self, a: Any) -> Any:
        if not isinstance(a, Term):
            return numbers.absolute(numbers.number(a))
        if a.sign:
            return a
        if self.path or not self.relaxed:
            return Term(self, z3.If(a.num >= 0, a.num, -a.num), a.den, a.ok, NONNEGATIVE)
        return Term(self, self._bounded(a.num, -a.num, NONNEGATIVE, above=True), a.den, a.ok, NONNEGATIVE)

    def whole_power(self, a: Any, n: int) -> Any:
        """a^n; for n < 0 a divisor, and for n = 0 the number 1 even where a is no number."""
        if not isinstance(a, Term):
            return numbers.power(numbers.number(a), numbers.rational(n))
        if n < 0:
            return self.div(numbers.ONE, self.whole_power(a, -n))
        if n == 0:
            self.require(a)
            return numbers.ONE
        out = a
        for _ in range(n - 1):
            out = self.mul(out, a)
        if n % 2 == 0 and isinstance(out, Term) and not out.sign:
            out.sign = NONNEGATIVE
        return out

    def root(self, a: Any, n: int, *, odd: bool = False) -> Any:
        """The n-th root: a variable r with r^n = a. Not finite where a < 0, unless `odd` asks for the negative root."""
        if not isinstance(a, Term):
            raise Declined("a root of a constant")
        if self.path:
            raise Declined("a root in a branch that depends on the point")
        key = (n, odd, a.num.get_id(), *(x.get_id() for x in a.den), a.ok is not True and id(a))
        if key not in self.roots:
            self.roots[key] = a, self._root(a, n, odd)  # the argument is kept: ids are used again
        return self.roots[key][1]

    def _root(self, a: Term, n: int, odd: bool) -> Term:
        r = z3.Real(f"root_{len(self.roots)}", self.context)
        power = r
        for _ in range(n - 1):
            power = power * r
        holds = [times(power, a.den) == a.num]
        inside = True if odd or a.sign or self.proves(conj(a.ok, a.num >= 0)) else a.num >= 0
        if not odd:
            holds.append(r >= 0)
        given = conj(a.ok, inside)
        self.assumed.extend(holds if given is True else [z3.Implies(_bool(given, self.context), x) for x in holds])
        if odd:  # the sign is the argument's
            return Term(self, r, (), a.ok, a.sign)
        return Term(self, r, (), given, max(a.sign, NONNEGATIVE))

    def power(self, a: Any, exponent: Any) -> Any:
        """a to a constant fraction."""
        if not _symbolic(a, exponent):
            return numbers.power(numbers.number(a), numbers.number(exponent))
        if isinstance(exponent, Term) or not numbers.is_rational(exponent):
            raise Declined("an exponent that is not a constant fraction")
        fraction = numbers.as_fraction(exponent)
        if max(abs(fraction.numerator), fraction.denominator) > 8:
            raise Declined(f"the exponent {fraction}")
        if fraction.denominator == 1:
            return self.whole_power(a, fraction.numerator)
        return self.whole_power(self.root(a, fraction.denominator), fraction.numerator)


def _symbolic(*xs: Any) -> bool:
    return any(isinstance(x, Term) for x in xs)


def _is(x: Any, n: int) -> bool:
    if isinstance(x, Term):
        return False
    x = numbers.number(x)
    return numbers.is_rational(x) and not numbers.is_special(x) and numbers.as_fraction(x) == n


def degree(x: Any) -> int:
    """A bound on the degree of a formula of polynomials, quotients counted as products."""
    known: dict[int, int] = {}

    def of(x: Any) -> int:
        if x.get_id() not in known:
            inner = [of(child) for child in x.children()]
            kind = x.decl().kind()
            if kind in (z3.Z3_OP_MUL, z3.Z3_OP_DIV):
                known[x.get_id()] = sum(inner)
            else:
                known[x.get_id()] = max(inner, default=0 if z3.is_rational_value(x) else 1)
        return known[x.get_id()]

    return of(x)


def times(x: Any, factors: Factors) -> Any:
    """x times all factors."""
    for factor in factors:
        x = x * factor
    return x


def _bool(x: Any, context: z3.Context) -> Any:
    return z3.BoolVal(x, context) if isinstance(x, bool) else x
