"""What floats alone may refute: nothing that rounding, underflow or noise around 0 accounts for, and what is really there."""

from __future__ import annotations

import math
from fractions import Fraction as F

import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.claims import float_rule
from axiomkd.claims.confirm import Confirmed, Open, Rounded, confirm
from axiomkd.core.case import ExactCase
from axiomkd.core.operator import describe
from axiomkd.core.reading import Pointwise
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import conclude
from axiomkd.search.aside import aside
from axiomkd.search.tally import Tallies

from . import checks  # noqa: F401  float64 on


def case(P, w, **more):
    """A case from odds."""
    return ExactCase(tuple(tuple(F(x, sum(row)) for x in row) for row in P), tuple(F(x, sum(w)) for x in w), **more)


MODERATE = case([[1, 2, 5], [6, 3, 1]], [2, 3])
FACE = case([[1, 2, 0], [6, 3, 1]], [2, 3])
TINY = case([[1, 10**17, 3], [10**31, 7, 1]], [1, 10**6])
AGREED = case([[1, 2, 4], [1, 2, 4]], [1, 1])
CASES = [MODERATE, FACE, TINY, AGREED, case([[1, 3], [1, 1]], [1, 2]), case([[9, 1], [1, 9]], [1, 1], T=F(2))]


def plain(x, dtype=float):
    return np.array([[float(y) for y in row] for row in x] if np.ndim(x) > 1 else [float(y) for y in x], dtype=dtype)


def opaque(dtype=float, **options):
    """A NumPy operator on Python floats, cast to a dtype: it cannot be followed exactly."""

    def made(fn):
        evaluator = Evaluator(
            describe(lambda P, w: fn(plain(P, dtype), plain(w, dtype)), backend="numpy", **options), softener("power")
        )
        assert not evaluator.exactly
        return evaluator

    return made


def linear(P, w):
    return (w[:, None] * P).sum(0)


def log_pool(P, w):
    with np.errstate(divide="ignore"):
        q = np.exp((w[:, None] * np.log(P)).sum(0))
    return q / q.sum()


def top_two(P, w):
    q = linear(P, w)
    q = np.where(q >= np.sort(q)[-2], q, 0 * q)
    return q / q.sum()


def threshold(P, w):
    q = linear(P, w)
    return np.where(q < 0.35, 0 * q, q)


def sharp(P, w):
    q = 5000 * linear(P, w)
    q = np.exp(q - q.max())
    return q / q.sum()


def projected(P, w):
    """The nearest distribution to twice the pool (sparsemax)."""
    z = 4 * linear(P, w)
    s = np.sort(z)[::-1]
    n = np.arange(1, len(z) + 1)
    k = n[1 + n * s > np.cumsum(s)][-1]
    return np.maximum(z - (s[:k].sum() - 1) / k, 0)


def svd_pool(P, w):
    u, s, v = np.linalg.svd(P, full_matrices=False)
    return w @ ((u * s) @ v)


def qr_pool(P, w):
    q, r = np.linalg.qr(P)
    return w @ (q @ r)


def stands(evaluator, reading, at):
    return isinstance(confirm(evaluator, axioms.BY_NAME[reading], at), Confirmed)


HELD = (
    "simplex",
    "unanimity",
    "envelope",
    "nonnegative",
    "common-support",
    "any-support",
    "pull",
    "responsive",
    "favourite",
)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_coarse_linear_pool_is_not_refuted(dtype):
    evaluator = opaque(dtype)(linear)
    for name in (*HELD, "coordinate", "nonexpansive"):
        assert not any(stands(evaluator, name, at) for at in CASES), name


def test_a_violation_within_coarse_rounding_is_a_defect_of_the_computation():
    found = confirm(opaque(np.float32)(linear), axioms.BY_NAME["simplex"], MODERATE)
    assert isinstance(found, Rounded) and "float32" in found.why


@pytest.mark.parametrize("pool", [svd_pool, qr_pool])
def test_a_round_trip_is_not_refuted_for_noise_around_zero(pool):
    evaluator = opaque()(pool)
    for name in HELD:
        assert not any(stands(evaluator, name, at) for at in CASES), name


def test_a_transform_in_jax_is_not_refuted_for_noise_around_zero():
    evaluator = Evaluator(describe(lambda P, w: jnp.real(jnp.fft.ifft(jnp.fft.fft(w @ P)))), softener("power"))
    for name in ("nonnegative", "common-support", "any-support"):
        assert not any(stands(evaluator, name, at) for at in (MODERATE, FACE, TINY)), name


