"""Where traced code can jump or bend sharply: the numbers that it compares, rounds, or takes roots and logarithms of.

Code is analytic but where one of these is zero, or whole for what is rounded. They are collected by walking a jaxpr in
JAX itself, so that the collection can be compiled, and traced again to be evaluated exactly. Loops are walked where
they are short; what a longer one compares is not seen. Refuses to know points, and what is looked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np

from axiomkd.tracing.walk import CALLS, Equation, Rule, Rules, walk

WIDEST = 64  # entries taken of one array of numbers
PAIRED = 8  # entries of an axis of which all pairs are compared; of a longer one, neighbours
HEAVIEST = 256  # equations of a loop that is walked, all steps together: the walk is compiled
MOST = 512  # numbers collected in all


@dataclass(frozen=True)
class Switch:
    """Numbers (n,) at which code switches: where one is zero; with `offset`, where it is a whole number plus that."""

    values: Any
    offset: Fraction | None = None


@dataclass
class Switches:
    """`hidden`: there is code whose switches are not among those found: long loops, and too many numbers."""

    found: list[Switch] = field(default_factory=list)
    count: int = 0
    hidden: bool = False

    def add(self, values: Any, offset: Fraction | None = None) -> None:
        if not jnp.issubdtype(values.dtype, jnp.floating):
            return
        flat = jnp.ravel(values)[: min(WIDEST, MOST - self.count)]
        self.hidden |= flat.size < values.size
        if flat.size:
            self.found.append(Switch(flat, offset))
            self.count += flat.size


def collect(closed_jaxpr: Any, args: Sequence[Any]) -> Switches:
    """The switches of a closed jaxpr at JAX values, in the order of its equations."""
    seen = Switches()
    walk(closed_jaxpr, [jnp.asarray(x) for x in args], Rules(lift=lambda x, _: jnp.asarray(x), primitives=_Table(seen)))
    return seen


class _Table(Mapping[str, Rule]):
    """A rule for every primitive: note what it switches on, then run it. Calls are left to the walk."""

    def __init__(self, seen: Switches):
        self.seen = seen

    def __getitem__(self, name: str) -> Rule:
        if name in CALLS:
            raise KeyError(name)
        return self._run

    def __iter__(self):
        return iter(())

    def __len__(self) -> int:
        return 0

    def _run(self, equation: Equation, *inputs: Any) -> Any:
        name = equation.primitive.name
        if name == "scan" and _weight(equation) <= HEAVIEST:
            return self._scan(equation, *inputs)
        self.seen.hidden |= name in HIDING
        if name == "cond":
            for branch in equation.params["branches"]:
                walk(branch, inputs[1:], Rules(lift=lambda x, _: jnp.asarray(x), primitives=self))
        note = NOTES.get(name)
        if note is not None:
            note(self.seen, equation, *inputs)
        return _bound(equation, inputs)

    def _scan(self, equation: Equation, *inputs: Any) -> list[Any]:
        """Every step walked; the outputs are those of the loop itself."""
        params = equation.params
        first, second = params["num_consts"], params["num_consts"] + params["num_carry"]
        consts, carry, sequences = inputs[:first], list(inputs[first:second]), inputs[second:]
        rules = Rules(lift=lambda x, _: jnp.asarray(x), primitives=self)
        steps = range(params["length"])
        for step in reversed(steps) if params["reverse"] else steps:
            carry = walk(params["jaxpr"], [*consts, *carry, *(xs[step] for xs in sequences)], rules)[: len(carry)]
        return _bound(equation, inputs)


def _weight(equation: Equation) -> int:
    """How many equations it stands for: those of what it calls, as often as it runs."""
    inner = [x for value in equation.params.values() for x in (value if isinstance(value, tuple | list) else (value,))]
    bodies = [getattr(x, "jaxpr", x) for x in inner if hasattr(getattr(x, "jaxpr", x), "eqns")]
    own = sum(_weight(one) for body in bodies for one in body.eqns) if bodies else 1
    return own * equation.params.get("length", 1) if equation.primitive.name == "scan" else own


def _bound(equation: Equation, inputs: Sequence[Any]) -> Any:
    """The primitive applied, as JAX's own evaluation of a jaxpr does it."""
    given = equation.primitive.get_bind_params(equation.params)
    functions, params = ((), given) if isinstance(given, dict) else given  # it was a pair until JAX 0.8
    return equation.primitive.bind(*functions, *inputs, **params)


