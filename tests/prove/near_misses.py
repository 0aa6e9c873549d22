"""Wrong operators one edit away from a zoo operator, each with readings that the original has and the edit loses.

`NEAR_MISSES` lists them. A pointwise reading comes with the exact case at which it fails; a claim of continuity with an
argument in words. Asserts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import jax
import jax.numpy as jnp

from axiomkd import zoo
from axiomkd.core.case import ExactCase
from axiomkd.zoo.pools import linear
from axiomkd.zoo.pools import log as geometric
from axiomkd.zoo.simplex import all_but, entropy, largest, lower_weighted_median, normalised, two_largest


@dataclass(frozen=True, eq=False)
class NearMiss:
    """`cases` maps a failing reading to the case that refutes it, `by_argument` one to the reason it fails."""

    name: str
    of: str
    fn: Callable
    note: str
    cases: Mapping[str, ExactCase] = field(default_factory=dict)
    by_argument: Mapping[str, str] = field(default_factory=dict)

    @property
    def fails(self) -> tuple[str, ...]:
        return (*self.cases, *self.by_argument)


FUNCTIONS: list[tuple[Callable, str, str, dict[str, str]]] = []


def near_miss(of: str, note: str, **by_argument: str):
    """Record the decorated function; `by_argument` names readings that fail, and why."""

    def record(fn: Callable) -> Callable:
        FUNCTIONS.append((fn, of, note, by_argument))
        return fn

    return record


JUMPS = "a jump in the interior"


ALONG_T = "softened rows cross the threshold: A_T jumps along T"


def continuity(why: str) -> dict[str, str]:
    return {"interior": why, "closed": why, "lipschitz": why}


# --- linear: the whole first profile ---------------------------------------------------------------------------------


@near_miss("linear", "rows normalised over the teachers instead of the classes")
def linear_wrong_axis(P, w):
    return w @ (P / P.sum(axis=0))


@near_miss("linear", "the loop stops one teacher early")
def linear_last_missing(P, w):
    return sum(w[k] * P[k] for k in range(P.shape[0] - 1))


@near_miss("linear", "clipped from below, not renormalised")
def linear_clipped(P, w):
    return w @ jnp.clip(P, 1e-6)


@near_miss("linear", "clipped from below and renormalised")
def linear_clipped_normalised(P, w):
    return normalised(jnp.clip(w @ P, 1e-6))


@near_miss("linear", "1e-8 in the denominator only")
def linear_epsilon(P, w):
    m = w @ P
    return m / (jnp.sum(m) + 1e-8)


@near_miss("linear", "1e-12 in the denominator only: just above what counts as a violation, 2^-40")
def linear_small_epsilon(P, w):
    return (w @ P) / (jnp.sum(w) + 1e-12)


@near_miss("linear", "the weights in reverse order")
def linear_reversed(P, w):
    return w[::-1] @ P


@near_miss("linear", "1 - w for w")
def linear_complement(P, w):
    return normalised(1 - w) @ P


@near_miss("linear", "the first teacher's weight doubled, not renormalised")
def linear_first_doubled(P, w):
    return w.at[0].multiply(2) @ P


@near_miss("linear", "a tenth goes to the first teacher whatever the weights")
def linear_first_favoured(P, w):
    return 0.9 * (w @ P) + 0.1 * P[0]


@near_miss("linear", "a millionth goes to the first teacher whatever the weights")
def linear_leak(P, w):
    return 0.999999 * (w @ P) + 0.000001 * P[0]


@near_miss("linear", "a billionth goes to the uniform distribution")
def linear_uniform_leak(P, w):
    return (1 - 1e-9) * (w @ P) + 1e-9 * normalised(jnp.ones_like(P[0]))


@near_miss("linear", "teachers softened at a hidden temperature of 2")
def linear_hidden_temperature(P, w):
    return w @ normalised(jnp.sqrt(P))


@near_miss("linear", "the pool sharpened at a hidden temperature of 1/2")
def linear_sharpened(P, w):
    return normalised((w @ P) ** 2)


@near_miss("linear", "softmax over the weights, which are on the simplex already")
def linear_softmax_weights(P, w):
    return jax.nn.softmax(w) @ P


@near_miss("linear", "weights sorted: the order of the teachers is lost")
def linear_sorted_weights(P, w):
    return jnp.sort(w) @ P


@near_miss(
    "linear",
    "a threshold at a thin corner of the first teacher",
    limits=ALONG_T,
    **continuity(JUMPS + ", at P[0, 0] = 0.999"),
)
def linear_thin_corner(P, w):
    return jnp.where(P[0, 0] > 0.999, P[0], w @ P)


@near_miss("linear", "a sure teacher is trusted alone", limits=ALONG_T, **continuity(JUMPS + ", at max P = 0.9999"))
def linear_sure_teacher(P, w):
    best = P[jnp.argmax(jnp.max(P, axis=1))]
    return jnp.where(jnp.max(P) > 0.9999, best, w @ P)


@near_miss(
    "linear",
    "a heavy first teacher is taken alone; at K = 3 the others lose their pull too",
    **continuity(JUMPS + ", at w[0] = 0.99"),
)
def linear_heavy_teacher(P, w):
    return jnp.where(w[0] > 0.99, P[0], w @ P)


@near_miss("linear", "a slit in the weights, 1/500 wide", **continuity(JUMPS + ", at w[0] = 0.332"))
def linear_slit(P, w):
    return jnp.where(jnp.abs(w[0] - 0.333) < 0.001, P[-1], w @ P)


@near_miss("linear", "wrong on one surface only, P[0, 0] = P[1, 0]", **continuity("a jump onto the surface"))
def linear_on_ties(P, w):
    return jnp.where(P[0, 0] == P[1, 0], P[0], w @ P)


@near_miss("linear", "right up to three classes")
def linear_many_classes(P, w):
    return w @ P if P.shape[1] <= 3 else normalised(jnp.sqrt(w @ P**2))


@near_miss("linear", "right up to three teachers")
def linear_many_teachers(P, w):
    return w[:3] @ P[:3] + w[3:] @ P[3:] ** 2


@near_miss("linear", "square roots of weights", lipschitz="the weight of a teacher goes as sqrt(w_k) at w_k = 0")
def linear_root_weights(P, w):
    return normalised(jnp.sqrt(w)) @ P


@near_miss(
    "linear",
    "a hundredth on the first teacher's favourite class",
    limits="q keeps 0.01 on one class: TV(A_T, uniform) tends to 0.01 (1 - 1/C)",
    **continuity(JUMPS + ", where the favourite changes"),
)
def linear_label_leak(P, w):
    return 0.99 * (w @ P) + 0.01 * largest(P[0])


@near_miss("linear", "the first class raised by a twentieth, the last one takes what is left")
def linear_remainder(P, w):
    m = w @ P
    m = m.at[0].multiply(1.05)
    return m.at[-1].set(1 - jnp.sum(m[:-1]))


# --- pools -----------------------------------------------------------------------------------------------------------


@near_miss("log", "the softmax missing")
def log_unnormalised(P, w):
    return jnp.exp(w @ jnp.log(P))


@near_miss("log", "a temperature of 2 inside the softmax")
def log_hidden_temperature(P, w):
    return jax.nn.softmax(w @ jnp.log(P) / 2)


@near_miss("log", "1e-8 inside the logarithm")
def log_epsilon(P, w):
    return jax.nn.softmax(w @ jnp.log(P + 1e-8))


@near_miss("log", "probabilities clipped at 1e-6 inside the logarithm")
def log_clipped(P, w):
    return jax.nn.softmax(w @ jnp.log(jnp.clip(P, 1e-6)))


@near_miss("log", "log_softmax over the teachers instead of the classes")
def log_wrong_axis(P, w):
    return jax.nn.softmax(w @ jax.nn.log_softmax(jnp.log(P), axis=0))


@near_miss("log", "the logarithm forgotten: a softmax of probabilities")
def log_without_log(P, w):
    return jax.nn.softmax(w @ P)


@near_miss(
    "log",
    "the linear pool instead where a probability is small",
    interior=JUMPS + ", at min P = 0.0001",
    limits=ALONG_T,
)
def log_thin_corner(P, w):
    return jnp.where(jnp.min(P) < 0.0001, w @ P, geometric(P, w))


@near_miss("log", "weights squared and not normalised")
def log_square_weights(P, w):
    return jax.nn.softmax(w**2 @ jnp.log(P))


@near_miss("power_minus1", "the outer reciprocal forgotten")
def harmonic_half(P, w):
    return normalised(w @ (1 / P))


@near_miss("power_minus1", "the weights forgotten")
def harmonic_unweighted(P, w):
    return normalised(1 / jnp.sum(1 / P, axis=0))


@near_miss("power_minus1", "1e-3 added to the probabilities")
def harmonic_epsilon(P, w):
    return normalised(1 / (w @ (1 / (P + 1e-3))))


@near_miss("power_half", "the outer square forgotten")
def half_without_square(P, w):
    return normalised(w @ jnp.sqrt(P))


@near_miss("power_half", "not renormalised")
def half_unnormalised(P, w):
    return (w @ jnp.sqrt(P)) ** 2


@near_miss("power2", "the exponent 1/2 forgotten")
def power2_without_root(P, w):
    return normalised(w @ P**2)


@near_miss("power2", "not renormalised")
def power2_unnormalised(P, w):
    return jnp.sqrt(w @ P**2)


@near_miss("power2", "the weights added to the probabilities inside the square")
def power2_added(P, w):
    return normalised(jnp.sqrt(jnp.sum((w[:, None] + P) ** 2, axis=0)))


@near_miss("power3", "a square root for the cube root")
def power3_wrong_root(P, w):
    return normalised(jnp.sqrt(w @ P**3))


@near_miss("power3", "exponent 0.33 for a third")
def power3_rounded_root(P, w):
    return normalised((w @ P**3) ** 0.33)


@near_miss("poe", "not renormalised")
def poe_unnormalised(P, w):
    return jnp.prod(P, axis=0)


@near_miss("poe", "weights let in, times K")
def poe_weighted(P, w):
    return jax.nn.softmax(P.shape[0] * (w @ jnp.log(P)))


@near_miss("poe", "1e-3 added to the probabilities")
def poe_epsilon(P, w):
    return normalised(jnp.prod(P + 1e-3, axis=0))


@near_miss("halflinlog", "the geometric half not normalised")
def halflinlog_unnormalised(P, w):
    return (w @ P + jnp.exp(w @ jnp.log(P))) / 2


@near_miss("halflinlog", "3/2 and -1/2 for the halves")
def halflinlog_extrapolated(P, w):
    return 1.5 * geometric(P, w) - 0.5 * (w @ P)


@near_miss("smooth", "0.1 for 0.1 / C")
def smooth_without_C(P, w):
    return 0.9 * (w @ P) + 0.1


@near_miss("smooth", "0.1 / (C - 1) for 0.1 / C")
def smooth_minus_one(P, w):
    return 0.9 * (w @ P) + 0.1 / (P.shape[1] - 1)


@near_miss("smooth", "the sign of the smoothing flipped")
def smooth_sharpens(P, w):
    return 1.1 * (w @ P) - 0.1 * normalised(jnp.ones_like(P[0]))


# --- weighting -------------------------------------------------------------------------------------------------------


@near_miss("mean", "divided by K - 1")
def mean_minus_one(P, w):
    return P.sum(axis=0) / (P.shape[0] - 1)


@near_miss("mean", "the weights let in before the mean")
def mean_of_weighted(P, w):
    return jnp.mean(w[:, None] * P, axis=0)


@near_miss("mean", "the mean of the sharpened rows")
def mean_sharpened(P, w):
    return jnp.mean(normalised(P**2), axis=0)


@near_miss("wsq", "not normalised")
def wsq_unnormalised(P, w):
    return w**2 @ P


@near_miss(
    "wsq", "exponent -2: the lighter the heavier", closed="inf / inf where a weight is 0, and a jump at w = (0, 0, 1)"
)
def wsq_sign(P, w):
    return normalised(w**-2) @ P


@near_miss("softmax5", "exponentials not normalised")
def softmax5_unnormalised(P, w):
    return jnp.exp(5 * w) @ P


@near_miss("softmax5", "centred instead of normalised: weights of both signs")
def softmax5_centred(P, w):
    e = jax.nn.softmax(5 * w)
    return (2 * e - jnp.mean(e)) @ P


@near_miss("entropyw", "added instead of multiplied")
def entropyw_added(P, w):
    return normalised(w + jnp.exp(-entropy(P))) @ P


@near_miss("entropyw", "normalised before the weights come in")
def entropyw_normalised_early(P, w):
    return (w * jax.nn.softmax(-entropy(P))) @ P


@near_miss(
    "invent", "the 0.01 outside the quotient", closed="w / H is infinite at one-hot rows: two of them have no limit"
)
def invent_outside(P, w):
    return normalised(w / entropy(P) + 0.01) @ P


@near_miss(
    "invent", "the sign of the entropy flipped: a pole at H = 0.01", interior="a pole where Σ w / (0.01 - H) = 0"
)
def invent_sign(P, w):
    return normalised(w / (0.01 - entropy(P))) @ P


@near_miss("confw", "added instead of multiplied")
def confw_added(P, w):
    return normalised(w + jnp.max(P, axis=1)) @ P


@near_miss("confw", "divided by the sum of w")
def confw_unnormalised(P, w):
    return (w * jnp.max(P, axis=1) / jnp.sum(w)) @ P


@near_miss("confw", "-log max p for max p", closed="0/0 at one-hot rows, and a jump there")
def confw_surprise(P, w):
    return normalised(w * -jnp.log(jnp.max(P, axis=1))) @ P


@near_miss("nentw", "log K for log C: negative weights")
def nentw_wrong_size(P, w):
    log_K = jnp.log(jnp.sum(jnp.ones_like(w)))
    return normalised(w * (1 - entropy(P) / log_K)) @ P


@near_miss("nentw", "the sign of the entropy's share flipped, not normalised")
def nentw_sign(P, w):
    log_C = jnp.log(jnp.sum(jnp.ones_like(P), axis=1))
    return (w * (1 + entropy(P) / log_C)) @ P


@near_miss("marginw", "the first two classes instead of the largest two: margins of both signs")
def marginw_unsorted(P, w):
    return normalised(w * (P[:, 0] - P[:, 1])) @ P


@near_miss("marginw", "the weights forgotten where they are small")
def marginw_floor(P, w):
    ascending = jnp.sort(P, axis=1)
    return normalised(jnp.maximum(w, 0.05) * (ascending[:, -1] - ascending[:, -2])) @ P


@near_miss("ebkd", "divided by K")
def ebkd_wrong_K(P, w):
    H = entropy(P)
    return ((1 - H / jnp.sum(H)) / P.shape[0]) @ P


@near_miss("ebkd", "2 for 1 before the share: negative weights")
def ebkd_twice(P, w):
    H = entropy(P)
    return normalised(1 - 2 * H / jnp.sum(H) + 1 / P.shape[0]) @ P


@near_miss("camkd", "divided by K")
def camkd_wrong_K(P, w):
    return ((1 - jax.nn.softmax(-jnp.log(P[:, 0]))) / P.shape[0]) @ P


@near_miss("camkd", "the softmax forgotten", interior="a pole where the weights 1 + log p_k0 sum to 0")
def camkd_without_softmax(P, w):
    CE = -jnp.log(P[:, 0])
    return normalised(1 - CE) @ P


@near_miss("spherical", "rows scaled to unit length, the pool not")
def spherical_unnormalised(P, w):
    return (w / jnp.sqrt(jnp.sum(P**2, axis=1))) @ P


@near_miss("spherical", "a column's length for a row's")
def spherical_columns(P, w):
    return normalised(w @ (P / jnp.sqrt(jnp.sum(P**2, axis=0))))


@near_miss("agree", "1 - 2 TV for exp(-2 TV): negative weights", **continuity("a pole where the weights sum to 0"))
def agree_first_order(P, w):
    m = w @ P
    return normalised(w * (1 - jnp.sum(jnp.abs(P - m[None, :]), axis=1))) @ P


@near_miss("agree", "not normalised")
def agree_unnormalised(P, w):
    m = w @ P
    return (w * jnp.exp(-jnp.sum(jnp.abs(P - m[None, :]), axis=1))) @ P


# --- order -----------------------------------------------------------------------------------------------------------


@near_miss("max_all", "divided by K instead of the sum")
def max_by_K(P, w):
    return jnp.max(P, axis=0) / P.shape[0]


@near_miss(
    "max_all",
    "the largest less the smallest",
    **continuity("0/0 where the teachers agree"),
    limits="softened rows agree in the end: the quotient depends on how, not on how near the rows are to uniform",
)
def max_minus_min(P, w):
    return normalised(jnp.max(P, axis=0) - jnp.min(P, axis=0))


@near_miss(
    "max_all", "of those with a weight above 0.01", closed=JUMPS, lipschitz=JUMPS, interior=JUMPS + ", at w_k = 0.01"
)
def max_of_heavy(P, w):
    return normalised(jnp.max(jnp.where(w[:, None] > 0.01, P, 0), axis=0))


@near_miss("wmax", "not renormalised")
def wmax_unnormalised(P, w):
    return jnp.max(w[:, None] * P, axis=0)


@near_miss("wmax", "added instead of multiplied")
def wmax_added(P, w):
    return normalised(jnp.max(w[:, None] + P, axis=0))


@near_miss("min_all", "1e-3 added")
def min_epsilon(P, w):
    return normalised(jnp.min(P, axis=0) + 1e-3)


@near_miss("min_all", "1 - max p: the complement forgotten inside")
def min_complement(P, w):
    return normalised(1 - jnp.max(P, axis=0))


@near_miss("wmedian", "not renormalised")
def wmedian_unnormalised(P, w):
    return lower_weighted_median(P, w)


@near_miss("umedian", "not renormalised")
def umedian_unnormalised(P, w):
    return jnp.median(P, axis=0)


@near_miss("umedian", "the weights multiplied in")
def umedian_weighted(P, w):
    return normalised(jnp.median(w[:, None] * P, axis=0))


@near_miss("trimmed", "divided by K - 2 instead of the sum")
def trimmed_unnormalised(P, w):
    return jnp.sum(jnp.sort(P, axis=0)[1:-1], axis=0) / (P.shape[0] - 2)


@near_miss("trimmed", "the largest subtracted twice", interior="a pole where Σ_i max_k p_ki = K / 2")
def trimmed_twice(P, w):
    return normalised(jnp.sum(P, axis=0) - 2 * jnp.max(P, axis=0))


# --- selections ------------------------------------------------------------------------------------------------------


@near_miss("topk_rows", "not renormalised")
def topk_rows_unnormalised(P, w):
    return w @ (P * two_largest(P))


@near_miss("topk_pool", "not renormalised")
def topk_pool_unnormalised(P, w):
    m = w @ P
    return m * two_largest(m)


@near_miss("topk_pool", "the rows' own two largest")
def topk_pool_of_rows(P, w):
    return normalised(w @ (P * two_largest(P)))


@near_miss("vote", "the votes are probabilities")
def vote_soft(P, w):
    return largest(w @ P)


@near_miss("vote", "the class with the fewest votes")
def vote_fewest(P, w):
    return largest(-(w @ largest(P)))


@near_miss("argpool", "the share kept instead of 1")
def argpool_share(P, w):
    m = w @ P
    return m * largest(m)


@near_miss("argpool", "half the decision, half the pool")
def argpool_half(P, w):
    m = w @ P
    return (m + largest(m)) / 2


@near_miss("voteshare", "every class above 1/2 gets the vote")
def voteshare_threshold(P, w):
    return w @ (P > 0.5).astype(P.dtype)


@near_miss("voteshare", "half a vote, half the row")
def voteshare_half(P, w):
    return w @ (largest(P) + P) / 2


@near_miss("borda", "C(C+1)/2 for C(C-1)/2")
def borda_wrong_total(P, w):
    C = P.shape[1]
    rank = jnp.argsort(jnp.argsort(P, axis=1), axis=1)
    return w @ rank.astype(P.dtype) / (C * (C + 1) // 2)


@near_miss("borda", "half the ranks, half the rows")
def borda_with_rows(P, w):
    return (zoo.borda(P, w) + w @ P) / 2


@near_miss("topteacher", "the lightest teacher")
def topteacher_lightest(P, w):
    return P[jnp.argmin(w)]


@near_miss("topteacher", "the weight times the confidence", limits="the choice jumps along T, as confidences do")
def topteacher_confident(P, w):
    return P[jnp.argmax(w * jnp.max(P, axis=1))]


@near_miss("topteacher", "the row sharpened")
def topteacher_sharpened(P, w):
    return normalised(P[jnp.argmax(w)] ** 2)


@near_miss("topteacher", "the pool where no teacher has half the weight")
def topteacher_majority(P, w):
    return jnp.where(jnp.max(w) >= 0.5, P[jnp.argmax(w)], w @ P)


@near_miss("confteacher", "the weights forgotten")
def confteacher_unweighted(P, w):
    return P[jnp.argmax(jnp.max(P, axis=1))]


@near_miss("confteacher", "1 - w for w")
def confteacher_complement(P, w):
    return P[jnp.argmax((1 - w) * jnp.max(P, axis=1))]


@near_miss("jsdgate", "the heaviest teacher's label beyond the gate")
def jsdgate_label(P, w):
    m = w @ P
    JSD = entropy(m) - w @ entropy(P)
    return jnp.where(JSD <= 0.02, m, largest(largest(w) @ P))


@near_miss("jsdgate", "beyond the gate past the heaviest teacher")
def jsdgate_beyond(P, w):
    m = w @ P
    JSD = entropy(m) - w @ entropy(P)
    return jnp.where(JSD <= 0.02, m, 1.5 * largest(w) @ P - 0.5 * m)


# --- evidence, transport, other means --------------------------------------------------------------------------------


@near_miss("dempster", "the ignorance subtracted twice", **continuity("a pole where the shares sum to 0"))
def dempster_twice(P, w):
    u = jnp.prod(1 - w)
    plausible = jnp.prod((1 - w[:, None]) + w[:, None] * P, axis=0)
    return normalised(plausible - 2 * u + u * normalised(jnp.ones_like(P[0])))


@near_miss("dempster", "the ignorance not shared among the classes")
def dempster_unshared(P, w):
    u = jnp.prod(1 - w)
    q = jnp.prod((1 - w[:, None]) + w[:, None] * P, axis=0) - u
    return q + u * normalised(jnp.ones_like(q))


@near_miss("discount", "not renormalised")
def discount_unnormalised(P, w):
    return jnp.prod((1 - w[:, None]) + w[:, None] * P, axis=0)


@near_miss("discount", "1 - w p: the class that a sure teacher names is lost")
def discount_complement(P, w):
    return normalised(jnp.prod(1 - w[:, None] * P, axis=0))


@near_miss("w1", "the median of the probabilities, not of the cumulative sums")
def w1_not_cumulated(P, w):
    return jnp.diff(jnp.cumsum(lower_weighted_median(P, w)), prepend=0)


@near_miss("w1", "cumulated from the last class on, not turned back")
def w1_turned(P, w):
    return jnp.diff(lower_weighted_median(jnp.cumsum(P[:, ::-1], axis=1), w), prepend=0)


@near_miss("w1", "the median extrapolated away from the mean")
def w1_extrapolated(P, w):
    G = jnp.cumsum(P, axis=1)
    low = lower_weighted_median(G, w)
    return jnp.diff(1.5 * low - 0.5 * (w @ G), prepend=0)


@near_miss("w2", "the maximum with 0 forgotten")
def w2_without_maximum(P, w):
    C = P.shape[1]
    inner = jnp.cumsum(P, axis=1)[:, :-1]
    rise = jnp.broadcast_to(w[:, None], inner.shape)
    cut, rise = jax.lax.sort((inner.ravel(), rise.ravel()), num_keys=1)
    length = jnp.diff(cut, prepend=0, append=1)
    Q = jnp.concatenate([jnp.zeros_like(rise[:1]), jnp.cumsum(rise)])
    label = jnp.arange(C, dtype=P.dtype)
    return length @ (1 - jnp.abs(Q[:, None] - label[None, :]))


@near_miss("w2", "the last stretch of the quantiles forgotten")
def w2_last_missing(P, w):
    C = P.shape[1]
    inner = jnp.cumsum(P, axis=1)[:, :-1]
    rise = jnp.broadcast_to(w[:, None], inner.shape)
    cut, rise = jax.lax.sort((inner.ravel(), rise.ravel()), num_keys=1)
    length = jnp.diff(cut, prepend=0)
    Q = jnp.concatenate([jnp.zeros_like(rise[:1]), jnp.cumsum(rise)])[:-1]
    label = jnp.arange(C, dtype=P.dtype)
    return length @ jnp.maximum(0, 1 - jnp.abs(Q[:, None] - label[None, :]))


@near_miss("logodds", "not renormalised")
def logodds_unnormalised(P, w):
    return jax.nn.sigmoid(w @ (jnp.log(P) - jnp.log(all_but(P))))


@near_miss("logodds", "log(1 - p) forgotten")
def logodds_half(P, w):
    return normalised(jax.nn.sigmoid(w @ jnp.log(P)))


@near_miss("jeffreys", "the root of the product of both pools for the centroid, not normalised")
def jeffreys_unnormalised(P, w):
    return jnp.sqrt(linear(P, w) * jnp.exp(w @ jnp.log(P)))


@near_miss("jeffreys", "the square root of the product forgotten")
def jeffreys_without_root(P, w):
    return normalised(linear(P, w) * geometric(P, w))


# --- where they fail -------------------------------------------------------------------------------------------------


def case(P: str, w: str, k: int = 0, t: str = "1/2", T: str = "1/2", T1: str = "1", d: str = "") -> ExactCase:
    """A case from text: rows of P separated by |."""
    direction = row(d) if d else None
    return ExactCase(tuple(map(row, P.split("|"))), row(w), k, Fraction(t), Fraction(T1), Fraction(T), direction)


def row(text: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, text.split()))


def cases(table: Mapping[str, ExactCase]) -> dict[str, ExactCase]:
    """The table by reading: a key may name several, apart by spaces."""
    return {reading: at for names, at in table.items() for reading in names.split()}


@dataclass(frozen=True)
class Jump:
    """Two points: `at`, and 2^-202 times (P, w) beside it. The aggregate there differs, or `at` has none."""

    at: ExactCase
    P: str
    w: str

    @property
    def beside(self) -> ExactCase:
        step = Fraction(1, 2**202)
        P = tuple(moved(a, step, row(b)) for a, b in zip(self.at.P, self.P.split("|"), strict=True))
        return replace(self.at, P=P, w=moved(self.at.w, step, row(self.w)))


def moved(x: tuple[Fraction, ...], step: Fraction, way: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    return tuple(a + step * b for a, b in zip(x, way, strict=True))


STILL = "0 0"

# Where an argument speaks of a jump, or of a point without an aggregate.
DISCONTINUITIES: dict[str, Jump] = {
    "linear_thin_corner": Jump(case("999/1000 1/1000 | 1/2 1/2", "1/2 1/2"), "1 -1 | 0 0", STILL),
    "linear_sure_teacher": Jump(case("9999/10000 1/10000 | 1/2 1/2", "1/2 1/2"), "1 -1 | 0 0", STILL),
    "linear_heavy_teacher": Jump(case("1/3 2/3 | 1/2 1/2", "99/100 1/100"), "0 0 | 0 0", "1 -1"),
    "linear_slit": Jump(case("1/3 2/3 | 1/2 1/2", "83/250 167/250"), "0 0 | 0 0", "1 -1"),
    "linear_on_ties": Jump(case("1/3 1/3 1/3 | 1/3 1/2 1/6", "1/2 1/2"), "1 -1 0 | 0 0 0", STILL),
    "linear_label_leak": Jump(case("1/2 1/2 | 1/3 2/3", "1/2 1/2"), "-1 1 | 0 0", STILL),
    "log_thin_corner": Jump(case("1/10000 9999/10000 | 1/2 1/2", "1/2 1/2"), "-1 1 | 0 0", STILL),
    "max_of_heavy": Jump(case("1/3 2/3 | 1/2 1/2", "1/100 99/100"), "0 0 | 0 0", "1 -1"),
    "max_minus_min": Jump(case("1/3 2/3 | 1/3 2/3", "1/2 1/2"), "0 0 | 0 0", STILL),
    "trimmed_twice": Jump(case("1/2 1/2 | 3/4 1/4 | 1/4 3/4", "1/3 1/3 1/3"), "0 0 | 0 0 | 0 0", "0 0 0"),
}

# A pointwise reading fails at its case in exact arithmetic; `limits` fails where all rows of the case are uniform, which
# no softening changes, and the aggregate is not. Each found by search and shrunk.
CASES: dict[str, dict[str, ExactCase]] = {
    "linear_wrong_axis": {
        "simplex unanimity envelope responsive": case("1/3 2/3 | 1/2 1/2", "1/3 2/3"),
        "hull": case("1/3 2/3 | 1/3 2/3", "1/2 1/2", d="1 -1"),
        "pull coordinate": case("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
        "limits": case("1/3 1/3 1/3 | 1/3 1/3 1/3", "1/2 1/2"),
        "nonexpansive": case("1/5 2/5 2/5 | 2/5 1/5 2/5", "1/7 6/7"),
    },
    "linear_last_missing": {
        "simplex unanimity envelope limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
        "common-support any-support": case("1/2 1/2 | 1/2 1/2", "0 1"),
        "pull responsive coordinate": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", k=1, t="1"),
        "favourite": case("1/3 2/3 | 1/2 1/2", "1/2 1/2", k=1, t="1"),
    },
    "linear_clipped": {
        "simplex unanimity envelope responsive": case("1/10000000 9999999/10000000 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/10000000 9999999/10000000 | 1/2 1/2", "1/2 1/2", d="1 1"),
    },
    "linear_clipped_normalised": {
        "unanimity envelope responsive": case("1/10000000 9999999/10000000 | 1/10000000 9999999/10000000", "1/2 1/2"),
        "hull": case(
            "1/10000000 1/10000000 4999999/5000000 | 1/1000000 499999/500000 1/1000000",
            "1/2 1/2",
            d="1 -12500017/25000000 -12499983/25000000",
        ),
        "favourite coordinate": case(
            "620787823/1000000000 379212077/1000000000 1/10000000 | 1/3 1/3 1/3", "249999/250000 1/250000", t="1"
        ),
    },
    "linear_epsilon": {
        "simplex unanimity envelope responsive": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
        "coordinate": case("99999999/100000000 1/100000000 | 999999999/1000000000 1/1000000000", "1/2 1/2", t="1"),
    },
    "linear_small_epsilon": {
        "simplex unanimity envelope": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "linear_reversed": {
        "common-support any-support": case("0 1 | 1/2 1/2", "0 1"),
        "pull responsive favourite coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "linear_complement": {
        "common-support any-support": case("0 1 | 1/2 1/2", "0 1"),
        "pull responsive favourite coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "linear_first_doubled": {
        "simplex unanimity envelope pull responsive coordinate limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="1 1"),
        "favourite": case("1/2 1/2 | 1/3 2/3", "1/2 1/2", k=1, t="1"),
        "nonexpansive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "linear_first_favoured": {
        "pull responsive coordinate": case("1/2 1/2 | 5/6 1/6 | 3/4 1/4", "1/6 2/3 1/6", k=2, t="1"),
    },
    "linear_leak": {
        "pull responsive coordinate": case(
            "5/6 1/6 | 2/3 1/3 | 1/3 2/3", "1/1000000 499999/500000 1/1000000", k=1, t="1"
        ),
    },
    "linear_uniform_leak": {
        "unanimity envelope responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/3 2/3", "1/2 1/2", d="1 -1"),
        "pull coordinate": case(
            "494273073/497263370 2990297/497263370 | 496993247/500000000 3006753/500000000", "1/2 1/2", t="1"
        ),
    },
    "linear_hidden_temperature": {
        "unanimity envelope responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/3 2/3", "1/2 1/2", d="1 -1"),
        "pull coordinate": case("1/3 2/3 | 1/4 3/4", "1/2 1/2"),
        "favourite nonexpansive": case("7/16 7/16 1/8 | 1/2 13/30 1/15", "1/2 1/2", t="1"),
    },
    "linear_sharpened": {
        "unanimity envelope responsive nonexpansive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/3 2/3", "1/2 1/2", d="-1 1"),
        "pull coordinate": case("2/3 1/3 | 1/2 1/2", "1/2 1/2", t="1"),
        "favourite": case("1/5 1/5 3/5 | 1/6 1/2 1/3", "3/4 1/4"),
    },
    "linear_softmax_weights": {
        "pull responsive coordinate": case("1/3 2/3 | 1/4 3/4 | 1/2 1/2", "1/4 1/2 1/4"),
        "favourite": case("1/12 11/12 | 1/10 9/10 | 2/3 1/3", "1/15 13/15 1/15"),
    },
    "linear_sorted_weights": {
        "common-support any-support": case("1/2 1/2 | 0 1", "1 0"),
        "pull responsive favourite coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "linear_thin_corner": {
        "common-support any-support": case("1 0 | 1/2 1/2", "0 1"),
        "responsive": case("9999/10000 1/10000 | 1/2 1/2", "0 1", k=1, t="1"),
        "nonexpansive": case("49/50 1/50 | 1/10 9/10", "1/3 2/3"),
    },
    "linear_sure_teacher": {
        "common-support any-support": case("0 1 | 1/2 1/2", "0 1"),
        "responsive": case("99999/100000 1/100000 | 1/2 1/2", "0 1", k=1, t="1"),
    },
    "linear_heavy_teacher": {
        "any-support": case("0 1 | 1/2 1/2", "199/200 1/200"),
        "pull responsive coordinate": case("2/3 1/3 | 2/3 1/3 | 1/2 1/2", "997/1000 1/1000 1/500", k=1),
        "favourite": case("4999/10000 5001/10000 | 1/2 1/2 | 1/3 2/3", "991/1000 1/1000 1/125", k=1),
    },
    "linear_slit": {
        "common-support any-support": case("1/2 1/2 | 1/2 1/2 | 0 1", "1/3 2/3 0"),
        "pull responsive coordinate": case("1/2 1/2 | 1/3 2/3 | 1/2 1/2", "1/3 1/3 1/3"),
        "favourite": case("1/4 3/4 | 2/3 1/3 | 1/3 2/3", "1/3 1/3 1/3", t="1/4"),
    },
    "linear_on_ties": {
        "common-support any-support": case("1/3 0 2/3 | 1/3 1/3 1/3", "0 1"),
        "responsive": case("1/4 1/2 1/4 | 1/4 1/4 1/2", "0 1", k=1, t="1"),
        "nonexpansive": case("1/5 2/5 2/5 | 1/5 1/5 3/5", "1/2 1/2"),
    },
    "linear_many_classes": {
        "envelope": case("1/5 1/5 1/5 2/5 | 1/5 1/5 2/5 1/5", "1/2 1/2"),
        "hull": case("1/5 1/5 1/5 2/5 | 1/5 1/5 2/5 1/5", "1/2 1/2", d="-1 -1 1 1"),
        "favourite coordinate": case("2/5 1/20 1/20 1/2 | 1/20 1/4 1/4 9/20", "1/10 9/10"),
        "nonexpansive": case("1/50 31/50 17/50 1/50 | 17/50 31/50 1/50 1/50", "1/2 1/2", T="1/4"),
    },
    "linear_many_teachers": {
        "simplex unanimity envelope": case("1/2 1/2 | 1/2 1/2 | 1/2 1/2 | 1/2 1/2", "1/4 1/4 1/4 1/4"),
        "hull": case("1/2 1/2 | 1/2 1/2 | 1/2 1/2 | 1/2 1/2", "1/4 1/4 1/4 1/4", d="-1 -1"),
        "pull responsive coordinate": case("1/2 1/2 | 1/2 1/2 | 1/2 1/2 | 1/2 1/2", "1/4 1/4 1/4 1/4", k=3, t="1"),
        "favourite": case("1/2 1/2 | 1/2 1/2 | 1/2 1/2 | 1/3 2/3", "1/4 1/4 1/4 1/4", k=3, t="1"),
        "limits": case("1/4 1/4 1/4 1/4 | 1/4 1/4 1/4 1/4 | 1/4 1/4 1/4 1/4 | 1/4 1/4 1/4 1/4", "1/4 1/4 1/4 1/4"),
    },
    "linear_label_leak": {
        "unanimity envelope responsive": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="1 -1"),
        "pull coordinate": case("2/5 3/5 | 3/7 4/7", "5/6 1/6"),
    },
    "linear_remainder": {
        "nonnegative common-support any-support": case("4/5 1/5 | 1 0", "1/5 4/5"),
        "simplex unanimity envelope responsive": case("19/20 1/20 | 23/24 1/24", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="1 -1"),
        "pull coordinate": case("2/3 1/3 | 1/2 1/2", "3/4 1/4", t="1"),
        "favourite": case("2/3 1/6 1/6 | 1/7 5/7 1/7", "1/2 1/2"),
        "limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "nonexpansive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "log_unnormalised": {
        "simplex unanimity commutation": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
        "entropy": case("1/3 2/3 | 2/3 1/3", "1/2 1/2"),
    },
    "log_hidden_temperature": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("1/3 2/3 | 1/4 3/4", "1/2 1/2"),
    },
    "log_epsilon": {
        "unanimity responsive commutation": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("99999999/100000000 1/100000000 | 999999999/1000000000 1/1000000000", "1/2 1/2", t="1"),
        "ranking": case("1/6 1/6 2/3 | 1/4 1/2 1/4", "1/3 2/3", T="3"),
        "entropy": case(
            "1/1000000000000000000 999999999999999999/1000000000000000000 | 99999991/100000000 9/100000000",
            "7/15 8/15",
            T="2",
        ),
    },
    "log_clipped": {
        "unanimity responsive commutation": case(
            "1/10000000 9999999/10000000 | 1/10000000 9999999/10000000", "1/2 1/2"
        ),
        "ranking": case("1/8 3/4 1/8 | 21/25 1/50 7/50", "1/2 1/2", T="1/4"),
        "entropy": case("9999999999999/10000000000000 1/10000000000000 | 1/3 2/3", "1/2 1/2", T="2"),
    },
    "log_wrong_axis": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull commutation": case("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
        "ranking entropy": case("1/4 3/4 | 1/2 1/2", "2/5 3/5"),
    },
    "log_without_log": {
        "unanimity responsive commutation": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("1/3 2/3 | 1/4 3/4", "1/2 1/2"),
        "ranking entropy": case("1/5 4/5 | 2/3 1/3", "2/5 3/5"),
    },
    "log_thin_corner": {
        "ranking commutation": case("1/4 1/2 1/4 | 989999/1000000 1/1000000 1/100", "1/2 1/2", T="31"),
        "entropy": case("999999999/1000000000 1/1000000000 | 1/2 1/2", "1/2 1/2", T="8"),
    },
    "log_square_weights": {
        "unanimity": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull responsive": case("1/3 2/3 | 1/4 3/4", "1/3 2/3"),
    },
    "harmonic_half": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "harmonic_unweighted": {
        "common-support": case("0 1 | 1/2 1/2", "0 1"),
        "responsive": case("1/3 2/3 | 1/2 1/2", "1 0", t="1"),
    },
    "harmonic_epsilon": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("193/200 7/200 | 29/30 1/30", "1/2 1/2", t="1"),
    },
    "half_without_square": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("1/3 2/3 | 1/4 3/4", "1/2 1/2"),
    },
    "half_unnormalised": {
        "simplex unanimity": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "power2_without_root": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("1/3 2/3 | 1/2 1/2", "1/2 1/2", t="1"),
    },
    "power2_unnormalised": {
        "simplex unanimity": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "power2_added": {
        "unanimity pull responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "power3_wrong_root": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("1/3 2/3 | 1/2 1/2", "2/3 1/3"),
    },
    "power3_rounded_root": {
        "unanimity responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "pull": case("1/7 6/7 | 1/8 7/8", "5/6 1/6"),
    },
    "poe_unnormalised": {
        "simplex limits commutation": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "entropy": case("1/7 2/7 2/7 2/7 | 1/7 2/7 2/7 2/7", "1/2 1/2"),
    },
    "poe_weighted": {
        "pull coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
        "favourite": case("1/4 1/4 1/2 | 1/5 3/5 1/5", "2/3 1/3"),
    },
    "poe_epsilon": {
        "ranking commutation": case("1/8 7/8 | 1/5 4/5 | 29/30 1/30", "1/3 1/3 1/3"),
        "entropy": case("5/6 1/6 | 1/1000000 999999/1000000", "1/2 1/2", T="2"),
    },
    "halflinlog_unnormalised": {
        "simplex unanimity": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "halflinlog_extrapolated": {
        "nonnegative common-support any-support": case("0 1 | 1/2 1/2", "1/2 1/2"),
        "simplex unanimity": case("1/100 99/100 | 1/2 1/2", "2/3 1/3"),
    },
    "smooth_without_C": {
        "simplex limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "smooth_minus_one": {
        "simplex limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "smooth_sharpens": {
        "nonnegative common-support any-support": case("0 1 | 0 1", "1/2 1/2"),
        "simplex nonexpansive": case("23/24 1/24 | 23/24 1/24", "1/2 1/2"),
    },
    "mean_minus_one": {
        "simplex unanimity envelope limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="1 1"),
        "nonexpansive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "mean_of_weighted": {
        "simplex unanimity envelope limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
        "coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "mean_sharpened": {
        "unanimity envelope nonexpansive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/3 2/3", "1/2 1/2", d="-1 1"),
    },
    "wsq_unnormalised": {
        "simplex unanimity envelope limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
        "pull responsive coordinate": case("1/2 1/2 | 1/2 1/2", "1/4 3/4"),
        "favourite": case("1/4 3/4 | 1/3 2/3", "1/4 3/4"),
    },
    "wsq_sign": {
        "pull favourite coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "softmax5_unnormalised": {
        "simplex unanimity envelope limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="1 1"),
        "nonexpansive": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "softmax5_centred": {
        "nonnegative simplex unanimity envelope common-support any-support nonexpansive": case(
            "1/5 4/5 | 3/4 1/4", "4/5 1/5"
        ),
        "hull": case("1/3 2/3 | 1/2 1/2", "1/3 2/3", d="1 -1"),
    },
    "entropyw_added": {
        "pull responsive coordinate": case("1/2 1/2 | 1/4 3/4 | 2/3 1/3", "1/4 1/4 1/2"),
    },
    "entropyw_normalised_early": {
        "simplex unanimity envelope responsive limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
        "pull coordinate": case("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
        "favourite": case("1/5 2/5 2/5 | 1/6 1/6 2/3", "1/2 1/2"),
    },
    "invent_outside": {
        "pull responsive coordinate": case("1/3 2/3 | 1/5 4/5 | 2/3 1/3", "1/4 1/2 1/4"),
        "favourite": case(
            "5989/10000 1047/5000 1917/10000 | 49/50 1/100 1/100 | 617197/1000000 95561/500000 191681/1000000",
            "1/2 0 1/2",
            t="1",
        ),
    },
    "invent_sign": {
        "nonnegative common-support any-support": case("0 1 | 1/2 1/2", "1/2 1/2"),
        "simplex unanimity envelope favourite": case("999/1000 1/1000 | 1/2 1/2", "1/2 1/2"),
        "hull": case("999/1000 1/1000 | 1/2 1/2", "1/2 1/2", d="1 -1"),
        "pull responsive coordinate": case("1/2 1/2 | 999/1000 1/1000", "1/2 1/2"),
    },
    "confw_added": {
        "pull responsive coordinate": case("1/2 1/2 | 1/4 3/4 | 2/3 1/3", "1/4 1/4 1/2"),
    },
    "confw_unnormalised": {
        "simplex unanimity envelope responsive limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
        "pull coordinate": case("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
        "favourite": case("1/3 1/3 1/3 | 1/4 1/4 1/2", "1/2 1/2"),
    },
    "confw_surprise": {
        "any-support": case("0 0 1 | 1/2 1/2 0", "1/2 1/2"),
    },
    "nentw_wrong_size": {
        "nonnegative common-support": case("0 0 1 | 1/3 1/3 1/3", "1/2 1/2"),
        "simplex unanimity envelope pull responsive favourite coordinate": case(
            "4/5 1/10 1/10 | 1/6 1/6 2/3", "1/2 1/2"
        ),
        "hull": case("4/5 1/10 1/10 | 1/3 1/3 1/3", "1/2 1/2", d="-1 1/2 1/2"),
    },
    "nentw_sign": {
        "simplex unanimity envelope responsive limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="1 1"),
        "pull coordinate": case("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
        "favourite": case("1/6 5/6 | 1/5 4/5", "1/2 1/2"),
    },
    "marginw_unsorted": {
        "nonnegative simplex unanimity envelope common-support favourite": case("1/4 3/4 | 2/3 1/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 2/3 1/3", "1/3 2/3", d="1 -1"),
        "pull responsive coordinate": case("1/3 2/3 | 3/4 1/4", "1/3 2/3"),
    },
    "marginw_floor": {
        "common-support": case("0 1 | 1/2 1/2", "0 1"),
        "pull responsive favourite coordinate": case("1/2 1/2 | 1/4 3/4 | 1/3 2/3", "1/4 1/4 1/2", t="1"),
    },
    "ebkd_wrong_K": {
        "simplex unanimity envelope limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
    },
    "ebkd_twice": {
        "nonnegative": case("0 1 | 1/2 1/2", "1/2 1/2"),
        "simplex unanimity envelope": case("1/24 23/24 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/20 19/20 | 1/2 1/2", "1/2 1/2", d="-1 1"),
    },
    "camkd_wrong_K": {
        "simplex unanimity envelope limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
    },
    "camkd_without_softmax": {
        "nonnegative simplex unanimity envelope common-support any-support": case("1/4 3/4 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/2 1/2", "1/2 1/2", d="1 -1"),
    },
    "spherical_unnormalised": {
        "simplex unanimity envelope responsive limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/2 1/2 | 1/2 1/2", "1/2 1/2", d="1 1"),
        "pull coordinate": case("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
        "favourite": case("2/5 3/10 3/10 | 7/12 1/12 1/3", "1/2 1/2", k=1, t="1"),
    },
    "spherical_columns": {
        "unanimity envelope responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/3 2/3", "1/2 1/2", d="1 -1"),
        "pull coordinate": case("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
        "favourite": case("1/6 1/3 1/2 | 1/7 1/7 5/7", "1/2 1/2"),
    },
    "agree_first_order": {
        "nonnegative common-support any-support": case("0 1 | 3/4 1/4", "3/4 1/4"),
        "simplex unanimity envelope": case("1/12 11/12 | 9/10 1/10", "2/3 1/3"),
        "hull": case("1/6 5/6 | 4/5 1/5", "1/5 4/5", d="1 -1"),
    },
    "agree_unnormalised": {
        "simplex unanimity envelope": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/2 1/2", "1/2 1/2", d="-1 -1"),
    },
    "max_by_K": {
        "simplex unanimity limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "max_minus_min": {
        "common-support any-support": case("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2"),
    },
    "max_of_heavy": {
        "any-support": case("1 0 | 1/2 1/2", "99/100 1/100"),
        "pull coordinate": case("1/3 2/3 | 1/2 1/2 | 2/3 1/3", "1/10 1/2 2/5", k=1, t="9/10"),
        "favourite": case("1/4 1/2 1/4 | 3/5 1/5 1/5", "1/100 99/100"),
    },
    "wmax_unnormalised": {
        "simplex unanimity limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "pull responsive": case("1/2 1/2 | 1/2 1/2", "1/4 3/4"),
    },
    "wmax_added": {
        "unanimity pull responsive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "min_epsilon": {
        "unanimity": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "min_complement": {
        "unanimity": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "wmedian_unnormalised": {
        "simplex unanimity": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "umedian_unnormalised": {
        "simplex unanimity": case("1/4 1/4 1/2 | 1/4 1/2 1/4 | 1/3 1/3 1/3", "1/3 1/3 1/3"),
    },
    "umedian_weighted": {
        "pull coordinate": case("1/2 1/2 | 1/3 2/3 | 1/2 1/2", "1/3 1/3 1/3"),
        "favourite": case("1/3 2/3 | 1/2 1/2 | 2/3 1/3", "1/3 1/3 1/3"),
    },
    "trimmed_unnormalised": {
        "simplex unanimity": case("1/4 1/4 1/2 | 1/4 1/2 1/4 | 1/3 1/3 1/3", "1/3 1/3 1/3"),
    },
    "trimmed_twice": {
        "nonnegative simplex unanimity": case("1/4 3/4 | 1/3 2/3 | 2/3 1/3", "1/3 1/3 1/3"),
    },
    "topk_rows_unnormalised": {
        "simplex": case("1/3 1/3 1/3 | 1/3 1/3 1/3", "1/2 1/2"),
    },
    "topk_pool_unnormalised": {
        "simplex": case("1/3 1/3 1/3 | 1/3 1/3 1/3", "1/2 1/2"),
    },
    "topk_pool_of_rows": {
        "pull": case("1/3 1/3 1/3 | 1/4 1/4 1/2", "1/2 1/2", t="1"),
    },
    "vote_soft": {
        "nonexpansive ranking commutation": case("1/3 2/3 | 3/4 1/4", "3/5 2/5"),
    },
    "vote_fewest": {
        "pull": case("1/3 2/3 | 1/2 1/2", "1/3 2/3"),
    },
    "argpool_share": {
        "simplex": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "entropy": case("1/5 4/5 | 3/4 1/4", "1/2 1/2"),
    },
    "argpool_half": {
        "pull": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
        "entropy": case("1/5 4/5 | 3/4 1/4", "1/2 1/2"),
    },
    "voteshare_threshold": {
        "simplex": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
        "nonexpansive": case("1/4 1/4 1/2 | 1/4 1/4 1/2", "1/2 1/2"),
        "ranking entropy": case("1/5 1/5 3/5 | 1/4 1/2 1/4", "1/3 2/3"),
    },
    "voteshare_half": {
        "ranking entropy": case("1/3 2/3 | 1/2 1/2", "2/5 3/5"),
    },
    "borda_wrong_total": {
        "simplex": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "borda_with_rows": {
        "ranking entropy": case("1/6 5/6 | 4/7 3/7", "2/5 3/5"),
    },
    "topteacher_lightest": {
        "common-support": case("0 1 | 1/2 1/2", "0 1"),
        "pull responsive favourite coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "topteacher_confident": {
        "nonexpansive commutation": case("1/3 2/3 | 1/2 1/2", "2/5 3/5"),
        "ranking": case("1/6 5/6 | 4/7 3/7", "2/5 3/5"),
        "entropy": case("1/6 5/6 | 3/8 5/8", "3/7 4/7"),
    },
    "topteacher_sharpened": {
        "unanimity envelope responsive nonexpansive": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 1/2 1/2", "1/2 1/2", d="-1 1"),
        "pull coordinate": case("1/4 3/4 | 1/3 2/3", "1/3 2/3"),
        "favourite": case("1/5 2/5 2/5 | 1/2 5/12 1/12", "1/2 1/2", k=1, t="1"),
    },
    "topteacher_majority": {
        "pull responsive coordinate": case("1/2 1/2 | 1/3 2/3 | 1/2 1/2", "1/4 1/4 1/2", t="1/4"),
        "favourite": case("1/4 3/4 | 1/3 2/3 | 2/3 1/3", "1/4 1/2 1/4", t="1/4"),
        "ranking commutation": case("1/5 4/5 | 3/5 2/5 | 2/3 1/3", "1/3 1/3 1/3"),
        "entropy": case("1/5 4/5 | 1/2 1/2 | 3/4 1/4", "1/3 1/3 1/3"),
    },
    "confteacher_unweighted": {
        "common-support": case("0 1 | 1/2 1/2", "0 1"),
        "responsive": case("1/2 1/2 | 1/3 2/3", "1 0", t="1"),
    },
    "confteacher_complement": {
        "common-support": case("0 1 | 1/2 1/2", "0 1"),
        "pull responsive favourite coordinate": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "jsdgate_label": {
        "envelope common-support": case("1/3 2/3 | 2/3 1/3", "1/2 1/2"),
        "hull": case("1/3 2/3 | 2/3 1/3", "1/2 1/2", d="-1 1"),
    },
    "jsdgate_beyond": {
        "nonnegative simplex unanimity envelope common-support": case("1/7 6/7 | 3/4 1/4", "1/2 1/2"),
        "hull": case("1/3 2/3 | 2/3 1/3", "1/2 1/2", d="-1 1"),
    },
    "dempster_twice": {
        "nonnegative simplex common-support any-support": case("1/5 4/5 | 1/5 4/5", "1/2 1/2"),
    },
    "dempster_unshared": {
        "simplex limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "discount_unnormalised": {
        "simplex limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "discount_complement": {
        "common-support any-support": case("0 1 | 1/2 1/2", "1 0"),
    },
    "w1_not_cumulated": {
        "simplex unanimity envelope": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "w1_turned": {
        "unanimity envelope": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
        "common-support": case("1/2 1/2 | 1 0", "1/2 1/2"),
    },
    "w1_extrapolated": {
        "nonnegative simplex unanimity envelope common-support": case("1/7 6/7 | 3/4 1/4", "1/2 1/2"),
    },
    "w2_without_maximum": {
        "nonnegative simplex unanimity": case("1/4 1/4 1/2 | 1/3 1/3 1/3", "1/2 1/2"),
        "limits": case("1/3 1/3 1/3 | 1/3 1/3 1/3", "1/2 1/2"),
    },
    "w2_last_missing": {
        "simplex unanimity limits": case("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    },
    "logodds_unnormalised": {
        "simplex unanimity": case("1/4 1/4 1/2 | 1/3 1/3 1/3", "1/2 1/2"),
    },
    "logodds_half": {
        "unanimity": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
    "jeffreys_unnormalised": {
        "simplex unanimity": case("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    },
    "jeffreys_without_root": {
        "unanimity": case("1/3 2/3 | 1/3 2/3", "1/2 1/2"),
    },
}

NEAR_MISSES = [
    NearMiss(fn.__name__, of, fn, note, cases(CASES.get(fn.__name__, {})), by_argument)
    for fn, of, note, by_argument in FUNCTIONS
]