def test_a_hair_below_zero_is_not_negative():
    evaluator = opaque()(lambda P, w: linear(P, w) - np.array([1e-17, 0, 0])[: P.shape[1]])
    corner = case([[0, 1, 2], [0, 1, 1]], [1, 1])
    assert not stands(evaluator, "nonnegative", corner)
    assert not stands(evaluator, "common-support", corner)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_real_violation_stands(dtype):
    evaluator = opaque(dtype)(log_pool)
    assert stands(evaluator, "envelope", MODERATE)
    assert stands(evaluator, "any-support", FACE)


@pytest.mark.weekly(2)
@pytest.mark.parametrize("mask", [top_two, threshold, projected])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_class_that_is_cut_off_is_lost(mask, dtype):
    assert stands(opaque(dtype)(mask), "common-support", case([[1, 9, 10], [2, 8, 10]], [2, 3]))


def test_a_class_that_is_never_given_anything_is_lost():
    assert stands(opaque()(lambda P, w: linear(P, w) * (np.arange(P.shape[1]) > 0)), "common-support", MODERATE)


def test_a_vote_is_refuted():
    evaluator = opaque()(lambda P, w: np.eye(P.shape[1])[np.argmax(w @ P)])
    at = case([[1, 3, 9], [2, 4, 9]], [2, 3])
    assert stands(evaluator, "common-support", at) and stands(evaluator, "envelope", at)
    assert stands(evaluator, "any-support", at)


def by_first(share):
    def pool(P, w):
        a = share(P, w)
        return a * P[0] + (1 - a) * P[1]

    return opaque()(pool)


@pytest.mark.whole
def test_what_drowns_beside_one_is_not_lost():
    """A share of 1 − 1e-17 is 1 in floats, and leaves the other teacher something all the same."""
    by_weight = by_first(lambda P, w: 1 / (1 + math.exp(-100 * (float(w[0]) - 0.5))))
    assert not stands(by_weight, "any-support", case([[0, 1], [1, 1]], [7, 1]))
    for steepness in (1e3, 1e6, 1e9):
        by_opinion = by_first(lambda P, w, b=steepness: 0.5 + 0.5 * math.tanh(b * float(P[0, 0] - P[1, 0])))
        assert not stands(by_opinion, "any-support", case([[2, 3], [1, 0]], [3, 1])), steepness
        assert not stands(by_opinion, "common-support", case([[0, 1, 1], [2, 0, 3]], [1, 0])), steepness
        assert not stands(by_opinion, "common-support", case([[1, 0], [0, 1], [1, 2]], [0, 1, 0])), steepness


@pytest.mark.parametrize("power", [1, 2])
def test_a_cut_that_opens_slowly_is_one(power):
    cut = opaque()(lambda P, w: linear(np.maximum(P - 0.2, 0.0) ** power, w))
    assert stands(cut, "common-support", case([[1, 9, 10], [2, 8, 10]], [2, 3]))


def test_what_underflows_is_not_lost():
    at = case([[1, 9, 10], [2, 8, 10]], [2, 3])
    evaluator = opaque()(sharp)
    assert (evaluator.batch(plain(at.P)[None], plain(at.w)[None])[0] == 0).any()
    assert not stands(evaluator, "common-support", at)


def test_a_product_that_reaches_zero_is_not_lost():
    evaluator = opaque()(lambda P, w: np.prod(P, axis=0))
    rows = [[1, 10**9, 10**9]] * 40
    assert evaluator.batch(plain(case(rows, [1] * 40).P)[None], np.full((1, 40), 1 / 40))[0, 0] == 0
    assert not stands(evaluator, "common-support", case(rows, [1] * 40))


def test_a_running_product_keeps_the_order():
    def mean(P, w):
        q = np.ones(P.shape[1])
        for row in P:
            q = np.where(q == 0, 1.0, q) * row
        return q ** (1 / len(P))

    evaluator = opaque()(mean)
    rows = [[10**60, 3, 2]] * 12
    assert not stands(evaluator, "ranking", case(rows, [1] * 12, T=F(1, 8)))
    assert not stands(evaluator, "ranking", case(rows, [1] * 12, T=F(2)))


def test_an_overflow_refutes_nothing():
    evaluator = opaque()(lambda P, w: np.exp(2000 * linear(P, w)) / np.exp(2000 * linear(P, w)).sum())
    for name in HELD:
        assert not any(stands(evaluator, name, at) for at in CASES), name


