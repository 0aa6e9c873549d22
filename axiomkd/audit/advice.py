"""A stable form of an operator that loses something: the same graph evaluated otherwise, run at the inputs that lose it.

Tried from the least change on; the first that loses nothing where the operator does, and errs no more anywhere, is offered. What
was not run and seen to be better is not said.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from axiomkd.audit import judging
from axiomkd.audit.calling import Called, Fails
from axiomkd.audit.logs import Form
from axiomkd.audit.numpy_twin import traced
from axiomkd.audit.reference import Reference
from axiomkd.audit.widths import width
from axiomkd.core.audit import AdviceModel
from axiomkd.operators.frames import shorten

if TYPE_CHECKING:
    from axiomkd.audit.engine import Found, Scan, Seen

AT = 12  # cases of a kind at which a stable form is tried: those that lose it, the smallest first
BESIDE = 12  # and ordinary ones, at which it may lose nothing that the operator keeps
WIDER = {"bfloat16": "float32", "float16": "float32", "float32": "float64"}

Run = Callable[[np.ndarray, np.ndarray, float | None], np.ndarray]


@dataclass(frozen=True)
class Remedy:
    """`name`, what it does in words (known once it has run), and how it is run: inputs of the dtype -> (C,), rounded to it."""

    name: str
    how: Callable[[], list[str]]
    run: Run


def offered(scan: Scan) -> dict[str, AdviceModel]:
    """For each kind of loss the first remedy that is seen to be better."""
    if not scan.smallest:
        return {}
    made = list(_remedies(scan.reference))
    found = {kind: _best(scan, kind, found, made) for kind, found in scan.smallest.items()}
    return {kind: one for kind, one in found.items() if one is not None}


def _remedies(reference: Reference) -> Iterator[Remedy]:
    """From the least change on."""
    own = reference.called.width.name
    wide = WIDER.get(own)
    yield _graph(reference, "xlogy", own, logs=False, xlogy=True)
    yield _graph(reference, "logarithms", own, logs=True, xlogy=False)
    yield _graph(reference, "logarithms, xlogy", own, logs=True, xlogy=True)
    if wide is None:
        return
    yield Remedy(f"{wide} inside", lambda: [_cast(reference.called, own, wide)], _wider(reference.called, wide))
    for name, xlogy in (("logarithms", False), ("logarithms, xlogy", True)):
        yield _graph(reference, f"{name}, {wide} inside", wide, logs=True, xlogy=xlogy)


def _cast(called: Called, own: str, wide: str) -> str:
    to = {"jax": "jnp.", "numpy": "np.", "torch": "torch."}[called.speaks]
    cast = f".to({to}{wide})" if called.speaks == "torch" else f".astype({to}{wide})"
    back = f".to({to}{own})" if called.speaks == "torch" else f".astype({to}{own})"
    return f"cast P and w first, and the result back: P{cast}, w{cast}, q{back}"


def _wider(called: Called, wide: str) -> Run:
    """The user's function itself, on wider inputs, its result rounded back."""
    other = Called(called.operator, called.speaks, width(wide))

    def run(P: np.ndarray, w: np.ndarray, T: float | None) -> np.ndarray:
        return called.rounded(other.one(P, w, T).q)

    return run


def _graph(reference: Reference, name: str, dtype: str, *, logs: bool, xlogy: bool) -> Remedy:
    """The traced graph in another form, op by op, the result rounded to the operator's dtype."""
    called, did = reference.called, {}

    def run(P: np.ndarray, w: np.ndarray, T: float | None) -> np.ndarray:
        form = Form(jnp.dtype(dtype), logs=logs, xlogy=xlogy)
        closed = _trace(reference, P.shape, T is not None)
        args = [P, w] if T is None else [P, w, np.asarray(T)]
        q = form.run(closed, args, called.operator.inputs == "probabilities")
        if not form.did:
            raise Fails("nothing to do otherwise")
        did.update(form.did)
        return called.rounded(np.asarray(q).astype(float))

    def how() -> list[str]:
        lines: dict[str, list[str]] = {}
        for what, at in did:
            lines.setdefault(what, []).append(_line(at))
        more = [] if dtype == called.width.name else [f"all of it in {dtype}, the result cast back"]
        said = [(_named(what, called.speaks), ", ".join(sorted(set(filter(None, at))))) for what, at in lines.items()]
        return [f"{what} ({at})" if at else what for what, at in said] + more

    return Remedy(name, how, run)


