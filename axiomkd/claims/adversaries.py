"""What a claim quantifies over, chosen against an aggregate that is known: in float batches, the best of a few candidates.

A view has P (B, K, C), w (B, K), q (B, C), and what was drawn; each function returns B values. None of them is exact: what they
choose is a case like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from axiomkd.claims.directions import separating
from axiomkd.core.extras import softmax
from axiomkd.core.reading import View
from axiomkd.core.shapes import Each, Rows

LEAST = 12.0  # the student keeps at least 10^-12 where that is enough
DEEPEST = 300.0
FEWEST = 16  # cases at which a choice is made, however few of a batch are asked for
ROUNDS = 24  # of the game against all teachers
RATE = 0.7


def _mean(v: View) -> Rows:
    return (v.w[..., None] * v.P).sum(-2)


def _hot(i: Each, C: int) -> Rows:
    return np.eye(C)[i]


def student(v: View) -> Rows:
    """s against KL(q‖s) <= Σ w KL(p_k‖s): nearly nothing on the class where q is farthest above the mean, a power of ten, even
    elsewhere. KL(q‖s) - Σ_k w_k KL(p_k‖s) = Σ q log q - Σ_k w_k Σ p_k log p_k - Σ_i (q_i - m_i) log s_i grows without bound so."""
    q, m, C = v.q, _mean(v), v.q.shape[-1]
    above = np.nan_to_num(q - m, nan=-np.inf)
    i = np.argmax(above, -1)
    gap = above[np.arange(len(q)), i]
    safe = np.where(q > 0, q, 1.0)
    lacking = (v.w * np.where(v.P > 0, v.P * np.log(np.where(v.P > 0, v.P, 1.0)), 0).sum(-1)).sum(-1) - (
        q * np.log(safe)
    ).sum(-1)
    with np.errstate(all="ignore"):
        digits = (np.maximum(lacking, 0) + 0.05) / np.maximum(gap, 1e-9) / np.log(10)
    digits = np.ceil(np.clip(np.nan_to_num(digits, nan=LEAST), 1, DEEPEST))
    least = 10.0**-digits
    s = np.repeat(((1 - least) / (C - 1))[:, None], C, -1)
    s[np.arange(len(q)), i] = least
    return s


def truth_on_average(v: View) -> Rows:
    """p* against TV(q, p*) <= Σ w TV(p_k, p*): all on the class where q is farthest below the mean."""
    return _best(
        v, lambda y: (v.w * _tv(v.P, y[:, None])).sum(-1) - _tv(v.q, y), [_hot(_least(v.q - _mean(v)), v.q.shape[-1])]
    )


def truth_far_from_all(v: View) -> Rows:
    """p* against TV(q, p*) <= max_k TV(p_k, p*): a class that q gives less than every teacher does, the point of the hull that
    is nearest to q, or what the teachers have in common."""
    low, middle = np.minimum.reduce(v.P, axis=-2), np.median(v.P, axis=-2)
    near = v.q - _away(v)
    candidates = [
        _hot(_least(v.q - low), v.q.shape[-1]),
        _shares(np.maximum(near, 0)),
        _shares(middle),
        _shares(low),
        _mean(v),
        *(v.P[:, k] for k in range(min(v.P.shape[1], 4))),
    ]
    return _best(v, lambda y: _tv(v.P, y[:, None]).max(-1) - _tv(v.q, y), candidates)


def dear_truth(v: View) -> Rows:
    """y against KL(y‖q) <= max_k KL(y‖p_k): the gains Σ_i y_i log(p_ki / q_i) are a game of classes against teachers; teachers are
    weighed by how little they lose, round by round, and the best of the mixtures is taken."""
    tiny = 1e-300
    gain = np.log(np.maximum(v.P, tiny)) - np.log(np.maximum(v.q, tiny))[:, None]  # (B, K, C)
    C = v.q.shape[-1]
    scale = np.maximum(np.abs(gain).max((-1, -2), keepdims=True)[..., 0], 1e-12)
    logits = np.zeros(v.q.shape)
    total = np.zeros(v.q.shape)
    for _ in range(ROUNDS):
        y = softmax(logits)
        total += y
        worst = np.argmin((gain * y[:, None]).sum(-1), -1)
        logits = logits + RATE * gain[np.arange(len(gain)), worst] / scale * np.sqrt(C)
    candidates = [softmax(logits), total / ROUNDS, *(_hot(np.full(len(v.q), i), C) for i in range(min(C, 6)))]
    return _best(v, lambda y: -(gain * y[:, None]).sum(-1).min(-1), candidates)


def classes(v: View) -> Rows:
    """S against Σ_S q_i <= max_k Σ_S p_ki: the classes that come first along what separates q from the hull, or along what q has
    beyond the highest teacher or the mean; one class is tried more and one less at the end."""
    C = v.q.shape[-1]
    best, margin = v.S, _beyond(v, v.S)
    for score in (_away(v), v.q - np.maximum.reduce(v.P, axis=-2), v.q - _mean(v)):
        order = np.argsort(-np.nan_to_num(score), -1)
        chosen = np.zeros_like(v.q)
        for n in range(C - 1):
            np.put_along_axis(chosen, order[:, n : n + 1], 1.0, -1)
            best, margin = _better(v, chosen, best, margin)
    for i in range(min(C, 12)):
        flipped = best.copy()
        flipped[:, i] = 1 - flipped[:, i]
        proper = (flipped.sum(-1) > 0) & (flipped.sum(-1) < C)
        best, margin = _better(v, np.where(proper[:, None], flipped, best), best, margin)
    return best


def _better(v: View, tried: Rows, best: Rows, margin: Each) -> tuple[Rows, Each]:
    here = _beyond(v, tried)
    more = here < margin
    return np.where(more[:, None], tried, best), np.where(more, here, margin)


def _beyond(v: View, S: Rows) -> Each:
    return (v.P * S[:, None]).sum(-1).max(-1) - (v.q * S).sum(-1)


def _away(v: View) -> Rows:
    """From the nearest point of the hull to q, as long as that is, or a direction where the length is not known."""
    d = separating(v.P, v.q)
    length = (d * v.q).sum(-1) - (d[:, None] * v.P).sum(-1).max(-1)
    return d * np.maximum(length / np.maximum((d * d).sum(-1), 1e-300), 0)[:, None]


def _tv(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a - b).sum(-1) / 2


def _least(x: Rows) -> Each:
    return np.argmin(np.nan_to_num(x, nan=np.inf), -1)


def _shares(x: np.ndarray) -> np.ndarray:
    total = x.sum(-1, keepdims=True)
    return np.where(total > 0, x / np.where(total > 0, total, 1), 1 / x.shape[-1])


def _best(v: View, margin: Callable[[Rows], Each], candidates: list[Rows]) -> Rows:
    """Case by case the candidate with the smallest margin, what was drawn being one of them."""
    best = v.y
    least = margin(best)
    for y in candidates:
        here = margin(y)
        better = here < least
        best, least = np.where(better[:, None], y, best), np.where(better, here, least)
    return best


def chosen(how: str, v: View, name: str, one_in: int = 1) -> np.ndarray:
    """The B values of what is drawn under `name`, chosen better by these means at the first of every `one_in` cases."""
    count = min(max(len(v.P) // one_in, FEWEST), len(v.P))
    first = View(**{field: getattr(v, field)[:count] for field in ("P", "w", "q", name)})
    with np.errstate(all="ignore"):
        return np.concatenate([AIMS[how](first), getattr(v, name)[count:]])


AIMS: Mapping[str, Callable[[View], np.ndarray]] = {
    "student": student,
    "truth far on average": truth_on_average,
    "truth far from all": truth_far_from_all,
    "dear truth": dear_truth,
    "set": classes,
}
"""By the names that claims call them."""