def test_a_choice_between_equals_refutes_nothing():
    """The teacher nearest to the mean: at K = 2 both are as near, and rounding chooses."""

    def nearest(P, w):
        return P[np.argmin(((P - P.mean(0)) ** 2).sum(1))]

    evaluator = opaque()(nearest)
    two = [case([[a, b, 7], [b, 3, a]], [1, 1], T=F(n)) for a in (1, 4, 5) for b in (2, 3, 9) for n in (2, 3)]
    for name in ("nonexpansive", "entropy", "ranking", "commutation"):
        assert not any(stands(evaluator, name, at) for at in two), name


def test_extended_precision_takes_back_what_double_precision_shows():
    """Differences of squares at 1e-5: in float64 off by 1e-6, in extended precision by a thousandth of that."""

    def cancels(P, w):
        big = P.dtype.type(1e10)
        return ((w @ P) + big) - big

    operator = describe(lambda P, w: cancels(np.asarray(P), np.asarray(w)), backend="numpy")
    assert Evaluator(operator, softener("power")).exactly  # exact numbers do not round
    evaluator = Evaluator(
        describe(lambda P, w: cancels(P, w) if P.dtype != object else plain(P), backend="numpy"), softener("power")
    )
    assert not evaluator.exactly
    assert not stands(evaluator, "simplex", MODERATE) and not stands(evaluator, "envelope", AGREED)


def test_every_pointwise_reading_can_be_judged_in_floats():
    evaluator = opaque()(log_pool)
    for reading in axioms.READINGS:
        if isinstance(reading.claim, Pointwise):
            at = MODERATE.with_direction((F(1), F(0), F(0))) if reading.claim.adversary else MODERATE
            confirm(evaluator, reading, at)


def test_a_class_far_below_zero_is_lost_too():
    evaluator = opaque()(lambda P, w: 2 * P[0] - P[-1])
    assert stands(evaluator, "common-support", case([[1, 6, 5], [6, 3, 3]], [2, 3]))


def half_vote(P, w):
    """In half precision: the class that most weight is behind."""
    votes = np.zeros(P.shape[1], P.dtype)
    for p, v in zip(P, w, strict=True):
        votes[np.argmax(p)] += v
    return np.eye(P.shape[1], dtype=P.dtype)[np.argmax(votes)]


NEARLY_EVEN = case([[300, 301, 200], [1, 7, 2]], [3, 2], T=F(64))


def test_a_tie_that_a_cast_makes_of_softened_rows_refutes_nothing():
    evaluator = opaque(np.float16)(half_vote)
    softened = case([[30, 31, 20], [300, 310, 201]], [3, 2], T=F(60))
    for at in (NEARLY_EVEN, softened):
        for name in ("nonexpansive", "ranking", "commutation", "entropy"):
            assert not stands(evaluator, name, at), name


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_is_far_beyond_the_rounding_of_half_precision_stands(dtype):
    evaluator = opaque(dtype)(half_vote)
    at = case([[5, 2, 1], [4, 3, 1]], [3, 2])
    for name in ("envelope", "any-support"):
        assert stands(evaluator, name, at), name


@pytest.mark.weekly(3)
@pytest.mark.parametrize("name", HELD)
def test_a_linear_pool_in_half_precision_keeps_what_it_has(name):
    evaluator = opaque(np.float16)(linear)
    assert not any(stands(evaluator, name, at) for at in [*CASES, NEARLY_EVEN])


def beside(number, A=linear):
    """The same, added to a large number that is taken away again: what is left are whole multiples of its last digit."""
    return lambda P, w: (A(P, w) + P.dtype.type(number)) - P.dtype.type(number)


@pytest.mark.weekly(3)
@pytest.mark.parametrize("number", [2**16, 2**18, 2**19, 2**20, 2**21, 2**22])
def test_a_pool_in_steps_is_not_refuted(number):
    evaluator = opaque(np.float32)(beside(number))
    wide = opaque()(lambda P, w: beside(number)(P.astype(np.float32), w.astype(np.float32)).astype(float))
    rows = [[50, 3, 2], [48, 4, 3]]
    for one in (evaluator, wide):
        for name in (*HELD, "coordinate", "nonexpansive", "ranking"):
            assert not any(stands(one, name, at) for at in (*CASES, case(rows, [1, 1]))), name


