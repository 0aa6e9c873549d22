"""A jaxpr as terms of a real-arithmetic solver: what Z3 is told of an operator at one size.

Real arrays hold numbers of the tower or Terms, truth values are bools or Truths, whole numbers are ints or Choices; all
that is concrete is left to the rules of exact evaluation. A Term knows where it is a finite number, exactly. What would
turn an infinite or undefined value into an ordinary one (a comparison, a maximum, a divisor) asks for a proof that the
value is finite on the whole domain, and declines without one. It refuses to know claims and queries.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import z3

from axiomkd.jaxpr import exact_control, exact_structure, numbers
from axiomkd.jaxpr.arrays import is_real, lift
from axiomkd.jaxpr.exact import EXACT
from axiomkd.jaxpr.walk import Equation, Rule, Rules, unsupported, walk

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

    def variable(self, name: str, sign: int = UNKNOWN) -> Term:
        """A new real variable, assumed to have that sign."""
        x = z3.Real(name, self.context)
        if sign:
            self.assumed.append(x > 0 if sign == POSITIVE else x >= 0)
        return Term(self, x, sign=sign)

    def assume(self, condition: Any) -> None:
        self.assumed.append(condition)

    def proves(self, condition: Any) -> bool:
        """Whether a small query shows the condition wherever the assumptions hold; False where it does not end."""
        if isinstance(condition, bool):
            return condition
        known = self._settled.get(condition.get_id())
        if known is None:
            solver = z3.SolverFor("QF_NRA", ctx=self.context)
            solver.set("rlimit", SMALL_RLIMIT)
            solver.add(*self.assumed, z3.Not(condition))
            known = condition, solver.check() == z3.unsat  # the condition is kept: ids are used again
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


# ---- arrays


def depends(x: np.ndarray) -> bool:
    """Whether an array holds anything that depends on the point."""
    return x.dtype == object and any(isinstance(element, (Term, Truth, Choice)) for element in x.flat)


def loosened(x: np.ndarray) -> np.ndarray:
    return x if x.dtype == object else x.astype(object)


def tidied(x: Any, dtype: Any) -> np.ndarray:
    """An array of truth values or whole numbers, as NumPy's own where none of them depends on the point."""
    x = _array(x)
    return x if is_real(dtype) or depends(x) else x.astype(dtype)


def _array(x: Any) -> np.ndarray:
    if isinstance(x, np.ndarray):
        return x
    out = np.empty((), dtype=object)
    out[()] = x
    return out


def each(function: Callable[..., Any], *xs: np.ndarray) -> np.ndarray:
    return _array(np.frompyfunc(function, len(xs), 1)(*map(loosened, xs)))


def fold(function: Callable[..., Any], x: np.ndarray, axes: Iterable[int]) -> np.ndarray:
    """x folded along axes; nothing to fold is declined."""
    x = loosened(x)
    if x.size == 0:
        raise Declined("an empty array")
    combine: Any = np.frompyfunc(function, 2, 1)
    for axis in sorted(axes, reverse=True):
        x = _array(combine.reduce(x, axis=axis))
    return x


def cases_of(x: Any) -> list[tuple[Any, Any]]:
    """The values of a truth value or whole number, each with its condition."""
    if isinstance(x, Truth):
        return [(True, x.x), (False, z3.Not(x.x))]
    return list(x.cases.items()) if isinstance(x, Choice) else [(x, True)]


def combinations(xs: Sequence[Any]) -> list[tuple[tuple[Any, ...], Any]]:
    """The values of several such elements together, each combination with its condition."""
    ways = [cases_of(x) for x in xs]
    if np.prod([len(way) for way in ways], dtype=float) > MOST_CASES:
        raise Declined(f"whole numbers that may have more than {MOST_CASES} combinations of values")
    return [
        (tuple(v for v, _ in way), condition)
        for way in itertools.product(*ways)
        if (condition := conj(*(c for _, c in way))) is not False
    ]


def gathered(outcomes: Iterable[tuple[Any, Any]], dtype: Any) -> Any:
    """One truth value or whole number from its values and their conditions."""
    conditions: dict[Any, Any] = {}
    for value, condition in outcomes:
        value = np.asarray(value, dtype).item()
        conditions[value] = disj(conditions[value], condition) if value in conditions else condition
    if len(conditions) == 1:
        return next(iter(conditions))
    return truth(conditions[True]) if dtype == np.bool_ else Choice(conditions)


