"""How the target of a loss is found: by its trace at several sizes, held against the function's own values, else by a minimiser.

What is told of it, and why no target is read off, is here too. It knows how to ask and refuses to know what is claimed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.core import layout as layouts
from axiomkd.core.errors import Misbehaviour
from axiomkd.core.layout import student
from axiomkd.core.operator import Operator
from axiomkd.core.tolerances import COARSE_FACTOR, REPEAT
from axiomkd.operators.heat import temperature
from axiomkd.operators.language import Translated
from axiomkd.operators.losses.least import Least
from axiomkd.operators.losses.naming import named
from axiomkd.operators.losses.target import Target, Twinned
from axiomkd.operators.respelled import respelled
from axiomkd.tracing.student import FORWARD, OF_LOGITS, REVERSE, SQUARES, NoMinimum

SIZES = ((2, 3), (3, 2), (4, 5), (3, 7), (2, 17), (16, 3))  # at which the form must be there: few classes, and many
CALLED = ((2, 3), (3, 4))  # and those at which the function's own values are looked at
STUDENTS = 4
POOLS = {"linear": "the linear pool (zoo:linear)", "log": "the log pool (zoo:log)"}
FORMS = {
    (FORWARD, "linear"): "Σ w_k KL(p_k‖s)",
    (REVERSE, "log"): "Σ w_k KL(s‖p_k)",
    (SQUARES, "linear"): "Σ w_k ‖s − p_k‖²",
    (OF_LOGITS, "log"): "Σ w_k ‖z − z_k‖²",
}
REMEDY = "Has the sign been lost, or the student? A loss is least where the student is the target: a cross-entropy, KL(q‖s), …"


def judged(operator: Operator) -> Operator:
    """The operator with the target of its loss in the place of the loss. Raises Misbehaviour where that has no minimum at all."""
    if not operator.is_loss or isinstance(operator.fn, Target | Least):
        return operator
    found, why = _by_trace(operator)
    if found is not None:
        return replace(operator, fn=found) if found.kind == FORWARD else replace(operator, fn=found, domain="interior")
    return replace(operator, fn=Least(operator.fn, operator, why), domain="interior")


def found_in_floats(operator: Operator) -> bool:
    """Whether the target of a loss is found by a minimiser."""
    return isinstance(operator.fn, Least)


def told(operator: Operator) -> str:
    """In a sentence: of what form a loss is, and what its target is; "" of what is no loss."""
    fn = operator.fn
    if not isinstance(fn, Target | Least):
        return ""
    known = named(operator)
    if isinstance(fn, Least):
        equal = f"; where it was looked at, it is {known} (zoo)" if known else ""
        why = f"it is not seen to have a minimum in closed form: {fn.reason}"
        return f"{why}. Its target is found by a minimiser, in floats{equal}"
    form = FORMS.get((fn.kind, known), fn.kind)
    target = POOLS.get(
        known, f"zoo:{known}" if known else "the softmax of a" if fn.kind == OF_LOGITS else "q, read off it"
    )
    return f"{form}, up to a factor and what is free of the student s: its target is {target}"


def tells(operator: Operator, text: str) -> bool:
    """Whether a text is what is `told` of an operator, wherever the file lies that a line in it is of."""
    return _placeless(text) == _placeless(told(operator))


def _placeless(text: str) -> str:
    return re.sub(r"\([^()]*:\d+\)", "", text)


def _by_trace(operator: Operator) -> tuple[Target | None, str]:
    """The target as a trace gives it, at every size of several; or None, and why not."""
    why = ""
    for made in _candidates(operator):
        why = next((why for K, C in _some(operator, SIZES) if (why := _not_traced(made, operator, K, C))), "")
        why = why or _apart(made, operator)
        if not why:
            return made, ""
    return None, why


def _candidates(operator: Operator) -> Iterator[Target]:
    """The loss as it stands, under JAX's tracing or through its translation; then NumPy's respelled in JAX."""
    if isinstance(operator.fn, Translated):
        yield Twinned(operator.fn, operator, operator.fn)  # type: ignore[arg-type]
        return
    if operator.backend != "numpy":
        yield Target(operator.fn, operator)
    if operator.backend != "jax":
        twin = respelled(layouts.written(_bare(operator.fn)))
        if twin is not None:
            yield Twinned(operator.fn, operator, layouts.rewritten(_bare(operator.fn), twin))


def _bare(fn: Any) -> Any:
    """Without what stands around it to note its calls."""
    return _bare(fn.inner) if hasattr(fn, "inner") else fn


def _not_traced(made: Target, operator: Operator, K: int, C: int) -> str:
    """Why no target is read off at a size; "" where one is. Raises Misbehaviour."""
    shapes = [jax.ShapeDtypeStruct(shape, jnp.float64) for shape in ((K, C), (K,))]
    now = 1.0 if operator.takes_temperature else None
    try:
        jax.eval_shape(lambda P, w: made.target(P, w, temperature(operator, now, P)), *shapes)
    except NoMinimum as e:
        raise Misbehaviour(f"{e}. {REMEDY}", _point(operator, K, C)) from None
    except Exception as e:  # what the loss does wrong is told where it is called
        return (str(e).splitlines() or [""])[0][:200] or type(e).__name__
    return ""


def _some(operator: Operator, sizes: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    return operator.small_sizes(*sizes)


def _points(operator: Operator, K: int, C: int) -> Iterator[tuple[np.ndarray, np.ndarray, dict[str, Any]]]:
    """Interior panels as the loss takes them, weights, and temperatures that are not 1."""
    rng = np.random.default_rng((K, C, 53))
    for T in (1.0, 2.5):
        P, w = rng.dirichlet(np.ones(C), K), rng.dirichlet(np.ones(K))
        yield (
            (np.log(P) if operator.takes_logs else P),
            w,
            temperature(operator, T if operator.takes_temperature else None, P),
        )


def _apart(made: Target, operator: Operator) -> str:
    """How the loss's own values are not those of the form that its trace has; "" where they are."""
    loss = student(operator.fn)
    for n, (K, C) in enumerate(_some(operator, CALLED)):
        for P, w, heat in _points(operator, K, C):
            form = made.numbers(P, w, heat)
            if form.kind != FORWARD:
                if not (form.weight > 0 and (form.q >= 0).all()):
                    return f"no weight of {form.kind} is positive, or its least value is attained by no student"
            elif not form.weight > 0:
                raise Misbehaviour(
                    f"is concave in the student's logits here: it has no minimum. {REMEDY}", _point(operator, K, C)
                )
            if not abs(form.q.sum() - 1) <= REPEAT:
                raise Misbehaviour(
                    f"falls without end as one number is added to all of the student's logits: the weights of the teachers' "
                    f"terms do not fit those of the student's. {REMEDY}",
                    _point(operator, K, C),
                )
            if n and not isinstance(made, Twinned):
                continue  # called outside of a trace, JAX compiles every step at every size anew
            z = np.random.default_rng((K, C, 59)).standard_normal((STUDENTS, C))
            try:
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    values = np.array([made.sum_of(loss(*made.arrays(row, P, w), **heat)) for row in z])
            except Exception:
                continue  # code for a trace alone
            by_form = np.array([form.gained(z[0], row) for row in z])
            room = max(REPEAT, COARSE_FACTOR * made.eps) * (1 + np.abs(values).max())
            if np.isfinite(values).all() and not (np.abs(values - values[0] - by_form) <= room).all():
                return f"its values at K = {K}, C = {C} are not those of the form that its trace has"
    return ""


def _point(operator: Operator, K: int, C: int) -> dict[str, Any]:
    P = np.full((K, C), 1 / C)
    return {"P": P.tolist(), "w": [1 / K] * K, "T": 1.0 if operator.takes_temperature else None}