CALLED = {
    "jax": {"logsumexp": "jax.nn.logsumexp", "xlogy": "jax.scipy.special.xlogy", "softmax": "jax.nn.log_softmax"},
    "torch": {"logsumexp": "torch.logsumexp", "xlogy": "torch.xlogy", "softmax": "torch.log_softmax"},
    "numpy": {
        "logsumexp": "scipy.special.logsumexp",
        "xlogy": "scipy.special.xlogy",
        "softmax": "scipy.special.log_softmax",
    },
}


def _named(what: str, speaks: str) -> str:
    """What was done, with the function that does it in the operator's own language."""
    for short, full in CALLED[speaks].items():
        what = what.replace(f"`{short}`", f"`{full}`")
    return what


def _trace(reference: Reference, shape: tuple[int, ...], with_T: bool) -> Any:
    K, C = shape
    if reference.called.speaks == "numpy":
        return traced(reference.operator, K, C, with_T)
    return reference.trace(K, C, with_T)


def _line(at: str) -> str:
    """my_op.py:12 of the place that a trace knows."""
    file, _, line = at.rpartition(":")
    return f"{shorten(file)}:{line}" if file else ""


# --- seen to be better -----------------------------------------------------------------------------------------------


def _best(scan: Scan, kind: str, found: Found, remedies: Sequence[Remedy]) -> AdviceModel | None:
    lose = [one for one in scan.seen if one.P.size and any(loss.kind == kind for loss in one.losses)][:AT]
    lose = [found.seen, *(one for one in lose if one.case != found.seen.case)]
    calm = [one for one in scan.seen if one.P.size and one.case.ordinary and not one.losses]
    sizes = [(found.seen.case.K, found.seen.case.C), *dict.fromkeys((one.case.K, one.case.C) for one in calm)]
    calm = [one for one in calm if (one.case.K, one.case.C) in sizes[:3]][:BESIDE]
    for remedy in remedies:
        advice = _tried(remedy, found, lose, calm)
        if advice is not None:
            return advice
    return None


def _tried(remedy: Remedy, found: Found, lose: Sequence[Seen], calm: Sequence[Seen]) -> AdviceModel | None:
    """The remedy as advice, where it mends the smallest case, most of the others, and spoils no ordinary one."""
    before, after, still = [], [], 0
    try:
        for one in (*lose, *calm):
            exact = found.exact if one is found.seen else one.exact
            q = _run(remedy, one)
            wrong = bool(judging.suspected(q, exact, one.result.width, one.case.K))
            if wrong and (one is found.seen or any(one is x for x in calm)):
                return None
            still += wrong
            before.append(judging.error(one.result.q, exact, one.result.width, one.case.K))
            after.append(judging.error(q, exact, one.result.width, one.case.K))
    except Exception:  # what cannot be run is no advice
        return None
    if 2 * still > len(lose) or max(after) > max(before):
        return None
    worst = [max(x) if np.isfinite(max(x)) else None for x in (before, after)]
    return AdviceModel(
        name=remedy.name, how=remedy.how(), before=worst[0], error=worst[1], cases=len(lose), still=still
    )


def _run(remedy: Remedy, one: Seen) -> np.ndarray:
    with warnings.catch_warnings(), np.errstate(all="ignore"), jax.enable_x64(True):
        warnings.simplefilter("ignore")
        return remedy.run(one.P, one.w, one.case.T)