@pytest.mark.parametrize("number", [2.0**11, 2.0**15, 2.0**31])
def test_what_no_digit_is_left_for_is_not_lost(number):
    """A product of probabilities, each of them moderate, that comes back at once where it is half of the last digit."""
    dtype = np.float32 if number < 2**20 else float
    evaluator = opaque(dtype)(beside(number, lambda P, w: P.prod(0)))
    assert not stands(evaluator, "common-support", case([[1, 300, 150], [1, 150, 300], [2, 300, 500]], [1, 1, 1]))


def test_small_numbers_whose_digits_are_gone_are_not_compared():
    """Small entries hold three of their digits, and a temperature of 8 takes their eighth root. In so many places both are
    nearly as large: few ways to round them differently bring them together."""
    evaluator = opaque()(beside(2.0**9, lambda P, w: P[np.argmax(w)]))
    for n in range(40):
        at = case([[1, 1_234_567_890 + 123_456_789 * n, 7_654_321_098 - 98_765_432 * n], [1, 1, 1]], [3, 2], T=F(8))
        assert not stands(evaluator, "commutation", at), n


def test_roots_of_what_is_lost_are_of_any_size():
    """Of 1.8e-9 nothing is left, and 0 stays 0 at a temperature of 10, where 1.8e-9 is an eighth."""
    evaluator = opaque()(beside(2.0**33, lambda P, w: P[np.argmax(w)]))
    for odds in (10**5, 10**7, 5 * 10**8, 10**11):
        for T in (F(2), F(5), F(10), F(64)):
            assert not stands(evaluator, "commutation", case([[odds, 1]] * 2, [3, 2], T=T)), (odds, T)


def test_a_candidate_that_comes_to_nothing_costs_few_calls():
    """At a tie, or where the case itself holds, most of the points beside it need not be asked for."""
    calls = []

    def winner(P, w):
        calls.append(1)
        return P[np.argmax(w)]

    even = case([[1, 2, 5], [6, 3, 1]], [1, 1], t=F(1, 2), T=F(2))
    for name, most in (("envelope", 1), ("pull", 2), ("unanimity", 2)):
        evaluator = opaque()(winner)
        assert not evaluator.rounding.coarse  # measured once, and known from here on
        calls.clear()
        assert isinstance(float_rule.judge(evaluator, axioms.BY_NAME[name], even), float_rule.Nothing)
        assert len(calls) <= most


def vote(P, w):
    shares = np.bincount(P.argmax(1), w, minlength=P.shape[1])
    return np.eye(P.shape[1])[shares.argmax()]


ON_THE_EDGE = case([[9, 11, 1], [8, 7, 5]], [1, 1], t=F(1, 10))  # the shares tie, and the first class wins


def test_what_passes_on_an_edge_is_looked_at_a_little_to_the_side():
    evaluator, reading = opaque()(vote), axioms.BY_NAME["favourite"]
    there = confirm(evaluator, reading, ON_THE_EDGE)
    assert isinstance(there, Open) and there.on_edge
    tallies = Tallies.of([reading])
    tally = tallies.by_name["favourite"]
    tally.simple.append(ON_THE_EDGE)
    tally.worst = -0.5
    assert conclude.look(evaluator, tallies, 1) == [tally]
    found = tally.confirmed
    assert (
        found is not None
        and found.case != ON_THE_EDGE
        and isinstance(confirm(evaluator, reading, found.case), Confirmed)
    )


def test_a_little_to_the_side_of_an_edge_a_pool_that_breaks_nothing_is_not_refuted():
    """The same edge, at an operator that keeps the class of the teacher who gains: nothing is borne out beside it either."""

    def kept(P, w):
        return linear(P, w) + (w[0] == 0.5) * np.array([0.1, -0.1, 0.0])

    evaluator, reading = opaque()(kept), axioms.BY_NAME["favourite"]
    tallies = Tallies.of([reading])
    tallies.by_name["favourite"].simple.append(ON_THE_EDGE)
    tallies.by_name["favourite"].worst = -0.1
    assert isinstance(confirm(evaluator, reading, ON_THE_EDGE), Open)
    assert conclude.look(evaluator, tallies, 1) == []


def test_cases_to_the_side_are_near_and_keep_zeros():
    for start in (ON_THE_EDGE, FACE):
        for one in aside(start):
            assert one != start and one.zeros == start.zeros and all(sum(row) == 1 for row in (*one.P, one.w))
            for row, before in zip((*one.P, one.w), (*start.P, start.w), strict=True):
                assert sum(abs(x - y) for x, y in zip(row, before, strict=True)) <= F(1, 25)
