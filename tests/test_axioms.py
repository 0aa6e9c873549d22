"""Each margin against a predicate written without it: plain loops over one case, from the formula and nothing else.

The predicates know no array, no batch and no margin; the axioms' own code is only ever called, never copied.
"""

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.claims import views
from axiomkd.claims.confirm import complete
from axiomkd.claims.margins import measure, pointwise
from axiomkd.core.case import Cases, exact
from axiomkd.core.operator import Operator
from axiomkd.core.reading import Growth, Jump, Limit, OneTemperature, Pointwise
from axiomkd.core.softener import SOFTENERS
from axiomkd.operators.evaluate import Evaluator
from axiomkd.search.draw import PANELS, TILTS, WEIGHTS, draw
from axiomkd.tracing import numbers, numerics
from axiomkd.tracing.arithmetic import EXACT, unwrap
from axiomkd.tracing.numbers import Undecided

numerics.prepare()

from axiomkd.zoo import ENTRIES  # noqa: E402 - float64 is set before the zoo is traced

TOLERANCE = 1e-9
SIZES = ((2, 2), (2, 3), (3, 3), (4, 5))
OPERATORS = ("linear", "log", "power2", "max_all", "softmax5", "vote", "dempster", "mean", "w1", "borda")
FACES = ("faces", "fractions on faces", "vertices")
POINTWISE = pointwise(axioms.READINGS)


def off_the_simplex(P, w):
    """Below zero for small classes, and its sum is not 1."""
    return 1.25 * (w @ P) - 0.125


def evaluator(name: str, softener: str = "power") -> Evaluator:
    fn = off_the_simplex if name == "off" else ENTRIES[name].fn
    return Evaluator(Operator(name, fn), SOFTENERS[softener])