# ---- rules


def _by_cases(equation: Equation, *xs: np.ndarray) -> np.ndarray:
    """An elementwise primitive on truth values and whole numbers: exact evaluation, value by value."""
    dtype = equation.outvars[0].aval.dtype
    exact = EXACT.primitives[equation.primitive.name]
    dtypes = [variable.aval.dtype for variable in equation.invars]

    def one(*elements: Any) -> Any:
        outcomes = []
        for values, condition in combinations(elements):
            arrays = [np.asarray(v, t) for v, t in zip(values, dtypes, strict=True)]
            outcomes.append((exact(equation, *arrays), condition))
        return gathered(outcomes, dtype)

    return tidied(each(one, *xs), dtype)


def _whole_remainder(equation: Equation, *xs: np.ndarray) -> np.ndarray:
    if is_real(equation.invars[0].aval.dtype):
        raise Declined("on real numbers")
    return _by_cases(equation, *xs)


def _elementwise(real: Callable[..., Any]) -> Rule:
    def rule(equation: Equation, *xs: np.ndarray) -> np.ndarray:
        if is_real(equation.invars[0].aval.dtype):
            return tidied(each(real, *xs), equation.outvars[0].aval.dtype)
        return _by_cases(equation, *xs)

    return rule


def _reduction(real: Callable[..., Any], whole: Callable[..., Any]) -> Rule:
    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        dtype = equation.outvars[0].aval.dtype
        if is_real(dtype):
            return fold(real, x, equation.params["axes"])

        def both(a: Any, b: Any) -> Any:
            return gathered([(whole(*v), c) for v, c in combinations([a, b])], dtype)

        return tidied(fold(both, x, equation.params["axes"]), dtype)

    return rule


def _running(real: Callable[..., Any]) -> Rule:
    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        if not is_real(equation.outvars[0].aval.dtype):
            raise Declined("running sums of whole numbers that depend on the point")
        axis, backward = equation.params["axis"], equation.params["reverse"]
        combine: Any = np.frompyfunc(real, 2, 1)
        running = combine.accumulate(np.flip(x, axis) if backward else x, axis=axis)
        return np.flip(running, axis) if backward else running

    return rule


