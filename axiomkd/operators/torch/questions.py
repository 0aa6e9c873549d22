"""What is asked of sizes that have no value: which questions have one answer at every size, and which only seem to.

A question that cannot be shown to have one answer is taken for a branch on a size. It knows no operation and no graph.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sympy
import torch

from axiomkd.tracing.askers import like_numbers

LEAST = 2  # every K and every C is at least that
TOLD = {torch.SymInt: int, torch.SymFloat: float, torch.SymBool: bool}  # with what they seem to be


@contextmanager
def told(fn: Any) -> Iterator[list[str]]:
    """A list that fills with what is asked in silence while `fn` runs: the text of a size, its own or that of a shape, where torch
    answers with a letter, or an attribute of it."""
    found: list[str] = []
    before = {kind: kind.__repr__ for kind in TOLD}

    def noting(plain: Any) -> Any:
        def noted(self: Any) -> str:
            text = plain(self)
            found.append(text)
            return text

        return noted

    for kind in TOLD:
        kind.__repr__ = noting(before[kind])  # type: ignore[method-assign]
    try:
        with like_numbers(TOLD, fn, lambda: found.append("an attribute")):
            yield found
    finally:
        for kind in TOLD:
            kind.__repr__ = before[kind]  # type: ignore[method-assign]


def always(asked: Any, letters: Mapping[str, str]) -> bool:
    """Whether what was asked of sizes is so at every K and C, as (K − 1)//2 < K is.

    It is shown, and not tried at some sizes: C ≠ 777 is so at all that anybody would try. The gap between the two sides, where a
    whole division leaves a remainder r between 0 and n − 1, is a polynomial in K, C and affine in each r, so its least value lies
    at ends of the r; with K = 2 + x, C = 2 + y, no negative coefficient in x and y says that it is nowhere below the constant one.
    """
    if asked in (True, sympy.true):
        return True
    if isinstance(asked, sympy.And):
        return all(always(one, letters) for one in asked.args)
    sides: Any = asked
    match asked:
        case sympy.StrictLessThan() | sympy.StrictGreaterThan():
            gap, strict = sides.gts - sides.lts, True
        case sympy.LessThan() | sympy.GreaterThan():
            gap, strict = sides.gts - sides.lts, False
        case sympy.Ne():
            gap = sides.lhs - sides.rhs
            return _positive(gap, letters, strict=True) or _positive(-gap, letters, strict=True)
        case _:
            return False
    return _positive(gap, letters, strict=strict)


def _positive(gap: Any, letters: Mapping[str, str], *, strict: bool) -> bool:
    """Whether an expression is above 0 (or not below) at all sizes."""
    remainders: dict[Any, int] = {}
    plain = _divided(gap, remainders)
    sizes = sorted((one for one in gap.free_symbols), key=str)
    if plain is None or not all(letters.get(str(one)) in ("K", "C") for one in sizes):
        return False
    beyond = {one: one + LEAST for one in sizes}  # the same letter for what is beyond the least
    try:
        inside = sympy.Poly(plain.subs(beyond, simultaneous=True), *sizes, *remainders)
    except sympy.PolynomialError:
        return False
    if any(inside.degree(r) > 1 for r in remainders):
        return False
    return all(
        _nowhere_below(inside.as_expr().subs(dict(zip(remainders, ends, strict=True))), sizes, strict)
        for ends in itertools.product(*((0, n - 1) for n in remainders.values()))
    )


def _nowhere_below(e: Any, sizes: list[Any], strict: bool) -> bool:
    e = sympy.expand(e)
    if not sizes:
        return bool(e > 0 if strict else e >= 0)
    found: Any = sympy.Poly(e, *sizes)
    return all(c >= 0 for c in found.coeffs()) and (not strict or found.eval(dict.fromkeys(sizes, 0)) > 0)


def _divided(e: Any, remainders: dict[Any, int]) -> Any:
    """The expression with each whole division by a number written with a remainder of its own; None where there is something
    else in it than sums, products, powers and such divisions."""
    if isinstance(e, sympy.Integer | sympy.Symbol):
        return e
    args = [_divided(one, remainders) for one in e.args]
    if None in args:
        return None
    if isinstance(e, sympy.Add | sympy.Mul) or isinstance(e, sympy.Pow) and e.exp.is_Integer and e.exp > 0:
        return e.func(*args)
    if isinstance(e, sympy.Rational):
        return e
    name, n = type(e).__name__, args[1] if len(args) == 2 else None
    if name not in ("FloorDiv", "CleanDiv", "Mod", "PythonMod") or not isinstance(n, sympy.Integer) or n < 1:
        return None
    r = sympy.Dummy("r")
    remainders[r] = int(n)
    return r if "Mod" in name else (args[0] - r) / n
