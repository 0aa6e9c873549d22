"""The two theorems of the documents: each step that is arithmetic, in fractions or in SymPy's exact numbers.

No operator is run: the pools are written out here, so that nothing of the package vouches for itself.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from fractions import Fraction as F
from pathlib import Path

import pytest
import sympy as sp

from axiomkd.axioms import PROFILES
from axiomkd.zoo import ENTRIES

DOCS = Path(__file__).parent.parent / "docs" / "theorems"
HALVES = (sp.Rational(1, 2), sp.Rational(1, 2))
RATIOS = [F(2), F(16), F(3, 2), F(1, 3), F(10**6, 7)]


def row(*odds):
    return [sp.Integer(x) / sum(odds) for x in odds]


def normalised(values):
    return [sp.nsimplify(v) / sum(values) for v in values]


def log_pool(rows, w=HALVES):
    return normalised([sp.prod([p**v for p, v in zip(column, w, strict=True)]) for column in zip(*rows, strict=True)])


def power_mean(rows, alpha, w=HALVES):
    means = [
        sum(v * p**alpha for p, v in zip(column, w, strict=True)) ** (1 / sp.Integer(alpha))
        for column in zip(*rows, strict=True)
    ]
    return normalised(means)


def above(a, b):
    """a > b, decided exactly."""
    return bool(sp.simplify(a - b).is_positive)


# --- no-go -----------------------------------------------------------------------------------------------------------


def rows_at_odds(r, C):
    a, b = [r, 1] + [1] * (C - 2), [1, r] + [1] * (C - 2)
    return [[F(x) / sum(p) for x in p] for p in (a, b)]


def softened(p, beta):
    raised = [x**beta for x in p]
    return [x / sum(raised) for x in raised]


def roots_from_power_sums(sums):
    """The numbers x_1 … x_n with these power sums x_1^b + … + x_n^b, b = 1 … n, by Newton's identities."""
    n, e = len(sums), [F(1)]
    for k in range(1, n + 1):
        e.append(sum((-1) ** (i - 1) * e[k - i] * sums[i - 1] for i in range(1, k + 1)) / F(k))
    X = sp.Symbol("X")
    polynomial = sum((-1) ** k * sp.Rational(e[k].numerator, e[k].denominator) * X ** (n - k) for k in range(n + 1))
    return {F(int(x.p), int(x.q)): count for x, count in sp.roots(sp.Poly(polynomial, X)).items()}


@pytest.mark.parametrize("C", [3, 4, 5, 8])
@pytest.mark.parametrize("r", RATIOS)
def test_the_envelope_pins_the_classes_from_the_third_on(r, C):
    for beta in range(1, 9):
        soft = [softened(p, beta) for p in rows_at_odds(r, C)]
        assert {p[i] for p in soft for i in range(2, C)} == {1 / (r**beta + C - 1)}


@pytest.mark.parametrize("C", [3, 4, 5, 8])
@pytest.mark.parametrize("r", RATIOS)
def test_the_power_sums_determine_the_ratios(r, C):
    """T = 1, 1/2 … 1/C suffice; they are temperatures of the axiom up to C = 8."""
    assert roots_from_power_sums([r**beta + C - 1 for beta in range(1, C + 1)]) == {r: 1, F(1): C - 1}


def test_newtons_identities_in_symbols():
    """For any x_1 … x_4 the first four power sums give the elementary symmetric functions, so the polynomial."""
    xs = sp.symbols("x1:5")
    sums = [sum(x**b for x in xs) for b in range(1, 5)]
    e = [sp.Integer(1)]
    for k in range(1, 5):
        e.append(sum((-1) ** (i - 1) * e[k - i] * sums[i - 1] for i in range(1, k + 1)) / sp.Integer(k))
    for k in range(5):
        direct = sum(sp.prod(some) for some in itertools.combinations(xs, k))
        assert sp.expand(e[k] - direct) == 0


