"""What a primitive makes of forms, exponentials and blends: a row each. None: it leads out of what is followed.

Everything is exact in real arithmetic: rounding to another float type is the identity here, as everywhere in this package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.tracing.student import blends, forms
from axiomkd.tracing.student.blends import Blend
from axiomkd.tracing.student.forms import (
    EVEN,
    LSE,
    MAX,
    MIN,
    MINUS,
    NOTHING,
    ONE,
    UNEVEN,
    Coef,
    Exp,
    Form,
    Free,
    Full,
    Row,
    Scale,
)

Value = Free | Form | Exp | Blend
Out = Value | list[Value] | None


def scale(equation: Any, inputs: Sequence[Free]) -> Scale | None:
    """The number that a result is everywhere, where its operands are such."""
    known = [x.scale for x in inputs]
    if not known or any(one is None for one in known):
        return None
    a, *more = known
    assert a is not None
    match equation.primitive.name:
        case "broadcast_in_dim" | "reshape" | "squeeze" | "expand_dims" | "copy" | "stop_gradient" | "transpose":
            return a
        case "convert_element_type" if jnp.issubdtype(equation.params["new_dtype"], np.floating):
            return a
        case "mul" if more[0] is not None:
            return a.times(more[0])
        case "div" if more[0] is not None:
            below = more[0].power(-1)
            return None if below is None else a.times(below)
        case "neg":
            return a.times(MINUS)
        case "integer_pow":
            return a.power(equation.params["y"])
        case "square":
            return a.power(2)
    return None


# Of operands none of which is negative they make nothing negative; those of the second group never do.
KEEP_SIGNS = frozenset(
    """add mul div max min pow integer_pow sqrt rsqrt reduce_sum reduce_max reduce_min reduce_prod dot_general select_n
    broadcast_in_dim reshape transpose squeeze expand_dims slice dynamic_slice gather rev cumsum concatenate stack
    convert_element_type copy stop_gradient log1p cbrt""".split()
)
NEVER_NEGATIVE = frozenset("exp exp2 abs square logistic iota dim_as_value".split())


def signed(equation: Any, inputs: Sequence[Free]) -> bool:
    """Whether a result may be negative, as far as its operands tell."""
    name = equation.primitive.name
    if name in NEVER_NEGATIVE or equation.outvars[0].aval.dtype == bool:
        return False
    even = name == "integer_pow" and equation.params["y"] % 2 == 0
    return not even and (name not in KEEP_SIGNS or any(x.signed for x in inputs))


def truth(equation: Any, inputs: Sequence[Free]) -> bool | None:
    """Whether a truth made of others is known."""
    known, name = [x.true for x in inputs], equation.primitive.name
    if name == "not":
        return None if known[0] is None else not known[0]
    if name not in ("and", "or"):
        return None
    decides = name == "or"
    return decides if decides in known else None if None in known else not decides


EACH = frozenset(
    """add sub mul div neg exp log log1p expm1 pow integer_pow square sqrt rsqrt max min abs sign select_n
    convert_element_type copy stop_gradient eq ne lt le gt ge and or not""".split()
)


def flat(equation: Any, inputs: Sequence[Free]) -> frozenset[int]:
    """The axes along which a result is the same, as far as its operands tell."""
    name, shape = equation.primitive.name, _shape(equation)
    x = inputs[0] if inputs else None
    if name == "broadcast_in_dim" and x is not None and len(inputs) == 1:
        return _spread(x, equation.params["broadcast_dimensions"], len(shape))
    if name in EACH:
        same = [_same_along(one, shape) for one in inputs]
        return frozenset.intersection(*same) if same else frozenset()
    if name == "reduce_sum" and x is not None:
        axes = equation.params["axes"]
        return frozenset(d - sum(a < d for a in axes) for d in x.flat if d not in axes)
    if name == "transpose" and x is not None:
        return frozenset(n for n, d in enumerate(equation.params["permutation"]) if d in x.flat)
    return frozenset()


def _spread(x: Free, places: Sequence[int], n: int) -> frozenset[int]:
    """The axes along which an array is the same whose axes were put at these places among n."""
    short = {places[d] for d, length in enumerate(x.shape) if d in x.flat or _single(length)}
    return frozenset(range(n)) - (frozenset(places) - short)


def _same_along(x: Free, shape: tuple) -> frozenset[int]:
    if x.scale is not None or not x.shape:
        return frozenset(range(len(shape)))
    return x.flat | {d for d, length in enumerate(x.shape) if _single(length)}


def _single(length: Any) -> bool:
    return isinstance(length, int) and length == 1


def _shape(equation: Any) -> tuple:
    return equation.outvars[0].aval.shape


def _full_size(x: Free, shape: tuple) -> Any:
    """A free operand in the result's shape, where it is one number."""
    return x.value if x.shape == shape else jnp.broadcast_to(x.value, shape)