def _logical(combine: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: truth(combine(formula(a), formula(b)))


def _connective(combine: Callable[..., Any]) -> Rule:
    def rule(equation: Equation, *xs: np.ndarray) -> np.ndarray:
        if equation.invars[0].aval.dtype != np.bool_:
            return _by_cases(equation, *xs)
        return tidied(each(lambda *e: truth(combine(*map(formula, e))), *xs), np.bool_)

    return rule


def _quantifier(combine: Callable[..., Any]) -> Rule:
    return lambda equation, x: tidied(fold(_logical(combine), x, equation.params["axes"]), np.bool_)


def _dot_general(equation: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if not is_real(equation.invars[0].aval.dtype):
        raise Declined("a product of whole numbers that depend on the point")
    (contract_a, contract_b), (batch_a, batch_b) = equation.params["dimension_numbers"]
    labels_a = list(range(a.ndim))
    labels_b = [a.ndim + axis for axis in range(b.ndim)]
    for x, y in ((contract_a, contract_b), (batch_a, batch_b)):
        for axis_a, axis_b in zip(x, y, strict=True):
            labels_b[axis_b] = labels_a[axis_a]
    kept_a = [x for axis, x in enumerate(labels_a) if axis not in (*contract_a, *batch_a)]
    kept_b = [x for axis, x in enumerate(labels_b) if axis not in (*contract_b, *batch_b)]
    return _array(np.einsum(a, labels_a, b, labels_b, [labels_a[axis] for axis in batch_a] + kept_a + kept_b))


def _moved(structure: Rule) -> Rule:
    """A rule that only moves elements; all that it is given becomes arrays of objects first."""

    def rule(equation: Equation, *xs: np.ndarray) -> Any:
        out = structure(equation, *map(loosened, xs))
        if equation.primitive.multiple_results:
            return [tidied(x, variable.aval.dtype) for x, variable in zip(out, equation.outvars, strict=True)]
        return tidied(out, equation.outvars[0].aval.dtype)

    return rule


class Table:
    """The rules of one problem."""

    def __init__(self, problem: Problem):
        self.problem = problem
        self.rules = Rules(lift, {name: self._guarded(rule, name) for name, rule in self._all().items()})

    def walk(self, jaxpr: Any, args: Sequence[Any]) -> list[Any]:
        return walk(jaxpr, args, self.rules)

    def _guarded(self, rule: Rule | None, name: str) -> Rule:
        """Exact evaluation where nothing depends on the point; a reason becomes an error with the user's line."""

        def guarded(equation: Equation, *xs: np.ndarray) -> Any:
            if name not in CONTROL and name in EXACT.primitives and not any(map(depends, xs)):
                return EXACT.primitives[name](equation, *xs)
            if rule is None:
                raise unsupported(equation)
            try:
                return rule(equation, *xs)
            except Declined as reason:
                raise unsupported(equation, str(reason)) from None

        return guarded

    def _all(self) -> dict[str, Rule | None]:
        p = self.problem
        reals: dict[str, Callable[..., Any]] = {
            "add": p.add,
            "add_any": p.add,
            "sub": p.sub,
            "mul": p.mul,
            "div": p.div,
            "neg": p.neg,
            "abs": p.absolute,
            "square": lambda x: p.whole_power(x, 2),
            "pow": p.power,
            "max": p.maximum,
            "min": p.minimum,
            "sign": lambda x: p.either(p.less(0, x), numbers.ONE, p.either(p.less(x, 0), -numbers.ONE, numbers.ZERO)),
            "sqrt": lambda x: p.root(x, 2) if isinstance(x, Term) else numbers.sqrt(x),
            "rsqrt": lambda x: p.div(1, p.root(x, 2) if isinstance(x, Term) else numbers.sqrt(x)),
            "cbrt": lambda x: p.root(x, 3, odd=True),
            "clamp": lambda low, x, high: p.minimum(p.maximum(x, low), high),
            "eq": lambda a, b: truth(p.equal(a, b)),
            "ne": lambda a, b: truth(negated(p.equal(a, b))),
            "lt": lambda a, b: truth(p.less(a, b)),
            "gt": lambda a, b: truth(p.less(b, a)),
            "le": lambda a, b: truth(negated(p.less(b, a))),
            "ge": lambda a, b: truth(negated(p.less(a, b))),
            "is_finite": lambda x: truth(x.ok) if isinstance(x, Term) else numbers.is_finite(x),
        }
        return {
            **dict.fromkeys(EXACT.primitives),
            **{name: _elementwise(real) for name, real in reals.items()},
            **{name: _moved(EXACT.primitives[name]) for name in MOVES if name in EXACT.primitives},
            **{name: EXACT.primitives[name] for name in UNCHANGED if name in EXACT.primitives},
            **{name: self._indexed(first) for name, first in INDEXED.items()},
            **exact_control.rules(self.walk),
            "scatter-add": self._combining(p.add),
            "scatter_add": self._combining(p.add),
            "scatter-mul": self._combining(p.mul),
            "scatter_mul": self._combining(p.mul),
            "rem": _whole_remainder,
            "cond": self._cond,
            "integer_pow": self._integer_pow,
            "convert_element_type": self._convert,
            "select_n": self._select_n,
            "dot_general": _dot_general,
            "argmax": self._extreme_place(p.less),
            "argmin": self._extreme_place(lambda a, b: p.less(b, a)),
            "sort": self._sort,
            "top_k": self._top_k,
            "reduce_sum": _reduction(p.add, np.add),
            "reduce_prod": _reduction(p.mul, np.multiply),
            "reduce_max": _reduction(p.maximum, np.maximum),
            "reduce_min": _reduction(p.minimum, np.minimum),
            "cumsum": _running(p.add),
            "cumprod": _running(p.mul),
            "cummax": _running(p.maximum),
            "cummin": _running(p.minimum),
            "and": _connective(conj),
            "or": _connective(disj),
            "not": _connective(negated),
            "xor": _connective(lambda a, b: chosen(a, negated(b), b)),
            "reduce_and": _quantifier(conj),
            "reduce_or": _quantifier(disj),
        }

    def _integer_pow(self, equation: Equation, x: np.ndarray) -> np.ndarray:
        if not is_real(equation.invars[0].aval.dtype):
            return _by_cases(equation, x)
        return each(lambda element: self.problem.whole_power(element, equation.params["y"]), x)

    def _convert(self, equation: Equation, x: np.ndarray) -> np.ndarray:
        before, after = equation.invars[0].aval.dtype, equation.params["new_dtype"]
        if is_real(before) and is_real(after):
            return x
        if is_real(before) and after == np.bool_:
            return tidied(each(lambda e: truth(negated(self.problem.equal(e, 0))), x), np.bool_)
        if is_real(before):
            raise Declined(f"a real number made {after}")
        return each(self._real, x) if is_real(after) else _by_cases(equation, x)

    def _real(self, element: Any) -> Any:
        """A truth value or whole number as a real one."""
        (*others, (last, _)) = cases_of(element)
        out = numbers.rational(int(last))
        for value, condition in reversed(others):
            out = self.problem.either(condition, numbers.rational(int(value)), out)
        return out

    def _select_n(self, equation: Equation, which: np.ndarray, *cases: np.ndarray) -> np.ndarray:
        dtype = equation.outvars[0].aval.dtype

        def one(index: Any, *options: Any) -> Any:
            ways = [(int(value), condition) for value, condition in cases_of(index)]
            return self._merged([(options[value], condition) for value, condition in ways], dtype)

        return tidied(each(one, np.broadcast_to(which, cases[0].shape), *cases), dtype)

    def _merged(self, options: Sequence[tuple[Any, Any]], dtype: Any) -> Any:
        """One element from what it is under conditions of which exactly one holds."""
        if is_real(dtype):
            out = options[-1][0]
            for element, condition in reversed(options[:-1]):
                out = self.problem.either(condition, element, out)
            return out
        if dtype == np.bool_:
            return truth(disj(False, *(conj(condition, formula(element)) for element, condition in options)))
        inner = [(v, conj(condition, c)) for element, condition in options for v, c in cases_of(element)]
        if len(inner) > MOST_CASES:
            raise Declined(f"a whole number that may have more than {MOST_CASES} values")
        return gathered(inner, dtype)

    # ---- places that depend on the point

    def _indexed(self, first: int) -> Rule:
        """A primitive whose whole inputs from `first` on say where: each place it may be, and a choice among the results."""

        def rule(equation: Equation, *xs: np.ndarray) -> np.ndarray:
            stop = first + 1 if equation.primitive.name in ("gather", "scatter") else len(xs)
            places = xs[first:stop]
            flat = [element for x in places for element in loosened(x).flat]
            dtype, outcomes = equation.outvars[0].aval.dtype, []
            for values, condition in combinations(flat):
                parts = np.split(np.array(values, dtype=np.int64), np.cumsum([x.size for x in places])[:-1])
                concrete = [part.reshape(x.shape) for part, x in zip(parts, places, strict=True)]
                inputs = [*map(loosened, xs[:first]), *concrete, *map(loosened, xs[stop:])]
                outcomes.append(
                    (loosened(_array(EXACT.primitives[equation.primitive.name](equation, *inputs))), condition)
                )
            if not is_real(dtype) and any(type(x) is float for out, _ in outcomes for x in out.flat):
                raise Declined("an index outside")
            shape = outcomes[0][0].shape
            merged = np.empty(shape, dtype=object)
            for at in np.ndindex(*shape):
                merged[at] = self._merged([(out[at], condition) for out, condition in outcomes], dtype)
            return tidied(merged, dtype)

        return rule

    def _combining(self, function: Callable[..., Any]) -> Rule:
        inner = exact_structure.scatter(function)

        def rule(equation: Equation, x: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> np.ndarray:
            if not is_real(equation.invars[0].aval.dtype) or depends(indices):
                raise Declined("a scatter to places that depend on the point, or of whole numbers")
            return inner(equation, x, indices, updates)

        return rule

    def _cond(self, equation: Equation, index: np.ndarray, *operands: np.ndarray) -> list[Any]:
        branches = equation.params["branches"]
        merged: dict[int, Any] = {}
        for value, condition in cases_of(index[()]):
            place = min(max(int(value), 0), len(branches) - 1)
            merged[place] = disj(merged[place], condition) if place in merged else condition
        results = []
        for place, condition in merged.items():
            self.problem.path += [] if condition is True else [condition]
            try:
                results.append((self.walk(branches[place], operands), condition))
            finally:
                self.problem.path = self.problem.path[: len(self.problem.path) - (condition is not True)]
        outputs = []
        for n, variable in enumerate(equation.outvars):
            out = np.empty(variable.aval.shape, dtype=object)
            for at in np.ndindex(*out.shape):
                out[at] = self._merged([(_element(result[n], at), c) for result, c in results], variable.aval.dtype)
            outputs.append(tidied(out, variable.aval.dtype))
        return outputs

    # ---- order

    def _extreme_place(self, less: Callable[[Any, Any], Any]) -> Rule:
        """The first place that no other beats."""

        def place(values: Sequence[Any]) -> Any:
            outcomes = []
            for i, x in enumerate(values):
                before = [less(y, x) for y in values[:i]]
                after = [negated(less(x, y)) for y in values[i + 1 :]]
                outcomes.append((i, conj(True, *before, *after)))
            return gathered([(i, c) for i, c in outcomes if c is not False], np.int64)

        def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
            (axis,) = equation.params["axes"]
            if not is_real(equation.invars[0].aval.dtype):
                x = each(self._real, x)
            moved = np.moveaxis(x, axis, -1)
            out = np.empty(moved.shape[:-1], dtype=object)
            for at in np.ndindex(*out.shape):
                out[at] = place(list(moved[at]))
            return tidied(out, equation.outvars[0].aval.dtype)

        return rule

    def _sort(self, equation: Equation, *operands: np.ndarray) -> list[np.ndarray]:
        axis, keys = equation.params["dimension"], equation.params["num_keys"]
        if keys != 1 or not is_real(equation.invars[0].aval.dtype):
            raise Declined("sorting by other than one real key")
        return self._ordered(equation, operands, axis, self.problem.less)

    def _top_k(self, equation: Equation, x: np.ndarray) -> list[np.ndarray]:
        if not is_real(equation.invars[0].aval.dtype):
            raise Declined("the largest of whole numbers that depend on the point")
        axis, k = equation.params.get("axis", -1) % x.ndim, equation.params["k"]
        counted = np.moveaxis(np.broadcast_to(np.arange(x.shape[axis]), np.moveaxis(x, axis, -1).shape), -1, axis)
        both = self._ordered(equation, (x, counted), axis, lambda a, b: self.problem.less(b, a))
        kept = [part.take(range(k), axis) for part in both]
        return [tidied(part, variable.aval.dtype) for part, variable in zip(kept, equation.outvars, strict=True)]

    def _ordered(self, equation: Equation, operands: Sequence[np.ndarray], axis: int, before: Any) -> list[np.ndarray]:
        """Neighbours swapped where they are out of order, as often as needed: equal ones keep their order."""
        moved = [np.moveaxis(loosened(x), axis, -1).copy() for x in operands]
        dtypes = [variable.aval.dtype for variable in equation.outvars]
        n = moved[0].shape[-1]
        for at in np.ndindex(*moved[0].shape[:-1]):
            for last in range(n - 1, 0, -1):
                for i in range(last):
                    swap = before(moved[0][at][i + 1], moved[0][at][i])
                    for x, dtype in zip(moved, dtypes, strict=True):
                        a, b = x[at][i], x[at][i + 1]
                        x[at][i] = self._merged([(b, swap), (a, negated(swap))], dtype) if swap is not False else a
                        x[at][i + 1] = self._merged([(a, swap), (b, negated(swap))], dtype) if swap is not False else b
        return [tidied(np.moveaxis(x, -1, axis), dtype) for x, dtype in zip(moved, dtypes, strict=True)]


def _element(x: np.ndarray, at: tuple[int, ...]) -> Any:
    return loosened(x)[at]


CONTROL = {"cond", "while", "scan"}
UNCHANGED = (
    *("reduce_precision", "stop_gradient", "copy", "copy_p", "name", "pvary"),
    *("sharding_constraint", "device_put", "optimization_barrier"),
)
MOVES = (
    *("broadcast_in_dim", "reshape", "transpose", "squeeze", "expand_dims", "rev", "tile"),
    *("concatenate", "split", "stack", "unstack", "slice", "pad"),
)
INDEXED = {"dynamic_slice": 1, "gather": 1, "dynamic_update_slice": 2, "scatter": 1}
"""Where in the inputs of a primitive the places begin."""


def evaluate(problem: Problem, closed_jaxpr: Any, args: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The outputs of a closed jaxpr on arrays of numbers and terms. Raises Unsupported where no term says what it does."""
    return Table(problem).walk(closed_jaxpr, args)