def test_exponentials_with_different_bases_are_independent():
    """Their values at 0, 1 … n-1 form a Vandermonde matrix, whose determinant vanishes for equal bases only."""
    ys = sp.symbols("y1:5")
    determinant = sp.Matrix(4, 4, lambda i, j: ys[j] ** i).det()
    product = sp.prod([ys[j] - ys[i] for i in range(4) for j in range(i + 1, 4)])
    assert sp.expand(determinant - product) == 0


@pytest.mark.parametrize("C", [3, 4, 5])
@pytest.mark.parametrize("r", RATIOS)
def test_only_the_two_rows_are_left_and_neither_is_symmetric(r, C):
    ratios = Counter({F(1): C - 1})
    ratios[r] += 1
    left = set()
    for order in set(itertools.permutations(ratios.elements())):
        q = [x / sum(order) for x in order]
        if all(q[i] == 1 / (r + C - 1) for i in range(2, C)):
            left.add(tuple(q))
    assert left == {tuple(p) for p in rows_at_odds(r, C)}
    assert all(q[0] != q[1] for q in left)


@pytest.mark.parametrize(("K", "C"), [(2, 3), (3, 4), (3, 5), (4, 5)])
def test_with_fewer_teachers_than_classes_the_odd_ratio_breaks_the_symmetry(K, C):
    r = F(5)
    P = [[F(r if i == k else 1) / (r + C - 1) for i in range(C)] for k in range(K)]
    turned = [[P[(k + 1) % K][(i + 1) % K if i < K else i] for i in range(C)] for k in range(K)]
    assert turned == P
    assert {P[k][i] for k in range(K) for i in range(K, C)} == {1 / (r + C - 1)}


def test_the_path_between_the_vertices_stays_inside():
    s, u = sp.symbols("s u", positive=True)
    entries = [(1 - s) ** 2 + 2 * s * (1 - s) * u, s**2 + 2 * s * (1 - s) * u, 2 * s * (1 - s) * u]
    for K in (2, 3, 7):
        total = entries[0] + entries[1] + (K - 2) * entries[2]
        assert sp.simplify(total.subs(u, sp.Rational(1, K)) - 1) == 0
    for entry in entries:
        assert all(entry.subs({u: sp.Rational(1, 3), s: sp.Rational(n, 50)}) > 0 for n in range(1, 50))


@pytest.mark.parametrize("r", [F(4), F(16)])
def test_each_pool_gives_up_one_of_the_two(r):
    a, b = rows_at_odds(r, 3)
    mean = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
    soft = [(x + y) / 2 for x, y in zip(softened(a, 2), softened(b, 2), strict=True)]
    assert soft != softened(mean, 2)
    pinned = 1 / (r + 2)
    assert 1 / (2 * F(math.isqrt(int(r))) + 1) > pinned  # the geometric mean of the rows is ∝ (√r, √r, 1)


def test_at_two_classes_the_geometric_mean_has_both():
    x, y, beta = sp.symbols("x y beta", positive=True)
    odds = sp.sqrt(x * y)
    assert sp.simplify(sp.sqrt(x**beta * y**beta) - odds**beta) == 0
    for m, n in itertools.product(range(1, 6), repeat=2):
        assert min(m, n) ** 2 <= m * n <= max(m, n) ** 2


def test_no_operator_of_the_zoo_contradicts_the_theorem():
    def having(*readings):
        return {name for name, one in ENTRIES.items() if all(one.truth[reading] is True for reading in readings)}

    assert having("envelope", "commutation", "responsive", "closed") == set()
    assert "topteacher" in having("envelope", "commutation", "responsive")
    assert "linear" in having("envelope", "responsive", "closed")
    assert "log" in having("commutation", "responsive", "interior")


def test_no_profile_asks_for_both():
    for needs in PROFILES.values():
        asked = {reading for readings in needs.values() for reading in readings}
        assert not ({"envelope", "hull"} & asked and "commutation" in asked)


# --- log-loss --------------------------------------------------------------------------------------------------------


def variation(p, q):
    return sum(abs(x - y) for x, y in zip(p, q, strict=True)) / 2


def brier(q, y):
    return sum((x - int(i == y)) ** 2 for i, x in enumerate(q))


