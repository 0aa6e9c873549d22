"""A jaxpr as terms of a real-arithmetic solver: a rule a primitive, over the numbers of `smt_terms`.

Real arrays hold numbers of the tower or Terms, truth values are bools or Truths, whole numbers are ints or Choices; all
that is concrete is left to the rules of exact evaluation. It refuses to know claims and queries.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from axiomkd.core.late import late
from axiomkd.tracing import exact_control, exact_structure, numbers
from axiomkd.tracing.arrays import is_real, lift
from axiomkd.tracing.exact import EXACT
from axiomkd.tracing.smt_terms import (
    MOST_CASES,
    Choice,
    Declined,
    Problem,
    Term,
    Truth,
    chosen,
    conj,
    disj,
    formula,
    negated,
    truth,
)
from axiomkd.tracing.walk import Equation, Rule, Rules, unsupported, walk

if TYPE_CHECKING:
    import z3
else:
    z3 = late("z3")

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
