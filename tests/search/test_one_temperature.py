"""hot and cold: one teacher's temperature to its end, with near misses on both sides."""

from __future__ import annotations

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.claims import nearby
from axiomkd.claims.one_temperature import Move, ended
from axiomkd.claims.places import Point
from axiomkd.core.operator import describe
from axiomkd.core.softener import softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search import one_temperature
from axiomkd.search.lattice import lattice
from axiomkd.tracing import numerics
from axiomkd.tracing.exact import object_array
from axiomkd.zoo import ENTRIES

from .checks import checked, verdicts

numerics.prepare()

SMALL = ((2, 2), (2, 3))


def search(fn, *, cold, soft="power", sizes=SMALL, effort=0, seed=0, **options):
    evaluator = Evaluator(describe(fn, **options), softener(soft))
    rng = np.random.default_rng(seed)
    return one_temperature.search(evaluator, cold=cold, sizes=sizes, rng=rng, effort=effort)


def outcome(fn, **options):
    return tuple(search(fn, cold=cold, **options).outcome for cold in (False, True))


HOLDS, FAILS = "open", "refuted"


# --- the zoo -----------------------------------------------------------------------------------------------------------------

# By argument: what is continuous on the interior has hot, on the closed domain cold; the others one by one.
FALSE = {
    "topk_rows": (FAILS, HOLDS),
    "topk_pool": (FAILS, FAILS),
    "vote": (FAILS, HOLDS),
    "argpool": (FAILS, FAILS),
    "voteshare": (FAILS, HOLDS),
    "borda": (FAILS, FAILS),
    "confteacher": (FAILS, FAILS),
}
SOME = ("linear", "log", "max_all", "nentw", "marginw", "wmedian", "topteacher", "jsdgate", "logodds", "camkd")


@pytest.mark.parametrize("name", [*FALSE, *SOME])
@pytest.mark.weekly(3)
def test_zoo(name):
    found = outcome(ENTRIES[name].fn, sizes=((2, 3),) if name in SOME else SMALL, name=name)
    assert found == FALSE.get(name, (HOLDS, HOLDS))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ENTRIES)
def test_zoo_for_other_seeds(name, seed):
    entry = ENTRIES[name]
    sizes = [
        size for size in ((2, 2), (2, 3), (3, 3), (4, 3)) if describe(entry.fn, K=entry.K, C=entry.C).supports(*size)
    ]
    found = outcome(entry.fn, sizes=sizes, seed=seed, effort=1, K=entry.K, C=entry.C)
    assert found == FALSE.get(name, (HOLDS, HOLDS))


# --- a temperature for each teacher ------------------------------------------------------------------------------------------


def softened(P, Ts):
    return jax.nn.softmax(jnp.log(P) / Ts[:, None], axis=1)


def linear_ts(P, w, Ts):
    return w @ softened(P, Ts)


def log_ts(P, w, Ts):
    return jax.nn.softmax(w @ (jnp.log(P) / Ts[:, None]))


def ignores_ts(P, w, Ts):
    return w @ P


def multiplies(P, w, Ts):
    return w @ softened(P, 1 / Ts)


def clipped_at_ten(P, w, Ts):
    return w @ softened(P, jnp.minimum(Ts, 10))


def last_ignored(P, w, Ts):
    return w @ softened(P, jnp.concatenate([Ts[:-1], jnp.ones(1)]))


def first_jumps(P, w, Ts):
    q = linear_ts(P, w, Ts)
    return jnp.where(Ts[0] > 50, (q + 1 / len(q)) / 2, q)


def first_jumps_and_comes_back(P, w, Ts):
    q = linear_ts(P, w, Ts)
    return jnp.where((Ts[0] > 50) & (Ts[0] < 1e6), (q + 1 / len(q)) / 2, q)


def softened_by_the_mean(P, w, Ts):
    return w @ softened(P, jnp.full_like(Ts, jnp.mean(Ts)))


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (linear_ts, (HOLDS, HOLDS)),
        (log_ts, (HOLDS, HOLDS)),
        (ignores_ts, (FAILS, FAILS)),
        (multiplies, (FAILS, FAILS)),
        (clipped_at_ten, (FAILS, HOLDS)),
        (last_ignored, (FAILS, FAILS)),
        (first_jumps, (FAILS, HOLDS)),
        (first_jumps_and_comes_back, (HOLDS, HOLDS)),
        (softened_by_the_mean, (FAILS, FAILS)),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
@pytest.mark.weekly(2)
def test_of_each(fn, expected):
    assert outcome(fn, sizes=SMALL[:1]) == expected


def test_the_teacher_whose_temperature_counts_for_nothing_is_named():
    assert search(last_ignored, cold=False).witness.teacher == 1
    assert search(first_jumps, cold=False).witness.teacher == 0