def variance(rows):
    """The trace of the covariance of a distribution that is each of the rows equally often."""
    means = [sum(column) / sp.Integer(len(rows)) for column in zip(*rows, strict=True)]
    return sum((x - m) ** 2 for p in rows for x, m in zip(p, means, strict=True)) / len(rows)


def test_safety():
    rows = [row(16, 1, 1), row(1, 16, 1)]
    assert [p[2] for p in rows] == [sp.Rational(1, 18)] * 2
    assert sp.simplify(log_pool(rows)[2] - sp.Rational(1, 9)) == 0


def test_safety_has_no_factor():
    n = sp.Symbol("n", positive=True)
    raw = [sp.sqrt(n**4 * 1), sp.sqrt(1 * n**4), n**3]
    teacher, aggregate = n**3 / (n**4 + n**3 + 1), raw[2] / sum(raw)
    assert sp.simplify(aggregate - n / (n + 2)) == 0
    assert sp.simplify(1 / n - teacher).subs(n, 100) > 0
    assert sp.limit(teacher, n, sp.oo) == 0 and sp.limit(aggregate, n, sp.oo) == 1
    assert aggregate.subs(n, 100) == sp.Rational(50, 51)
    assert F(1, 102) < F(10**6, 10**8 + 10**6 + 1) < F(1, 100)


def test_bias():
    truth, rows = row(1, 2, 1), [row(5, 4, 1), row(2, 1, 1)]
    assert [variation(p, truth) for p in rows] == [sp.Rational(1, 4)] * 2
    q = log_pool(rows)
    assert sp.simplify(q[0] - sp.sqrt(10) / (sp.sqrt(10) + 3)) == 0
    assert all(above(t, x) for t, x in zip(truth[1:], q[1:], strict=True))
    distance = q[0] - truth[0]
    assert above(distance, sp.Rational(1, 4)) and abs(float(distance) - 0.2632) < 1e-4


def test_brier():
    rows = [row(3, 1, 9), row(1, 3, 16)]
    scores = [brier(p, 1) for p in rows]
    assert scores == [sp.Rational(234, 169), sp.Rational(546, 400)]
    worse = brier(log_pool(rows), 1)
    assert sp.simplify(worse - (98 + 8 * sp.sqrt(3)) / (52 + 16 * sp.sqrt(3))) == 0
    assert all(above(worse, score) for score in scores)


def test_brier_on_average():
    rows = [row(1, 1), row(1, 9)]
    assert [brier(p, 0) for p in rows] == [sp.Rational(1, 2), sp.Rational(81, 50)]
    assert sum(brier(p, 0) for p in rows) / 2 == sp.Rational(53, 50)
    assert sp.simplify(brier(log_pool(rows), 0) - sp.Rational(9, 8)) == 0


def test_variance():
    swinging, still = [row(256, 1), row(16, 1)], row(1, 64)
    aggregates = [[sp.simplify(x) for x in log_pool([p, still])] for p in swinging]
    assert aggregates == [row(2, 1), row(1, 2)]
    assert variance(aggregates) == sp.Rational(1, 18)
    assert variance(swinging) == sp.Rational(28800, 19088161) < sp.Rational(1, 600)


def test_variance_has_no_factor():
    m = sp.Symbol("m", positive=True)
    first = [[4 * m / (4 * m + 1), 1 / (4 * m + 1)], [m / (m + 4), 4 / (m + 4)]]
    odds = [sp.simplify(sp.sqrt(p[0] / p[1] / m)) for p in first]
    assert odds == [2, sp.Rational(1, 2)]
    assert sp.simplify(first[0][0] - first[1][0] - (4 / (m + 4) - 1 / (4 * m + 1))) == 0
    assert sp.limit(variance(first), m, sp.oo) == 0


SIMPLE = [row(*odds) for odds in itertools.product((1, 2, 7), repeat=3)]
WEIGHTS = [(sp.Rational(1, 3), sp.Rational(2, 3)), HALVES]