HIDING = frozenset(("scan", "while", "pure_callback", "io_callback", "reduce", "reduce_window", "custom_call"))

# ---- what a primitive switches on


Note = Callable[..., None]


def _itself(seen: Switches, _equation: Equation, x: Any, *_: Any) -> None:
    seen.add(x)


def _difference(seen: Switches, _equation: Equation, x: Any, y: Any) -> None:
    if jnp.issubdtype(x.dtype, jnp.floating):
        seen.add(x - y)


def _divisor(seen: Switches, equation: Equation, _x: Any, y: Any) -> None:
    if not hasattr(equation.invars[1], "val"):
        seen.add(y)


def _product(seen: Switches, equation: Equation, x: Any, _y: Any) -> None:
    """A square may be a distance whose root is taken."""
    if equation.invars[0] is equation.invars[1]:
        seen.add(x)


def _whole(seen: Switches, _equation: Equation, x: Any) -> None:
    seen.add(x, Fraction(0))


def _halves(seen: Switches, _equation: Equation, x: Any) -> None:
    seen.add(x, Fraction(1, 2))


def _converted(seen: Switches, equation: Equation, x: Any, *_: Any) -> None:
    if jnp.issubdtype(equation.params["new_dtype"], jnp.integer):
        seen.add(x, Fraction(0))
    elif equation.params["new_dtype"] == jnp.bool_:
        seen.add(x)


def _remainder(seen: Switches, _equation: Equation, x: Any, y: Any) -> None:
    seen.add(x / y, Fraction(0))


def _clamped(seen: Switches, _equation: Equation, low: Any, x: Any, high: Any) -> None:
    seen.add(x - low)
    seen.add(x - high)


def _about_one(seen: Switches, _equation: Equation, x: Any) -> None:
    seen.add(1 - x * x)


def _above_minus_one(seen: Switches, _equation: Equation, x: Any) -> None:
    seen.add(1 + x)


def _entries(seen: Switches, equation: Equation, x: Any, *_: Any) -> None:
    """Ties between the entries along the axes over which the largest, or an order, is asked for."""
    params = equation.params
    axes = params.get("axes", (params.get("dimension", params.get("axis", params.get("operand_axis", x.ndim - 1))),))
    if not jnp.issubdtype(x.dtype, jnp.floating) or not axes:
        return
    rest = [n for n in range(x.ndim) if n not in axes]
    flat = jnp.transpose(x, (*axes, *rest)).reshape(int(np.prod([x.shape[n] for n in axes])), -1)
    n = len(flat)
    pairs = itertools.combinations(range(n), 2) if n <= PAIRED else itertools.pairwise(range(n))
    for i, j in pairs:
        seen.add(flat[i] - flat[j])


NOTES: Mapping[str, Note] = {
    **dict.fromkeys(("abs", "sign", "sqrt", "rsqrt", "cbrt", "log", "pow", "integer_pow", "square"), _itself),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne", "max", "min"), _difference),
    **dict.fromkeys(("argmax", "argmin", "sort", "top_k", "reduce_max", "reduce_min", "cummax", "cummin"), _entries),
    **dict.fromkeys(("floor", "ceil"), _whole),
    **dict.fromkeys(("asin", "acos", "atanh"), _about_one),
    "round": _halves,
    "convert_element_type": _converted,
    "rem": _remainder,
    "clamp": _clamped,
    "div": _divisor,
    "mul": _product,
    "log1p": _above_minus_one,
}
