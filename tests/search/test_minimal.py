"""The exact smallest witness for an operator a reading; for rational ones, that nothing smaller exists, by plain enumeration."""

from __future__ import annotations

import json
from fractions import Fraction as F
from itertools import product
from math import gcd, prod

import pytest

from axiomkd import axioms
from axiomkd.zoo import ENTRIES

from .checks import checked, from_zoo, verdicts

# operator, reading: P, w, t, T as printed
MINIMAL = {
    ("log", "envelope"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("log", "any-support"): ("0 1 | 1/2 1/2", "1/2 1/2", None, None),
    ("log", "favourite"): ("1/5 1/5 3/5 | 1/6 2/3 1/6", "2/3 1/3", "0 1/2", None),
    ("log", "coordinate"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/4 3/4", "0 1/2", None),
    ("log", "nonexpansive"): ("1/5 4/5 | 1/3 2/3", "1/2 1/2", None, "1 1/2"),
    ("linear", "ranking"): ("1/5 4/5 | 2/3 1/3", "2/5 3/5", None, "1 1/2"),
    ("linear", "entropy"): ("1/5 4/5 | 3/4 1/4", "1/2 1/2", None, "1 1/2"),
    ("linear", "commutation"): ("1/3 2/3 | 1/2 1/2", "1/2 1/2", None, "1 1/2"),
    ("mean", "responsive"): ("1/3 2/3 | 1/2 1/2", "1 0", "1", None),
    ("max_all", "envelope"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("power2", "envelope"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("vote", "unanimity"): ("1/2 1/2 | 1/2 1/2", "1/2 1/2", None, None),
    ("wsq", "ranking"): ("1/4 3/4 | 3/5 2/5", "2/5 3/5", None, "1 1/2"),
    ("smooth", "unanimity"): ("1/3 2/3 | 1/3 2/3", "1/2 1/2", None, None),
    ("power2", "hull"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("vote", "common-support"): ("1/2 1/2 | 1/2 1/2", "1/2 1/2", None, None),
    ("vote", "inheritance"): ("1/2 1/2 | 1/2 1/2", "1/2 1/2", None, None),
    ("smooth", "pull"): ("1/3 2/3 | 1/4 3/4", "3/4 1/4", "0 1/2", None),
    ("voteshare", "limits"): ("1/2 1/2 | 1/2 1/2", "1/2 1/2", None, str(2**41)),
    ("vote", "hot"): ("1/3 2/3 | 1/2 1/2", "2/3 1/3", None, None),
    ("argpool", "cold"): ("2/3 1/3 | 1/3 2/3", "1/4 3/4", None, None),
    ("voteshare", "variance-max"): ("1/2 1/2 | 1/2 1/2", "1/2 1/2", None, None),
    ("wsq", "log-loss"): ("1/3 2/3 | 1/2 1/2", "1/3 2/3", None, None),
    ("max_all", "log-loss-max"): ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2", None, None),
    ("w2", "pareto"): ("1/6 1/6 2/3 | 4/7 1/7 2/7", "1/2 1/2", None, None),
    ("linear", "bayes"): ("1/3 2/3 | 1/2 1/2", "1/2 1/2", None, None),
}
MORE = {  # what else such a witness is of
    ("voteshare", "variance-max"): {"P2": [["1/3", "2/3"], ["1/2", "1/2"]], "pi": ["1/2", "1/2"]},
    ("max_all", "log-loss-max"): {"truth": ["1", "0", "0"]},
    ("linear", "bayes"): {"likelihood": ["2", "1"]},
    ("vote", "hot"): {"Ts": [str(2**42), "1"]},
}
# Two points near a third one: by the third.
NEAR = {
    ("vote", "interior"): ("1/2 1/2 | 1/2 1/2", "1/2 1/2"),
    ("log", "closed"): ("1 0 | 0 1", "1/2 1/2"),
    ("log", "lipschitz"): ("1 0 | 0 1", "1/2 1/2"),
}
KEPT_BY_ALL = ("simplex", "nonnegative")  # no operator of the zoo violates them


# Of `log`, all in one check: reading: P, w
OF_LOG = {
    "transfer": ("1/4 1/4 1/2 | 3/5 1/5 1/5", "3/4 1/4"),
    "strict-transfer": ("1/4 1/4 1/2 | 3/5 1/5 1/5", "3/4 1/4"),
    "variance": ("1/2 1/2 | 1/3 2/3", "1/2 1/2"),
    "bias-mean": ("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    "bias-max": ("1/5 2/5 2/5 | 2/5 1/5 2/5", "1/2 1/2"),
    "jensen": ("1/4 3/4 | 1/2 1/2", "1/2 1/2"),
    "attenuation": ("1/5 1/5 3/5 | 1/4 1/2 1/4", "1/4 3/4"),
    "safety": ("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    "safety-set": ("1/4 1/4 1/2 | 1/4 1/2 1/4", "1/2 1/2"),
    "brier-mean": ("1/4 3/4 | 1/3 2/3", "1/2 1/2"),
    "brier-max": ("1/2 1/100 49/100 | 1/12 1/6 3/4", "1/2 1/2"),
    "influence": ("1/3 2/3 | 1/2 1/2", "1/2 1/2"),
    "influence-one": ("4/5 1/5 | 1/3 2/3", "2/3 1/3"),
    "entropy-mean": ("1/7 6/7 | 1/5 4/5", "1/2 1/2"),
    "merge": ("1/4 1/2 1/4 | 1/3 1/3 1/3", "1/2 1/2"),
}


def test_an_operator_a_reading():
    pinned = {reading for _, reading in (*MINIMAL, *NEAR)} | set(OF_LOG)
    assert pinned | set(KEPT_BY_ALL) == {r.name for r in axioms.EVERY}
    assert not [e.name for e in ENTRIES.values() for r in KEPT_BY_ALL if e.truth.get(r) is False]


@pytest.mark.slow
def test_the_smallest_witnesses_against_guarantees():
    found = verdicts(checked(from_zoo("log"), guarantees=True))
    told = {name: found[name].witness for name in OF_LOG}
    assert {name: (" | ".join(" ".join(row) for row in w.P), " ".join(w.w)) for name, w in told.items()} == OF_LOG


@pytest.mark.whole
@pytest.mark.parametrize("name, reading", MINIMAL, ids=lambda x: x)
@pytest.mark.weekly(3)
def test_the_smallest_witness(name, reading):
    found = verdicts(checked(from_zoo(name), reading))[reading]
    assert found.verdict == "refuted"
    witness = found.witness
    rows = " | ".join(" ".join(row) for row in witness.P)
    told = (rows, " ".join(witness.w), witness.t and " ".join(witness.t), witness.T and " ".join(witness.T))
    assert told == MINIMAL[name, reading]
    for field, value in MORE.get((name, reading), {}).items():
        assert json.loads(json.dumps(getattr(witness, field))) == value


@pytest.mark.whole
@pytest.mark.parametrize("name, reading", NEAR, ids=lambda x: x)
@pytest.mark.weekly(1)
def test_the_simplest_place(name, reading):
    witness = verdicts(checked(from_zoo(name), reading))[reading].witness
    rows = " | ".join(" ".join(str(F(x).limit_denominator(100)) for x in row) for row in witness.P)
    assert (rows, " ".join(str(F(x).limit_denominator(100)) for x in witness.w)) == NEAR[name, reading]


@pytest.mark.whole
def test_the_smallest_witnesses_against_what_the_zoo_keeps():
    found = verdicts(checked(lambda P, w: (3 * (w @ P) - 1) / (3 - P.shape[1]), *KEPT_BY_ALL, C=(2,)))
    at = {r: (" | ".join(map(" ".join, one.witness.P)), " ".join(one.witness.w)) for r, one in found.items()}
    assert at == {r: ("1/4 3/4 | 1/3 2/3", "1/2 1/2") for r in KEPT_BY_ALL}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.slow
def test_the_smallest_witness_does_not_depend_on_the_seed(seed):
    found = verdicts(checked(from_zoo("linear"), "ranking", seed=seed))["ranking"]
    assert " | ".join(" ".join(row) for row in found.witness.P) == MINIMAL["linear", "ranking"][0]


def rows(parts, highest):
    """All interior probability vectors with denominators up to `highest`."""
    out = []
    for den in range(1, highest + 1):
        for head in product(range(1, den), repeat=parts - 1):
            row = (*head, den - sum(head))
            if row[-1] >= 1 and gcd(*row) == 1:
                out.append(tuple(F(n, den) for n in row))
    return out


def simplest(parts, highest, fails):
    """The first failing (P, w) for two teachers by largest denominator, then by the sum of all denominators."""
    every = []
    for p, q, w in product(rows(parts, highest), rows(parts, highest), rows(2, highest)):
        dens = [x.denominator for x in (*p, *q, *w)]
        every.append(((max(2, *dens), sum(dens)), (p, q), w))
    failing = [(key, P, w) for key, P, w in sorted(every) if fails(P, w)]
    return failing[0][0], [(P, w) for key, P, w in failing if key == failing[0][0]]


def soften(p):
    squares = [x * x for x in p]
    return [x / sum(squares) for x in squares]


def linear(P, w):
    return [sum(v * p[i] for v, p in zip(w, P, strict=True)) for i in range(len(P[0]))]


def ranking_fails(P, w):
    q, soft = linear(P, w), linear([soften(p) for p in P], w)
    return any(q[i] > q[j] and soft[i] < soft[j] for i in range(2) for j in range(2))


def commutation_fails(P, w):
    return linear([soften(p) for p in P], w) != soften(linear(P, w))


def smoothed(P, w):
    return [F(9, 10) * x + F(1, 10 * len(P[0])) for x in linear(P, w)]


def distance(p, q):
    return sum(abs(x - y) for x, y in zip(p, q, strict=True)) / 2


def pull_fails(P, w):
    nearer = [w[0] / 2 + F(1, 2), w[1] / 2]
    return distance(smoothed(P, nearer), P[0]) > distance(smoothed(P, w), P[0])


def log_loss_fails(P, w):
    """With weights in proportion to w²: q_i^d < Π p_ki^(d·w_k), d what the weights are over."""
    squares = [x * x for x in w]
    q = linear(P, [x / sum(squares) for x in squares])
    d = w[0].denominator
    return any(q[i] ** d < prod(p[i] ** int(d * x) for p, x in zip(P, w, strict=True)) for i in range(2))


def bayes_fails(P, w):
    """For a likelihood of 2:1: the smallest one that changes anything."""

    def seen(p):
        return [2 * p[0] / (p[0] + 1), p[1] / (p[0] + 1)]

    return linear([seen(p) for p in P], w) != seen(linear(P, w))


def above_envelope(P, w):
    tops = [max(column) for column in zip(*P, strict=True)]
    q = [x / sum(tops) for x in tops]
    return any(not min(column) <= x <= max(column) for x, column in zip(q, zip(*P, strict=True), strict=True))


@pytest.mark.parametrize(
    "name, reading, parts, highest, fails",
    [
        ("linear", "ranking", 2, 5, ranking_fails),
        ("linear", "commutation", 2, 4, commutation_fails),
        ("max_all", "envelope", 3, 5, above_envelope),
        ("smooth", "pull", 2, 5, pull_fails),
        ("wsq", "log-loss", 2, 4, log_loss_fails),
        ("linear", "bayes", 2, 4, bayes_fails),
    ],
)
def test_nothing_smaller_fails(name, reading, parts, highest, fails):
    key, ties = simplest(parts, highest, fails)
    told = MINIMAL[name, reading]
    P = tuple(tuple(map(F, row.split())) for row in told[0].split(" | "))
    assert (P, tuple(map(F, told[1].split()))) in ties, (key, ties)


@pytest.mark.slow
def test_the_largest_witness_has_half_of_what_was_found_and_the_simplest_is_printed_too():
    found = verdicts(checked(from_zoo("log"), "envelope"))["envelope"]
    assert found.largest is not None
    assert float.fromhex(found.largest.margin) < 2 * float.fromhex(found.witness.margin) < 0
    assert float.fromhex(found.largest.margin) < -0.49  # the violation of the log pool's envelope tends to 1
