"""Rules that fold an axis: sums, extremes, places of extremes, orders, products of matrices."""

from __future__ import annotations

from collections.abc import Callable

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.lift.arrays import Array, counted, from_the_end, new
from axiomkd.tracing.lift.elementwise import NUMBERS, maximum, minimum
from axiomkd.tracing.lift.lifted import Lifted
from axiomkd.tracing.lift.table import REAL, TRUTH, WHOLE, Entry, Signature, alike, named
from axiomkd.tracing.terms import ONE, ZERO, Term, add, bind, mul, num, substitute
from axiomkd.tracing.walk import Equation

JOINS: dict[str, Callable[[Term, Term], Term]] = {"sum": add, "prod": mul, "amax": maximum, "amin": minimum}
SHORT = 4  # entries of an axis up to which a reduction over cases is written out


def _reduce(op: str) -> Callable:
    def rule(lifted: Lifted, equation: Equation, x: Array, *_: Array) -> Array:
        gone = {d % len(x.at) for d in equation.params["axes"]} if x.at else set()
        if x.kind == "i" and op in ("amax", "amin"):
            lifted.nonempty(*(x.shape[d] for d in gone))  # the largest of no whole numbers is the least of their type
        return _folded(op, x, gone)

    return rule


def _folded(op: str, x: Array, gone: set[int]) -> Array:
    entry = x.entry
    for d in sorted(gone, reverse=True):
        entry = reduced(op, x.at[d], entry)
    return Array(tuple(a for d, a in enumerate(x.at) if d not in gone), entry)


def reduced(op: str, variable: Term, body: Term) -> Term:
    """A reduction over an index; an axis of length 1 has one entry."""
    n = variable.args[0]
    if n is ONE:
        return substitute(body, {variable: ZERO})
    if op in JOINS and terms.is_num(n) and 0 < n.data <= SHORT and _by_cases(body, variable):
        join = JOINS[op]
        whole = substitute(body, {variable: ZERO})
        for m in range(1, int(n.data)):
            whole = join(whole, substitute(body, {variable: num(m)}))
        return whole
    return bind(op, variable, body)


def _by_cases(body: Term, variable: Term) -> bool:
    """Whether a stack of unlike arrays, or a row of parameters, is reduced: its entries are given case by case."""
    return any(t.op == "where" and variable in t.args[0].free for t in terms.walk(body))


