"""Whether code compares numbers that sizes alone make, as `where(ones(C).sum() == 777, …)` does: a branch on a size in data.

It reads a trace at sizes without a value. It evaluates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np


class Made(IntEnum):
    """Of what a value is made: of constants; of places along axes, entry by entry; of sizes; of what the operator is given."""

    PLAIN = 0
    PLACES = 1
    SIZES = 2
    INPUTS = 3


KEPT = frozenset(
    """broadcast_in_dim reshape convert_element_type squeeze expand_dims transpose copy stop_gradient iota add sub mul neg
    eq ne lt le gt ge and or not select_n""".split()
)
"""What makes of places along axes others, entry by entry."""
TELLING = frozenset(
    """eq ne lt le gt ge sign floor ceil round rem max min abs clamp is_finite argmax argmin sort nextafter and or not xor
    shift_left shift_right_logical shift_right_arithmetic population_count""".split()
)
"""What has a kink or a jump."""
CHOICES = {"select_n": 1, "cond": 1, "while": 0, "dynamic_slice": 0, "gather": 0}
"""What chooses, and how many of its first operands say what."""
WHOLE = frozenset({"floordiv", "mod", "max", "min"})


WIDEST, DEEPEST = 2, 16
"""Of a place that is compared with a n + b or n // m + b, on an axis of length n: the largest |a| and m. There the comparison comes
out otherwise at some size that is looked at, if it does at any: it holds at more than one place in forty sizes on end."""


@dataclass(frozen=True)
class Value:
    """`number`: what it is, where it is one number, or a length, throughout; `axis`: of counted places, the length of the axis."""

    made: Made
    number: Any = None
    axis: Any = None


PLAIN = Value(Made.PLAIN)


def compared(closed: Any) -> str:
    """The primitive by which numbers made of sizes alone are compared, and not with the same answer at all sizes; "" where none
    does it."""
    jaxpr = getattr(closed, "jaxpr", closed)
    return next(_compared(jaxpr, [Value(Made.INPUTS)] * len(jaxpr.invars), []), "")


def _compared(jaxpr: Any, given: Sequence[Value], out: list[Value]) -> Iterator[str]:
    values: dict[Any, Value] = dict.fromkeys(jaxpr.constvars, PLAIN)
    more = len(jaxpr.invars) - len(given)  # sizes may be handed over before the rest
    values.update(zip(jaxpr.invars, [Value(Made.SIZES)] * more + list(given)[max(-more, 0) :], strict=True))

    def of(atom: Any) -> Value:
        if hasattr(atom, "val"):
            return Value(Made.PLAIN, _whole(atom.val))
        return values.get(atom, PLAIN)

    for equation in jaxpr.eqns:
        name, operands = equation.primitive.name, [of(a) for a in equation.invars]
        found = max((one.made for one in operands), default=Made.PLAIN)
        chosen = operands[: CHOICES.get(name, 0)]
        sure = name in ORDERS and _sure(*operands)
        if (name in TELLING and found == Made.SIZES and not sure) or any(one.made == Made.SIZES for one in chosen):
            yield name
        answer = PLAIN if all(one.axis is None for one in operands) else Value(Made.PLACES)
        results = [answer if sure else _result(equation, name, found, operands)] * len(equation.outvars)
        ends: list[list[Value]] = []
        for inner, entering in _inside(equation, operands):
            own: list[Value] = []
            yield from _compared(inner, entering, own)
            ends += [own] if len(own) == len(results) else []
        if ends:
            results = [_either(several, loops=name in LOOPS) for several in zip(*ends, strict=True)]
        values.update(zip(equation.outvars, results, strict=True))
    out.extend(of(atom) for atom in jaxpr.outvars)


def _result(equation: Any, name: str, found: Made, operands: Sequence[Value]) -> Value:
    if name == "dim_as_value":
        return Value(Made.SIZES, equation.params["dim"])
    if found == Made.INPUTS:
        return Value(found)
    if name == "iota":
        length = equation.params["shape"][equation.params["dimension"]]
        return PLAIN if isinstance(length, int) else Value(Made.PLACES, axis=length)
    number, axis = _number(name, operands), _axis(name, operands)
    shapes = [getattr(v.aval, "shape", ()) for v in (*equation.invars, *equation.outvars)]
    if found == Made.SIZES or all(isinstance(n, int) for shape in shapes for n in shape):
        return Value(found, number, axis)
    if name in KEPT:  # a number at each place is no place
        return Value(found if name in SPREAD or axis is not None else Made.PLACES, number, axis)
    return Value(Made.SIZES)


def _whole(x: Any) -> Any:
    """A literal that is one whole number, None of anything else."""
    return int(x) if np.ndim(x) == 0 and np.isrealobj(x) and np.isfinite(x) and float(x).is_integer() else None


def _axis(name: str, operands: Sequence[Value]) -> Any:
    """The axis of which these are the places still, moved by a number perhaps; None where they are no places of one axis."""
    match name, operands:
        case _, [x, *_] if name in SPREAD:
            return x.axis
        case "add", [x, y] if x.axis is None and isinstance(x.number, int):
            return y.axis
        case "add" | "sub", [x, y] if isinstance(y.number, int):
            return x.axis
        case "mul", [Value(number=1), x] | [x, Value(number=1)]:
            return x.axis
    return None


LOOPS = frozenset({"scan", "while"})
SPREAD = frozenset({"broadcast_in_dim", "reshape", "convert_element_type", "squeeze", "expand_dims", "copy"})
ORDERS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})


def _number(name: str, operands: Sequence[Value]) -> Any:
    """What is computed, where all of it is known; None where it is not."""
    numbers = [one.number for one in operands]
    if any(one is None for one in numbers):
        return None
    try:
        match name, numbers:
            case _, [x, *_] if name in SPREAD:
                return x
            case "add" | "add_any", [x, y]:
                return x + y
            case "sub", [x, y]:
                return x - y
            case "mul", [x, y]:
                return x * y
            case "neg", [x]:
                return -x
    except Exception:  # of a kind that lengths are not added to
        return None
    return None


def _sure(x: Value, y: Value) -> bool:
    """Whether a comparison has one answer at all sizes, or is of a place with a length of its own axis."""
    if x.number is not None and y.number is not None:
        return _one_sided(x.number, y.number)
    place, other = (x, y) if x.axis is not None else (y, x)
    return place.made == Made.PLACES and other.number is not None and _near(str(other.number), str(place.axis))


def _one_sided(x: Any, y: Any) -> bool:
    try:
        apart = x - y
    except Exception:
        return False
    for test in (lambda: apart > 0, lambda: apart < 0, lambda: apart == 0):
        try:
            if test() is True or test() is np.True_:
                return True
        except Exception:  # undecided
            continue
    return False


def _near(number: str, letter: str) -> bool:
    """Whether a length is a n + b or n // m + b of the axis's own n."""
    found = re.fullmatch(r"(-? ?)(?:(\d+)\*)?(?:(\w+)|floordiv\((\w+), (\d+)\))( [+-] \d+)?", number)
    if found is None or letter not in (found[3], found[4]) or letter not in ("K", "C"):
        return False
    return int(found[2] or 1) <= WIDEST and int(found[5] or 1) <= DEEPEST