def test_the_witness_has_every_temperature():
    witness = search(ignores_ts, cold=True, sizes=((3, 2),)).witness
    assert witness.T is None and witness.P2 is None and witness.w2 is None
    own = [Fraction(t) for k, t in enumerate(witness.Ts) if k == witness.teacher]
    assert sorted(map(Fraction, witness.Ts))[1:] == [1, 1] and len(own) == 1
    w, p = Fraction(witness.w[witness.teacher]), sorted(map(Fraction, witness.P[witness.teacher]))
    assert (p[-2] / p[-1]) ** int(1 / own[0]) <= Fraction(1, 2 ** int(200 / w)) < (p[-2] / p[-1]) ** int(1 / own[0] - 1)


def test_a_smallest_witness():
    witness = search(ignores_ts, cold=False).witness
    assert (witness.P, witness.w) == ((("1/3", "2/3"), ("1/2", "1/2")), ("1/2", "1/2"))
    assert witness.Ts == (str(2**42), "1") and witness.value == (("5/12", "7/12"), ("1/2", "1/2"))
    assert abs(float(Fraction(witness.margin)) + 1 / 12 - 1e-9) < 1e-12 and witness.confirmed == "exact"


def own_log(P, w, T):
    return jax.nn.softmax(w @ (jnp.log(P) / T))


def ignores_T(P, w, T):
    return w @ P


def multiplies_T(P, w, T):
    return w @ jax.nn.softmax(jnp.log(P) * T, axis=1)


def runs_away(P, w, T):
    """It is uniform at last as T grows, and has no limit as T falls."""
    return (w @ P) / T + (1 - 1 / T) / P.shape[1]


def runs_away_hot(P, w, T):
    return (w @ P) * T + (1 - T) / P.shape[1]


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (own_log, (HOLDS, HOLDS)),
        (ignores_T, (FAILS, FAILS)),
        (multiplies_T, (FAILS, FAILS)),
        (runs_away, (HOLDS, FAILS)),
        (runs_away_hot, (FAILS, FAILS)),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_of_all_at_once(fn, expected):
    assert outcome(fn, sizes=SMALL[:1]) == expected
    if expected[0] == FAILS:
        witness = search(fn, cold=False).witness
        assert len(witness.T) == 1 and witness.Ts is None and witness.teacher is None


# --- near misses -------------------------------------------------------------------------------------------------------------


def moved_by(of):
    """The linear pool, moved towards uniform by a function of how far row 0 is from uniform, or from one-hot."""

    def operator(P, w):
        share = of(P[0])
        return (1 - share) * (w @ P) + share / P.shape[1]

    return operator


def from_uniform(p):
    return jnp.max(p) - 1 / len(p)


def from_one_hot(p):
    return 1 - jnp.max(p)


def double_log(x):
    return 1 / jnp.log(2 - jnp.log(x))