def _grown(x: Form, shape: tuple, C: Any) -> Form:
    """A form of one entry, or with axes of length 1, in a larger shape."""
    if x.shape == shape:
        return x
    stays = isinstance(x.z, Row) and len(x.shape) == len(shape) and x.shape[x.z.axis] == shape[x.z.axis]
    full = x if stays else forms.spread(x, C)
    return replace(
        full.coefs(
            lambda one: one.mapped(lambda a: jnp.broadcast_to(a, shape)),
            lambda one: one.mapped(lambda a: jnp.broadcast_to(a, (*shape, C))),
        ).offsets(lambda a: jnp.broadcast_to(a, shape)),
        shape=shape,
    )


# --- entry by entry ---------------------------------------------------------------------------------------------------------


def _same(_equation: Any, _C: Any, x: Value, *_: Value) -> Out:
    return x


def _converted(equation: Any, _C: Any, x: Value) -> Out:
    return x if jnp.issubdtype(equation.params["new_dtype"], np.floating) else None


def _add(equation: Any, C: Any, x: Value, y: Value, sign: Scale = ONE) -> Out:
    shape = _shape(equation)
    if any(isinstance(one, Exp | Blend) for one in (x, y)):
        return _blended(x, y, sign, shape, C)
    if isinstance(x, Form) and isinstance(y, Form):
        return forms.plus(_grown(x, shape, C), forms.times(_grown(y, shape, C), sign), C)
    form, free, way = (x, y, sign) if isinstance(x, Form) else (forms.times(y, sign), x, ONE)  # type: ignore[arg-type]
    assert isinstance(form, Form) and isinstance(free, Free)
    return forms.plus(_grown(form, shape, C), forms.times(_unmoved(free, shape), way), C)


def _unmoved(x: Free, shape: tuple) -> Form:
    """What is free of z as a form."""
    even = EVEN if x.scale is not None else UNEVEN
    return Form(shape, free=even, added=(lambda: jnp.broadcast_to(x.value, shape),))


def _blended(x: Value, y: Value, sign: Scale, shape: tuple, C: Any) -> Out:
    """A sum, or a difference, with the student's probabilities in it."""
    parts = [_blend(one, shape, C) for one in (x, y)]
    a, b = parts
    if a is None or b is None:
        return None
    b = blends.times(b, Free(jnp.ones(()), sign))
    return None if b is None else blends.plus(a, b, C)


def _blend(x: Value, shape: tuple, C: Any) -> Blend | None:
    """Anything as a blend of a shape."""
    return blends.of(_unmoved(x, shape) if isinstance(x, Free) else _larger_of(x, shape, C))


