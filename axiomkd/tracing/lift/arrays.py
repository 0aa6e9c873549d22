"""Arrays by their entries: a term in one free index an axis, and the dtype that the code computes in.

It knows how entries are reached and moved, and what an axis' length is; it refuses to know primitives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.terms import ONE, ZERO, Term, add, mul, num, sub, substitute

KINDS = {"float32": "f", "float64": "f", "bool": "b"} | {
    f"{sign}int{bits}": "i" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""The dtypes whose entries have a meaning here: real numbers, whole numbers and truth values. In any other (complex,
half precision, keys of random numbers) an entry is opaque."""


@dataclass(frozen=True)
class Array:
    """An array by its entry: `entry` is a term in the free indices `at`, one an axis; of truth values, a condition."""

    at: tuple[Term, ...]
    entry: Term
    dtype: str = "float64"

    @property
    def kind(self) -> str:
        """ "f" for real numbers, "i" for whole numbers, "b" for truth values, "?" for all else."""
        return KINDS.get(self.dtype, "?")

    @property
    def shape(self) -> tuple[Term, ...]:
        return tuple(i.args[0] for i in self.at)

    def __call__(self, *places: Term) -> Term:
        """The entry at these index terms."""
        return substitute(self.entry, dict(zip(self.at, places, strict=True)))

    def of(self, dtype: Any) -> Array:
        """The same entries, in that dtype."""
        return replace(self, dtype=named(dtype))


def named(dtype: Any) -> str:
    """A dtype's name; JAX's extended dtypes have one too."""
    return getattr(dtype, "name", None) or str(dtype)


def new(shape: Sequence[Term], entry: Callable[..., Term], dtype: str = "float64") -> Array:
    """The array of that shape whose entry at indices i… is entry(i…)."""
    at = tuple(terms.index(n) for n in shape)
    return Array(at, entry(*at), dtype)


def scalar(entry: Term, dtype: str = "float64") -> Array:
    return Array((), entry, dtype)


def spread(a: Array, at: Sequence[Term]) -> Term:
    """The entry of an array that is broadcast to more indices."""
    return a(*(ZERO if n is ONE else i for i, n in zip(at, a.shape, strict=True))) if a.at else a.entry


def joint(shapes: Sequence[tuple[Term, ...]]) -> list[Term]:
    """The shape of arrays combined entry by entry: an axis of length 1 goes with any other."""
    if not shapes:
        return []
    return [next((n for n in axis if n is not ONE), ONE) for axis in zip(*shapes, strict=True)]


def counted(a: Array) -> Array:
    """Truth values as 0 and 1; other arrays as they are."""
    return Array(a.at, terms.indicator(a.entry), "int64") if a.kind == "b" else a


# --- lengths and places --------------------------------------------------------------------------------------------------


def lengths(dimensions: Sequence[Any]) -> list[Term]:
    return [sizes.length(n) for n in dimensions]


def simple(n: Term) -> Term:
    """A length with its like terms added up."""
    poly = sizes.polynomial(n)
    if poly is None:
        return n
    return add(*(mul(num(c), *[terms.K] * a, *[terms.C] * b) for (a, b), c in sorted(poly.items(), reverse=True)))


def shifted(place: Term, by: Term) -> Term:
    """An index moved by a number; the only entry of an axis of length 1 is entry 0."""
    if place.op in ("index", "bound") and place.args[0] is ONE:
        place = ZERO
    return simple(add(place, by)) if not place.free else add(place, by)


def from_the_end(place: Term, length: Term) -> Term:
    """length − 1 − place: the same entry counted from the other end."""
    last = simple(sub(length, ONE))
    return simple(sub(last, place)) if not place.free else sub(last, place)
