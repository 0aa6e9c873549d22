"""Arrays affine in the student's logits z and in folds of them, log Σ_i exp(σ z_i) and max_i σ z_i; and their exponentials.

The coefficients are ordinary JAX values, free of z. What is added that is free of z moves no minimum, and is worked out only where
a product with something of the student's asks for it; whether it is the same in all entries is always known, because a sum of
exponentials asks for that. It knows no primitive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp

from axiomkd.tracing.walk import Unsupported

NOTHING, EVEN, UNEVEN = 0, 1, 2  # what is added that is free of z: nothing, the same in all entries, or anything
LSE, MAX, MIN = "log-sum-exp", "max", "min"


class NotOfTheForm(Unsupported):
    """Why the gradient is not seen to have the form, as a sentence about the loss, with the user's line where it is known."""

    def __init__(self, sentence: str, where: str | None = None):
        super().__init__(sentence, where)

    def __str__(self) -> str:
        return f"{self.primitive} ({self.where})" if self.where else self.primitive


class NoMinimum(Exception):
    """The loss has no minimum in the student, at any teachers."""


@dataclass(frozen=True)
class Scale:
    """A number that is the same everywhere: a fraction times powers of scalars, which are known by a name and a JAX value."""

    ratio: Fraction = Fraction(1)
    powers: Mapping[Any, Fraction] = field(default_factory=dict)  # name -> exponent, none of them 0
    values: Mapping[Any, Any] = field(default_factory=dict)  # name -> a JAX scalar

    @property
    def key(self) -> tuple:
        return self.ratio, frozenset(self.powers.items())

    def like(self, other: Scale) -> bool:
        """Whether one is a fraction of the other."""
        return dict(self.powers) == dict(other.powers)

    def times(self, other: Scale) -> Scale:
        powers = dict(self.powers)
        for name, e in other.powers.items():
            powers[name] = powers.get(name, Fraction(0)) + e
        ratio = self.ratio * other.ratio
        return Scale(
            ratio, {name: e for name, e in powers.items() if e} if ratio else {}, {**self.values, **other.values}
        )

    def power(self, n: int | Fraction) -> Scale | None:
        """None where it is no fraction any more."""
        if Fraction(n).denominator != 1 and self.ratio != 1 or (not self.ratio and n <= 0):
            return None
        ratio = self.ratio ** int(n) if Fraction(n).denominator == 1 else self.ratio
        return Scale(ratio, {name: e * n for name, e in self.powers.items() if e * n}, self.values)

    def applied(self, x: Any) -> Any:
        """x times this. Fractions stay a product and a quotient of whole numbers, so that a third is one."""
        for name, e in self.powers.items():
            n = abs(e)
            value = self.values[name]
            value = value if n == 1 else value ** (int(n) if n.denominator == 1 else float(n))
            x = x * value if e > 0 else x / value
        x = x * float(self.ratio.numerator) if self.ratio.numerator != 1 else x
        return x / float(self.ratio.denominator) if self.ratio.denominator != 1 else x


ONE, ZERO, MINUS = Scale(), Scale(Fraction(0)), Scale(Fraction(-1))


@dataclass(frozen=True)
class Free:
    """What does not depend on z: a JAX value; `scale` where it is one number everywhere, `true` where that is known of truths,
    `signed` where it may be negative, `flat`: the axes along which all entries are the same, as far as is known."""

    value: Any
    scale: Scale | None = None
    true: bool | None = None
    signed: bool = True
    flat: frozenset[int] = frozenset()

    @property
    def shape(self) -> tuple:
        return jnp.shape(self.value)

    def thin(self, axis: int) -> Coef | None:
        """As a coefficient of length 1 along an axis; None where it is not known to be the same there."""
        if self.scale is not None:
            return Coef(self.scale)
        if not self.shape:
            return Coef(ONE, self.value, self.signed)
        if axis not in self.flat and not (isinstance(self.shape[axis], int) and self.shape[axis] == 1):
            return None
        return Coef(ONE, jax.lax.slice_in_dim(self.value, 0, 1, axis=axis), self.signed)


@dataclass(frozen=True)
class Coef:
    """A coefficient of each entry: `scale` times the array, or `scale` in every entry where there is none. `signed`: the array
    may have negative entries."""

    scale: Scale
    array: Any = None
    signed: bool = False

    def times(self, scale: Scale, array: Any = None, signed: bool = True) -> Coef:
        """Times a number and an array of the same shape."""
        mine = self.array
        joined = array if mine is None else mine if array is None else mine * array
        return Coef(self.scale.times(scale), joined, self.signed or (array is not None and signed))

    def dense(self, shape: tuple) -> Any:
        return self.scale.applied(jnp.ones(shape) if self.array is None else self.array)

    def plus(self, other: Coef, shape: tuple) -> Coef | None:
        """None where they cancel."""
        if other.array is None and self.array is None and self.scale.like(other.scale):
            total = self.scale.ratio + other.scale.ratio
            return Coef(replace(self.scale, ratio=total)) if total else None
        if self.array is other.array and self.scale.like(other.scale):
            total = self.scale.ratio + other.scale.ratio
            return Coef(replace(self.scale, ratio=total), self.array, self.signed) if total else None
        if self.scale.like(other.scale) and self.scale.ratio and other.scale.ratio:
            a, b = (Coef(Scale(), one.array).dense(shape) for one in (self, other))
            factor = Scale(other.scale.ratio / self.scale.ratio)
            return Coef(self.scale, a + factor.applied(b), self.signed or other.signed or factor.ratio < 0)
        return Coef(ONE, self.dense(shape) + other.dense(shape), signed=True)

    def mapped(self, change: Callable[[Any], Any]) -> Coef:
        """With the array changed, where there is one."""
        return self if self.array is None else replace(self, array=change(self.array))