def _larger_of(x: Value, shape: tuple, C: Any) -> Any:
    """What the student is in, of one entry or with axes of length 1, in a larger shape; None where that spreads its classes."""
    if isinstance(x, Form):
        return _grown(x, shape, C)
    if x.shape == shape:
        return x
    part = x.of if isinstance(x, Exp) else x.rest if isinstance(x, Blend) else None
    axes = {x.axis} if isinstance(x, Blend) else set()
    axes |= {part.z.axis} if part is not None and isinstance(part.z, Row) else set()
    if any(axis is not None and x.shape[axis] != shape[axis] for axis in axes):
        return None
    return _with_axes(x, shape, lambda axis: axis, lambda a: jnp.broadcast_to(a, shape))


def _sub(equation: Any, C: Any, x: Value, y: Value) -> Out:
    return _add(equation, C, x, y, MINUS)


def _neg(_equation: Any, _C: Any, x: Value) -> Out:
    if isinstance(x, Form):
        return forms.times(x, MINUS)
    if isinstance(x, Blend):
        return blends.times(x, Free(jnp.ones(()), MINUS))
    if not isinstance(x, Exp):
        return None
    return Exp(replace(x.of, added=None), pure=False, by=_product(_by(x), Free(-jnp.ones(()), MINUS), x.shape))


def _by(x: Exp) -> Callable[[], Free] | None:
    """What an exponential is times, where that is known: of what is added in the exponent nothing is."""
    return x.by or ((lambda: Free(jnp.ones(()), ONE)) if x.pure and x.of.free == NOTHING else None)


def _product(x: Callable[[], Free] | None, y: Free, shape: tuple, *, below: bool = False) -> Callable[[], Free] | None:
    """The product of two free values, or their quotient, once it is asked for."""
    if x is None:
        return None
    before = x

    def made() -> Free:
        a = before()
        number = None if y.scale is None else y.scale.power(-1) if below else y.scale
        number = None if number is None or a.scale is None else a.scale.times(number)
        if number is not None:
            return Free(number.applied(jnp.ones(())), number, signed=number.ratio < 0)
        one = a.scale is not None and a.scale.key == ONE.key
        value = 1 / y.value if below else y.value
        value = value if one else a.value * value
        return Free(
            jnp.broadcast_to(value, shape),
            signed=a.signed or y.signed,
            flat=_same_along(a, shape) & _same_along(y, shape),
        )

    return made


def _times(equation: Any, C: Any, x: Form | Exp | Blend, y: Free, *, below: bool = False) -> Out:
    """What the student is in times what is free of z, or divided by it."""
    shape = _shape(equation)
    if isinstance(x, Blend):
        grown = _blend(x, shape, C)
        if grown is None or (below and y.scale is not None and y.scale.power(-1) is None):
            return None
        number = None if y.scale is None else y.scale.power(-1) if below else y.scale
        value = 1 / y.value if below else y.value
        value = value if y.shape in ((), shape) else jnp.broadcast_to(value, shape)
        return blends.times(grown, Free(value, number, None, y.signed, _same_along(y, shape)))
    if isinstance(x, Exp):
        whole = _larger_of(x, shape, C)
        by = None if whole is None else _product(_by(whole), y, shape, below=below)
        of = _grown(x.of, shape, C)
        kept = None if y.signed or of.offset is None else (*of.offset, lambda: _logarithm(y, shape, below))
        return Exp(
            replace(of, free=max(of.free, EVEN if y.scale is not None else UNEVEN), added=kept), pure=False, by=by
        )
    form = _grown(x, shape, C)
    number = y.scale if not below or y.scale is None else y.scale.power(-1)
    if number is not None:
        return forms.times(form, number)
    array = _full_size(y, shape)
    return forms.times(form, ONE, 1 / array if below else array, signed=y.signed)


def _logarithm(y: Free, shape: tuple, below: bool) -> Any:
    value = jnp.log(jnp.broadcast_to(y.value, shape))
    return -value if below else value


