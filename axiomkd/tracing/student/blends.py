"""What is quadratic in the student: s log s and s² of its probabilities s = softmax(σz), z² of its logits, and s itself.

A blend has an axis of classes, as s has, whose entry i holds terms of class i alone; or it has been summed over them. Where one of
the quadratic terms has another coefficient for another class, no minimum is known in closed form: those are kept with length 1
along the classes, or not followed. It knows no primitive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any

import jax.numpy as jnp

from axiomkd.tracing.student import forms
from axiomkd.tracing.student.forms import LSE, NOTHING, ONE, Coef, Exp, Form, Free, Row, Scale

S, SLOGS, SQUARE, LOGITS = "s", "s log s", "s²", "z²"
EVEN = (SLOGS, SQUARE, LOGITS)  # of one coefficient for all classes


@dataclass(frozen=True)
class Blend:
    """Σ of coefficients times terms of the student's, plus what is affine in its logits.

    `axis`: the axis of classes; None: summed over. Coefficients of s then have an axis of classes behind."""

    shape: tuple
    axis: int | None
    parts: Mapping[str, Coef]
    scale: Scale | None  # σ; None where no s is in it
    rest: Form = field(default_factory=lambda: Form(()))

    def size(self, name: str, C: Any) -> tuple:
        """Of the coefficient of a term."""
        if self.axis is None:
            return self.shape if name in EVEN else (*self.shape, C)
        return _thin(self.shape, self.axis) if name in EVEN else self.shape


def _thin(shape: tuple, axis: int) -> tuple:
    return tuple(1 if d == axis else n for d, n in enumerate(shape))


def probability(x: Exp) -> tuple[Scale, int] | None:
    """σ and n where an exponential is softmax(σz)^n, times what is free of z; None where it is not."""
    of = x.of
    if of.free != NOTHING or not isinstance(of.z, Row) or of.z.coef.array is not None or len(of.folds) != 1:
        return None
    ((name, fold),) = of.folds.items()
    n = -fold.scale.ratio
    if name[0] != LSE or fold.array is not None or fold.scale.powers or n not in (1, 2):
        return None
    sigma = of.scales[name]
    return (sigma, int(n)) if of.z.coef.scale.key == sigma.times(Scale(n)).key else None


def of_exp(x: Exp) -> Blend | None:
    """s or s², times what is free of z, as a blend."""
    found = probability(Exp(replace(x.of, free=NOTHING)) if x.by is not None else x)
    by = None if x.by is None and not x.pure else Free(jnp.ones(()), ONE) if x.by is None else x.by()
    if found is None or by is None or not isinstance(x.of.z, Row):
        return None
    sigma, n = found
    axis = x.of.z.axis
    coef = by.thin(axis) if n == 2 else dense(by, x.shape)
    return None if coef is None else Blend(x.shape, axis, {SQUARE if n == 2 else S: coef}, sigma, Form(x.shape))


def dense(by: Free, shape: tuple) -> Coef:
    """A free value as the coefficient of every entry."""
    return Coef(by.scale) if by.scale is not None else Coef(ONE, jnp.broadcast_to(by.value, shape), by.signed)


def of(x: Any) -> Blend | None:
    """Anything that is followed as a blend."""
    if isinstance(x, Blend):
        return x
    return of_exp(x) if isinstance(x, Exp) else Blend(x.shape, None, {}, None, x) if isinstance(x, Form) else None


def plus(a: Blend, b: Blend, C: Any) -> Blend | None:
    """The sum of two blends of one shape."""
    axis = a.axis if a.parts else b.axis
    if a.parts and b.parts and a.axis != b.axis:
        return None
    if a.scale is not None and b.scale is not None and a.scale.key != b.scale.key:
        return None
    made = Blend(a.shape, axis, {}, a.scale or b.scale, forms.plus(a.rest, b.rest, C))
    parts = dict(a.parts)
    for name, coef in b.parts.items():
        found = parts[name].plus(coef, made.size(name, C)) if name in parts else coef
        parts.pop(name, None)
        if found is not None:
            parts[name] = found
    return replace(made, parts=parts)


def times(x: Blend, by: Free) -> Blend | None:
    """A blend times what is free of z, of its shape or one number."""
    if by.scale is not None:
        number = by.scale
        if not number.ratio:
            return Blend(x.shape, None, {}, None, forms.times(x.rest, number))
        return replace(
            x,
            parts={name: one.times(number) for name, one in x.parts.items()},
            rest=forms.times(x.rest, number),
        )
    array = jnp.broadcast_to(by.value, x.shape)
    parts: dict[str, Coef] = {}
    for name, one in x.parts.items():
        if x.axis is None:
            parts[name] = one.times(ONE, array if name in EVEN else array[..., None], by.signed)
            continue
        factor = by.thin(x.axis) if name in EVEN else Coef(ONE, array, by.signed)
        if factor is None:
            return None
        parts[name] = one.times(factor.scale, factor.array, factor.signed)
    return replace(x, parts=parts, rest=forms.times(x.rest, ONE, array, signed=by.signed))


def product(a: Any, b: Any, C: Any) -> Blend | None:
    """The product of two things of one shape that depend on the student."""
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Exp) and isinstance(y, Form):
            return _with_logarithm(x, y, C)
    if isinstance(a, Form) and isinstance(b, Form):
        return _of_logits(a, b)
    x, y = of(a), of(b)
    if x is None or y is None:
        return None
    return _of_probabilities(x, y, C)


def _with_logarithm(x: Exp, y: Form, C: Any) -> Blend | None:
    """s_i times what is a multiple of log s_i, plus what is free of z."""
    s = of_exp(x)
    added = y.offset
    if s is None or added is None or S not in s.parts or not isinstance(x.of.z, Row):
        return None
    assert s.scale is not None and s.axis is not None
    linear = times(s, Free(_total(added))) if added else replace(s, parts={})
    if y.z is None and not y.folds:
        return linear
    kappa = _multiple(y, s.scale, s.axis)
    by = Free(jnp.ones(()), ONE) if x.by is None else x.by()
    factor = by.thin(s.axis)
    if kappa is None or factor is None or linear is None:
        return None
    return plus(replace(s, parts={SLOGS: factor.times(kappa)}), linear, C)


def _total(terms: Sequence[Callable[[], Any]]) -> Any:
    return reduce(add, (one() for one in terms))


def _multiple(y: Form, sigma: Scale, axis: int) -> Scale | None:
    """κ where a form is κ·log softmax(σz), plus what is free of z."""
    if not isinstance(y.z, Row) or y.z.axis != axis or y.z.coef.array is not None or len(y.folds) != 1:
        return None
    ((name, fold),) = y.folds.items()
    kappa = fold.scale.times(forms.MINUS)
    fits = name == (LSE, sigma.key) and fold.array is None and y.z.coef.scale.key == sigma.times(kappa).key
    return kappa if fits else None


def _of_logits(a: Form, b: Form) -> Blend | None:
    """(α z_i + r_i)·(β z_i + t_i)."""
    if not isinstance(a.z, Row) or not isinstance(b.z, Row) or a.z.axis != b.z.axis or a.folds or b.folds:
        return None
    alpha, beta = a.z.coef, b.z.coef
    r, t = a.offset, b.offset
    if alpha.array is not None or beta.array is not None or r is None or t is None:
        return None
    rest = Form(a.shape, free=forms.UNEVEN if r and t else NOTHING)
    C = a.shape[a.z.axis]
    for coef, axis, terms in ((alpha, a.z.axis, t), (beta, b.z.axis, r)):
        if terms:
            rest = forms.plus(rest, Form(a.shape, Row(coef.times(ONE, _total(terms)), axis)), C)
    return Blend(a.shape, a.z.axis, {LOGITS: Coef(alpha.scale.times(beta.scale))}, None, rest)


def _of_probabilities(x: Blend, y: Blend, C: Any) -> Blend | None:
    """(a_i s_i + r_i)·(b_i s_i + t_i), a and b the same for all classes."""
    if set(x.parts) != {S} or set(y.parts) != {S} or x.axis is None or x.axis != y.axis:
        return None
    if x.scale is None or y.scale is None or x.scale.key != y.scale.key:
        return None
    if any(one.rest.z is not None or one.rest.folds or one.rest.offset is None for one in (x, y)):
        return None
    a, b = x.parts[S], y.parts[S]
    if a.array is not None or b.array is not None:
        return None
    r, t = x.rest.offset, y.rest.offset
    assert r is not None and t is not None
    made = Blend(x.shape, x.axis, {SQUARE: Coef(a.scale.times(b.scale))}, x.scale, Form(x.shape, free=forms.UNEVEN))
    for coef, terms in ((a, t), (b, r)):
        if terms:
            linear = replace(made, parts={S: coef.times(ONE, _total(terms))})
            found = plus(made, linear, C)
            assert found is not None
            made = found
    return made


def moved(x: Blend, shape: tuple, axis: Callable[[int], int], change: Callable[[Any], Any], many: Any) -> Blend:
    """A blend whose axes are moved, but for its rest; `many` is `change` with an axis of classes behind."""
    new = None if x.axis is None else axis(x.axis)

    def changed(name: str, one: Coef) -> Coef:
        if name not in EVEN:
            return one.mapped(change if new is not None else many)
        if new is None or one.array is None:
            return one.mapped(change)
        full = jnp.broadcast_to(one.array, x.shape)
        return replace(one, array=jnp.take(change(full), jnp.arange(1), axis=new))

    return replace(x, shape=shape, axis=new, parts={name: changed(name, one) for name, one in x.parts.items()})


def summed(x: Blend, axes: tuple[int, ...], shape: tuple) -> Blend:
    """A blend summed over axes, but for its rest."""
    others = tuple(d for d in axes if d != x.axis)
    gone = x.axis is not None and x.axis in axes
    place = None if x.axis is None else x.axis - sum(d < x.axis for d in others)

    def over(name: str, one: Coef) -> Coef:
        size = _thin(x.shape, x.axis) if name in EVEN and x.axis is not None else x.shape
        array = one.array
        if array is None and (others or name not in EVEN):
            array = jnp.ones((*size, 1) if x.axis is None and name not in EVEN else size)
        if array is None:
            return one
        array = jnp.sum(array, others) if others else array
        if gone:
            assert place is not None
            array = jnp.squeeze(array, place) if name in EVEN else jnp.moveaxis(array, place, -1)
        return replace(one, array=array)

    return replace(
        x,
        shape=shape,
        axis=None if gone else place,
        parts={name: over(name, one) for name, one in x.parts.items()},
    )


def joined(several: Sequence[Blend], join: Callable[[list[Any]], Any], shape: tuple, C: Any) -> Blend | None:
    """Blends that have been summed over their classes, put together along an axis, but for their rests."""
    scales = {one.scale.key: one.scale for one in several if one.scale is not None}
    if len(scales) > 1 or any(one.axis is not None for one in several if one.parts):
        return None
    parts = {}
    for name in dict.fromkeys(n for one in several for n in one.parts):
        sizes = [one.size(name, C) for one in several]
        common, arrays, signed = forms.alike([one.parts.get(name) for one in several], sizes)
        parts[name] = Coef(common, join(arrays), signed)
    return Blend(shape, None, parts, next(iter(scales.values()), None))
