"""Each operator of the zoo against its formula in plain Python, and each truth against the table of ground truth.

The formulas below share no line with the zoo: loops over lists, `math`, and fractions for what is piecewise rational.
Whether a truth is true is not asked here.
"""

import math
from fractions import Fraction
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd import zoo
from axiomkd.zoo.entry import ENTRIES, GUARANTEE_COLUMNS, TRUTH_COLUMNS, entry, parse_truth

SIZES = [(2, 2), (3, 4), (4, 2), (5, 3)]
PANELS = 8
NAMES = list(ENTRIES)


# --- formulas, P a list of rows and w a list ---------------------------------------------------------------------


def columns(P):
    return [list(column) for column in zip(*P, strict=True)]


def scaled(x):
    return [value / sum(x) for value in x]


def mix(v, P):
    return [sum(a * p for a, p in zip(v, column, strict=True)) for column in columns(P)]


def entropy_of(p):
    return -sum(x * math.log(x) for x in p if x > 0)


def weighted(weight):
    """A linear pool with weights ∝ weight(w_k, p_k)."""
    return lambda P, w: mix(scaled([weight(a, p) for a, p in zip(w, P, strict=True)]), P)


def power_mean(alpha):
    def pool(P, w):
        return scaled([sum(a * p**alpha for a, p in zip(w, c, strict=True)) ** (1 / alpha) for c in columns(P)])

    return pool


def geometric(P, w):
    return scaled([math.prod(p**a for a, p in zip(w, c, strict=True)) for c in columns(P)])


def one_hot(i, n):
    return [1.0 if j == i else 0.0 for j in range(n)]


def position_of_max(x):
    return x.index(max(x))


def by_class(statistic):
    return lambda P, w: scaled([statistic(c, w) for c in columns(P)])


def median_by_weight(values, w):
    total = Fraction(0)
    for value, a in sorted(zip(values, w, strict=True)):
        total += Fraction(a)
        if total >= Fraction(1, 2):
            return value
    return max(values)