def _mul(equation: Any, C: Any, x: Value, y: Value) -> Out:
    if isinstance(x, Exp) and isinstance(y, Exp):
        return _joined(equation, C, x, y, ONE)
    if not isinstance(x, Free) and not isinstance(y, Free):
        a, b = (_larger_of(one, _shape(equation), C) for one in (x, y))
        return None if a is None or b is None else blends.product(a, b, C)
    if isinstance(x, Free) and not isinstance(y, Free):
        return _times(equation, C, y, x)
    if isinstance(y, Free) and not isinstance(x, Free):
        return _times(equation, C, x, y)
    return None


def _div(equation: Any, C: Any, x: Value, y: Value) -> Out:
    if isinstance(x, Exp) and isinstance(y, Exp):
        return _joined(equation, C, x, y, MINUS)
    if isinstance(y, Free) and not isinstance(x, Free):
        return _times(equation, C, x, y, below=True)
    if isinstance(x, Free) and isinstance(y, Exp):
        return _times(equation, C, Exp(forms.times(y.of, MINUS), y.pure), x)
    return None


def _joined(equation: Any, C: Any, x: Exp, y: Exp, sign: Scale) -> Exp:
    shape = _shape(equation)
    of = forms.plus(_grown(x.of, shape, C), forms.times(_grown(y.of, shape, C), sign), C)
    return Exp(of, x.pure and y.pure)


def _exp(_equation: Any, _C: Any, x: Value) -> Out:
    return Exp(x) if isinstance(x, Form) else None


def _log(_equation: Any, _C: Any, x: Value) -> Out:
    return x.of if isinstance(x, Exp) else None


def _raised(x: Value, n: Fraction, C: Any) -> Out:
    if n == 2 and isinstance(x, Form | Blend):
        return blends.product(x, x, C)
    return Exp(forms.times(x.of, Scale(n)), x.pure) if isinstance(x, Exp) else None


def _pow(_equation: Any, _C: Any, x: Value, y: Value) -> Out:
    if isinstance(x, Exp) and isinstance(y, Free) and y.scale is not None:
        return Exp(forms.times(x.of, y.scale), x.pure)
    return None


def _positive(x: Value) -> bool:
    return isinstance(x, Exp) and x.pure


def _finite(equation: Any, _C: Any, x: Value) -> Out:
    """Whether a number is finite: z is, and so is every form with nothing added to it."""
    sure = _positive(x) or isinstance(x, Form) and x.free == NOTHING and x.even
    return _truth(equation, True) if sure else None


def _truth(equation: Any, value: bool) -> Free:
    return Free(jnp.full(_shape(equation), value), true=value, signed=False)


def _compared(name: str) -> Callable[..., Out]:
    """Comparisons that z does not decide: of a number with itself, and of an exponential with 0."""

    def rule(equation: Any, _C: Any, x: Value, y: Value) -> Out:
        if x is y:
            return _truth(equation, name in ("eq", "ge", "le"))
        zero = isinstance(y, Free) and y.scale is not None and not y.scale.ratio
        if _positive(x) and zero:
            return _truth(equation, name in ("gt", "ge", "ne"))
        return None

    return rule


def _larger(_equation: Any, _C: Any, x: Value, y: Value) -> Out:
    """The larger of a number and −∞."""
    for free, other in ((x, y), (y, x)):
        if (
            isinstance(free, Free)
            and np.ndim(free.value) == 0
            and isinstance(free.value, float | np.generic | np.ndarray)
        ):
            if float(free.value) == -np.inf:
                return other
    return None


def _sign(equation: Any, _C: Any, x: Value) -> Out:
    return Free(jnp.ones(_shape(equation)), ONE, signed=False) if _positive(x) else None


def _abs(_equation: Any, _C: Any, x: Value) -> Out:
    return x if _positive(x) else None