def test_the_geometric_mean_keeps_the_bound_on_log_loss():
    """q_y >= Π p_ky^{w_k}: the normaliser is at most 1. With weights over n, both sides to the n-th power are rational."""
    for (p, q), w in itertools.product(itertools.combinations(SIMPLE, 2), WEIGHTS):
        n = int(sp.ilcm(*(v.q for v in w)))
        powers = [int(v * n) for v in w]
        # Bounds on Z from above by roots rounded up to 2^-40; the inequality has room where the teachers differ.
        raised = [
            F(int(x.p), int(x.q)) ** powers[0] * F(int(y.p), int(y.q)) ** powers[1] for x, y in zip(p, q, strict=True)
        ]
        total = sum(root_above(x, n) for x in raised)
        assert total <= 1 or p == q


def root_above(x: F, n: int) -> F:
    """A fraction at least the n-th root of x, by less than 2^-38."""
    scaled = x.numerator * 2 ** (40 * n) // x.denominator
    low, high = 0, 2**41
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**n <= scaled else (low, middle)
    return F(low + 1, 2**40)


def test_the_means_are_ordered():
    """Geometric <= exponent 1/2 <= arithmetic, for two numbers: differences are squares, whatever the weights."""
    a, b, w = sp.symbols("a b w", positive=True)
    half = (w * sp.sqrt(a) + (1 - w) * sp.sqrt(b)) ** 2
    arithmetic = w * a + (1 - w) * b
    square = w * (1 - w) * (sp.sqrt(a) - sp.sqrt(b)) ** 2
    assert sp.simplify(sp.expand(arithmetic - half - square)) == 0
    equal = half.subs(w, sp.Rational(1, 2)) - sp.sqrt(a * b)
    assert sp.simplify(sp.expand(equal - ((sp.sqrt(a) - sp.sqrt(b)) / 2) ** 2)) == 0


def test_the_linear_pool_keeps_it_in_fractions():
    """(w p + (1 - w) q)^n >= p^(wn) q^((1-w)n): the weighted means, decided in fractions."""
    for (p, q), w in itertools.product(itertools.combinations(SIMPLE, 2), WEIGHTS):
        n = int(sp.ilcm(*(v.q for v in w)))
        for x, y in zip(p, q, strict=True):
            assert (w[0] * x + w[1] * y) ** n >= x ** int(w[0] * n) * y ** int(w[1] * n)


def test_the_strong_form_implies_the_weak_ones():
    """log-mean at every class, multiplied by z and summed, is the form of KL; z at one class is the floor."""
    z = sp.symbols("z1:4", positive=True)
    logs, l1, l2 = sp.symbols("l1:4"), sp.symbols("a1:4"), sp.symbols("b1:4")  # log q, log p_1, log p_2
    w = sp.Symbol("w", positive=True)
    gaps = [q - (w * a + (1 - w) * b) for q, a, b in zip(logs, l1, l2, strict=True)]  # each >= 0: log-mean

    def kl(other):
        return sum(x * (sp.log(x) - y) for x, y in zip(z, other, strict=True))

    slack = w * kl(l1) + (1 - w) * kl(l2) - kl(logs)
    assert sp.expand(slack - sum(x * gap for x, gap in zip(z, gaps, strict=True))) == 0


def test_the_square_mean_fails_even_the_weakest_form():
    rows = [row(7, 1, 1), row(1, 7, 1)]
    assert [sp.simplify(x) for x in power_mean(rows, 2)] == row(5, 5, 1)
    assert sp.Rational(1, 11) < min(p[2] for p in rows) == sp.Rational(1, 9)
    truth = ENTRIES["power2"].truth
    assert all(truth[reading] is True for readings in PROFILES["classical"].values() for reading in readings)


def test_the_geometric_mean_meets_the_profiles_that_the_page_names():
    truth = ENTRIES["log"].truth
    for name in ("classical", "permissive", "log"):
        assert all(truth[reading] is True for readings in PROFILES[name].values() for reading in readings)


@pytest.mark.parametrize("page", ["no-go", "log-loss"])
def test_the_pages_name_this_file(page):
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert re.findall(r"`tests/([\w.]+)`", text) == [Path(__file__).name]