def _any(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    """Whether the largest of 0 and 1 is 1; none of nothing."""
    ones = Array(x.at, terms.indicator(x.entry))
    found = _folded("amax", ones, {d % len(x.at) for d in equation.params["axes"]} if x.at else set())
    return Array(found.at, terms.compare("eq", found.entry, ONE))


def _all(lifted: Lifted, equation: Equation, x: Array) -> Array:
    """Whether the least of 0 and 1 is 1; where there may be nothing, which is all of it, that none fails."""
    gone = {d % len(x.at) for d in equation.params["axes"]} if x.at else set()
    if all(lifted.bounds.nonempty(x.shape[d]) for d in gone):
        found = _folded("amin", Array(x.at, terms.indicator(x.entry)), gone)
        return Array(found.at, terms.compare("eq", found.entry, ONE))
    fails = _any(lifted, equation, Array(x.at, terms.negate(x.entry)))
    return Array(fails.at, terms.negate(fails.entry))


def _argument(op: str) -> Callable:
    def rule(lifted: Lifted, equation: Equation, x: Array) -> Array:
        (axis,) = equation.params["axes"]
        lifted.nonempty(x.shape[axis])
        return Array(tuple(a for d, a in enumerate(x.at) if d != axis), bind(op, x.at[axis], counted(x).entry))

    return rule


def _cumulative_sum(_lifted: Lifted, equation: Equation, x: Array) -> Array:
    axis, last = equation.params["axis"], equation.params["reverse"]
    j = terms.index(x.shape[axis])
    upto = terms.compare("ge", *((j, x.at[axis]) if last else (x.at[axis], j)))
    inner = substitute(x.entry, {x.at[axis]: j})
    return Array(x.at, bind("sum", j, terms.where(upto, inner, ZERO)))


def _sort(_lifted: Lifted, equation: Equation, x: Array) -> list[Array]:
    axis = equation.params["dimension"]
    at = terms.index(x.shape[axis])
    entry = bind("sorted", x.at[axis], x.entry, at)
    return [Array((*x.at[:axis], at, *x.at[axis + 1 :]), entry)]


def _top_k(lifted: Lifted, equation: Equation, x: Array) -> list[Array]:
    """The largest entries of an axis, in falling order; their places are opaque."""
    axis = equation.params.get("axis", -1) % len(x.at)
    shape = [*x.shape[:axis], sizes.length(equation.params["k"]), *x.shape[axis + 1 :]]

    def entry(*at: Term) -> Term:
        others = {v: a for d, (v, a) in enumerate(zip(x.at, at, strict=True)) if d != axis}
        return bind("sorted", x.at[axis], substitute(x.entry, others), from_the_end(at[axis], x.shape[axis]))

    return [new(shape, entry), lifted.unknown(equation, [x], "the places")[1]]


def _dot_general(_lifted: Lifted, equation: Equation, x: Array, y: Array) -> Array:
    (cx, cy), (bx, by) = equation.params["dimension_numbers"]
    free_x = [d for d in range(len(x.at)) if d not in (*cx, *bx)]
    free_y = [d for d in range(len(y.at)) if d not in (*cy, *by)]
    at_x, at_y = list(x.at), [terms.index(n) for n in y.shape]
    for a, b in zip((*bx, *cx), (*by, *cy), strict=True):
        at_y[b] = at_x[a]
    entry = mul(x.entry, y(*at_y))
    for d in reversed(cx):
        entry = reduced("sum", at_x[d], entry)
    return Array((*(at_x[d] for d in bx), *(at_x[d] for d in free_x), *(at_y[d] for d in free_y)), entry)


def _plain(precision: object) -> bool:
    """How carefully to multiply, and not: in another type than the operands'."""
    return precision is None or all(type(p).__name__ in ("Precision", "NoneType") for p in _several(precision))


def _several(x: object) -> tuple:
    return x if isinstance(x, tuple) else (x,)


AXES = named("axes")
PLACES = tuple(Signature((of,), (WHOLE,)) for of in (REAL, WHOLE, TRUTH))

ENTRIES: dict[str, Entry] = {
    "reduce_sum": Entry(_reduce("sum"), NUMBERS, AXES),
    "reduce_prod": Entry(_reduce("prod"), NUMBERS, AXES),
    "reduce_max": Entry(_reduce("amax"), NUMBERS, AXES, computes=False),
    "reduce_min": Entry(_reduce("amin"), NUMBERS, AXES, computes=False),
    # Of whole numbers these two fold bits.
    "reduce_and": Entry(_all, alike(TRUTH), AXES),
    "reduce_or": Entry(_any, alike(TRUTH), AXES),
    "argmax": Entry(_argument("argmax"), PLACES, AXES | named("index_dtype")),
    "argmin": Entry(_argument("argmin"), PLACES, AXES | named("index_dtype")),
    "cumsum": Entry(_cumulative_sum, NUMBERS, named("axis", "reverse")),
    "sort": Entry(
        _sort,
        NUMBERS,
        named("dimension", "is_stable") | {"num_keys": lambda n: n == 1},
        operands=1,
        computes=False,
    ),
    "top_k": Entry(
        _top_k,
        (Signature((REAL,), (REAL, WHOLE)), Signature((WHOLE,), (WHOLE, WHOLE))),
        named("k", "axis"),
        computes=False,
    ),
    # A product of truth values is "or" of "and"s.
    "dot_general": Entry(
        _dot_general,
        (Signature((REAL | WHOLE,), (REAL,)), Signature((WHOLE,), (WHOLE,))),
        named("dimension_numbers", "preferred_element_type") | {"precision": _plain},
    ),
}