def _select(equation: Any, C: Any, which: Value, *cases: Value) -> Out:
    if not isinstance(which, Free):
        return None
    if which.true is not None:
        return cases[int(which.true)]
    exps = any(isinstance(x, Exp) for x in cases)
    if any(isinstance(x, Blend) for x in cases) or exps and any(isinstance(x, Form) for x in cases):
        return None
    shape = _shape(equation)
    plain = [_of_case(x, shape) for x in cases]
    split = [forms.spread(x, C) for x in plain] if any(isinstance(x.z, Full) for x in plain) else plain
    axes = {x.z.axis for x in split if isinstance(x.z, Row)}
    split = [forms.spread(x, C) for x in split] if len(axes) > 1 else split
    found = _chosen(which.value, split, shape, C)
    return Exp(found, pure=False) if exps else found


def _of_case(x: Value, shape: tuple) -> Form:
    assert not isinstance(x, Blend)
    return Form(shape, free=UNEVEN) if isinstance(x, Free) else x.of if isinstance(x, Exp) else x


def _chosen(which: Any, cases: Sequence[Form], shape: tuple, C: Any) -> Form:
    """One of several forms in each entry, by a choice that is free of z."""

    def pick(several: Sequence[Coef | None], size: tuple) -> Coef:
        index = which[..., None] if len(size) > len(shape) and jnp.ndim(which) else which
        common, arrays, negative = forms.alike(several, [size] * len(several))
        return Coef(common, jax.lax.select_n(jnp.broadcast_to(index, size), *arrays), negative)

    folds = {
        name: pick([x.folds.get(name) for x in cases], shape)
        for name in dict.fromkeys(n for x in cases for n in x.folds)
    }
    scales = {name: s for x in cases for name, s in x.scales.items()}
    parts = [x.z for x in cases if x.z is not None]
    z: Row | Full | None = None
    if parts:
        size = (*shape, C) if isinstance(parts[0], Full) else shape
        z = replace(parts[0], coef=pick([None if x.z is None else x.z.coef for x in cases], size))
    return Form(shape, z, folds, scales, UNEVEN)


# --- axes -------------------------------------------------------------------------------------------------------------------


def _moved(x: Form, shape: tuple, axis: Callable[[int], int], change: Callable[[Any], Any]) -> Form:
    """A form whose axes are moved; `change` does it to an array of its shape, `axis` says where the axis of classes goes."""
    many = jax.vmap(change, in_axes=-1, out_axes=-1)
    made = x.coefs(lambda one: one.mapped(change), lambda one: one.mapped(many)).offsets(change)
    z = replace(made.z, axis=axis(made.z.axis)) if isinstance(made.z, Row) else made.z
    return replace(made, shape=shape, z=z)


def _with_axes(x: Value, shape: tuple, axis: Callable[[int], int], change: Callable[[Any], Any]) -> Any:
    """The same of anything."""
    if isinstance(x, Form):
        return _moved(x, shape, axis, change)
    if isinstance(x, Exp):
        return replace(x, of=_moved(x.of, shape, axis, change), by=_by_moved(x, change))
    assert isinstance(x, Blend)
    many = jax.vmap(change, in_axes=-1, out_axes=-1)
    return replace(blends.moved(x, shape, axis, change, many), rest=_moved(x.rest, shape, axis, change))


def _by_moved(x: Exp, change: Callable[[Any], Any]) -> Callable[[], Free] | None:
    by = x.by
    if by is None:
        return None

    def made() -> Free:
        before = by()
        if before.scale is not None:
            return before
        return Free(change(jnp.broadcast_to(before.value, x.shape)), signed=before.signed)

    return made


def _on_axes(move: Callable[[Any, Any, Any], Any]) -> Callable[..., Out]:
    def rule(equation: Any, C: Any, x: Value, *more: Value) -> Out:
        if not all(isinstance(one, Free) for one in more) or isinstance(x, Free):
            return None
        return move(equation, x, C)

    return rule


def _broadcast(equation: Any, x: Value, _C: Any) -> Out:
    shape, dims = equation.params["shape"], equation.params["broadcast_dimensions"]

    def change(a: Any) -> Any:
        return jax.lax.broadcast_in_dim(a, shape, dims)

    return _with_axes(x, shape, lambda axis: dims[axis], change)


