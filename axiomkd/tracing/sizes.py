"""Axis lengths: JAX's symbolic dimensions as terms, and what holds of them for all K and C above their smallest values."""

from __future__ import annotations

import ast
from collections import defaultdict
from fractions import Fraction
from typing import Any

from axiomkd.tracing import terms
from axiomkd.tracing.terms import Term, add, apply, mul, num, power


class Unreadable(Exception):
    """A dimension in a form that is not known."""


def length(dimension: Any) -> Term:
    """A dimension, a number or JAX's symbolic expression, as a term. Raises Unreadable."""
    if isinstance(dimension, int):
        return num(dimension)
    try:
        return _term(ast.parse(str(dimension).replace("^", "**"), mode="eval").body)
    except (SyntaxError, KeyError) as e:
        raise Unreadable(f"the dimension {dimension}") from e


def axis(dimension: Any) -> Term:
    """The same where anything will do: a dimension in a form that is not known is a length that nothing is known of."""
    try:
        return length(dimension)
    except Unreadable:
        name = str(dimension).encode().hex()
        return terms.make("opaque", (), (name, frozenset(), f"the dimension {dimension}", None))


def _term(node: ast.expr) -> Term:
    match node:
        case ast.Constant(value=int(value)):
            return num(value)
        case ast.Name(id=name):
            return {"K": terms.K, "C": terms.C}[name]
        case ast.UnaryOp(op=ast.USub(), operand=x):
            return mul(num(-1), _term(x))
        case ast.BinOp(left=a, op=ast.Pow(), right=ast.Constant(value=int(n))):
            return power(_term(a), Fraction(n))
        case ast.BinOp(left=a, op=op, right=b):
            x, y = _term(a), _term(b)
            if isinstance(op, ast.Mult):
                return mul(x, y)
            if isinstance(op, ast.Add | ast.Sub):
                return add(x, y if isinstance(op, ast.Add) else mul(num(-1), y))
        case ast.Call(func=ast.Name(id="floordiv"), args=[a, ast.Constant(value=int(n))]):
            return _floordiv(_term(a), n)
    raise Unreadable(ast.unparse(node))


def _floordiv(x: Term, n: int) -> Term:
    """x // n; exact where x is m(m − 1) and n is 2."""
    poly = polynomial(x)
    if n == 2 and poly is not None:
        for m in (terms.K, terms.C):
            if poly == polynomial(add(mul(m, m), mul(num(-1), m))):
                return mul(num(Fraction(1, 2)), x)
    return apply("floordiv", x, num(n))


Polynomial = dict[tuple[int, int], Fraction]  # (exponent of K, exponent of C) -> coefficient


def polynomial(x: Term) -> Polynomial | None:
    """The term as a polynomial in K and C; None where it is none."""
    match x.op:
        case "num":
            return {(0, 0): x.data} if x.data else {}
        case "size":
            return {(1, 0): Fraction(1)} if x.data == "K" else {(0, 1): Fraction(1)}
        case "add":
            total: Polynomial = defaultdict(Fraction)
            for a in x.args:
                part = polynomial(a)
                if part is None:
                    return None
                for key, value in part.items():
                    total[key] += value
            return {key: value for key, value in total.items() if value}
        case "mul":
            return _product([polynomial(a) for a in x.args])
        case "pow" if x.data.denominator == 1 and 0 <= x.data <= 8:
            return _product([polynomial(x.args[0])] * int(x.data))
        case _:
            return None


def _product(parts: list[Polynomial | None]) -> Polynomial | None:
    out: Polynomial = {(0, 0): Fraction(1)}
    for part in parts:
        if part is None:
            return None
        new: Polynomial = defaultdict(Fraction)
        for (a, b), x in out.items():
            for (c, d), y in part.items():
                new[a + c, b + d] += x * y
        out = {key: value for key, value in new.items() if value}
    return out


def least(x: Term, smallest: tuple[int, int]) -> Fraction | None:
    """The value at the smallest K and C where x grows in both; None where that is not plain to see."""
    poly = polynomial(x)
    if poly is None:
        return None
    moved = shifted(poly, smallest)
    if any(value < 0 for key, value in moved.items() if key != (0, 0)):
        return None
    return moved.get((0, 0), Fraction(0))


def whole(x: Term) -> bool:
    """Whether a length or place is a whole number at all sizes: a polynomial with whole coefficients."""
    poly = polynomial(x)
    return poly is not None and all(value.denominator == 1 for value in poly.values())


def shifted(poly: Polynomial, by: tuple[int, int]) -> Polynomial:
    """The polynomial in K − by[0] and C − by[1]."""
    total: Polynomial = {}
    for (a, b), value in poly.items():
        K = {(1, 0): Fraction(1), (0, 0): Fraction(by[0])}
        C = {(0, 1): Fraction(1), (0, 0): Fraction(by[1])}
        part = _product([{(0, 0): value}, *[K] * a, *[C] * b]) or {}
        total = {key: total.get(key, Fraction(0)) + part.get(key, Fraction(0)) for key in {*total, *part}}
    return {key: value for key, value in total.items() if value}


def same(x: Term, y: Term) -> bool:
    """Whether two lengths are equal at all sizes."""
    return x is y or (polynomial(x) is not None and polynomial(x) == polynomial(y))
