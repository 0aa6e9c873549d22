"""A jaxpr at one size as a straight list of steps on single numbers, short enough to be run in a page.

A value of this domain is an array of step numbers, so that reshaping and slicing are NumPy's own. Both sides of a branch are
written down and chosen between; loops of a known length are unrolled; what has no rule here raises Unsupported. For the eye:
nothing is concluded from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from axiomkd.tracing.walk import Equation, Rules, unsupported, walk

MOST = 2000  # steps: a page runs them at every movement of a hand
Step = tuple[Any, ...]
"""("const", x), or (operation, step, …)."""


@dataclass(frozen=True)
class Program:
    """`inputs` numbers come first, then a number a step; `outputs` are where the C results lie."""

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]


@dataclass
class _Writer:
    """The steps so far, each written once."""

    inputs: int
    steps: list[Step] = field(default_factory=list)
    known: dict[Step, int] = field(default_factory=dict)

    def write(self, *step: Any) -> int:
        if step not in self.known:
            if len(self.steps) >= MOST:
                raise TooLong
            self.steps.append(step)
            self.known[step] = self.inputs + len(self.steps) - 1
        return self.known[step]

    def constant(self, x: Any) -> int:
        x = float(x)
        return self.write("const", x if math.isfinite(x) else repr(x))  # JSON has no inf


class TooLong(Exception):
    """More than MOST steps."""


def program(closed_jaxpr: Any, shapes: Sequence[tuple[int, ...]]) -> Program:
    """The steps of a jaxpr whose inputs have these shapes. Raises Unsupported or TooLong."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    writer = _Writer(sum(sizes))
    starts = np.cumsum([0, *sizes])
    args = [
        np.arange(start, start + size).reshape(shape) for start, size, shape in zip(starts, sizes, shapes, strict=False)
    ]
    (out,) = walk(closed_jaxpr, args, _rules(writer))
    return Program(writer.inputs, tuple(writer.steps), tuple(int(n) for n in np.ravel(out)))


def run(made: Program, inputs: Sequence[float]) -> list[float]:
    """The program on numbers: what the page's script does, to hold it against the operator."""
    values = [float(x) for x in inputs]
    with np.errstate(all="ignore"):
        for name, *args in made.steps:
            values.append(
                float(args[0]) if name == "const" else float(RUN[name](*(np.float64(values[n]) for n in args)))
            )
    return [values[n] for n in made.outputs]


RUN: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "max": np.maximum,
    "min": np.minimum,
    "neg": np.negative,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "cbrt": np.cbrt,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": lambda a, b: (a != 0) & (b != 0),
    "or": lambda a, b: (a != 0) | (b != 0),
    "not": lambda a: a == 0,
    "is_finite": np.isfinite,
    "sel": lambda c, no, yes: yes if c != 0 else no,
}
"""The operations of a program; `page` has the same."""

SAME = (
    "add",
    "sub",
    "mul",
    "div",
    "max",
    "min",
    "neg",
    "exp",
    "log",
    "log1p",
    "expm1",
    "sqrt",
    "tanh",
    "abs",
    "sign",
    "floor",
)
SAME += ("cbrt", "ceil", "lt", "le", "gt", "ge", "eq", "ne", "is_finite", "pow")
TRUTH = ("and", "or", "not")
UNCHANGED = ("convert_element_type", "stop_gradient", "copy", "copy_p", "reduce_precision", "optimization_barrier")


# --- the table -----------------------------------------------------------------------------------------------------------


def _rules(writer: _Writer) -> Rules:
    def lift(constant: Any, _aval: Any) -> np.ndarray:
        array = np.asarray(constant)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"a constant of type {array.dtype}")
        return _each(writer.constant, array.astype(float))

    table: dict[str, Callable[..., Any]] = {name: _elementwise(writer, name) for name in SAME}
    table |= {name: _truth(writer, name) for name in TRUTH}
    table |= {name: lambda _, x, *more: [x, *more] if more else x for name in UNCHANGED}
    table |= {f"reduce_{name}": _reduction(writer, op) for name, op in REDUCED.items()}
    table |= {name: _structural(fn) for name, fn in STRUCTURE.items()}
    table |= {name: rule(writer) for name, rule in SPECIAL.items()}
    rules = Rules(lift=lift, primitives=table)
    table["scan"] = _scan(rules)
    table["cond"] = _cond(writer, rules)
    return rules


REDUCED = {"sum": "add", "max": "max", "min": "min", "prod": "mul", "and": "and", "or": "or"}


def _each(fn: Callable[..., int], *arrays: np.ndarray) -> np.ndarray:
    """fn at each place of arrays that broadcast."""
    shaped = np.broadcast_arrays(*arrays)
    out = np.empty(shaped[0].shape, dtype=int)
    for place in np.ndindex(*out.shape):
        out[place] = fn(*(x[place] for x in shaped))
    return out


