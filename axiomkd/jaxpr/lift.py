"""From a jaxpr, traced at fixed or at symbolic sizes, to terms: the entry of every array as a formula.

The meaning is the code's, infinities and NaN included; nothing is proved here. A primitive that no rule knows, or an
index that may be out of range, gives an opaque term that remembers the primitive and the user's line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import numpy as np
from jax.export import is_symbolic_dim

from axiomkd.jaxpr import sizes, terms
from axiomkd.jaxpr.reroll import rerolled, sequence
from axiomkd.jaxpr.terms import ONE, ZERO, Term, add, apply, bind, div, mul, neg, num, power, sub, substitute
from axiomkd.jaxpr.walk import CALLS, Equation, Rules, walk, where

UNROLL = 16  # steps of a loop that are written out where it is no plain sum, product or maximum
LARGE = 60_000  # nodes of a term beyond which nothing is derived


@dataclass(frozen=True)
class Array:
    """An array by its entry: `entry` is a term in the free indices `at`, one an axis. `kind`: "f", "i" or "b"."""

    at: tuple[Term, ...]
    entry: Term
    kind: str

    @property
    def shape(self) -> tuple[Term, ...]:
        return tuple(i.args[0] for i in self.at)

    def __call__(self, *places: Term) -> Term:
        """The entry at these index terms."""
        return substitute(self.entry, dict(zip(self.at, places, strict=True)))


def new(shape: Sequence[Term], entry: Callable[..., Term], kind: str = "f") -> Array:
    """The array of that shape whose entry at indices i… is entry(i…)."""
    at = tuple(terms.index(n) for n in shape)
    return Array(at, entry(*at), kind)


def scalar(entry: Term, kind: str = "f") -> Array:
    return Array((), entry, kind)


class Lifted:
    """Lifts jaxprs. `smallest` are the least K and C that the sizes may have; `notes` collects what no rule knew."""

    def __init__(self, smallest: tuple[int, int] = (2, 2)) -> None:
        self.smallest = smallest
        self.params: dict[str, np.ndarray] = {}
        self.rules = Rules(self.constant, _Table(self, RULES))  # type: ignore[arg-type]

    def walk(self, jaxpr: Any, args: Sequence[Array]) -> list[Array]:
        return walk(jaxpr, args, self.rules)

    # --- constants -------------------------------------------------------------------------------------------------------

    def constant(self, value: Any, aval: Any) -> Array:
        """A literal or a captured array; arrays that are not constant are parameters, named by their content."""
        value = np.asarray(value)
        kind = {"b": "b", "i": "i", "u": "i"}.get(value.dtype.kind, "f")
        if value.ndim == 0:
            return scalar(number(value[()], kind), kind)
        shape = [num(n) for n in value.shape]
        if value.size and (value == value.flat[0]).all():
            return new(shape, lambda *_: number(value.flat[0], kind), kind)
        name = "c" + blake2b(value.tobytes() + str(value.shape).encode(), digest_size=4).hexdigest()
        self.params[name] = value
        marks = (name, bool(np.isfinite(value).all()) if kind == "f" else True, _signs(value))
        return new(shape, lambda *at: terms.make("param", at, marks), kind)

    def in_range(self, place: Term, length: Term) -> bool:
        """Whether an index term surely lies in 0 … length − 1."""
        if place.op in ("index", "bound"):
            return place.args[0] is length or sizes.same(place.args[0], length)
        if place.op in ("argmax", "argmin"):
            return sizes.same(place.args[0].args[0], length)
        if not sizes.whole(place):
            return False
        low, room = sizes.least(place, self.smallest), sizes.least(sub(length, place), self.smallest)
        return low is not None and low >= 0 and room is not None and room >= 1

    def unknown(self, equation: Equation, inputs: Sequence[Array], why: str = "") -> list[Array]:
        """Opaque outputs: anything that may depend on what the inputs depend on."""
        of = frozenset().union(*(a.entry.of for a in inputs), *(i.of for a in inputs for i in a.at))
        name = equation.primitive.name + (f" ({why})" if why else "")
        out = []
        for variable in equation.outvars:
            shape = [sizes.length(n) for n in variable.aval.shape]
            kind = {"b": "b", "i": "i", "u": "i"}.get(np.dtype(variable.aval.dtype).kind, "f")
            out.append(new(shape, lambda *at: terms.opaque(name, where(equation), of, at), kind))
        return out


def number(value: Any, kind: str = "f") -> Term:
    """A scalar as a term: a float by its shortest decimal."""
    if kind == "b":
        return terms.TRUE if value else terms.FALSE
    if kind == "i":
        return num(int(value))
    if np.isnan(value):
        return terms.NAN
    return terms.infinity(1 if value > 0 else -1) if np.isinf(value) else num(Fraction(repr(float(value))))


def _signs(value: np.ndarray) -> str:
    return "".join(
        s for s, there in (("-", (value < 0).any()), ("0", (value == 0).any()), ("+", (value > 0).any())) if there
    )


class _Table(dict):
    """The rules bound to one Lifted; a primitive that is neither in it nor a call is opaque."""

    def __init__(self, lifted: Lifted, rules: dict[str, Callable]) -> None:
        super().__init__()
        self.lifted, self.known = lifted, rules

    def get(self, name: str, default: Any = None) -> Any:
        rule = self.known.get(name)
        if rule is None:
            return default if name in CALLS else lambda equation, *inputs: self._unknown(equation, inputs)

        def applied(equation: Equation, *inputs: Array) -> Any:
            try:
                out = rule(self.lifted, equation, *inputs)
            except (NotLifted, sizes.Unreadable) as e:
                return self._unknown(equation, inputs, str(e))
            several = out if isinstance(out, list) else [out]
            if any(a.entry.size > LARGE for a in several):
                return self._unknown(equation, inputs, "the formula gets too long")
            return out

        return applied

    def _unknown(self, equation: Equation, inputs: Sequence[Array], why: str = "") -> Any:
        out = self.lifted.unknown(equation, inputs, why)
        return out if equation.primitive.multiple_results else out[0]


class NotLifted(Exception):
    """A primitive with parameters that its rule does not cover."""


# --- elementwise ---------------------------------------------------------------------------------------------------------


def elementwise(entry: Callable[..., Term], kind: str | None = None) -> Callable:
    """A rule for an operation entry by entry; scalars are broadcast."""

    def rule(lifted: Lifted, equation: Equation, *inputs: Array) -> Array:
        shape = _joint([a.shape for a in inputs if a.at])
        return new(shape, lambda *at: entry(*(_spread(a, at) for a in inputs)), kind or inputs[-1].kind)

    return rule


def _joint(shapes: Sequence[tuple[Term, ...]]) -> list[Term]:
    """The shape of arrays combined entry by entry: an axis of length 1 goes with any other."""
    if not shapes:
        return []
    return [next((n for n in axis if n is not ONE), ONE) for axis in zip(*shapes, strict=True)]


def _spread(a: Array, at: Sequence[Term]) -> Term:
    """The entry of an array that is broadcast to more indices."""
    return a(*(ZERO if n is ONE else i for i, n in zip(at, a.shape, strict=True))) if a.at else a.entry


def _integer_division(lifted: Lifted, equation: Equation, x: Array, y: Array) -> Array:
    if y.kind == "i":
        raise NotLifted("whole numbers")
    return elementwise(divided)(lifted, equation, x, y)


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
            for place in _places(x):
                if not sizes.same(place.args[0], variable.args[0]):
                    continue
                if substitute(inner, {variable: place}) is x.args[0]:
                    return bind("softmax", variable, raw, place)
    return None


def _addends(x: Term) -> tuple[Term, ...]:
    return x.args if x.op == "add" else (x,)


def _is_negated_max(x: Term) -> bool:
    return x.op == "mul" and len(x.args) == 2 and x.args[0] is num(-1) and x.args[1].op == "amax"


def _places(x: Term) -> list[Term]:
    """The index terms that occur freely in x."""
    return sorted(x.free, key=lambda t: t.key)


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


def _integer_pow(lifted: Lifted, equation: Equation, x: Array) -> Array:
    y = Fraction(equation.params["y"])
    return elementwise(lambda t: _to(t, y), "f" if x.kind == "f" else "i")(lifted, equation, x)


def _to(x: Term, exponent: Fraction) -> Term:
    """x to a power; a negative one is a division, whose zero is infinite."""
    return power(x, exponent) if exponent >= 0 else div(ONE, power(x, -exponent))


def _pow(x: Term, y: Term) -> Term:
    if terms.is_num(y) and abs(y.data) <= 64:
        return _to(x, y.data) if y.data else ONE
    return apply("powr", x, y)


def _convert(lifted: Lifted, equation: Equation, x: Array) -> Array:
    to = {"b": "b", "i": "i", "u": "i"}.get(np.dtype(equation.params["new_dtype"]).kind, "f")
    if x.kind == "b" and to != "b":
        return Array(x.at, terms.indicator(x.entry), to)
    if x.kind == "f" and to == "i":
        raise NotLifted("a real number cut to a whole one")
    if x.kind != "b" and to == "b":
        return Array(x.at, terms.negate(terms.compare("eq", x.entry, ZERO)), "b")
    return Array(x.at, x.entry, to)


def _select(lifted: Lifted, equation: Equation, which: Array, *cases: Array) -> Array:
    if which.kind != "b" or len(cases) != 2:
        raise NotLifted("more than two cases")
    no, yes = cases

    def entry(*at: Term) -> Term:
        return terms.where(_spread(which, at), yes(*at), no(*at))

    return new(yes.shape, entry, yes.kind)


def _function(name: str) -> Callable:
    return elementwise(lambda x: apply("fn", x, data=name))


def _no(lifted: Lifted, equation: Equation, x: Array) -> Array:
    if x.kind != "b":
        raise NotLifted("bits of numbers")
    return Array(x.at, terms.negate(x.entry), "b")


def _bits(entry: Callable[[Term, Term], Term]) -> Callable:
    def rule(lifted: Lifted, equation: Equation, x: Array, y: Array) -> Array:
        if x.kind != "b":
            raise NotLifted("bits of numbers")
        return elementwise(entry, "b")(lifted, equation, x, y)

    return rule


def _order(op: str, swap: bool, negated: bool) -> Callable:
    """x < y is y > x. NaN compares false, so `not (x ≥ y)` is not `x < y`: each has its own form."""

    def entry(x: Term, y: Term) -> Term:
        found = terms.compare(op, *((y, x) if swap else (x, y)))
        return terms.negate(found) if negated else found

    def rule(lifted: Lifted, equation: Equation, x: Array, y: Array) -> Array:
        if "b" in (x.kind, y.kind):
            raise NotLifted("truth values compared")
        return elementwise(entry, "b")(lifted, equation, x, y)

    return rule


# --- shapes --------------------------------------------------------------------------------------------------------------


def _lengths(dimensions: Sequence[Any]) -> list[Term]:
    return [sizes.length(n) for n in dimensions]


def _broadcast(lifted: Lifted, equation: Equation, x: Array, *_: Array) -> Array:
    shape, where_to = _lengths(equation.params["shape"]), equation.params["broadcast_dimensions"]

    def entry(*at: Term) -> Term:
        places = [ZERO if n is ONE else at[d] for n, d in zip(x.shape, where_to, strict=True)]
        return x(*places)

    return new(shape, entry, x.kind)


def _reshape(lifted: Lifted, equation: Equation, x: Array, *_: Array) -> Array:
    """Only axes of length 1 may come and go."""
    shape = _lengths(equation.params["new_sizes"])
    kept = [n for n in x.shape if n is not ONE]
    if len(kept) != sum(n is not ONE for n in shape) or any(
        not sizes.same(a, b) for a, b in zip(kept, (n for n in shape if n is not ONE), strict=True)
    ):
        raise NotLifted("axes merged or split")

    def entry(*at: Term) -> Term:
        long = iter([a for a, n in zip(at, shape, strict=True) if n is not ONE])
        return x(*[ZERO if n is ONE else next(long) for n in x.shape])

    return new(shape, entry, x.kind)


def _squeeze(lifted: Lifted, equation: Equation, x: Array) -> Array:
    gone = {d % len(x.at) for d in equation.params["dimensions"]}
    shape = [n for d, n in enumerate(x.shape) if d not in gone]

    def entry(*at: Term) -> Term:
        rest = iter(at)
        return x(*[ZERO if d in gone else next(rest) for d in range(len(x.at))])

    return new(shape, entry, x.kind)


def _expand_dims(lifted: Lifted, equation: Equation, x: Array) -> Array:
    rank = len(x.at) + len(equation.params["dimensions"])
    added = {d % rank for d in equation.params["dimensions"]}
    old = iter(x.shape)
    shape = [ONE if d in added else next(old) for d in range(rank)]
    return new(shape, lambda *at: x(*[a for d, a in enumerate(at) if d not in added]), x.kind)


def _transpose(lifted: Lifted, equation: Equation, x: Array) -> Array:
    order = equation.params["permutation"]

    def entry(*at: Term) -> Term:
        places = [ZERO] * len(order)
        for a, d in zip(at, order, strict=True):
            places[d] = a
        return x(*places)

    return new([x.shape[d] for d in order], entry, x.kind)


def _rev(lifted: Lifted, equation: Equation, x: Array) -> Array:
    turned = set(equation.params["dimensions"])

    def entry(*at: Term) -> Term:
        return x(
            *[add(n, num(-1), neg(a)) if d in turned else a for d, (a, n) in enumerate(zip(at, x.shape, strict=True))]
        )

    return new(x.shape, entry, x.kind)


def _slice(lifted: Lifted, equation: Equation, x: Array) -> Array:
    starts, stops = _lengths(equation.params["start_indices"]), _lengths(equation.params["limit_indices"])
    steps = equation.params["strides"] or (1,) * len(starts)
    if any(step != 1 for step in steps):
        raise NotLifted("strides")
    shape = [_simple(sub(b, a)) for a, b in zip(starts, stops, strict=True)]
    return new(shape, lambda *at: x(*[_shifted(a, s) for a, s in zip(at, starts, strict=True)]), x.kind)


def _simple(n: Term) -> Term:
    """A length with its like terms added up."""
    poly = sizes.polynomial(n)
    if poly is None:
        return n
    return add(*(mul(num(c), *[terms.K] * a, *[terms.C] * b) for (a, b), c in sorted(poly.items(), reverse=True)))


def _shifted(place: Term, by: Term) -> Term:
    """An index moved by a number; the only entry of an axis of length 1 is entry 0."""
    if place.op in ("index", "bound") and place.args[0] is ONE:
        place = ZERO
    return _simple(add(place, by)) if not place.free else add(place, by)


def _dynamic_slice(lifted: Lifted, equation: Equation, x: Array, *rest: Array) -> Array:
    lengths = _lengths(equation.params["slice_sizes"])
    starts = [a.entry for a in rest[: len(lengths)]]
    for s, n, whole in zip(starts, lengths, x.shape, strict=True):
        if not (
            s is ZERO or (n is ONE and lifted.in_range(s, whole)) or lifted.in_range(_simple(add(s, n, num(-1))), whole)
        ):
            raise NotLifted("an index that may be out of range")
    return new(lengths, lambda *at: x(*[_shifted(a, s) for a, s in zip(at, starts, strict=True)]), x.kind)


def _gather(lifted: Lifted, equation: Equation, x: Array, starts: Array) -> Array:
    how = equation.params["dimension_numbers"]
    if how.operand_batching_dims or how.start_indices_batching_dims:
        raise NotLifted("batched")
    lengths = _lengths(equation.params["slice_sizes"])
    shape = _lengths(equation.outvars[0].aval.shape)
    batch = [d for d in range(len(shape)) if d not in how.offset_dims]
    kept = [d for d in range(len(x.at)) if d not in how.collapsed_slice_dims]

    def entry(*at: Term) -> Term:
        offsets = dict(zip(kept, (at[d] for d in how.offset_dims), strict=True))
        places = []
        for d, whole in enumerate(x.shape):
            start = ZERO
            if d in how.start_index_map:
                start = starts(*(at[b] for b in batch), num(how.start_index_map.index(d)))
                last = start if lengths[d] is ONE else _simple(add(start, lengths[d], num(-1)))
                if not (lifted.in_range(last, whole) or (start is ZERO and sizes.same(lengths[d], whole))):
                    raise NotLifted("an index that may be out of range")
            places.append(_shifted(offsets[d], start) if d in offsets else start)
        return x(*places)

    return new(shape, entry, x.kind)


def _scatter(combine: Callable[[Term, Term], Term]) -> Callable:
    """x.at[place].set(value) and .add(value) at one place; .add at a row of places."""

    def rule(lifted: Lifted, equation: Equation, x: Array, place: Array, value: Array) -> Array:
        how = equation.params["dimension_numbers"]
        if combine is add and len(place.at) == 2 and len(x.at) == len(value.at) == 1 and not how.operand_batching_dims:
            return _scattered_sum(lifted, x, place, value)
        if (
            how.operand_batching_dims
            or len(place.at) != 1
            or set(how.inserted_window_dims) != set(how.scatter_dims_to_operand_dims)
        ):
            raise NotLifted("several places")
        to = list(how.scatter_dims_to_operand_dims)
        starts = {d: place(num(n)) for n, d in enumerate(to)}
        rest = [n for d, n in enumerate(x.shape) if d not in starts]
        if len(rest) != len(value.at) or not all(map(sizes.same, rest, value.shape)):
            raise NotLifted("a part of a row")
        if not all(lifted.in_range(start, x.shape[d]) for d, start in starts.items()):
            raise NotLifted("an index that may be out of range")

        def entry(*at: Term) -> Term:
            here = terms.TRUE
            for d, start in starts.items():
                here = terms.both(here, terms.compare("eq", start, at[d]))
            new_value = value(*[a for d, a in enumerate(at) if d not in starts])
            if combine is add:
                return add(x(*at), terms.where(here, new_value, ZERO))
            return terms.where(here, new_value, x(*at))

        return new(x.shape, entry, x.kind)

    return rule


def _scattered_sum(lifted: Lifted, x: Array, place: Array, value: Array) -> Array:
    """x_i + Σ_k [place_k = i] value_k."""
    k = value.at[0]
    start = place(k, ZERO)
    if not lifted.in_range(start, x.shape[0]):
        raise NotLifted("an index that may be out of range")

    def entry(i: Term) -> Term:
        here = terms.compare("eq", start, i)
        return add(x(i), bind("sum", k, terms.where(here, value.entry, ZERO)))

    return new(x.shape, entry, x.kind)


def _top_k(lifted: Lifted, equation: Equation, x: Array) -> list[Array]:
    """The largest entries of the last axis, in falling order; their places are opaque."""
    if equation.params.get("axis", len(x.at) - 1) not in (-1, len(x.at) - 1):
        raise NotLifted("another axis than the last")
    shape = [*x.shape[:-1], sizes.length(equation.params["k"])]
    last = add(x.shape[-1], num(-1))

    def entry(*at: Term) -> Term:
        body = substitute(x.entry, dict(zip(x.at[:-1], at[:-1], strict=True)))
        return bind("sorted", x.at[-1], body, _simple(sub(last, at[-1])) if not at[-1].free else sub(last, at[-1]))

    return [new(shape, entry), lifted.unknown(equation, [x], "the places")[1]]


def _concatenate(lifted: Lifted, equation: Equation, *parts: Array) -> Array:
    axis = equation.params["dimension"]
    shape = _lengths(equation.outvars[0].aval.shape)

    def entry(*at: Term) -> Term:
        if len(parts) > 1 and all(part.shape[axis] is ONE for part in parts):
            stacked = sequence([part(*at[:axis], ZERO, *at[axis + 1 :]) for part in parts], at[axis])
            if stacked is not None:
                return stacked

        def piece(n: int, before: Term) -> Term:
            part = parts[n]
            inside = sub(at[axis], before) if part.shape[axis] is not ONE else ZERO
            here = part(*at[:axis], inside, *at[axis + 1 :])
            if n + 1 == len(parts):
                return here
            after = _simple(add(before, part.shape[axis]))
            return terms.where(terms.compare("gt", after, at[axis]), here, piece(n + 1, after))

        return piece(0, ZERO)

    return new(shape, entry, parts[0].kind)


def _stack(lifted: Lifted, equation: Equation, *parts: Array) -> Array:
    """Arrays of one shape along a new axis, case by case where they are not the instances of one template."""
    axis = equation.params["axis"]
    shape = _lengths(equation.outvars[0].aval.shape)

    def entry(*at: Term) -> Term:
        place, rest = at[axis], at[:axis] + at[axis + 1 :]
        entries = [part(*rest) for part in parts]
        stacked = sequence(entries, place) if len(parts) > 1 else entries[0]
        if stacked is not None:
            return stacked
        out = entries[-1]
        for n in reversed(range(len(parts) - 1)):
            out = terms.where(terms.compare("eq", place, num(n)), entries[n], out)
        return out

    return new(shape, entry, parts[0].kind)


def _unstack(lifted: Lifted, equation: Equation, x: Array) -> list[Array]:
    axis = equation.params["axis"]
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    pieces = range(len(equation.outvars))
    return [new(rest, lambda *at, n=n: x(*at[:axis], num(n), *at[axis:]), x.kind) for n in pieces]


def _split(lifted: Lifted, equation: Equation, x: Array) -> list[Array]:
    axis, before, out = equation.params["axis"], ZERO, []
    for size in equation.params["sizes"]:
        n = sizes.length(size if is_symbolic_dim(size) else int(size))
        shape = [*x.shape[:axis], n, *x.shape[axis + 1 :]]

        def entry(*at: Term, start: Term = before) -> Term:
            return x(*at[:axis], _shifted(at[axis], start), *at[axis + 1 :])

        out.append(new(shape, entry, x.kind))
        before = _simple(add(before, n))
    return out


def _iota(lifted: Lifted, equation: Equation, *_: Array) -> Array:
    return new(_lengths(equation.params["shape"]), lambda *at: at[equation.params["dimension"]], "i")


def _dim(lifted: Lifted, equation: Equation) -> Array:
    return scalar(sizes.length(equation.params["dim"]), "i")


def _same(lifted: Lifted, equation: Equation, x: Array, *_: Array) -> Array:
    return x


# --- reductions ----------------------------------------------------------------------------------------------------------


def _reduce(op: str) -> Callable:
    def rule(lifted: Lifted, equation: Equation, x: Array, *_: Array) -> Array:
        entry, gone = x.entry, {d % len(x.at) for d in equation.params["axes"]}
        for d in sorted(gone, reverse=True):
            entry = reduced(op, x.at[d], entry)
        return Array(tuple(a for d, a in enumerate(x.at) if d not in gone), entry, x.kind)

    return rule


def reduced(op: str, variable: Term, body: Term) -> Term:
    """A reduction over an index; an axis of length 1 has one entry."""
    n = variable.args[0]
    if n is ONE:
        return substitute(body, {variable: ZERO})
    if op in JOINS and terms.is_num(n) and n.data <= SHORT and _by_cases(body, variable):
        join = JOINS[op]
        whole = substitute(body, {variable: ZERO})
        for m in range(1, int(n.data)):
            whole = join(whole, substitute(body, {variable: num(m)}))
        return whole
    return bind(op, variable, body)


def _by_cases(body: Term, variable: Term) -> bool:
    """Whether a stack of unlike arrays, or a row of parameters, is reduced: its entries are given case by case."""
    return any(t.op == "where" and variable in t.args[0].free for t in terms.walk(body))


JOINS: dict[str, Callable[[Term, Term], Term]] = {"sum": add, "prod": mul, "amax": maximum, "amin": minimum}
SHORT = 4  # entries of an axis up to which a reduction over cases is written out


def _reduce_truth(every: bool) -> Callable:
    """All and any, as the least or largest of 0 and 1."""

    def rule(lifted: Lifted, equation: Equation, x: Array) -> Array:
        ones = Array(x.at, terms.indicator(x.entry), "f")
        found = _reduce("amin" if every else "amax")(lifted, equation, ones)
        return Array(found.at, terms.compare("eq", found.entry, ONE), "b")

    return rule


def _argument(op: str) -> Callable:
    def rule(lifted: Lifted, equation: Equation, x: Array) -> Array:
        (axis,) = equation.params["axes"]
        return Array(tuple(a for d, a in enumerate(x.at) if d != axis), bind(op, x.at[axis], x.entry), "i")

    return rule


def _cumulative(op: str) -> Callable:
    def rule(lifted: Lifted, equation: Equation, x: Array) -> Array:
        axis, last = equation.params["axis"], equation.params["reverse"]
        if op != "sum":
            raise NotLifted("cumulative")
        j = terms.index(x.shape[axis])
        upto = terms.compare("ge", *((j, x.at[axis]) if last else (x.at[axis], j)))
        inner = substitute(x.entry, {x.at[axis]: j})
        return Array(x.at, bind("sum", j, terms.where(upto, inner, ZERO)), x.kind)

    return rule


def _sort(lifted: Lifted, equation: Equation, *inputs: Array) -> list[Array]:
    if len(inputs) != 1:
        raise NotLifted("sorting by another array")
    (x,), axis = inputs, equation.params["dimension"]
    at = terms.index(x.shape[axis])
    entry = bind("sorted", x.at[axis], x.entry, at)
    return [Array((*x.at[:axis], at, *x.at[axis + 1 :]), entry, x.kind)]


def _dot_general(lifted: Lifted, equation: Equation, x: Array, y: Array) -> Array:
    (cx, cy), (bx, by) = equation.params["dimension_numbers"]
    x, y = (Array(a.at, terms.indicator(a.entry), "f") if a.kind == "b" else a for a in (x, y))
    free_x = [d for d in range(len(x.at)) if d not in (*cx, *bx)]
    free_y = [d for d in range(len(y.at)) if d not in (*cy, *by)]
    at_x, at_y = list(x.at), [terms.index(n) for n in y.shape]
    for a, b in zip((*bx, *cx), (*by, *cy), strict=True):
        at_y[b] = at_x[a]
    entry = mul(x.entry, y(*at_y))
    for d in reversed(cx):
        entry = reduced("sum", at_x[d], entry)
    return Array((*(at_x[d] for d in bx), *(at_x[d] for d in free_x), *(at_y[d] for d in free_y)), entry, "f")


# --- control -------------------------------------------------------------------------------------------------------------


def _cond(lifted: Lifted, equation: Equation, which: Array, *inputs: Array) -> list[Array]:
    branches = equation.params["branches"]
    if len(branches) != 2 or which.at:
        raise NotLifted("more than two branches")
    no, yes = (lifted.walk(branch, inputs) for branch in branches)
    # The index is a truth value made a number: [c] chooses the second branch where c holds.
    entry = which.entry
    if entry.op == "ind":
        entry = entry.args[0]
    elif which.kind != "b":
        entry = terms.compare("eq", entry, ONE)
    return [
        new(a.shape, lambda *at, a=a, b=b: terms.where(entry, b(*at), a(*at)), a.kind)
        for a, b in zip(no, yes, strict=True)
    ]


def _scan(lifted: Lifted, equation: Equation, *inputs: Array) -> list[Array]:
    p = equation.params
    consts, carry = inputs[: p["num_consts"]], inputs[p["num_consts"] : p["num_consts"] + p["num_carry"]]
    rows, length = inputs[p["num_consts"] + p["num_carry"] :], sizes.length(p["length"])

    def step(j: Term, carried: Sequence[Array]) -> list[Array]:
        at = add(length, num(-1), neg(j)) if p["reverse"] else j
        xs = [Array(x.at[1:], substitute(x.entry, {x.at[0]: at}), x.kind) for x in rows]
        return lifted.walk(p["jaxpr"], [*consts, *carried, *xs])

    return _loop(lifted, list(carry), length, step)


def _while(lifted: Lifted, equation: Equation, *inputs: Array) -> list[Array]:
    """A loop that counts: while n < limit, with n + 1 in the body."""
    p = equation.params
    n_cond, n_body = p["cond_nconsts"], p["body_nconsts"]
    cond_consts, body_consts, carry = inputs[:n_cond], inputs[n_cond : n_cond + n_body], list(inputs[n_cond + n_body :])
    marks = [_carried(n, a) for n, a in enumerate(carry)]
    (go,) = lifted.walk(p["cond_jaxpr"], [*cond_consts, *marks])
    following = lifted.walk(p["body_jaxpr"], [*body_consts, *marks])
    for n, a in enumerate(carry):
        counter = marks[n].entry
        if (
            a.kind == "i"
            and not a.at
            and following[n].entry is add(counter, ONE)
            and a.entry is ZERO
            and go.entry.op == "gt"
        ):
            limit, mine = go.entry.args
            if mine is counter and not any(t.op == "carry" for t in terms.walk(limit)):
                return _loop(lifted, carry, limit, lambda j, c: lifted.walk(p["body_jaxpr"], [*body_consts, *c]))
            fixed = [
                m for m, b in enumerate(carry) if marks[m].entry is limit and following[m].entry is limit and not b.at
            ]
            if mine is counter and fixed:
                known = carry[fixed[0]].entry
                return _loop(lifted, carry, known, lambda j, c: lifted.walk(p["body_jaxpr"], [*body_consts, *c]))
    raise NotLifted("a loop whose number of steps is not known")


def _carried(n: int, a: Array) -> Array:
    """A stand-in for what a loop carries."""
    of = a.entry.of | {"P", "w", "T"}
    return new(a.shape, lambda *at: terms.make("carry", at, (n, frozenset(of))), a.kind)


def _loop(lifted: Lifted, carry: list[Array], length: Term, step: Callable) -> list[Array]:
    """What is carried after all steps, then what each step gives out: sums, products and maxima over the steps, or the
    steps written out where they are few."""
    j = terms.index(length)
    marks = [_carried(n, a) for n, a in enumerate(carry)]
    known: dict[int, Array] = {}
    for _ in range(len(carry) + 1):
        now = [known.get(n, marks[n]) for n in range(len(carry))]
        out = step(j, now)
        found = {n: _counted(carry[n], out[n], marks[n], j) for n in range(len(carry)) if n not in known}
        fresh = {n: a for n, a in found.items() if a is not None}
        if not fresh:
            break
        known |= fresh
    results: list[Array | None] = [
        _folded(carry[n], out[n], marks[n], known.get(n), j, length) for n in range(len(carry))
    ]
    ys = out[len(carry) :]
    clean = [not any(t.op == "carry" for t in terms.walk(y.entry)) for y in ys]
    if all(r is not None for r in results) and all(clean):
        return [*(r for r in results if r is not None), *(Array((j, *y.at), y.entry, y.kind) for y in ys)]
    if terms.is_num(length) and length.data <= UNROLL and not ys:
        for n in range(int(length.data)):
            carry = step(num(n), carry)
        return carry
    raise NotLifted("a loop that is no sum, product or maximum over its steps")


def _counted(start: Array, after: Array, mark: Array, j: Term) -> Array | None:
    """The value before step j of what never changes, or goes up by one."""
    before = mark(*after.at)
    if after.entry is before:
        return start
    if after.kind == "i" and after.entry is add(before, ONE):
        return Array(start.at, add(start.entry, j) if start.entry is not ZERO else j, "i")
    return None


def _folded(start: Array, after: Array, mark: Array, known: Array | None, j: Term, length: Term) -> Array | None:
    if known is not None:
        return Array(known.at, substitute(known.entry, {j: length}), known.kind)
    before, here = mark(*after.at), start(*after.at)
    for op, over, unit in (("add", "sum", ZERO), ("mul", "prod", ONE), ("max", "amax", None), ("min", "amin", None)):
        e = after.entry
        if e.op != op or before not in e.args:
            continue
        rest = [a for a in e.args if a is not before]
        if len(rest) != len(e.args) - 1 or any(t.op == "carry" for r in rest for t in terms.walk(r)):
            continue
        join = {"add": add, "mul": mul, "max": maximum, "min": minimum}[op]
        inner = rest[0]
        for r in rest[1:]:
            inner = join(inner, r)
        total = reduced(over, j, inner)
        return Array(after.at, total if here is unit else join(here, total), after.kind)
    return None


RULES: dict[str, Callable] = {
    "add": elementwise(add),
    "add_any": elementwise(add),
    "sub": elementwise(sub),
    "mul": elementwise(mul),
    "div": _integer_division,
    "neg": elementwise(neg),
    "exp": elementwise(lambda x: apply("exp", x)),
    "exp2": elementwise(lambda x: apply("exp", mul(x, apply("log", num(2))))),
    "log": elementwise(lambda x: apply("log", x)),
    "log1p": elementwise(lambda x: apply("log", add(ONE, x))),
    "expm1": elementwise(lambda x: add(apply("exp", x), num(-1))),
    "sqrt": elementwise(lambda x: power(x, Fraction(1, 2))),
    "rsqrt": elementwise(lambda x: div(ONE, power(x, Fraction(1, 2)))),
    "cbrt": elementwise(lambda x: apply("cbrt", x)),
    "square": elementwise(lambda x: power(x, Fraction(2))),
    "integer_pow": _integer_pow,
    "pow": elementwise(_pow),
    "abs": elementwise(lambda x: apply("abs", x)),
    "sign": elementwise(lambda x: apply("sign", x)),
    "max": elementwise(maximum),
    "min": elementwise(minimum),
    "clamp": elementwise(lambda low, x, high: minimum(maximum(x, low), high)),
    "logistic": elementwise(lambda x: apply("logistic", x)),
    "tanh": _function("tanh"),
    "erf": _function("erf"),
    "sin": _function("sin"),
    "cos": _function("cos"),
    "atan": _function("atan"),
    "stop_gradient": _same,
    "copy": _same,
    "copy_p": _same,
    "reduce_precision": _same,
    "optimization_barrier": lambda lifted, equation, *inputs: list(inputs),
    "real": _same,
    "convert_element_type": _convert,
    "select_n": _select,
    "ge": _order("ge", False, False),
    "gt": _order("gt", False, False),
    "le": _order("ge", True, False),
    "lt": _order("gt", True, False),
    "eq": _order("eq", False, False),
    "ne": _order("eq", False, True),
    "and": _bits(terms.both),
    "or": _bits(terms.either),
    "not": _no,
    "is_finite": elementwise(lambda x: apply("finite", x), "b"),
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "squeeze": _squeeze,
    "expand_dims": _expand_dims,
    "transpose": _transpose,
    "rev": _rev,
    "slice": _slice,
    "dynamic_slice": _dynamic_slice,
    "gather": _gather,
    "scatter": _scatter(lambda old, new_value: new_value),
    "scatter-add": _scatter(add),
    "scatter_add": _scatter(add),
    "concatenate": _concatenate,
    "stack": _stack,
    "unstack": _unstack,
    "split": _split,
    "iota": _iota,
    "dim_as_value": _dim,
    "reduce_sum": _reduce("sum"),
    "reduce_prod": _reduce("prod"),
    "reduce_max": _reduce("amax"),
    "reduce_min": _reduce("amin"),
    "reduce_and": _reduce_truth(True),
    "reduce_or": _reduce_truth(False),
    "argmax": _argument("argmax"),
    "argmin": _argument("argmin"),
    "cumsum": _cumulative("sum"),
    "sort": _sort,
    "top_k": _top_k,
    "dot_general": _dot_general,
    "cond": _cond,
    "scan": _scan,
    "while": _while,
}
"""primitive -> rule(lifted, equation, *arrays)."""


def panel(K: Term, C: Term) -> tuple[Array, Array]:
    """The inputs P and w of an operator with K teachers and C classes."""
    return new((K, C), terms.P), new((K,), terms.w)


def entry(
    closed_jaxpr: Any, K: Term, C: Term, *, with_T: bool, smallest: tuple[int, int], at: Term
) -> tuple[Term, Lifted]:
    """The entry of the operator's only output at index `at`, and the lifter that made it."""
    lifted = Lifted(smallest)
    P, w = panel(K, C)
    (out,) = lifted.walk(closed_jaxpr, [P, w] + ([scalar(terms.T)] if with_T else []))
    if len(out.at) != 1:
        raise NotLifted("the result is no vector")
    fixed = terms.is_num(K) or terms.is_num(C)
    return rerolled(out(at)) if fixed else out(at), lifted