SLOW = {
    "a 64th root": lambda x: x ** (1 / 64) / 2,
    "a 500th root": lambda x: x ** (1 / 500) / 2,
    "1 / log": lambda x: jnp.where(x > 0, 1 / (2 - jnp.log(jnp.where(x > 0, x, 1))), 0),
    "1 / log log": lambda x: jnp.where(x > 0, double_log(jnp.where(x > 0, x, 0.5)) / 2, 0),
    "1 / log log, capped": lambda x: (
        jnp.where(x > 0, jnp.minimum(1, 1e9 * double_log(jnp.where(x > 0, x, 0.5))), 0) / 2
    ),
    "1e300 times a 64th root, capped": lambda x: jnp.minimum(1, 1e300 * x ** (1 / 64)) / 2,
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.weekly(2)
def test_what_is_slow_is_not_convicted(name):
    for cold, distance in ((False, from_uniform), (True, from_one_hot)):
        found = search(moved_by(lambda p, d=distance: SLOW[name](d(p))), cold=cold, sizes=SMALL[:1])
        assert found.outcome == "open", found.message
        assert bool(found.why) == ("capped" in name)  # finitely many temperatures show a jump there, all of them do not


@pytest.mark.parametrize("cold", [False, True])
def test_a_small_jump_at_the_end_is_found(cold):
    distance = from_one_hot if cold else from_uniform
    jumps = moved_by(lambda p: jnp.where(distance(p) > 0, 1e-7, 0.0))
    found = search(jumps, cold=cold, sizes=SMALL[:1])
    assert found.outcome == "refuted" and found.witness.teacher == 0
    assert (
        search(moved_by(lambda p: jnp.where(distance(p) > 0, 1e-10, 0.0)), cold=cold, sizes=SMALL[:1]).outcome == "open"
    )


def test_a_tie_that_the_limit_makes_is_met():
    """Before the end the row's second class is ahead by 2^-200, at the end it ties with the first."""

    def second_largest(P, w):
        m = w @ P
        return jnp.where(jnp.arange(len(m)) == jnp.argmax(m.at[jnp.argmax(m)].set(0)), 0.75, 0.25 / (len(m) - 1))

    assert search(second_largest, cold=True, sizes=SMALL[1:]).outcome == "refuted"


@pytest.mark.parametrize("cold", [False, True])
def test_weights_are_drawn_that_tie_the_pool_at_the_end(cold):
    def other_where_0_is_not_behind(P, w):
        m = w @ P
        return jnp.where(m[0] >= m[1], (m + 1 / len(m)) / 2, m)

    assert search(other_where_0_is_not_behind, cold=cold, sizes=((3, 3),)).outcome == "refuted"


def naive_entropy_weights(P, w, Ts):
    """Undefined at one-hot rows, and p log p has a limit there: filled in, it is a pool of P that no temperature changes."""
    v = w * jnp.exp(jnp.sum(P * jnp.log(P), axis=1))
    return v / jnp.sum(v) @ P


def test_a_removable_point_is_filled_in():
    assert search(naive_entropy_weights, cold=True, sizes=SMALL[:1]).outcome == "refuted"


def by_margin(P, w, Ts):
    """Where the two largest classes of every row tie the margins are 0/0, and the pool is of whoever is last to tie."""
    ascending = jnp.sort(P, axis=1)
    margin = ascending[:, -1] - ascending[:, -2]
    return w * margin / jnp.sum(w * margin) @ P


def test_only_a_removable_point_is_filled_in():
    def at_the_end(fn, rows, *, cold):
        look = nearby.Look(Evaluator(describe(fn), softener("power")))
        return ended(look, Point(object_array(rows), object_array(["1/2", "1/2"])), Move(cold, 0), 256)

    found = at_the_end(naive_entropy_weights, [["2/3", "1/3"], ["1/2", "1/2"]], cold=True)
    assert nearby.row(found)[0] == (5 / 6).hex()  # 2 parts of (1, 0), 1 of (1/2, 1/2)
    with pytest.raises(nearby.Undefined):
        at_the_end(by_margin, [["1/2", "1/4", "1/4"], ["2/5", "2/5", "1/5"]], cold=False)


# --- floats alone ------------------------------------------------------------------------------------------------------------


def opaque(fn):
    """The same in floats that cannot be followed."""

    def operator(P, w):
        return np.array(
            [float(x) for x in fn(np.array([[float(x) for x in p] for p in P]), np.array([float(x) for x in w]))]
        )

    return operator


def numpy_vote(P, w):
    return w @ np.eye(P.shape[1])[P.argmax(1)]


def numpy_log(P, w):
    with np.errstate(divide="ignore"):
        z = w @ np.log(P)
    raised = np.exp(z - z.max())
    return raised / raised.sum()


def numpy_root(P, w):
    share = (P[0].max() - 1 / P.shape[1]) ** (1 / 64) / 2
    return (1 - share) * (w @ P) + share / P.shape[1]


@pytest.mark.parametrize(
    ("fn", "expected"),
    [(numpy_vote, (FAILS, HOLDS)), (numpy_log, (HOLDS, HOLDS)), (numpy_root, (HOLDS, HOLDS))],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_floats(fn, expected):
    assert outcome(opaque(fn), sizes=SMALL[:1], backend="numpy") == expected


def test_a_float_witness_says_so():
    found = search(opaque(numpy_vote), cold=False, sizes=SMALL[:1], backend="numpy")
    assert found.witness.confirmed == "float64" and "floats only" in found.message


def test_coarse_floats_convict_nobody():
    def coarse(P, w):
        return numpy_vote(P.astype(np.float32), w.astype(np.float32))

    assert search(opaque(coarse), cold=False, sizes=SMALL[:1], backend="numpy").outcome == "open"


def test_ts_in_numpy():
    def right(P, w, Ts):
        raised = P ** (1 / Ts[:, None])
        return w @ (raised / raised.sum(1, keepdims=True))

    def wrong(P, w, Ts):
        raised = P ** (1 / np.minimum(Ts, 10)[:, None])
        return w @ (raised / raised.sum(1, keepdims=True))

    assert outcome(right, sizes=SMALL[:1], backend="numpy") == (HOLDS, HOLDS)
    assert outcome(wrong, sizes=SMALL[:1], backend="numpy") == (FAILS, HOLDS)


# --- what is not asked -------------------------------------------------------------------------------------------------------


def test_a_softener_without_a_cold_end():
    found = search(ENTRIES["vote"].fn, cold=True, soft="uniform-mix")
    assert found.outcome == "open" and "no cold end" in found.why
    assert search(ENTRIES["vote"].fn, cold=False, soft="uniform-mix").outcome == "refuted"


def test_an_operator_of_the_interior_has_no_cold_end():
    operator = describe(lambda P, w: w @ P, name="inside", domain="interior")
    rows = verdicts(checked(operator, "temperature-coherence/hot", "temperature-coherence/cold", K=(2,), C=(2,)))
    assert rows["cold"].verdict == "inconclusive" and "declared for the interior" in rows["cold"].message
    assert rows["hot"].verdict in ("holds", "proved")


def test_at_many_teachers_no_small_fractions_are_listed():
    """At (7, 2) there are 17^7 panels of the smallest denominators: a search ended for want of memory."""
    assert all(len(x) == 0 for x in one_temperature._smallest(7, 2))
    with pytest.raises(ValueError, match="no lattice"):
        lattice(7, 2, 128, False)
    assert search(lambda P, w: w @ P, cold=False, sizes=((7, 2),)).outcome == HOLDS