def _transpose(equation: Any, x: Value, _C: Any) -> Out:
    order = equation.params["permutation"]
    return _with_axes(x, _shape(equation), order.index, lambda a: jnp.transpose(a, order))


def _reshape(equation: Any, x: Any, C: Any) -> Out:
    """Axes of length 1 come and go; where others change, the classes get an axis of their own first."""
    old, new = x.shape, _shape(equation)
    if equation.primitive.name == "reshape" and equation.params.get("dimensions") is not None:
        return None
    longer = [[d for d, n in enumerate(shape) if not (isinstance(n, int) and n == 1)] for shape in (old, new)]
    fits = [old[d] for d in longer[0]] == [new[d] for d in longer[1]]
    places = dict(zip(*longer, strict=True)) if fits else {}
    part = x if isinstance(x, Form) else x.rest if isinstance(x, Blend) else x.of
    if isinstance(x, Blend) and x.axis is not None and x.axis not in places:
        return None
    if isinstance(part.z, Row) and part.z.axis not in places:
        part = forms.spread(part, C)
        x = part if isinstance(x, Form) else replace(x, **{"rest" if isinstance(x, Blend) else "of": part})
    return _with_axes(x, new, lambda axis: places[axis], lambda a: jnp.reshape(a, new))


def _sum(equation: Any, _C: Any, x: Value) -> Out:
    axes = tuple(sorted(equation.params["axes"]))
    shape = _shape(equation)
    if isinstance(x, Exp):
        found = _sum_of_exps(x, axes, shape)
        blend = blends.of_exp(x) if found is None else None
        return found if blend is None else _sum(equation, _C, blend)
    if isinstance(x, Blend):
        rest = _sum(equation, _C, x.rest)
        return replace(blends.summed(x, axes, shape), rest=rest)
    if not isinstance(x, Form):
        return None

    def over(a: Any) -> Any:
        return jnp.sum(a, axes)

    def summed(one: Coef) -> Coef:
        return Coef(one.scale, over(jnp.ones(x.shape) if one.array is None else one.array), one.signed)

    z = x.z
    if isinstance(z, Row):
        array = jnp.ones(x.shape) if z.coef.array is None else z.coef.array
        if z.axis in axes:
            others = tuple(d for d in axes if d != z.axis)
            array = jnp.sum(array, others) if others else array
            place = z.axis - sum(d < z.axis for d in others)
            z = replace(z.coef, array=array if place == array.ndim - 1 else jnp.moveaxis(array, place, -1))
            z = Full(z)
        else:
            z = Row(summed(z.coef), z.axis - sum(d < z.axis for d in axes))
    elif z is not None:
        z = Full(z.coef.mapped(over))
    kept = x.offsets(over).added
    return Form(shape, z, {name: summed(one) for name, one in x.folds.items()}, x.scales, x.free, kept)


def _sum_of_exps(x: Exp, axes: tuple[int, ...], shape: tuple) -> Out:
    """Σ_i exp(σ z_i + r) = exp(log Σ_i exp(σ z_i) + r), r the same for all classes."""
    of = x.of
    if isinstance(of.z, Row) and axes == (of.z.axis,) and of.even and of.z.coef.array is None:
        folded = _folded(LSE, of.z.coef.scale, of, shape)
        return None if folded is None else Exp(folded, x.pure)
    single = all(isinstance(of.shape[d], int) and of.shape[d] == 1 for d in axes)
    if single and not (isinstance(of.z, Row) and of.z.axis in axes):
        moved = lambda axis: axis - sum(d < axis for d in axes)  # noqa: E731
        return _with_axes(x, shape, moved, lambda a: jnp.squeeze(a, axes))
    return None


def _folded(kind: str, scale: Scale, of: Form, shape: tuple) -> Form | None:
    name = (kind, scale.key)
    if name in of.folds:
        return None
    return Form(shape, None, {**of.folds, name: Coef(ONE)}, {**of.scales, name: scale}, of.free)


