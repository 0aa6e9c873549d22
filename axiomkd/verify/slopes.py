"""A slope of a derivation, worked out again: h in SymPy's own field, its derivative along a letter, and its value at 0.

Letters of exponentials, logarithms and powers are what the margin made them, or what the derivation says that they are of. It
believes no derivative and no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from axiomkd.verify.line import Failed
from axiomkd.verify.ratios import Field, Open

Parse = Callable[[Any], Mapping]
Reason = Callable[[Field, Any, dict], bool]


def stands(field: Field, f: Any, said: dict[str, Any], parse: Parse, reason: Reason) -> bool:
    """Whether f over what the derivation says is at least 0 at x = 0 and rises in x. `reason` decides of numerators. Raises Open,
    Failed.

    A region of which more is known than its letters' signs is no product of intervals: none stands there.
    """
    x, over = said["letter"], field.polynomial(parse(said["over"]))
    if field.known or x not in field.strict | field.weak or not field.positive(over):
        return False
    for name, what in said.get("where", {}).items():
        _declare(field, name, what, parse)
    h = field.field(f) / field.field(over)
    if _at_zero(field, field.field(over), x) is None or field.whole(_at_zero(field, field.field(over), x)) != 2:
        return False
    parts = ((said["slope"], _slope(field, h, x)), (said["start"], _at_zero(field, h, x)))
    return all(value is not None and _is_said(field, value, one, parse, reason) for one, value in parts)


def _is_said(field: Field, value: Any, said: dict[str, Any], parse: Parse, reason: Reason) -> bool:
    top, below = (field.polynomial(parse(said[part])) for part in ("numerator", "denominator"))
    return field.positive(below) and value == field.field(top) / field.field(below) and reason(field, top, said)


def _declare(field: Field, name: str, what: list, parse: Parse) -> None:
    """Let a letter be of what the derivation says: that is what it is of already, or it is no letter yet."""
    kind, *of = what
    args = tuple(_fraction(field, one, parse) for one in of)
    if name in field.arguments:
        if field.arguments[name] != (kind, args):
            raise Failed(f"the derivation says that {name} is of something that it is not of")
        return
    if not re.fullmatch(r"a\d+", name) or name not in field.letters or len(args) != (2 if kind == "power" else 1):
        raise Failed(f"the derivation has {name} as a letter, which it cannot be")
    field.define(name, kind, args)


def _fraction(field: Field, said: list, parse: Parse) -> Any:
    top, below = (field.polynomial(parse(part)) for part in said)
    for f in (top, below):
        if not _named(field, f) <= {*field.strict, *field.weak, *field.arguments}:
            raise Failed("the derivation takes a logarithm, an exponential or a power of what is not there")
    if not field.positive(below):
        raise Failed("the derivation divides by what is not above 0 by its coefficients")
    return field.field(top) / field.field(below)


def _named(field: Field, f: Any) -> set[str]:
    return {x for m in f.monoms() for x, n in zip(field.letters, m, strict=True) if n}


def _depends(field: Field, value: Any, x: str) -> bool:
    names = _named(field, value.numer) | _named(field, value.denom)
    return x in names or any(
        _depends(field, one, x) for a in names & set(field.arguments) for one in field.arguments[a][1]
    )


def _slope(field: Field, h: Any, x: str) -> Any:
    """dh/dx; None where there is no formula for it."""
    total = h.diff(field.letters[x])
    for name in (_named(field, h.numer) | _named(field, h.denom)) & set(field.arguments):
        kind, (inner, *power) = field.arguments[name]
        letter, rise = field.letters[name], _slope(field, inner, x)
        if rise is None or any(_depends(field, one, x) for one in power):
            return None
        rise = letter * rise if kind == "exp" else rise / inner if kind == "log" else power[0] * letter * rise / inner
        total += h.diff(letter) * rise
    return total


def _at_zero(field: Field, h: Any, x: str) -> Any:
    """h where x = 0; None where that is no value, or has a letter that the derivation has not said what it is of."""
    parts = [_polynomial_at_zero(field, f, x) for f in (h.numer, h.denom)]
    if parts[0] is None or parts[1] is None or not parts[1] or abs(_sure(field, parts[1])) != 2:
        return None
    return parts[0] / parts[1]


def _sure(field: Field, value: Any) -> int:
    try:
        return field.whole(value)
    except Open:
        return 0


def _polynomial_at_zero(field: Field, f: Any, x: str) -> Any:
    now = {name: _letter_at_zero(field, name, x) for name in _named(field, f)}
    if any(value is None for value in now.values()):
        return None
    total = field.field(0)
    for m, c in f.terms():
        term = field.field(c)
        for name, n in zip(field.letters, m, strict=True):
            term = term * now[name] ** n if n else term
        total += term
    return total


def _letter_at_zero(field: Field, name: str, x: str) -> Any:
    if name == x:
        return field.field(0)
    if name not in field.arguments or not _depends(field, field.letters[name], x):
        return field.letters[name]
    kind, of = field.arguments[name]
    args = [_at_zero(field, one, x) for one in of]
    if any(one is None for one in args):
        return None
    if kind != "exp" and _sure(field, args[0]) != 2:
        return None
    if args[0] == (0 if kind == "exp" else 1):
        return field.field(0 if kind == "log" else 1)
    found = field.named(kind, args)
    return None if found is None else field.letters[found]