def random_cases(size, seed: int, count: int = 12, warm: bool = False) -> Cases:
    """A few cases of each kind of panel, faces among them; temperatures below 1/2 are left to the search."""
    rng = np.random.default_rng(seed)
    kinds = [(panel, sorted(WEIGHTS)[n % len(WEIGHTS)]) for n, panel in enumerate(sorted(PANELS))]
    kinds += [(panel, "some zero") for panel in FACES]  # a class whose only supporters have no weight
    parts = [
        draw(
            int(rng.integers(2**31)),
            count,
            size,
            panel=panel,
            weights=weights,
            temperature="halves" if n % 2 else "wide",
            tilt=sorted(TILTS)[n % len(TILTS)],
            temperatures_in=(1.0 if warm else 0.5, 8.0),
            pairs=False,
            interior=False,
        )
        for n, (panel, weights) in enumerate(kinds)
    ]
    fields = ("P", "w", "k", "t", "T1", "T")
    return Cases(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


# --- the naive predicates: one case, Python numbers -----------------------------------------------------------------


class Plain:
    """One case as Python lists, and the operator called one point at a time, once a point.

    `other` is the teacher from whom weight moves to k, `share` how much of it."""

    def __init__(
        self, one: Evaluator, P, w, k: int, t: float, T: float, softener: str, other: int = 0, share: float = 1
    ) -> None:
        self.other, self.share = other, share
        self.one, self.P, self.w, self.k, self.t, self.T, self.softener = one, P, w, k, t, T, softener
        self.known: dict = {}
        self.K, self.C = len(P), len(P[0])

    def A(self, P, w) -> list[float]:
        key = (str(P), str(w))
        if key not in self.known:
            self.known[key] = [float(x) for x in self.one.batch(np.array([P]), np.array([w]), None)[0]]
        return self.known[key]

    @property
    def q(self):
        return self.A(self.P, self.w)

    @property
    def raised(self):
        w = [(1 - self.t) * v for v in self.w]
        w[self.k] += self.t
        return self.A(self.P, w)

    @property
    def moved(self):
        w, delta = list(self.w), self.share * self.w[self.other]
        w[self.k] += delta
        w[self.other] -= delta
        return self.A(self.P, w)

    @property
    def alone(self):
        return self.A(self.P, [1.0 if j == self.k else 0.0 for j in range(self.K)])

    @property
    def warm(self):
        return self.A([self.soft(p) for p in self.P], self.w)

    def soft(self, p):
        if self.softener == "uniform-mix":
            return [x / self.T + (1 - 1 / self.T) / len(p) for x in p]
        logs = [math.log(x) / self.T for x in p]
        top = max(logs)
        total = sum(math.exp(x - top) for x in logs)
        return [math.exp(x - top) / total for x in logs]


def distance(a, b):
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / 2


def nats(q):
    return -sum(x * math.log(x) for x in q if x > 0)


def is_distribution(q, e):
    return all(x >= -e for x in q) and abs(sum(q) - 1) <= e


def simplex(c, e):
    return is_distribution(c.q, e)


def unanimity(c, e):
    p = c.P[c.k]
    same = c.A([p] * c.K, c.w)
    return simplex(c, e) and is_distribution(same, e) and all(abs(a - b) <= e for a, b in zip(same, p, strict=True))


def envelope(c, e):
    for i in range(c.C):
        told = [c.P[k][i] for k in range(c.K)]
        if c.q[i] < min(told) - e or c.q[i] > max(told) + e:
            return False
    return simplex(c, e)


def nonnegative(c, e):
    return all(x >= -e for x in c.q)


def common_support(c, e):
    for i in range(c.C):
        if all(c.P[k][i] > 0 for k in range(c.K) if c.w[k] > 0) and c.q[i] <= 0:
            return False
    return nonnegative(c, e)


def any_support(c, e):
    for i in range(c.C):
        if any(c.P[k][i] > 0 for k in range(c.K) if c.w[k] > 0) and c.q[i] <= 0:
            return False
    return nonnegative(c, e)


def pull(c, e):
    return distance(c.raised, c.P[c.k]) <= distance(c.q, c.P[c.k]) + e


def responsive(c, e):
    return pull(c, e) and distance(c.alone, c.P[c.k]) <= e


def favourite(c, e):
    for i in range(c.C):
        leads = all(c.P[c.k][i] > c.P[j][i] + e for j in range(c.K) if j != c.k)
        if leads and c.raised[i] < c.q[i] - e:
            return False
    return True


def transfer(c, e):
    more = [i for i in range(c.C) if c.P[c.k][i] > c.P[c.other][i] + e]
    return all(c.moved[i] >= c.q[i] - e for i in more)


def inheritance(c, _e):
    return all(x > 0 for x in c.q)


def coordinate(c, e):
    p = c.P[c.k]
    return all(abs(c.raised[i] - p[i]) <= abs(c.q[i] - p[i]) + e for i in range(c.C))


def nonexpansive(c, e):
    return distance(c.warm, c.q) <= max(distance(c.soft(p), p) for p in c.P) + e


def ranking(c, e):
    pairs = [(i, j) for i in range(c.C) for j in range(c.C) if c.q[i] > c.q[j] + e]
    return all(c.warm[i] >= c.warm[j] - e for i, j in pairs)


def entropy(c, e):
    rise = nats(c.warm) - nats(c.q)
    return rise >= -e if c.T > 1 else rise <= e


def commutation(c, e):
    if any(x <= 0 for x in c.q):  # 0 stays 0 under `power`; a negative entry has no power
        if any(x < -e for x in c.q):
            return False
        soft = c.soft(c.q) if c.softener == "uniform-mix" else _soft_with_zeros(c)
    else:
        soft = c.soft(c.q)
    return all(abs(a - b) <= e for a, b in zip(c.warm, soft, strict=True))


def _soft_with_zeros(c):
    alive = [i for i in range(c.C) if c.q[i] > 0]
    soft = c.soft([c.q[i] for i in alive])
    return [soft[alive.index(i)] if i in alive else 0.0 for i in range(c.C)]


PREDICATES = {
    "simplex": simplex,
    "unanimity": unanimity,
    "envelope": envelope,
    "nonnegative": nonnegative,
    "common-support": common_support,
    "any-support": any_support,
    "pull": pull,
    "responsive": responsive,
    "favourite": favourite,
    "coordinate": coordinate,
    "transfer": transfer,
    "strict-transfer": transfer,  # floats bear out no tie: below it differs by ties alone
    "inheritance": inheritance,
    "nonexpansive": nonexpansive,
    "ranking": ranking,
    "entropy": entropy,
    "commutation": commutation,
}


def in_domain(reading, P, w) -> bool:
    inner_P, inner_w = all(x > 0 for row in P for x in row), all(x > 0 for x in w)
    return {"interior": inner_P and inner_w, "interior P": inner_P, "closed": True}[reading.domain]


def disagreements(name: str, size, softener: str) -> list[str]:
    """Cases at which a margin and its predicate differ by more than the tolerance can explain."""
    one = evaluator(name, softener)
    cases = random_cases(size, seed=sum(map(ord, name)) + size[0], warm=softener == "uniform-mix")
    readings = [r for r in POINTWISE if r.name in PREDICATES]
    measured = measure(one, readings, cases, ties=False)
    wrong = []
    for n in range(len(cases)):
        P, w = cases.P[n].tolist(), cases.w[n].tolist()
        at = measured.cases
        drawn = int(at.more["other"][n]), float(at.more["share"][n])
        plain = Plain(one, P, w, int(cases.k[n]), float(cases.t[n]), float(cases.T[n]), softener, *drawn)
        for reading in readings:
            margin = measured.margins[reading.name][n]
            if margin == math.inf or not in_domain(reading, P, w):
                assert (margin == math.inf) or math.isnan(margin) or not in_domain(reading, P, w)
                continue
            assert not math.isnan(margin), (reading.name, P, w)
            predicate = PREDICATES[reading.name]
            # Between the loose and the strict form of the predicate lies rounding; outside of it the two must agree.
            if (margin < -2 * TOLERANCE and predicate(plain, TOLERANCE / 2)) or (
                margin >= 0 and not predicate(plain, TOLERANCE)
            ):
                wrong.append(f"{reading.name}: margin {margin} at P={P}, w={w}, k={plain.k}, t={plain.t}, T={plain.T}")
    return wrong


@pytest.mark.weekly(24)
@pytest.mark.parametrize(("name", "size"), itertools.product((*OPERATORS, "off"), SIZES))
def test_margins_agree_with_naive_predicates(name, size):
    assert disagreements(name, size, "power") == []


@pytest.mark.weekly(2)
@pytest.mark.parametrize("name", ("linear", "log", "off"))
def test_margins_agree_under_the_other_softener(name):
    assert disagreements(name, (2, 3), "uniform-mix") == []


def test_every_pointwise_reading_has_a_predicate_and_is_seen_to_fail_and_to_hold():
    assert {r.name for r in POINTWISE} == {*PREDICATES, "hull"}
    signs = {r.name: set() for r in POINTWISE}
    for name in (*OPERATORS, "off"):
        measured = measure(evaluator(name), POINTWISE, random_cases((2, 3), seed=5))
        for reading, margins in measured.margins.items():
            finite = margins[np.isfinite(margins)]
            signs[reading] |= {bool(x) for x in finite < -TOLERANCE}
    # At K = 2 and C = 3 the median of w1 stays in the hull; others of these operators leave it.
    assert {name for name, seen in signs.items() if seen != {True, False}} == set()


# --- hull: a linear programme, and at three classes a picture -------------------------------------------------------


def in_hull(q, P) -> bool:
    """Whether q is a mean of the rows: a feasibility problem, solved by SciPy and not by directions."""
    from scipy.optimize import linprog

    rows = np.array(P)
    K, C = rows.shape
    # Least t with |Σ_k v_k p_k - q| <= t a class.
    A_ub = np.block([[rows.T, -np.ones((C, 1))], [-rows.T, -np.ones((C, 1))]])
    b_ub = np.concatenate([q, -np.asarray(q)])
    A_eq = np.array([[1.0] * K + [0.0]])
    found = linprog([0.0] * K + [1.0], A_ub=A_ub, b_ub=b_ub, A_eq=A_eq, b_eq=[1.0], bounds=[(0, None)] * (K + 1))
    return found.fun <= 1e-7


@pytest.mark.parametrize("name", ("linear", "log", "power2", "max_all", "dempster", "w1", "softmax5", "off"))
@pytest.mark.parametrize("size", ((2, 3), (3, 3), (3, 4)), ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.weekly(4)
def test_hull_never_convicts_a_mean_of_the_teachers(name, size):
    one, cases = evaluator(name), random_cases(size, seed=11, count=6)
    measured = measure(one, [axioms.BY_NAME["hull"]], cases)
    margins, seen = measured.margins["hull"], 0
    for n in np.flatnonzero(np.isfinite(margins)):
        if margins[n] < -1e-6:
            seen += 1
            assert not in_hull(measured.view.q[n], cases.P[n])
    if name in ("linear", "softmax5"):
        assert seen == 0


@pytest.mark.parametrize("name", ("log", "power2", "max_all", "dempster", "off"))
def test_hull_finds_aggregates_far_outside(name):
    """The direction is searched for, so only clear cases must be found: those a tenth of the teachers' spread away."""
    one, cases = evaluator(name), random_cases((2, 3), seed=12, count=6)
    measured = measure(one, [axioms.BY_NAME["hull"]], cases)
    missed, far = 0, 0
    for n in np.flatnonzero(np.isfinite(measured.margins["hull"])):
        p, r = cases.P[n]
        q = measured.view.q[n]
        along = r - p
        s = np.clip(along @ (q - p) / max(along @ along, 1e-300), 0, 1)
        if np.abs(q - (p + s * along)).sum() > 0.05:
            far += 1
            missed += measured.margins["hull"][n] >= 0
    assert far > 0 and missed == 0


# --- exact arithmetic and floats ------------------------------------------------------------------------------------


def exact_margin(one: Evaluator, reading, case) -> float:
    v = views.of_exact(one, case, {*reading.claim.probes, "q"}, bits=256)
    with numbers.precision(256):
        parts = [x for label, x in reading.claim.parts(EXACT, v).items() if label not in reading.claim.ties]
        return min(numbers.to_float(x) for part in parts for x in np.atleast_1d(unwrap(part)).ravel())


@pytest.mark.parametrize("size", ((2, 2), (2, 3), (3, 3)), ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ("linear", "log", "power2", "max_all", "softmax5", "vote", "dempster"))
@pytest.mark.weekly(8)
def test_exact_margins_agree_with_floats(name, size):
    one = evaluator(name)
    drawn = [
        draw(
            n,
            3,
            size,
            panel=panel,
            weights="small odds",
            temperature="halves",
            tilt="uniform",
            temperatures_in=(0.5, 4.0),
            pairs=False,
            interior=False,
        )
        for n, panel in enumerate(("fractions", "flat", "mixture"))
    ]
    for cases in drawn:
        cases = Cases(cases.P, cases.w, cases.k, np.full(3, 0.25), cases.T1, np.array([0.5, 2.0, 3.0]))
        measured = measure(one, POINTWISE, cases, ties=False)
        for n in range(len(cases)):
            for reading in POINTWISE:
                case = exact(replace(measured.of(reading), d=measured.cases.d), n)
                floating = measured.margins[reading.name][n]
                if not math.isfinite(floating):
                    continue
                try:
                    found = exact_margin(one, reading, case)
                except Undecided:  # a tie that balls cannot settle: exact arithmetic says so and claims nothing
                    continue
                assert found == pytest.approx(floating, abs=TOLERANCE), (reading.name, case)


# --- the ladder, the profiles, the texts ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", (*OPERATORS, "off"))
@pytest.mark.weekly(4)
def test_what_refutes_a_weaker_reading_refutes_the_stronger(name, size):
    """Case by case. `hull` measures along one direction, so it is left to its own tests; `unanimity` speaks of another
    panel, (p, …, p), so a stronger reading may fail there instead; `favourite` moves weight another way than `transfer`."""
    one, cases = evaluator(name), random_cases(size, seed=21)
    there = measure(one, POINTWISE, cases).margins
    agreed = replace(cases, P=cases.P * 0 + cases.P[np.arange(len(cases)), cases.k][:, None, :])
    same = measure(one, POINTWISE, agreed).margins
    for strong in set(there) - {"hull", "commutation"}:
        for weak in axioms.WEAKER[strong] - {"favourite"}:
            a = np.minimum(there[strong], same[strong]) if weak == "unanimity" else there[strong]
            both = np.isfinite(there[strong]) & np.isfinite(there[weak]) & (there[weak] < -TOLERANCE)
            assert (a[both] < 0).all(), (strong, weak)


def test_commutation_gives_ranking_and_entropy_on_distributions():
    for name in ("log", "linear", "power2", "poe"):
        measured = measure(evaluator(name), POINTWISE, random_cases((2, 3), seed=22))
        for weak in ("ranking", "entropy"):
            a, b = measured.margins["commutation"], measured.margins[weak]
            both = np.isfinite(a) & np.isfinite(b) & (b < -1e-7)
            assert (a[both] < 0).all(), (name, weak)


@pytest.mark.whole
def test_two_classes_make_two_pairs_of_readings_one():
    for name in OPERATORS:
        margins = measure(evaluator(name), POINTWISE, random_cases((3, 2), seed=23)).margins
        finite = np.isfinite(margins["pull"])
        np.testing.assert_allclose(margins["pull"][finite], margins["coordinate"][finite], atol=1e-12)


@pytest.mark.parametrize("name", list(ENTRIES))
def test_the_truth_of_the_zoo_obeys_the_ladder(name):
    truth = ENTRIES[name].truth
    broken = [
        (strong, weak)
        for strong, implied in axioms.WEAKER.items()
        for weak in implied
        if truth[strong] is True and truth[weak] is False
    ]
    assert broken == []


def test_the_ladder_has_no_circle_and_stays_within_an_axiom_or_ends_in_guarantees():
    for reading in axioms.EVERY:
        assert reading.name not in axioms.WEAKER[reading.name]
        for weak in axioms.WEAKER[reading.name]:
            assert axioms.BY_NAME[weak].axiom in (reading.axiom, axioms.GROUP)
            assert reading.name in axioms.STRONGER[weak]


def test_the_readings_are_these_in_this_order():
    names = {
        "convexity": "simplex unanimity envelope hull",
        "positivity": "nonnegative common-support any-support inheritance",
        "continuity": "interior closed lipschitz",
        "weight-monotonicity": "pull responsive favourite coordinate transfer strict-transfer",
        "temperature-coherence": "limits nonexpansive ranking entropy commutation hot cold",
        "guarantees": "variance variance-max bias-mean bias-max jensen log-loss log-loss-max attenuation safety safety-set "
        "brier-mean brier-max influence influence-one entropy-mean pareto merge bayes",
    }
    assert {axiom: " ".join(readings) for axiom, readings in axioms.NAMES.items()} == names
    assert (len(axioms.READINGS), len(axioms.EVERY), len(axioms.BY_NAME)) == (24, 42, 42)


def test_the_profiles_are_these():
    rows = {
        "permissive": "simplex common-support interior pull limits",
        "paper": "simplex inheritance interior strict-transfer hot+cold",
        "classical": "unanimity common-support interior responsive limits",
        "article": "envelope common-support interior responsive nonexpansive",
        "strict": "hull any-support closed responsive+coordinate nonexpansive",
        "log": "unanimity common-support interior responsive commutation",
        "promises": "jensen+log-loss+attenuation+safety+variance",
    }
    found = {name: " ".join("+".join(wanted) for wanted in needs.values()) for name, needs in axioms.PROFILES.items()}
    assert found == rows
    assert axioms.DEFAULT == "article"
    of_axioms = tuple(axiom.name for axiom in axioms.AXIOMS)
    assert all(tuple(needs) == of_axioms for name, needs in axioms.PROFILES.items() if name != "promises")
    assert tuple(axioms.PROFILES["promises"]) == (axioms.GROUP,)
    assert set(axioms.ABOUT) == set(rows)


@pytest.mark.parametrize("reading", axioms.EVERY, ids=lambda reading: reading.id)
def test_a_reading_has_its_texts(reading):
    assert reading.statement.endswith(".") and reading.formula and reading.latex and reading.source
    assert reading.latex.count("{") == reading.latex.count("}")
    assert reading.domain in ("interior", "interior P", "closed")
    assert reading.fails == "" or ENTRIES[reading.fails].truth[reading.name] is False
    match reading.claim:
        case Pointwise(measurable=measurable):
            assert (reading.unit is not None) == measurable
            of_weights = reading.axiom == "weight-monotonicity" or reading.name == "inheritance"
            assert (reading.domain == "interior P") == of_weights
        case Jump() | Growth() | Limit() | OneTemperature():
            assert reading.unit is None


@pytest.mark.parametrize("reading", pointwise(axioms.EVERY), ids=lambda reading: reading.id)
def test_every_part_of_a_margin_has_a_sentence(reading):
    """A label without a sentence would leave a refutation without its reason."""
    one = evaluator("off")
    case = exact(random_cases((2, 3), seed=31, count=1), 4)
    case = complete(one, reading, case).with_direction((Fraction(1), Fraction(0), Fraction(0)))
    v = views.of_exact(one, case, {*reading.claim.probes, "q"}, bits=256)
    with numbers.precision(256):
        parts = reading.claim.parts(EXACT, v)
        assert set(parts) <= set(reading.claim.tell)
        for label, part in parts.items():
            text = reading.claim.tell[label](v, (0,) * np.ndim(part))
            assert text and "object at" not in text


@pytest.mark.parametrize("name", ["common-support", "any-support", "inheritance"])
def test_a_class_that_is_lost_is_told_with_what_it_gets(name):
    """Which may be less than 0, as of logits that are returned."""
    tell = axioms.BY_NAME[name].claim.tell["lost"]
    assert tell(SimpleNamespace(q=[Fraction(-1, 2)]), (0,)).endswith("the aggregate gives it -1/2")
    assert tell(SimpleNamespace(q=[Fraction(0)]), (0,)).endswith("the aggregate gives it 0")