def _extreme(kind: str) -> Callable[..., Out]:
    def rule(equation: Any, _C: Any, x: Value) -> Out:
        if not isinstance(x, Form) or not x.even or not isinstance(x.z, Row) or x.z.coef.array is not None:
            return None
        axes = [d for d in equation.params["axes"] if not (isinstance(x.shape[d], int) and x.shape[d] == 1)]
        if axes != [x.z.axis]:
            return None
        return _folded(kind, x.z.coef.scale, x, _shape(equation))

    return rule


def _dot(equation: Any, C: Any, x: Value, y: Value) -> Out:
    """A product of arrays as a sum of products: the classes keep their axis so."""
    (cx, cy), (bx, by) = equation.params["dimension_numbers"]
    free_x = [d for d in range(len(x.shape)) if d not in (*cx, *bx)]
    free_y = [d for d in range(len(y.shape)) if d not in (*cy, *by)]
    lengths = [*(x.shape[d] for d in (*bx, *free_x)), *(y.shape[d] for d in free_y), *(x.shape[d] for d in cx)]
    b, f, g, n = len(bx), len(free_x), len(free_y), len(lengths)
    places = [(*range(b + f), *range(b + f + g, n)), (*range(b), *range(b + f, n))]
    orders = [(*bx, *free_x, *cx), (*by, *free_y, *cy)]
    spread = [
        _placed(one, order, place, tuple(lengths)) for one, order, place in zip((x, y), orders, places, strict=True)
    ]
    axes = tuple(range(b + f + g, n))
    form, free = spread if isinstance(spread[1], Free) else spread[::-1]
    if isinstance(form, Form) and isinstance(free, Free):
        made = forms.times(form, ONE, free.value, signed=free.signed)
    else:
        made = _mul(_Axes((), tuple(lengths)), C, form, free)
    return _sum(_Axes(axes, _shape(equation)), C, made) if axes and made is not None else made  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Axes:
    """What `_sum` asks of an equation."""

    axes: tuple[int, ...]
    shape: tuple

    @property
    def params(self) -> dict[str, Any]:
        return {"axes": self.axes}

    @property
    def outvars(self) -> list[Any]:
        return [type("Variable", (), {"aval": type("Aval", (), {"shape": self.shape})})]


def _placed(x: Value, order: tuple, place: tuple, shape: tuple) -> Value:
    """With its axes in that order, at those places of a larger shape."""

    def change(a: Any) -> Any:
        return jax.lax.broadcast_in_dim(jnp.transpose(a, order), shape, place)

    places = tuple(place[order.index(d)] for d in range(len(order)))
    if isinstance(x, Free):
        return replace(x, value=change(x.value), flat=_spread(x, places, len(shape)))
    return _with_axes(x, shape, lambda axis: places[axis], change)


def _linear(equation: Any, C: Any, x: Value, *more: Value) -> Out:
    """A primitive that is linear in its first operand and only moves, picks or adds up entries."""
    if isinstance(x, Free) or not all(isinstance(one, Free) for one in more):
        return None
    if isinstance(x, Exp):
        found = _linear(equation, C, x.of, *more) if equation.primitive.name in MOVES else None
        return Exp(found, pure=False) if isinstance(found, Form) else None
    if isinstance(x, Blend) and x.axis is not None:
        return None
    rest = [one.value for one in more if isinstance(one, Free)]
    full = forms.spread(x.rest if isinstance(x, Blend) else x, C)

    def change(a: Any) -> Any:
        return equation.primitive.bind(a, *rest, **equation.params)

    def changed(one: Coef) -> Coef:
        return Coef(one.scale, change(jnp.ones(x.shape) if one.array is None else one.array), one.signed)

    many = jax.vmap(change, in_axes=-1, out_axes=-1)
    made = full.coefs(changed, lambda one: one.mapped(many))
    made = replace(made, shape=_shape(equation), free=full.free and UNEVEN, added=None)
    if not isinstance(x, Blend):
        return made
    parts = {name: changed(one) if name in blends.EVEN else one.mapped(many) for name, one in x.parts.items()}
    return replace(x, shape=made.shape, parts=parts, rest=made)