def alike(several: Sequence[Coef | None], sizes: Sequence[tuple]) -> tuple[Scale, list[Any], bool]:
    """Coefficients of several arrays, None for 0, as one number, where they share one, times an array each, of these sizes; and
    whether these have negative entries."""
    there = [one.scale for one in several if one is not None]
    first = replace(there[0], ratio=Fraction(1))
    common = first if all(one.like(first) for one in there) else ONE
    undone = common.power(-1)
    assert undone is not None
    arrays = [
        jnp.zeros(size) if one is None else Coef(one.scale.times(undone), one.array).dense(size)
        for one, size in zip(several, sizes, strict=True)
    ]
    shared = all(one.like(first) and one.ratio * there[0].ratio > 0 for one in there)
    signed = not shared or any(one.signed for one in several if one is not None)
    if shared and there[0].ratio < 0:
        common, arrays = replace(common, ratio=-common.ratio), [-x for x in arrays]
    return common, arrays, signed


@dataclass(frozen=True)
class Row:
    """Entry [.., i, ..] is coef[.., i, ..]·z_i, the class i being the index of `axis`."""

    coef: Coef
    axis: int


@dataclass(frozen=True)
class Full:
    """Entry [..] is Σ_i coef[.., i]·z_i: the coefficient has an axis of classes behind the others."""

    coef: Coef


@dataclass(frozen=True)
class Form:
    """shape, the part that is linear in z, the coefficients of folds (kind, key of σ), and what is free of z."""

    shape: tuple
    z: Row | Full | None = None
    folds: Mapping[tuple, Coef] = field(default_factory=dict)
    scales: Mapping[tuple, Scale] = field(default_factory=dict)  # σ of each fold
    free: int = NOTHING
    added: tuple[Callable[[], Any], ...] | None = None  # what gives the terms that are free of z; None: not kept

    @property
    def even(self) -> bool:
        """Whether what is not the part linear in z is the same in all entries."""
        return self.free != UNEVEN and all(one.array is None for one in self.folds.values())

    @property
    def offset(self) -> tuple[Callable[[], Any], ...] | None:
        """What is added that is free of z, as terms to be worked out; None where it is not kept."""
        return () if self.free == NOTHING else self.added

    def offsets(self, change: Callable[[Any], Any]) -> Form:
        """With what is added that is free of z changed."""
        kept = self.offset
        return replace(self, added=None if kept is None else tuple(_later(change, one) for one in kept))

    def coefs(self, change: Callable[[Coef], Coef], full: Callable[[Coef], Coef] | None = None) -> Form:
        """With every coefficient changed; `full` for that of a part with an axis of classes behind."""
        z = self.z
        if z is not None:
            z = replace(z, coef=(full or change)(z.coef) if isinstance(z, Full) else change(z.coef))
        return replace(self, z=z, folds={name: change(one) for name, one in self.folds.items()})


def _later(change: Callable[[Any], Any], one: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: change(one())


@dataclass(frozen=True)
class Exp:
    """exp of a form, times what is free of z; `pure`: times nothing. `by` gives what it is times, where that is kept."""

    of: Form
    pure: bool = True
    by: Callable[[], Free] | None = None

    @property
    def shape(self) -> tuple:
        return self.of.shape


def spread(form: Form, C: Any) -> Form:
    """With an axis of classes behind, whatever the part linear in z looked like."""
    if not isinstance(form.z, Row):
        return form
    coef, axis, n = form.z.coef, form.z.axis, len(form.shape)
    eye = jnp.eye(C).reshape(*(C if d == axis else 1 for d in range(n)), C)
    array = jnp.broadcast_to(eye, (*form.shape, C)) if coef.array is None else coef.array[..., None] * eye
    return replace(form, z=Full(Coef(coef.scale, array, coef.signed)))


def plus(a: Form, b: Form, C: Any) -> Form:
    """The sum of two forms of one shape."""
    z = _sum_of_parts(a, b, C)
    folds = dict(a.folds)
    for name, coef in b.folds.items():
        found = folds[name].plus(coef, a.shape) if name in folds else coef
        if found is None:
            del folds[name]
        else:
            folds[name] = found
    kept = None if a.offset is None or b.offset is None else a.offset + b.offset
    return Form(a.shape, z, folds, {**a.scales, **b.scales}, max(a.free, b.free), kept)


def _sum_of_parts(a: Form, b: Form, C: Any) -> Row | Full | None:
    if a.z is None or b.z is None:
        return b.z if a.z is None else a.z
    if isinstance(a.z, Row) and isinstance(b.z, Row) and a.z.axis == b.z.axis:
        total = a.z.coef.plus(b.z.coef, a.shape)
        return None if total is None else Row(total, a.z.axis)
    x, y = spread(a, C).z, spread(b, C).z
    assert x is not None and y is not None
    total = x.coef.plus(y.coef, (*a.shape, C))
    return None if total is None else Full(total)


def times(form: Form, scale: Scale, array: Any = None, *, signed: bool = True) -> Form:
    """The form times a number and an array of its shape, which may have negative entries or not."""
    if not scale.ratio and array is None:
        return Form(form.shape, free=EVEN)
    made = form.coefs(
        lambda one: one.times(scale, array, signed),
        lambda one: one.times(scale, None if array is None else array[..., None], signed),
    )
    made = made.offsets(lambda a: scale.applied(a if array is None else a * array))
    return replace(made, free=form.free and (form.free if array is None else UNEVEN))
