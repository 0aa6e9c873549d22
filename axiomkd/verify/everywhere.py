"""Whether an operator is one function of the size: that no size, tried or not, makes it do another thing.

It is traced where K and C have no values. What it asks of them then (`asked`), and which instructions run there, at a fixed size
and in an ordinary call (`ran`), tells. Whatever is not sure is told as a failure, in one sentence.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from axiomkd.core.scope import All, AtSizes, ForEvery, Scope, Supported
from axiomkd.operators.alike import on_device
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.language import Translated
from axiomkd.operators.respelled import respelled
from axiomkd.verify import counted
from axiomkd.verify.asked import at_all_sizes
from axiomkd.verify.line import Failed
from axiomkd.verify.ran import Ran, following
from axiomkd.verify.subject import Size, Subject

FIXED = (11, 13)  # a size that no code is written for
Open = tuple[int | None, int | None]


def check(subject: Subject, scope: Scope, heat: bool) -> None:
    """Raises Failed where a scope has sizes that nobody has looked at, and it is not sure that the operator is the same there.
    `heat`: called with a temperature for each teacher."""
    for sizes in _open(scope):
        why = subject.keep(f"one function at {sizes} {heat}", lambda sizes=sizes: _unsure(subject, sizes, heat))
        if why:
            raise Failed(
                f"its scope is {str(scope)!r}, and {why}: what it is at sizes that are not looked at is not known"
            )


def outside(subject: Subject) -> None:
    """Raises Failed where a JAX function runs other instructions where nobody traces it, or handles an exception that only a trace
    raises: a proof of its trace is none of the function, at however few points they differ."""
    if line := subject.keep("the same outside a trace", lambda: _otherwise_outside(subject)):
        raise Failed(
            f"it runs other code under a trace than outside of one ({line}): nothing that is proved of its trace is of it"
        )


def _otherwise_outside(subject: Subject) -> str:
    evaluator, each = subject.evaluator, subject.operator.each_temperature
    if evaluator.mode != "jax" or isinstance(evaluator.operator.fn, Translated):
        return ""
    K, C = _fixed(subject, (None, None))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        _traced(evaluator, K, C, each)  # what the function remembers by size is there then
        traced = _followed(lambda: _traced(evaluator, K, C, each))
        try:
            called = _followed(lambda: _called(subject, K, C, each))
        except Exception:  # what does not run there is nothing else
            return ""
    return next((line for line in traced.caught if line not in called.caught), "") or traced.differs(called)


def _open(scope: Scope) -> list[Open]:
    match scope:
        case AtSizes():
            return []
        case ForEvery("K", values):
            return [(n, None) for n in values]
        case ForEvery(_, values):
            return [(None, n) for n in values]
        case All() | Supported():
            return [(None, None)]
    return [(None, None)]


def _unsure(subject: Subject, sizes: Open, each: bool) -> str:
    """Why it is not sure that the operator is one function at these sizes, None for every one; "" where it is."""
    evaluator = _traced_one(subject)
    if isinstance(evaluator, str):
        return evaluator
    least, near = subject.smallest, _fixed(subject, sizes)
    letters = export.symbolic_shape("K, C", constraints=[f"K >= {least[0]}", f"C >= {least[1]}"])
    K, C = (letter if n is None else n for letter, n in zip(letters, sizes, strict=True))
    open_trace: list[Any] = []
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            fixed = _followed(lambda: _traced(evaluator, *near, each))
            spaces = list(fixed.spaces.values())
            ran = _followed(lambda: open_trace.extend(at_all_sizes(lambda: _traced(evaluator, K, C, each), spaces)))
            called = _followed(lambda: _called(subject, *near, each))
    except Exception as e:
        return f"where K and C have no values it cannot be followed ({type(e).__name__}: {_first(e)})"
    closed, asked = open_trace
    if asked:
        return f"it asks for the value of a size ({asked[0]})"
    caught = next((one.caught[0] for one in (fixed, ran, called) if one.caught), "")
    if caught:
        return f"it goes on after an exception ({caught}), which may be about a size"
    elsewhere = ran.unlike(fixed) or fixed.beside(ran).unlike(called)
    by = counted.compared(closed)
    if by:
        return f"it compares numbers that are made of sizes alone (`{by}`)"
    return (
        f"it runs other code where K and C have no values, or where nobody traces it ({elsewhere})" if elsewhere else ""
    )


def _followed(call: Callable[[], Any]) -> Ran:
    with following() as ran:
        call()
    return ran


def _traced_one(subject: Subject) -> Evaluator | str:
    """What can be traced of an operator: itself, or its NumPy code spelled in JAX; or why there is nothing."""
    evaluator = subject.evaluator
    if evaluator.mode == "jax":
        return evaluator
    if isinstance(evaluator.operator.fn, Translated):
        return f"its PyTorch code is not translated: {evaluator.operator.fn.why}"
    fn = respelled(evaluator.operator.fn)
    if fn is None:
        return "its NumPy code is no plain function"
    try:
        other = Evaluator(replace(evaluator.operator, fn=fn, backend="jax"), evaluator.softener)
    except Exception as e:
        return f"its NumPy code does not run on jax.numpy ({type(e).__name__})"
    return other if other.mode == "jax" else "its NumPy code cannot be traced, so what it asks of a size is not seen"


def _fixed(subject: Subject, sizes: Open) -> Size:
    """A size that no code is written for, as far as the operator supports one."""
    K, C = (
        n or min(own or (usual,), key=lambda m, usual=usual: abs(m - usual))
        for n, own, usual in zip(sizes, (subject.operator.K, subject.operator.C), FIXED, strict=True)
    )
    return K, C


def _traced(evaluator: Evaluator, K: Any, C: Any, each: bool) -> Any:
    P, w, T = (jax.ShapeDtypeStruct(shape, jnp.float64) for shape in ((K, C), (K,), (K,) if each else ()))
    return jax.make_jaxpr(evaluator.traceable)(P, w, *([T] if evaluator.operator.takes_temperature else []))


def _called(subject: Subject, K: int, C: int, each: bool) -> Any:
    """The user's function as it stands, at a point without ties."""
    evaluator = subject.evaluator
    P, w = np.arange(1.0, K * C + 1).reshape(K, C) ** 1.5, np.arange(2.0, K + 2)
    T = np.linspace(0.5, 2, K) if each else np.array(2.0)
    given = P / P.sum(1, keepdims=True), w / w.sum(), *([T] if evaluator.operator.takes_temperature else [])
    array = on_device if evaluator.mode == "jax" and not isinstance(evaluator.operator.fn, Translated) else np.array
    return evaluator.plain(*map(array, given))


def _first(e: Exception) -> str:
    return (str(e).splitlines() or [""])[0][:100]