def _joins(join: Callable[..., Any], equation: Any, C: Any, *several: Value) -> Out:
    if any(isinstance(x, Exp) for x in several):
        return None
    axis, shape = equation.params.get("dimension", equation.params.get("axis")), _shape(equation)
    if any(isinstance(x, Blend) for x in several):
        found = [_blend(x, x.shape, C) for x in several]
        rest = _joins(join, equation, C, *(x.rest if isinstance(x, Blend) else x for x in several))
        known = [one for one in found if one is not None]
        if not isinstance(rest, Form) or len(known) != len(several):
            return None
        blend = blends.joined(known, lambda arrays: join(arrays, axis), shape, C)
        return None if blend is None else replace(blend, rest=rest)
    parts = [forms.spread(_of_case(x, x.shape), C) for x in several]

    def joined(coefs: Sequence[Coef | None], behind: tuple) -> Coef:
        common, arrays, negative = forms.alike(coefs, [(*x.shape, *behind) for x in parts])
        return Coef(common, join(arrays, axis), negative)

    folds = {
        name: joined([x.folds.get(name) for x in parts], ())
        for name in dict.fromkeys(n for x in parts for n in x.folds)
    }
    linear = [None if x.z is None else x.z.coef for x in parts]
    z = Full(joined(linear, (C,))) if any(one is not None for one in linear) else None
    return Form(shape, z, folds, {name: s for x in parts for name, s in x.scales.items()}, UNEVEN)


MOVES = ("slice", "dynamic_slice", "gather", "rev")
REFUSED = {
    "mul": "a product of two things that depend on the student",
    "add": "a sum with the student's probabilities in it",
    "sub": "a difference with the student's probabilities in it",
    "integer_pow": "a power of what depends on the student",
    "square": "a square of what depends on the student",
    "max": "a maximum that the student's logits decide",
    "min": "a minimum that the student's logits decide",
    "select_n": "a choice that the student's logits decide",
    "argmax": "a choice that the student's logits decide",
    "exp": "an exponential of what the student decides",
}
"""What to call a primitive in a refusal, where its name says little."""

TABLE: dict[str, Callable[..., Out]] = {
    **dict.fromkeys(("stop_gradient", "copy", "copy_p", "reduce_precision", "optimization_barrier"), _same),
    "convert_element_type": _converted,
    "add": _add,
    "add_any": _add,
    "sub": _sub,
    "neg": _neg,
    "mul": _mul,
    "div": _div,
    "exp": _exp,
    "log": _log,
    "integer_pow": lambda equation, C, x: _raised(x, Fraction(equation.params["y"]), C),
    "square": lambda _equation, C, x: _raised(x, Fraction(2), C),
    "sqrt": lambda _equation, C, x: _raised(x, Fraction(1, 2), C),
    "rsqrt": lambda _equation, C, x: _raised(x, Fraction(-1, 2), C),
    "pow": _pow,
    "is_finite": _finite,
    "sign": _sign,
    "abs": _abs,
    "max": _larger,
    "select_n": _select,
    "broadcast_in_dim": _on_axes(_broadcast),
    "transpose": _on_axes(_transpose),
    **dict.fromkeys(("reshape", "squeeze", "expand_dims"), _on_axes(_reshape)),
    "reduce_sum": _sum,
    "reduce_max": _extreme(MAX),
    "reduce_min": _extreme(MIN),
    "dot_general": _dot,
    "concatenate": partial(_joins, jnp.concatenate),
    "stack": partial(_joins, jnp.stack),
    **dict.fromkeys((*MOVES, "cumsum"), _linear),
    **{name: _compared(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}
"""primitive -> its rule."""
