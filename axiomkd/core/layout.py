"""How a function takes its teachers, weights and temperature, as values; a function of one panel made of one that takes them so.

It knows no array library: what is asked of an array is its shape, an index, and another order of its axes. Importing it
imports nothing heavy.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

ONE, EACH = TEMPERATURES = ("T", "Ts")  # the parameters that take one temperature, and one a teacher
PLAIN, NONE = "K C", "none"
WEIGHTS = ("K", "B K", "K B", NONE)
EXAMPLES = ("K C", "C K", "K B C", "B K C", "B C K", "[C]", "[B C]")


@dataclass(frozen=True)
class Layout:
    """The axes of the teachers' probabilities in the order in which the function has them: K teachers, C classes, and B panels
    where it takes a batch of them. `listed`: a Python list with one entry a teacher, `axes` being those of an entry."""

    axes: tuple[str, ...]
    listed: bool = False

    def __str__(self) -> str:
        return f"[{' '.join(self.axes)}]" if self.listed else " ".join(self.axes)

    @property
    def batched(self) -> bool:
        return "B" in self.axes

    def of(self, P: Any) -> Any:
        """P (B, K, C) where it is batched, else (K, C), as the function takes it."""
        given = ("B", "K", "C") if self.batched else ("K", "C")
        if not self.listed:
            return permuted(P, tuple(given.index(axis) for axis in self.axes))
        own = tuple(axis for axis in given if axis != "K")
        order = tuple(own.index(axis) for axis in self.axes)
        return [permuted(P[:, k] if self.batched else P[k], order) for k in range(P.shape[given.index("K")])]


def layout(text: str) -> Layout:
    """Read a layout. Raises ValueError."""
    found = re.fullmatch(r"\s*(\[?)\s*([KBC](?:\s+[KBC])*)\s*(\]?)\s*", text)
    listed = found is not None and bool(found[1])
    if found is None or listed is not bool(found[3]):
        raise ValueError(f"{text!r} is no layout")
    axes = tuple(found[2].split())
    needed = {"C"} if listed else {"K", "C"}
    if len(set(axes)) < len(axes) or not needed <= set(axes) <= needed | {"B"}:
        raise ValueError(f"{text!r} is no layout")
    return Layout(axes, listed)


def permuted(x: Any, order: tuple[int, ...]) -> Any:
    """The array with its first axes in another order: NumPy, JAX and PyTorch alike; what is in order is the array itself."""
    if order == tuple(range(len(order))):
        return x
    return x.permute(order) if hasattr(x, "permute") else x.transpose(order)


@dataclass(frozen=True)
class Call:
    """How a function is called: `layout` of the teachers, `weights` ("K", "B K", "K B" or "none"), the names of the parameters
    that take a temperature, or one a teacher (None: there is none), and what is `given` beside."""

    layout: Layout = Layout(("K", "C"))
    weights: str = "K"
    one: str | None = ONE
    each: str | None = EACH
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def usual(self) -> bool:
        """Whether it is a call A(P, w) as everybody else makes it."""
        return self == Call()


@dataclass(frozen=True)
class Panel:
    """A(P, w[, T]) of one panel, P (K, C) and w (K,), made of a function that is called otherwise.

    A function that takes batches gets a batch of this panel alone, and the result's one row is the aggregate.
    """

    written: Callable[..., Any]
    call: Call
    __name__: str = ""

    def __call__(self, P: Any, w: Any = None, **more: Any) -> Any:
        batched = self.call.layout.batched
        q = self._called(P[None] if batched else P, w[None] if batched else w, P.shape[0], P.shape[1], more)
        return _only(q) if batched else q

    def batch(self, P: Any, w: Any, **more: Any) -> Any:
        """The function on a batch of panels, P (B, K, C) and w (B, K), in one call -> (B, C). Of weights that all panels share
        those of the first count."""
        return self._called(P, w, P.shape[1], P.shape[2], more)

    def _called(self, P: Any, w: Any, K: int, C: int, more: Mapping[str, Any], *before: Any) -> Any:
        """What was written, called on the teachers as it takes them; `before`: what it takes before them."""
        call = self.call
        own = {ONE: call.one or ONE, EACH: call.each or EACH}
        heat = {own.get(name, name): x for name, x in more.items()}
        given = {name: self._made(name, K, C, P.shape[0]) for name in call.given}
        weights = () if call.weights == NONE else (self._weighed(w),)
        return self.written(*before, call.layout.of(P), *weights, **given, **heat)

    def _weighed(self, w: Any) -> Any:
        """w as the function takes it: (K,), or with an axis of panels."""
        if not self.call.layout.batched:
            return w
        return {"K": lambda: w[0], "B K": lambda: w, "K B": lambda: permuted(w, (1, 0))}[self.call.weights]()

    def _made(self, name: str, K: int, C: int, B: int) -> Any:
        value = self.call.given[name]
        if not callable(value):
            return value
        return value(K, C, B) if self.call.layout.batched else value(K, C)

    @cached_property
    def __signature__(self) -> inspect.Signature:
        kept = [one for one in (self.call.one, self.call.each) if one in parameters(self.written)]
        names = ["P", "w", *(ONE if name == self.call.one else EACH for name in kept)]
        return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names])


@dataclass(frozen=True)
class Loss(Panel):
    """A loss L(z, P, w[, T]) of the student's logits z (C,) and one panel, made of a function that is called otherwise.

    Called as an aggregate is, it says whether the function takes its teachers so: it gives the loss at some student, the last
    teacher's row, in every class. What is judged is not made here.
    """

    def __call__(self, P: Any, w: Any = None, **more: Any) -> Any:
        return self.loss(3 * P[-1], P, w, **more) + 0 * P[-1]

    def batch(self, P: Any, w: Any, **more: Any) -> Any:
        L = self.losses(3 * P[:, -1], P, w, **more)
        return (L[:, None] if getattr(L, "shape", ()) else L) + 0 * P[:, -1]

    def loss(self, z: Any, P: Any, w: Any = None, **more: Any) -> Any:
        """The loss of one student's logits z (C,), a scalar. Raises NoBatch."""
        batched = self.call.layout.batched
        P, w, z = (P[None], w if w is None else w[None], z[None]) if batched else (P, w, z)
        return _scalar(self._called(P, w, *P.shape[-2:], more, z), batched)

    def losses(self, z: Any, P: Any, w: Any, **more: Any) -> Any:
        """The loss of a batch, z (B, C), P (B, K, C) and w (B, K), in one call: a scalar, or (B,). Raises NoBatch."""
        L = self._called(P, w, *P.shape[1:], more, z)
        shape = tuple(getattr(L, "shape", ()))
        if shape not in ((), (P.shape[0],)):
            raise NoBatch(
                f"returned shape {shape} as a loss for a batch of {P.shape[0]}, expected a scalar, or one a row"
            )
        return L