def median_unweighted(values, w):
    ordered, K = sorted(values), len(values)
    return ordered[K // 2] if K % 2 else (ordered[K // 2 - 1] + ordered[K // 2]) / 2


def top_two(p):
    best = sorted(range(len(p)), key=lambda i: -p[i])[:2]
    return scaled([x if i in best else 0.0 for i, x in enumerate(p)])


def camkd(P, w):
    CE = [-math.log(p[0]) for p in P]
    Z = sum(math.exp(x) for x in CE)
    return mix([(1 - math.exp(x) / Z) / (len(P) - 1) for x in CE], P)


def ebkd(P, w):
    H = [entropy_of(p) for p in P]
    return mix([(1 - h / sum(H)) / (len(P) - 1) for h in H], P)


def agree(P, w):
    m = mix(w, P)
    return weighted(lambda a, p: a * math.exp(-sum(abs(x - y) for x, y in zip(p, m, strict=True))))(P, w)


def softmax5(P, w):
    return mix(scaled([math.exp(5 * a) for a in w]), P)


def hard(P):
    return [one_hot(position_of_max(p), len(p)) for p in P]


def borda(P, w):
    C = len(P[0])
    ranks = [[sorted(p).index(x) for x in p] for p in P]
    return [r / (C * (C - 1) / 2) for r in mix(w, ranks)]


def jsdgate(P, w):
    m = mix(w, P)
    JSD = entropy_of(m) - sum(a * entropy_of(p) for a, p in zip(w, P, strict=True))
    return m if JSD <= 0.02 else P[position_of_max(w)]


def plausible(P, w):
    return [math.prod(1 - a + a * p for a, p in zip(w, c, strict=True)) for c in columns(P)]


def dempster(P, w):
    u = math.prod(1 - a for a in w)
    return scaled([x - u + u / len(P[0]) for x in plausible(P, w)])


def cumulative(p):
    return [sum(map(Fraction, p[: i + 1]), Fraction(0)) for i in range(len(p))]


def w1(P, w):
    G = [median_by_weight(c, w) for c in columns([cumulative(p) for p in P])]
    return [float(b - a) for a, b in zip([Fraction(0), *G], G, strict=False)]


def w2(P, w):
    """Walk the segments on which every quantile function is constant; split each at its place between two labels."""
    F = [cumulative(p)[:-1] for p in P]
    cuts = sorted({Fraction(0), Fraction(1), *(cut for row in F for cut in row)})
    q, total = [Fraction(0)] * len(P[0]), sum(map(Fraction, w), Fraction(0))
    for low, high in zip(cuts, cuts[1:], strict=False):
        middle = (low + high) / 2
        labels = [sum(cut < middle for cut in row) for row in F]
        Q = sum((Fraction(a) * label for a, label in zip(w, labels, strict=True)), Fraction(0)) / total
        left = min(math.floor(Q), len(q) - 2)
        q[left] += (high - low) * (1 - (Q - left))
        q[left + 1] += (high - low) * (Q - left)
    return [float(x) for x in q]


def logodds(P, w):
    z = [sum(a * math.log(p / (1 - p)) for a, p in zip(w, c, strict=True)) for c in columns(P)]
    return scaled([1 / (1 + math.exp(-x)) for x in z])


def bisect(falling, low, high):
    """The zero of a falling function."""
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def jeffreys(P, w):
    """Stationarity of Σ w J(q, p_k) + μ(Σ q − 1): log q_i − Σ w log p_ki + 1 − a_i/q_i + μ = 0, solved by bisection."""
    a = mix(w, P)
    log_g = [sum(x * math.log(p) for x, p in zip(w, c, strict=True)) for c in columns(P)]

    def q(mu):
        return [
            bisect(lambda q_i, i=i: -(math.log(q_i) - log_g[i] + 1 - a[i] / q_i + mu), 1e-12, 50.0)
            for i in range(len(a))
        ]

    return q(bisect(lambda mu: sum(q(mu)) - 1, -20.0, 20.0))


def halves(P, w):
    return [(x + y) / 2 for x, y in zip(mix(w, P), geometric(P, w), strict=True)]


FORMULAS = {
    "linear": lambda P, w: mix(w, P),
    "log": geometric,
    "tempered_log": lambda P, w: scaled([math.sqrt(x) for x in geometric(P, w)]),
    "tempered_linear": lambda P, w: scaled([math.sqrt(x) for x in mix(w, P)]),
    "renyi": power_mean(0.25),
    "conforming": lambda P, w: [
        (x + y) / 2 for x, y in zip(mix(w, P), geometric(P, [1 / len(P)] * len(P)), strict=True)
    ],
    "linear_ts": lambda P, w: mix(w, P),
    "log_ts": geometric,
    "power_minus1": power_mean(-1),
    "power_half": power_mean(0.5),
    "power2": power_mean(2),
    "power3": power_mean(3),
    "poe": by_class(lambda c, w: math.prod(c)),
    "halflinlog": halves,
    "smooth": lambda P, w: [0.9 * x + 0.1 / len(P[0]) for x in mix(w, P)],
    "mean": lambda P, w: [sum(c) / len(c) for c in columns(P)],
    "wsq": weighted(lambda a, p: a * a),
    "softmax5": softmax5,
    "entropyw": weighted(lambda a, p: a * math.exp(-entropy_of(p))),
    "invent": weighted(lambda a, p: a / (entropy_of(p) + 0.01)),
    "confw": weighted(lambda a, p: a * max(p)),
    "nentw": weighted(lambda a, p: a * (1 - entropy_of(p) / math.log(len(p)))),
    "marginw": weighted(lambda a, p: a * (sorted(p)[-1] - sorted(p)[-2])),
    "ebkd": ebkd,
    "camkd": camkd,
    "spherical": weighted(lambda a, p: a / math.hypot(*p)),
    "agree": agree,
    "max_all": by_class(lambda c, w: max(c)),
    "wmax": by_class(lambda c, w: max(a * p for a, p in zip(w, c, strict=True))),
    "min_all": by_class(lambda c, w: min(c)),
    "wmedian": by_class(median_by_weight),
    "umedian": by_class(median_unweighted),
    "trimmed": by_class(lambda c, w: sum(sorted(c)[1:-1])),
    "topk_rows": lambda P, w: mix(w, [top_two(p) for p in P]),
    "topk_pool": lambda P, w: top_two(mix(w, P)),
    "vote": lambda P, w: one_hot(position_of_max(mix(w, hard(P))), len(P[0])),
    "argpool": lambda P, w: one_hot(position_of_max(mix(w, P)), len(P[0])),
    "voteshare": lambda P, w: mix(w, hard(P)),
    "borda": borda,
    "topteacher": lambda P, w: P[position_of_max(w)],
    "confteacher": lambda P, w: P[position_of_max([a * max(p) for a, p in zip(w, P, strict=True)])],
    "jsdgate": jsdgate,
    "dempster": dempster,
    "discount": lambda P, w: scaled(plausible(P, w)),
    "w1": w1,
    "w2": w2,
    "logodds": logodds,
    "jeffreys": jeffreys,
}

FIRST = tuple(
    tuple(one for one in group if one not in ("inheritance", "transfer", "strict-transfer", "hot", "cold"))
    for group in TRUTH_COLUMNS
)
"""The readings of the first edition, of which the table speaks."""

# The table of ground truth, retyped: convexity, positivity, continuity, weights, temperature.
GROUND_TRUTH = {
    "linear": "++++ ++ +++ ++++ ++---",
    "log": "++-- +- +-- ++-- +-+++",
    "power2": "++-- ++ ++- ++-- +----",
    "wsq": "++++ ++ +++ ++++ ++---",
    "entropyw": "++++ ++ ++- ++++ +----",
    "mean": "++++ ++ +++ +-++ ++---",
    "max_all": "++-- ++ +++ +-++ +----",
    "softmax5": "++++ ++ +++ ---- ++---",
    "vote": "+--- -- --- +--- -++++",
    "voteshare": "+--- -- --- ---- -+++-",
    "topteacher": "++++ +- --- ++++ +++++",
}

IMPLICATIONS = [
    ("hull", "envelope"),
    ("envelope", "unanimity"),
    ("unanimity", "simplex"),
    ("any-support", "common-support"),
    ("common-support", "nonnegative"),
    ("lipschitz", "closed"),
    ("closed", "interior"),
    ("responsive", "pull"),
    ("coordinate", "pull"),
    ("commutation", "ranking"),
    ("commutation", "entropy"),
    ("common-support", "inheritance"),
    ("strict-transfer", "transfer"),
    ("transfer", "favourite"),
    ("interior", "hot"),
    ("closed", "cold"),
    ("influence-one", "hot"),
    ("influence", "influence-one"),
    ("influence", "nonexpansive"),
    *(("hull", one) for one in ("safety-set", "bias-max", "brier-max", "log-loss-max", "pareto")),
    ("safety-set", "envelope"),
    ("log-loss", "log-loss-max"),
    ("safety", "attenuation"),
    *(("jensen", one) for one in ("bias-mean", "log-loss", "safety", "brier-mean", "variance", "influence", "hull")),
    ("bias-mean", "jensen"),
]


# --- panels ------------------------------------------------------------------------------------------------------


def supported(name):
    allowed = ENTRIES[name].K
    return [(K, C) for K, C in SIZES if allowed is None or K in allowed]


def interior_panels(K, C, seed=0):
    """Dirichlet panels: flat, peaked, nearly agreeing."""
    rng = np.random.default_rng([seed, K, C])
    flat, peaked = rng.dirichlet(np.ones(C), (PANELS, K)), rng.dirichlet(np.full(C, 0.3), (PANELS, K))
    near = 0.95 * rng.dirichlet(np.ones(C), (PANELS, 1)) + 0.05 * flat
    P = np.maximum(np.concatenate([flat, peaked, near]), 1e-6)
    return P / P.sum(axis=2, keepdims=True), rng.dirichlet(np.ones(K), len(P))


def extreme_panels(K, C):
    """Rows with probabilities down to 1e-100, weights down to 1e-20."""
    rng = np.random.default_rng([1, K, C])
    P = np.exp(-rng.uniform(0, 230, (3 * PANELS, K, C)))
    P[:5] = 1e-100
    P[:5, :, 0] = 1.0
    P[5:10] = 1e-100
    P[5:10, np.arange(K), np.arange(K) % C] = 1.0
    w = np.exp(-rng.uniform(0, 46, (3 * PANELS, K)))
    return P / P.sum(axis=2, keepdims=True), w / w.sum(axis=1, keepdims=True)


@cache
def batched(name):
    """The operator over a batch of panels; kept, so that tests of one operator compile it once a size."""
    return jax.jit(jax.vmap(ENTRIES[name].fn))


# --- tests -------------------------------------------------------------------------------------------------------


def test_every_operator_has_a_formula_here():
    assert set(FORMULAS) == set(ENTRIES)


@pytest.mark.weekly(16)
@pytest.mark.parametrize("name", NAMES)
def test_formula(name):
    for K, C in supported(name):
        P, w = interior_panels(K, C)
        q = np.asarray(batched(name)(P, w))
        expected = [FORMULAS[name](p.tolist(), v.tolist()) for p, v in zip(P, w, strict=True)]
        np.testing.assert_allclose(q, expected, rtol=1e-9, atol=1e-13, err_msg=f"{name} at K={K}, C={C}")


@pytest.mark.weekly(4)
@pytest.mark.parametrize("name", NAMES)
def test_finite_at_tiny_probabilities(name):
    for K, C in supported(name):
        P, w = extreme_panels(K, C)
        q = np.asarray(batched(name)(P, w))
        assert np.isfinite(q).all(), f"{name} at K={K}, C={C}"
        np.testing.assert_allclose(q.sum(axis=1), 1, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_traces_in_double_precision_under_strict_rules(name):
    K, C = supported(name)[-1]
    P, w = interior_panels(K, C)
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        out = jax.eval_shape(jax.vmap(ENTRIES[name].fn), P, w)
    assert (out.shape, out.dtype) == ((len(P), C), np.float64)


@pytest.mark.weekly(8)
@pytest.mark.parametrize("name", NAMES)
def test_works_undecorated_on_one_panel(name):
    K, C = supported(name)[0]
    P, w = interior_panels(K, C)
    alone = getattr(zoo, name)(jnp.asarray(P[0]), jnp.asarray(w[0]))
    np.testing.assert_allclose(alone, batched(name)(P, w)[0], rtol=0, atol=1e-14)


def test_jeffreys_closes_on_faces():
    q = zoo.jeffreys(jnp.array([[0.5, 0.5, 0.0], [0.2, 0.4, 0.4]]), jnp.array([0.5, 0.5]))
    assert float(q[2]) == 0
    q = zoo.jeffreys(jnp.array([[0.5, 0.5, 0.0], [0.2, 0.4, 0.4]]), jnp.array([0.0, 1.0]))
    np.testing.assert_allclose(q, [0.2, 0.4, 0.4], rtol=1e-14)


@pytest.mark.weekly(2)
@pytest.mark.parametrize(
    ("name", "P", "w"),
    [
        ("log", [[1, 0], [0, 1]], [0.5, 0.5]),
        ("power_minus1", [[1, 0], [0, 1]], [0.5, 0.5]),
        ("min_all", [[1, 0], [0, 1]], [0.5, 0.5]),
        ("poe", [[1, 0], [0, 1]], [0.5, 0.5]),
        ("logodds", [[1, 0], [0, 1]], [0.5, 0.5]),
        ("jeffreys", [[1, 0], [0, 1]], [0.5, 0.5]),
        ("ebkd", [[1, 0], [0, 1]], [0.5, 0.5]),
        ("camkd", [[0, 1], [0, 1]], [0.5, 0.5]),
        ("nentw", [[0.5, 0.5], [0.5, 0.5]], [0.5, 0.5]),
        ("marginw", [[0.5, 0.5], [0.5, 0.5]], [0.5, 0.5]),
        ("umedian", np.eye(3), [0.25, 0.25, 0.5]),
        ("wmedian", np.eye(3), [0.25, 0.25, 0.5]),
        ("trimmed", np.eye(3), [0.25, 0.25, 0.5]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_undefined_where_the_mathematics_is(name, P, w):
    q = getattr(zoo, name)(jnp.asarray(P, dtype=float), jnp.asarray(w, dtype=float))
    assert bool(jnp.isnan(q).all())


def test_ties_go_to_the_first():
    even = jnp.full((2, 3), 1) / 3
    half = jnp.array([0.5, 0.5])
    np.testing.assert_array_equal(zoo.vote(even, half), [1, 0, 0])
    np.testing.assert_array_equal(zoo.topk_pool(even, half), [0.5, 0.5, 0])
    np.testing.assert_allclose(zoo.borda(even, half), [1 / 3] * 3)
    np.testing.assert_array_equal(zoo.topteacher(jnp.eye(2), half), [1, 0])


@pytest.mark.parametrize("name", list(GROUND_TRUTH))
def test_truth_agrees_with_the_ground_truth(name):
    assert {reading: ENTRIES[name].truth[reading] for group in FIRST for reading in group} == parse_truth(
        GROUND_TRUTH[name], FIRST
    )


@pytest.mark.parametrize("name", NAMES)
def test_truth_obeys_the_implications(name):
    truth = ENTRIES[name].truth
    assert set(truth) == {"nonnegative", *(r for group in (*TRUTH_COLUMNS, *GUARANTEE_COLUMNS) for r in group)}
    broken = [(a, b) for a, b in IMPLICATIONS if truth[a] is True and truth[b] is False]
    assert not broken
    assert not (truth["unanimity"] and truth["interior"]) or truth["limits"]


def test_unknown_marks_are_none():
    assert ENTRIES["jeffreys"].truth["pull"] is None
    assert ENTRIES["dempster"].truth["nonexpansive"] is None


SPELLED = "++++ +++ +++ ++++++ ++---++"
PROMISED = "++ ++ +++ +++ ++ ++ +++-"


@pytest.mark.parametrize(
    ("spelled", "promised", "message"),
    [
        ("++++ +++ +++ ++++++", PROMISED, "groups of lengths"),
        (SPELLED[1:], PROMISED, "3"),
        (SPELLED[:-1] + "x", PROMISED, "'x'"),
        (SPELLED, PROMISED[:-1], "groups of lengths"),
    ],
)
def test_misspelled_truth_is_refused(spelled, promised, message):
    with pytest.raises(ValueError, match=message):
        entry(formula="", source="", truth=spelled, guarantees=promised)


def test_taken_name_is_refused():
    with pytest.raises(ValueError, match="linear"):
        entry(formula="", source="", truth=SPELLED, guarantees=PROMISED, name="linear")(lambda P, w: w @ P)


def test_unknown_operator_names_the_known_ones():
    with pytest.raises(AttributeError, match="no operator named 'lin'.*linear"):
        _ = zoo.lin


def test_every_entry_says_where_it_is_from():
    assert all(e.formula and e.source and e.name == e.fn.__name__ for e in ENTRIES.values())
    assert set(ENTRIES) <= set(dir(zoo))
