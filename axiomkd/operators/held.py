"""A translated operator held against the user's own function: at a few sizes before all else, and at every point that concludes.

A translation that differs anywhere is worth nothing: the operator is then called for itself. It knows no language and no claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from axiomkd.core import tolerances
from axiomkd.operators.followed import Followed
from axiomkd.tracing.numbers import Undecided, is_special, to_float
from axiomkd.tracing.walk import Unsupported
from axiomkd.tracing.work import inside

if TYPE_CHECKING:
    from axiomkd.operators.evaluate import Evaluator

COMPILED = 2  # sizes at which the translation is compiled, which takes longer than all the rest of a size
EACH = 6  # points of each kind at a size
SKEWED = (0.98, 0.9999)  # of what a row has that is nearly certain
TINY = 1e-30
TEMPERATURES = (1.0, 0.5, 2.0, 3.0)
NUDGES, SPREAD = 3, 10.0
# Operations that dyadic fractions with few digits go through without rounding: a tie of theirs is one in floats.
UNROUNDED = frozenset(
    """add sub mul neg max min abs sign sort top_k argmax argmin select_n lt le gt ge eq ne and or not xor dot_general reduce_sum
    reduce_max reduce_min reduce_and reduce_or cumsum iota clamp integer_pow square broadcast_in_dim reshape squeeze expand_dims
    transpose rev slice dynamic_slice gather scatter scatter-add concatenate pad convert_element_type copy stop_gradient jit pjit
    custom_jvp_call custom_vjp_call split""".split()
)


def apart(evaluator: Evaluator, sizes: Sequence[tuple[int, int]]) -> str:
    """How the translation and the function differ, at a size of these; "" where they do not."""
    for n, (K, C) in enumerate(sizes):
        try:
            found = _apart_at(evaluator, K, C, evaluator.batch if n < COMPILED else evaluator.suggested)
        except Unsupported as e:
            return str(e)
        if found:
            return f"its translation into JAX gives another result than PyTorch at K = {K}, C = {C}, {found}"
    return ""


def _apart_at(evaluator: Evaluator, K: int, C: int, translated: Callable[..., np.ndarray]) -> str:
    """`translated` gives the translation's results: of code that is compiled, or, where the size is one of many, of its trace."""
    takes, room = evaluator.operator.takes_temperature, _room(evaluator)
    jaxpr = evaluator.jaxpr(K, C, takes)
    exactly = _primitives(jaxpr) <= UNROUNDED
    kinds = tuple(_points(K, C, interior=evaluator.operator.domain == "interior"))
    P, w, tied = (np.concatenate([one[n] for one in kinds]) for n in range(3))
    T = np.resize(TEMPERATURES, len(P)) if takes else None
    if evaluator.operator.each_temperature and T is not None:
        T = np.stack([np.roll(np.resize(TEMPERATURES, K), n) for n in range(len(P))])
    mine = evaluator.really(P, w, T)
    if jaxpr.out_avals[0].shape != (C,):  # where the function itself gives no (C,) either, that is told where it is met
        return "" if np.isnan(mine).all() else f"in its shape, {jaxpr.out_avals[0].shape}"
    other = translated(P, w, T)
    for n in np.flatnonzero([not near(a, b, room) for a, b in zip(mine, other, strict=True)]):
        now = None if T is None else T[n : n + 1]
        lasts = tied[n] and exactly or _lasts(evaluator, (P[n : n + 1], w[n : n + 1], now), mine[n], other[n])
        if lasts and not _compiled_so(evaluator, (P[n], w[n], *(() if T is None else (T[n],))), mine[n], room):
            return f"P = {P[n].tolist()}, w = {w[n].tolist()}: {_shown(other[n])} in place of {_shown(mine[n])}"
    return ""


def _compiled_so(evaluator: Evaluator, at: tuple[Any, ...], mine: np.ndarray, room: float) -> bool:
    """Whether a gap is the compiler's: over large batches XLA's largest of several passes NaN over, and step by step does not."""
    return near(mine, _stepped(evaluator, *at), room)


def _lasts(evaluator: Evaluator, at: tuple[np.ndarray, np.ndarray, Any], mine: np.ndarray, other: np.ndarray) -> bool:
    """Whether a gap is no rounding: what moves when the inputs do by units in the last place is less. Where one of them is no
    number, whether that stays so."""
    P, w, T = at
    rng = np.random.default_rng(29)
    moved = [tuple(x * (1 + rng.integers(-2, 3, x.shape) * 2.0**-52) for x in (P, w)) for _ in range(NUDGES)]
    results = [(evaluator.really(p, v, T)[0], evaluator.batch(p, v, T)[0]) for p, v in moved]
    if not (np.isfinite(mine) & np.isfinite(other)).all():
        return all((np.isfinite(a) != np.isfinite(b)).any() for a, b in results)
    gap = np.abs(mine - other).max()
    spread = max(np.abs(one - was).max() for pair in results for one, was in zip(pair, (mine, other), strict=True))
    return not SPREAD * spread >= gap