class NoBatch(TypeError):
    """A function that is declared to take batches gave something else than one row a panel back."""


def _only(q: Any) -> Any:
    """The aggregate of a batch of one panel. Raises NoBatch."""
    shape = getattr(q, "shape", None)
    if shape is None:
        return q  # it is told elsewhere that this is no array
    if len(shape) != 2 or shape[0] != 1:
        raise NoBatch(f"returned shape {tuple(shape)} for a batch of one panel, expected (1, C): a row a panel")
    return q[0]


def _scalar(L: Any, batched: bool) -> Any:
    """A loss as a number. Raises NoBatch."""
    shape = getattr(L, "shape", None)
    if not shape:
        return L  # it is told elsewhere where this is no number
    if tuple(shape) != (1,):
        expected = (
            "a scalar, or one a row (B,). Sum it over the classes"
            if batched
            else "a scalar. Sum it over the classes and the teachers"
        )
        raise NoBatch(f"returned shape {tuple(shape)} as a loss, expected {expected}")
    return L[0]


def panel(fn: Callable[..., Any], call: Call, *, loss: bool = False) -> Callable[..., Any]:
    """The function itself where it is called as usual, else the function of one panel made of it; of a loss, always that."""
    if loss:
        return Loss(fn, call, getattr(fn, "__name__", ""))
    return fn if call.usual else Panel(fn, call, getattr(fn, "__name__", ""))


def written(fn: Any) -> Any:
    """What the user wrote, its parameters unbound, of a function of one panel."""
    inner = fn.func if isinstance(fn, partial) else fn
    return inner.written if isinstance(inner, Panel) else inner


def beneath(fn: Any) -> Any:
    """The function itself, or what the user wrote where it was made of that."""
    inner = fn.func if isinstance(fn, partial) else fn
    return inner.written if isinstance(inner, Panel) else fn


def again(fn: Any, call: Call) -> Any:
    """The function of one panel with another way of calling what was written, and what stands around it kept."""
    if isinstance(fn, partial):
        return partial(again(fn.func, call), *fn.args, **fn.keywords)
    if hasattr(fn, "around"):  # a wrapper that says how to wrap another function
        return fn.around(again(fn.inner, call))
    return panel(written(fn), call, loss=isinstance(fn, Loss))


def rewritten(fn: Any, by: Callable[..., Any]) -> Any:
    """A function of one panel with another in the place of what was written."""
    if isinstance(fn, partial):
        return partial(rewritten(fn.func, by), *fn.args, **fn.keywords)
    return replace(fn, written=by) if isinstance(fn, Panel) else by


def student(fn: Any, *, of: str = "loss") -> Any:
    """The loss L(z, P, w) of what was made of one, whatever stands around it: with `of` "losses", that of a batch, and "each", of
    many students of one panel in one call, None where nothing makes such."""
    if isinstance(fn, partial):
        found = student(fn.func, of=of)
        return None if found is None else partial(found, **fn.keywords)
    if hasattr(fn, "loss"):
        return getattr(fn, of, None)
    return student(fn.inner, of=of)


def batch(fn: Any) -> Callable[..., Any]:
    """A function of one panel that was made of one of batches, on a whole batch: P (B, K, C), w (B, K) -> (B, C)."""
    if isinstance(fn, partial):
        return partial(batch(fn.func), *fn.args, **fn.keywords)
    return fn.batch if hasattr(fn, "batch") else batch(fn.inner)


def parameters(fn: Any) -> Mapping[str, inspect.Parameter]:
    """A callable's parameters by name, none where it has no signature that can be read. A module's are those of its `forward`."""
    inner = fn.func if isinstance(fn, partial) else fn
    forward: Any = getattr(inner, "forward", None)
    if type(inner).__module__ != "builtins" and not inspect.isroutine(inner) and callable(forward):
        fn = partial(forward, *fn.args, **fn.keywords) if isinstance(fn, partial) else forward
    try:
        return inspect.signature(fn).parameters
    except (TypeError, ValueError):
        return {}