def _either(several: Sequence[Value], *, loops: bool) -> Value:
    """What comes out of one branch or another, or of a loop, which runs as often as sizes say."""
    made = max(one.made for one in several)
    if loops:
        return Value(max(made, Made.SIZES))
    return several[0] if len(set(map(repr, several))) == 1 else Value(made)


def _inside(equation: Any, operands: list[Value]) -> Iterator[tuple[Any, list[Value]]]:
    """The traces in an equation, with what enters each. What a loop carries is no one number."""
    params, name = equation.params, equation.primitive.name
    changing = [Value(max(one.made, Made.PLACES)) for one in operands]
    if name == "while":
        n, m = params["cond_nconsts"], params["body_nconsts"]
        # Whether it runs at all is asked of what enters first.
        yield params["cond_jaxpr"].jaxpr, operands[:n] + operands[n + m :]
        yield params["body_jaxpr"].jaxpr, operands[n : n + m] + changing[n + m :]
    elif name == "scan":
        yield params["jaxpr"].jaxpr, operands[: params["num_consts"]] + changing[params["num_consts"] :]
    else:
        entering = operands[1:] if name == "cond" else operands
        for value in params.values():
            for one in value if isinstance(value, tuple | list) else (value,):
                inner = getattr(one, "jaxpr", one)
                if hasattr(inner, "eqns"):
                    yield inner, entering