def near(a: np.ndarray, b: np.ndarray, room: float) -> bool:
    """Whether two aggregates are one up to rounding, undefined alike."""
    both = np.isfinite(a) & np.isfinite(b)
    with np.errstate(all="ignore"):
        return bool(((np.isfinite(a) == np.isfinite(b)) & (~both | (np.abs(a - b) <= room * (1 + np.abs(a))))).all())


def _room(evaluator: Evaluator) -> float:
    return max(tolerances.REPEAT, tolerances.COARSE_FACTOR * evaluator.rounding.eps)


def _points(K: int, C: int, *, interior: bool) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """P (B, K, C), w (B, K) and whether ties are in them (B,), a kind at a time."""
    rng = np.random.default_rng((K, C, 37))
    P, w = rng.dirichlet(np.ones(C), (EACH, K)), rng.dirichlet(np.ones(K), EACH)
    inside, tied = np.zeros(EACH, bool), np.ones(EACH, bool)
    yield P, w, inside
    for share in SKEWED:
        top, own = np.eye(C)[rng.integers(C, size=(EACH, K))], np.eye(K)[rng.integers(K, size=EACH)]
        yield (1 - share) * P + share * top, (1 - share) * w + share * own, inside
    yield np.repeat(P[:, :1], K, 1), w, inside
    for least in (1, 0)[: 1 if interior else None]:
        yield _dyadic(rng, (EACH, K, C), least), _dyadic(rng, (EACH, K), least), tied
    if not interior:
        yield np.eye(C)[rng.integers(C, size=(EACH, K))], np.eye(K)[rng.integers(K, size=EACH)], tied
        small = np.where(rng.random(P.shape) < 0.3, TINY, P)
        yield small / small.sum(-1, keepdims=True), w, inside


def _dyadic(rng: np.random.Generator, shape: tuple[int, ...], least: int) -> np.ndarray:
    """Distributions in equal parts of a power of two, few enough that many entries are alike."""
    parts = 1 << int(2 * shape[-1] - 1).bit_length()
    rows = rng.multinomial(parts - least * shape[-1], np.full(shape[-1], 1 / shape[-1]), shape[:-1]) + least
    return rows / parts


def _primitives(closed: Any) -> set[str]:
    jaxpr = getattr(closed, "jaxpr", closed)
    found = {equation.primitive.name for equation in jaxpr.eqns}
    return found.union(*(_primitives(one) for equation in jaxpr.eqns for one in inside(equation)))


# --- where something is concluded ------------------------------------------------------------------------------------------


def at(evaluator: Evaluator, P: np.ndarray, w: np.ndarray, T: Any, q: np.ndarray) -> None:
    """Hold an exact aggregate q of the translation against the function itself at the nearest floats. Raises Undecided.

    Where floats cannot tell (a point nearer to a face than they reach, a cancellation), the translation in floats must give
    what the function does: what is exact about it is then one about the function.
    """
    try:
        floats = [None if x is None else np.vectorize(to_float, otypes=[float])(x)[None] for x in (P, w, T)]
        exact = np.array([np.nan if is_special(x) else to_float(x) for x in q])
    except (TypeError, ValueError, AttributeError, Undecided):
        return  # letters, or whole boxes: nothing that a function of floats is called with
    mine = evaluator.really(*floats)[0]  # type: ignore[arg-type]
    if near(mine, exact, _room(evaluator)):
        return
    other = _stepped(evaluator, *(x[0] for x in floats if x is not None))
    if not near(mine, other, _room(evaluator)):
        raise Undecided(
            f"PyTorch itself gives {_shown(mine)} where its translation gives {_shown(exact)}: the translation is not believed"
        )


def _stepped(evaluator: Evaluator, *args: Any) -> np.ndarray:
    """The translation at a point, one operation after the other."""
    K, C = args[0].shape
    jaxpr = evaluator.jaxpr(K, C, len(args) > 2, each=len(args) > 2 and np.ndim(args[2]) == 1)
    q = Followed().run(jaxpr, [np.asarray(x)[None] for x in args], 1)
    if q is not None:
        return q[0]
    from jax.extend.core import jaxpr_as_fun  # which brings more of JAX than every worker needs

    with jax.disable_jit():
        (q,) = jaxpr_as_fun(jaxpr)(*map(jax.numpy.asarray, args))
    return np.asarray(q, float)


def _shown(x: np.ndarray) -> str:
    return f"[{', '.join(f'{one:.6g}' for one in x)}]"