def _elementwise(writer: _Writer, name: str) -> Callable[..., Any]:
    return lambda _, *args: _each(lambda *xs: writer.write(name, *map(int, xs)), *args)


def _truth(writer: _Writer, name: str) -> Callable[..., Any]:
    def rule(equation: Equation, *args: np.ndarray) -> np.ndarray:
        if equation.invars[0].aval.dtype != bool:
            raise unsupported(equation, "on whole numbers, bit by bit")
        return _each(lambda *xs: writer.write(name, *map(int, xs)), *args)

    return rule


def _reduction(writer: _Writer, name: str) -> Callable[..., Any]:
    def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
        for axis in sorted(equation.params["axes"], reverse=True):
            x = _folded(writer, name, x, axis)
        return x

    return rule


def _folded(writer: _Writer, name: str, x: np.ndarray, axis: int) -> np.ndarray:
    parts = [x.take(i, axis) for i in range(x.shape[axis])]
    total = parts[0]
    for part in parts[1:]:
        total = _each(lambda a, b: writer.write(name, int(a), int(b)), total, part)
    return total


def _structural(fn: Callable[[dict, Any], Any]) -> Callable[..., Any]:
    return lambda equation, *args: fn(equation.params, *args)


def _broadcast(params: dict, x: np.ndarray) -> np.ndarray:
    shape = [1] * len(params["shape"])
    for axis, size in zip(params["broadcast_dimensions"], x.shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(x.reshape(shape), params["shape"])


def _slice(params: dict, x: np.ndarray) -> np.ndarray:
    strides = params["strides"] or [1] * x.ndim
    cuts = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return x[tuple(slice(*cut) for cut in cuts)]


STRUCTURE: dict[str, Callable[..., Any]] = {
    "reshape": lambda p, x: x.reshape(p["new_sizes"]),
    "squeeze": lambda p, x: np.squeeze(x, axis=tuple(p["dimensions"])),
    "expand_dims": lambda p, x: np.expand_dims(x, tuple(p["dimensions"])),
    "transpose": lambda p, x: np.transpose(x, p["permutation"]),
    "rev": lambda p, x: np.flip(x, axis=tuple(p["dimensions"])),
    "concatenate": lambda p, *xs: np.concatenate(xs, axis=p["dimension"]),
    "broadcast_in_dim": _broadcast,
    "slice": _slice,
}


# --- rules of their own --------------------------------------------------------------------------------------------------


def _iota(writer: _Writer) -> Callable[..., Any]:
    def rule(equation: Equation) -> np.ndarray:
        shape, axis = equation.params["shape"], equation.params["dimension"]
        along = np.arange(shape[axis]).reshape([-1 if n == axis else 1 for n in range(len(shape))])
        return _each(writer.constant, np.broadcast_to(along, shape))

    return rule


def _select(writer: _Writer) -> Callable[..., Any]:
    def rule(equation: Equation, which: np.ndarray, *cases: np.ndarray) -> np.ndarray:
        if len(cases) != 2:
            raise unsupported(equation, "between more than two")
        return _each(lambda c, no, yes: writer.write("sel", int(c), int(no), int(yes)), which, *cases)

    return rule


def _clamp(writer: _Writer) -> Callable[..., Any]:
    def one(low: int, x: int, high: int) -> int:
        return writer.write("min", writer.write("max", int(low), int(x)), int(high))

    return lambda _, low, x, high: _each(one, low, x, high)


def _integer_pow(writer: _Writer) -> Callable[..., Any]:
    return lambda equation, x: _each(lambda a: writer.write("pow", int(a), writer.constant(equation.params["y"])), x)


def _composed(build: Callable[[_Writer, int], int]) -> Callable[[_Writer], Callable[..., Any]]:
    return lambda writer: lambda _, x: _each(lambda a: build(writer, int(a)), x)


def _logistic(writer: _Writer, x: int) -> int:
    one = writer.constant(1)
    return writer.write("div", one, writer.write("add", one, writer.write("exp", writer.write("neg", x))))


def _rsqrt(writer: _Writer, x: int) -> int:
    return writer.write("div", writer.constant(1), writer.write("sqrt", x))


def _square(writer: _Writer, x: int) -> int:
    return writer.write("mul", x, x)


def _dot_general(writer: _Writer) -> Callable[..., Any]:
    def rule(equation: Equation, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        (of_a, of_b), (batch_a, batch_b) = equation.params["dimension_numbers"]
        if batch_a or batch_b or len(of_a) != 1:
            raise unsupported(equation, "along several axes")
        a, b = np.moveaxis(a, of_a[0], -1), np.moveaxis(b, of_b[0], -1)
        out = np.empty((*a.shape[:-1], *b.shape[:-1]), dtype=int)
        for place in np.ndindex(*out.shape):
            x, y = a[place[: a.ndim - 1]], b[place[a.ndim - 1 :]]
            terms = [writer.write("mul", int(p), int(q)) for p, q in zip(x, y, strict=True)]
            total = terms[0]
            for term in terms[1:]:
                total = writer.write("add", total, term)
            out[place] = total
        return out

    return rule


def _extreme(name: str) -> Callable[[_Writer], Callable[..., Any]]:
    """argmax and argmin: the first place of the largest."""

    def make(writer: _Writer) -> Callable[..., Any]:
        def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
            (axis,) = equation.params["axes"]
            best, at = x.take(0, axis), _each(writer.constant, np.zeros(np.delete(x.shape, axis).astype(int)))
            for i in range(1, x.shape[axis]):
                here = x.take(i, axis)
                better = _each(lambda a, b: writer.write(name, int(a), int(b)), here, best)
                best = _each(lambda c, no, yes: writer.write("sel", int(c), int(no), int(yes)), better, best, here)
                new = writer.constant(i)
                at = _each(lambda c, no, new=new: writer.write("sel", int(c), int(no), new), better, at)
            return at

        return rule

    return make


def _cumulative(name: str) -> Callable[[_Writer], Callable[..., Any]]:
    def make(writer: _Writer) -> Callable[..., Any]:
        def rule(equation: Equation, x: np.ndarray) -> np.ndarray:
            axis = equation.params["axis"]
            x = np.flip(x, axis) if equation.params["reverse"] else x
            parts = [x.take(0, axis)]
            for i in range(1, x.shape[axis]):
                parts.append(_each(lambda a, b: writer.write(name, int(a), int(b)), parts[-1], x.take(i, axis)))
            out = np.stack(parts, axis)
            return np.flip(out, axis) if equation.params["reverse"] else out

        return rule

    return make


def _sort(writer: _Writer) -> Callable[..., Any]:
    """By exchanging neighbours: stable, and short for few classes."""

    def rule(equation: Equation, *arrays: np.ndarray) -> list[np.ndarray]:
        if equation.params["num_keys"] != 1:
            raise unsupported(equation, "by several keys")
        axis, count = equation.params["dimension"], arrays[0].shape[equation.params["dimension"]]
        lanes = [[x.take(i, axis) for x in arrays] for i in range(count)]
        for end in range(count - 1, 0, -1):
            for i in range(end):
                swap = _each(lambda a, b: writer.write("gt", int(a), int(b)), lanes[i][0], lanes[i + 1][0])
                pairs = list(zip(lanes[i], lanes[i + 1], strict=True))
                lanes[i] = [_chosen(writer, swap, a, b) for a, b in pairs]
                lanes[i + 1] = [_chosen(writer, swap, b, a) for a, b in pairs]
        return [np.stack([lane[n] for lane in lanes], axis) for n in range(len(arrays))]

    return rule


def _chosen(writer: _Writer, which: np.ndarray, no: np.ndarray, yes: np.ndarray) -> np.ndarray:
    return _each(lambda c, a, b: writer.write("sel", int(c), int(a), int(b)), which, no, yes)


SPECIAL: dict[str, Callable[[_Writer], Callable[..., Any]]] = {
    "iota": _iota,
    "select_n": _select,
    "clamp": _clamp,
    "integer_pow": _integer_pow,
    "logistic": _composed(_logistic),
    "rsqrt": _composed(_rsqrt),
    "square": _composed(_square),
    "dot_general": _dot_general,
    "argmax": _extreme("gt"),
    "argmin": _extreme("lt"),
    "cumsum": _cumulative("add"),
    "cumprod": _cumulative("mul"),
    "cummax": _cumulative("max"),
    "sort": _sort,
}


def _scan(rules: Rules) -> Callable[..., Any]:
    def rule(equation: Equation, *operands: np.ndarray) -> list[np.ndarray]:
        p = equation.params
        first, second = p["num_consts"], p["num_consts"] + p["num_carry"]
        consts, carry, sequences = operands[:first], list(operands[first:second]), operands[second:]
        out: list[list[np.ndarray]] = [[] for _ in range(len(equation.outvars) - p["num_carry"])]
        order = range(p["length"] - 1, -1, -1) if p["reverse"] else range(p["length"])
        for n in order:
            results = walk(p["jaxpr"], [*consts, *carry, *(xs[n, ...] for xs in sequences)], rules)
            carry = results[: p["num_carry"]]
            for some, new in zip(out, results[p["num_carry"] :], strict=True):
                some.append(new)
        if out and not p["length"]:
            raise unsupported(equation, "of no steps")
        return [*carry, *(np.stack(some[::-1] if p["reverse"] else some) for some in out)]

    return rule


def _cond(writer: _Writer, rules: Rules) -> Callable[..., Any]:
    def rule(equation: Equation, index: np.ndarray, *operands: np.ndarray) -> list[np.ndarray]:
        branches = equation.params["branches"]
        if len(branches) != 2:
            raise unsupported(equation, "between more than two")
        no, yes = (walk(branch, operands, rules) for branch in branches)
        return [_chosen(writer, index, a, b) for a, b in zip(no, yes, strict=True)]

    return rule
